// A question to answer before a cell is run. The reply is folded until the reader opens it; from
// then on the answer stands, so that what was predicted is not what was read. Until then an arrow
// key may pass over answers as it likes.
// The choice is in the notebook's output. As Run All replaces that, the page remembers what was
// chosen in each notebook; and the browser what was chosen in it, by whoever sat here. What comes
// from the browser alone may be somebody else's: it is shown as such, its reply is folded, and it
// is written into the notebook only when the reader makes it their own.

const CSS = `
.gx-predict fieldset { border: 1px solid var(--gx-soft); border-left: 4px solid var(--gx-blue);
  border-radius: 6px; margin: .4em 0; min-width: 0; padding: .2em .9em .6em; }
.gx-predict legend { float: left; font-weight: 600; padding: .3em 0; width: 100%; }
.gx-predict legend > span { color: var(--gx-blue); }
.gx-predict fieldset label { align-items: baseline; clear: both; cursor: pointer; display: flex; gap: .55em;
  padding: .2em 0; }
.gx-predict fieldset label:has(:disabled) { cursor: auto; }
.gx-predict fieldset label:has(:checked) { font-weight: 600; }
.gx-predict input { flex: none; margin: 0; }
.gx-predict summary { cursor: pointer; padding: .2em 0; }
`;
const MOST_ANSWERS = 10;
// On the notebook's element, because a page may hold several copies of this file.
const KEPT = Symbol.for("gradlab:predictions");
const findKept = (el, { findHome }) => ((findHome(el) ?? document.body)[KEPT] ??= new Map());
// Where a question was drawn before, its state is the last word, also where it was forgotten.
const drawn = new WeakSet();

function readState(get, kit) {
  const answers = kit.readList(get("answers"), MOST_ANSWERS);
  const choice = kit.readPlace(get("choice"), answers.length);
  return {
    name: kit.readText(get("name")),
    question: kit.readText(get("question")),
    texts: answers.map((answer) => kit.readText(answer?.text)),
    replies: answers.map((answer) => kit.readText(answer?.reply)),
    right: get("right"),
    choice,
    seen: choice >= 0 && get("seen") === true,
    isRecalled: false,
  };
}

// What was chosen before, if the question and the answer are still there.
function readStored({ question, texts }, stored) {
  const choice = stored?.question === question ? texts.indexOf(stored.answer) : -1;
  return { choice, seen: choice >= 0 && stored.seen === true };
}

function describeChoice({ choice, seen, isRecalled }) {
  if (isRecalled) return "Chosen earlier in this browser. To keep it, press it again or open the reply; or choose another.";
  if (seen) return "Your answer stands.";
  return choice >= 0 ? "Noted. Now go on and look." : "Choose before you go on.";
}

// The elements, and how they show a state.
function build({ question, texts, replies, right }, kit, press) {
  const { make, write } = kit;
  const group = `gx-predict-${Math.random()}`;
  const inputs = texts.map(() => make("input", { type: "radio", name: group, ...kit.OWN_KEYS }));
  const labels = inputs.map((input, i) => make("label", {}, input, make("span", {}, ...write(texts[i]))));
  const legend = make("legend", {}, make("span", {}, "Predict. "), ...write(question));
  const status = make("p", { id: `${group}-status`, "aria-live": "polite" });
  const fields = make("fieldset", { "aria-describedby": status.id }, legend, ...labels);
  const summary = make("summary", kit.OWN_KEYS);
  // Empty until it is opened: so it is read out then, and searching the page does not open it.
  const reply = make("p", { "aria-live": "polite" });
  const details = make("details", {}, summary, reply);
  const forget = kit.makeButton("forget it", () => {
    press();
    inputs[0]?.focus();
  });

  const show = (state) => {
    const { choice, seen, isRecalled } = state;
    const isMade = choice >= 0;
    inputs.forEach((input, i) => {
      input.checked = i === choice;
      input.disabled = seen;
    });
    status.textContent = describeChoice(state);
    if (isRecalled) status.after(forget);
    else forget.remove();
    details.hidden = !isMade;
    details.open = seen;
    summary.textContent = seen ? "The reply" : "Open the reply (your answer then stands)";
    reply.replaceChildren(
      ...(seen ? [make("strong", {}, choice === right ? "Right. " : "No. "), ...write(replies[choice])] : [])
    );
  };
  return { elements: [fields, status, details], inputs, details, show };
}

// What is chosen goes into the model, into page and browser, and to the other outputs.
function makeChoice({ model, el, kit }, state, show) {
  const { name, question, texts } = state;
  const kept = findKept(el, kit);
  const getStored = () =>
    state.choice < 0 ? undefined : { question, answer: texts[state.choice], seen: state.seen };
  const tell = (kind) =>
    kit.announce(el, {
      kind, name, question, answer: undefined, ...getStored(), isRecalled: state.isRecalled,
    });
  const change = ({ choice, seen }) => {
    Object.assign(state, { choice, seen, isRecalled: false });
    show(state);
    model.set("choice", choice);
    model.set("seen", seen);
    kept.set(name, getStored());
  };
  const choose = (changed) => {
    change({ ...state, ...changed });
    model.save_changes();
    kit.remember(name, getStored());
    tell("chosen");
  };
  const forget = () => {
    kit.remember(name, undefined);
    kit.announce(el, { kind: "chosen", name, question, answer: undefined, seen: false });
  };
  // Another copy of the question follows, unless its own answer stands; to forget clears all.
  const follow = (heard) => {
    const { answer, seen } = heard;
    if (!state.isRecalled && answer === texts[state.choice] && seen === state.seen) return;
    const choice = texts.indexOf(answer);
    const isFollowed = !state.seen && heard.question === question && choice >= 0;
    if (answer !== undefined && !isFollowed) return;
    change({ choice, seen });
    model.save_changes();
  };
  // The notebook comes first; what is remembered stands in where the output is fresh.
  const begin = () => {
    const isFresh = state.choice < 0 && !drawn.has(el);
    drawn.add(el);
    const ran = readStored(state, isFresh ? kept.get(name) : undefined);
    const recalled = readStored(state, isFresh && ran.choice < 0 ? kit.recall(name) : undefined);
    if (recalled.choice >= 0) {
      Object.assign(state, { choice: recalled.choice, isRecalled: true });
      show(state);
    } else change(ran.choice >= 0 ? ran : state);
    if (ran.choice >= 0) (model.save_when_dirty ?? model.save_changes).call(model);
    tell("standing");
  };
  return { tell, choose, forget, follow, begin };
}

function render({ model, el, kit }) {
  const state = readState(model.get.bind(model), kit);
  const { elements, inputs, details, show } = build(state, kit, () => choice.forget());
  const choice = makeChoice({ model, el, kit }, state, show);
  const box = kit.makeBox(el, "predict");
  const style = kit.make("style");
  style.textContent = CSS;
  box.append(style, ...elements);
  // Not "change": to press what was chosen earlier makes it the reader's own.
  inputs.forEach((input, i) => input.addEventListener("click", () => choice.choose({ choice: i })));
  details.addEventListener("toggle", () => {
    if (details.open && !state.seen && state.choice >= 0) choice.choose({ seen: true });
  });
  const leave = kit.hear(el, (heard) => {
    if (heard.name !== state.name) return;
    if (heard.kind === "asked") choice.tell("standing");
    if (heard.kind === "chosen") choice.follow(heard);
  });
  choice.begin();
  return leave;
}

export default { render };
