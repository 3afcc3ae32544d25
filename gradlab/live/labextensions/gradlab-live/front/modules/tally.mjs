// What was predicted in a lesson, counted in the page itself, with no kernel. It asks the predictions
// that are there what was chosen; of others it knows from its own state, or from the browser.

const CSS = `
.gx-tally ol { margin: .3em 0; padding-left: 1.6em; }
.gx-tally li { margin: .4em 0; }
`;
const MOST = 100;
const MOST_ANSWERS = 10;

const readPredictions = (given, { readList, readText }) =>
  readList(given, MOST).map((one) => ({
    name: readText(one?.name),
    question: readText(one?.question),
    answers: readList(one?.answers, MOST_ANSWERS).map(readText),
    right: one?.right,
  }));

// How many of the lesson's predictions were made, and how many of those were right.
function compute({ predictions, chosen }) {
  const made = predictions.filter(({ name }) => chosen[name] >= 0);
  const right = made.filter((one) => chosen[one.name] === one.right);
  return { made: made.length, right: right.length };
}

// What is known of a prediction, in lines below its question.
function tell({ answers, right }, choice, { make, write }) {
  if (choice < 0) return [make("em", {}, "not answered yet")];
  const chosen = [make("em", {}, choice === right ? "right: " : "you chose: "), ...write(answers[choice])];
  if (choice === right || answers[right] === undefined) return chosen;
  return [...chosen, make("br"), make("em", {}, "the right answer: "), ...write(answers[right])];
}

const forgetAll = (predictions, el, { announce, remember }) => {
  for (const { name, question } of predictions) {
    remember(name, undefined);
    announce(el, { kind: "chosen", name, question, answer: undefined, seen: false });
  }
};

function render({ model, el, kit }) {
  const { make, write } = kit;
  const predictions = readPredictions(model.get("predictions"), kit);
  const byName = new Map(predictions.map((one) => [one.name, one]));
  // What is shown, and what is this notebook's own: the rest was chosen earlier in this browser.
  const [chosen, own] = [Object.create(null), Object.create(null)];
  const box = kit.makeBox(el, "tally");
  const style = make("style");
  style.textContent = CSS;
  const status = make("p", { "aria-live": "polite" });
  const list = make("ol");
  const forget = kit.makeButton("forget my answers", () => forgetAll(predictions, el, kit));
  box.append(style, status, list, make("div", { class: "gx-buttons" }, forget));

  const show = () => {
    const { made, right } = compute({ predictions, chosen });
    const earlier = predictions.filter(({ name }) => chosen[name] !== own[name]).length;
    const source = earlier ? ` Chosen earlier in this browser: ${earlier}.` : "";
    status.textContent = made
      ? `You made ${made} of ${predictions.length} predictions. Right: ${right}.${source}`
      : `You have made none of the ${predictions.length} predictions yet.`;
    list.replaceChildren(...predictions.map((one) =>
      make("li", {}, ...write(one.question), make("br"), ...tell(one, chosen[one.name], kit))));
  };
  const recall = ({ name, question, answers }) => {
    const stored = kit.recall(name);
    return stored.question === question ? answers.indexOf(stored.answer) : -1;
  };
  const leave = kit.hear(el, ({ kind, name, question, answer, isRecalled }) => {
    const one = byName.get(name);
    const isMeant = one && kind !== "asked" && (answer === undefined || question === one.question);
    if (!isMeant) return;
    const choice = one.answers.indexOf(answer);
    const owned = isRecalled ? own[name] : choice;
    if (choice === chosen[name] && owned === own[name]) return;
    chosen[name] = choice;
    const isWritten = owned === own[name];
    own[name] = owned;
    show();
    if (isWritten) return;
    model.set("chosen", { ...own });
    const isOld = kind === "standing" && model.save_when_dirty;
    (isOld ? model.save_when_dirty : model.save_changes).call(model);
  });

  for (const one of predictions) {
    own[one.name] = kit.readPlace(model.get("chosen")?.[one.name], one.answers.length);
    chosen[one.name] = own[one.name] < 0 ? recall(one) : own[one.name];
  }
  show();
  for (const { name } of predictions) kit.announce(el, { kind: "asked", name });
  return leave;
}

export default { render, compute };
