// On the site, a lesson that was saved is opened from the browser's storage for ever, and a newer
// edition of it on the server would never be seen. So the edition of a notebook that is opened is
// compared with the site's, and a newer one is offered beside the learner's, which stays as it is.
const DISMISSED = "gradlab:edition-dismissed:";
const NAME = "A newer edition of this lesson";
const OFFER = "There is a newer edition of this lesson. Yours stays as it is.";
const describeCopy = (name) => `The newer edition of this lesson is in ${name}. Yours stays as it is.`;
const NOT_FETCHED = "The newer edition could not be fetched; is there a connection? Yours is as it was.";
const NOT_SAVED = "The newer edition could not be saved; is this browser's storage full? Yours is as it was.";

const getEdition = (notebook) => notebook?.metadata?.gradlab?.edition;
const splitPath = (path) => {
  const end = path.lastIndexOf("/") + 1;
  return [path.slice(0, end), path.slice(end)];
};

// The mark of each lesson, by its name. The page was set up with one that its browser may have kept
// for days, so the server is asked for the present one.
const readLessons = async (known, base) => {
  try {
    const answer = await fetch(`${base}jupyter-lite.json`, { cache: "no-cache" });
    return (await answer.json())["jupyter-config-data"].gradlabLessons ?? known;
  } catch {
    return known;
  }
};

// What was dismissed in this browser. A window without storage keeps nothing, and so asks again.
const isDismissed = (lesson, edition) => {
  try {
    return localStorage.getItem(DISMISSED + lesson) === edition;
  } catch {
    return false;
  }
};
const dismiss = (lesson, edition) => {
  try {
    localStorage.setItem(DISMISSED + lesson, edition);
  } catch {
    // Asked again next time.
  }
};

// Where the edition is in a folder, or else a name that no file has: as `gradlab start` names them.
const findPlace = async (contents, folder, lesson, edition) => {
  const read = (path) => contents.get(path, { content: true });
  const { content: files } = await read(folder.replace(/\/$/, ""));
  const taken = new Set(files.map(({ name }) => name));
  for (let number = 0; ; number += 1) {
    const name = number ? lesson.replace(/\.ipynb$/, `.new-${number}.ipynb`) : lesson;
    const path = folder + name;
    if (!taken.has(name)) return { name, path, isThere: false };
    const { content } = await read(path).catch(() => ({}));
    if (getEdition(content) === edition) return { name, path, isThere: true };
  }
};

const fetchLesson = async (address) => {
  const answer = await fetch(address, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  const notebook = await answer.json();
  if (!Array.isArray(notebook.cells)) throw new Error("not a notebook");
  return notebook;
};

// Puts the site's edition beside the learner's notebook, if it is not there yet.
const putBeside = async (contents, folder, lesson, notebook) => {
  const place = await findPlace(contents, folder, lesson, getEdition(notebook));
  if (!place.isThere) {
    const { name, path } = place;
    await contents.save(path, { name, path, type: "notebook", format: "json", content: notebook });
  }
  return place;
};

export default ({ Widget, PageConfig }, { read, find }, bars, app, notebooks) => {
  const known = read({ PageConfig });
  // Elsewhere than on the site, `gradlab start` looks after the lessons.
  if (!Object.keys(known).length) return;
  const { showBar, makeButton, makeLink } = bars;
  const base = PageConfig.getBaseUrl();
  const reading = readLessons(known, base);
  const { contents } = app.serviceManager;
  const getAddress = (path) => `${base}notebooks/index.html?path=${encodeURIComponent(path)}`;

  const offer = (panel, folder, lesson, edition, copy) => {
    const bar = showBar(Widget, panel, NAME);
    const leave = makeButton("Dismiss", () => {
      dismiss(lesson, edition);
      bar.close();
    });
    const sayWhere = ({ name, path }) =>
      bar.say(describeCopy(name), makeLink("Open it", getAddress(path)), leave);
    let isGetting = false;
    const get = async () => {
      // The second click of two.
      if (isGetting) return;
      isGetting = true;
      let problem = NOT_FETCHED;
      try {
        const notebook = await fetchLesson(`${base}files/${encodeURIComponent(lesson)}`);
        problem = NOT_SAVED;
        const place = await putBeside(contents, folder, lesson, notebook);
        sayWhere(place);
        // A browser may refuse; the link is there.
        window.open(getAddress(place.path));
      } catch (error) {
        console.warn(error);
        bar.say(problem, makeButton("Try again", get), leave);
      } finally {
        isGetting = false;
      }
    };
    if (copy.isThere) sayWhere(copy);
    else bar.say(OFFER, makeButton("Open the newer edition", get), leave);
  };

  const look = async (panel) => {
    const lessons = await reading;
    await panel.context.ready;
    const [folder, name] = splitPath(panel.context.path);
    const mark = panel.content.model.getMetadata("gradlab");
    const lesson = find(lessons, name, mark);
    const edition = lessons[lesson]?.edition;
    if (!edition || mark?.edition === edition || isDismissed(lesson, edition)) return;
    const copy = await findPlace(contents, folder, lesson, edition);
    if (!panel.isDisposed) offer(panel, folder, lesson, edition, copy);
  };

  // Where it cannot be compared, the learner works on as before.
  const follow = (panel) => look(panel).catch((error) => console.warn(error));
  notebooks.forEach(follow);
  notebooks.widgetAdded.connect((_, panel) => follow(panel));
};
