// A question to answer before a cell is run. The reply is folded until the reader opens it; from
// then on the answer stands, so that what was predicted is not what was read. Until then an arrow
// key may pass over answers as it likes.
// The choice is in the notebook's output; a copy in the browser outlives Run All.

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
.gx-predict summary { cursor: pointer; }
.gx-predict p { margin: .3em 0; }
`;
const MOST_ANSWERS = 10;

function readState(get, kit) {
  const answers = kit.readList(get("answers"), MOST_ANSWERS);
  const choice = kit.readPlace(get("choice"), answers.length);
  return {
    name: String(get("name")),
    question: String(get("question")),
    texts: answers.map((answer) => String(answer?.text ?? "")),
    replies: answers.map((answer) => String(answer?.reply ?? "")),
    right: get("right"),
    choice,
    seen: choice >= 0 && get("seen") === true,
  };
}

// What was chosen before in this browser, if the question and the answer are still there.
function recallChoice({ name, question, texts }, kit) {
  const stored = kit.recall(name);
  const choice = stored.question === question ? texts.indexOf(stored.answer) : -1;
  return { choice, seen: choice >= 0 && stored.seen === true };
}

// The elements, and how they show a state.
function build({ question, texts, replies, right }, kit) {
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

  const show = ({ choice, seen }) => {
    const isMade = choice >= 0;
    inputs.forEach((input, i) => {
      input.checked = i === choice;
      input.disabled = seen;
    });
    status.textContent = seen ? "Your answer stands."
      : isMade ? "Noted. Now go on and look." : "Choose before you go on.";
    details.hidden = !isMade;
    details.open = seen;
    summary.textContent = seen ? "The reply" : "Open the reply (your answer then stands)";
    reply.replaceChildren(
      ...(seen ? [make("strong", {}, choice === right ? "Right. " : "Not so. "), ...write(replies[choice])] : [])
    );
  };
  return { elements: [fields, status, details], inputs, details, show };
}

// What is chosen goes into the model, into the browser, and to the other outputs.
function makeChoice({ model, el, kit }, state, show) {
  const { name, question, texts } = state;
  const remember = () => {
    const { choice, seen } = state;
    kit.remember(name, choice >= 0 ? { question, answer: texts[choice], seen } : undefined);
  };
  const tell = (kind) =>
    kit.announce(el, { kind, name, question, answer: texts[state.choice], seen: state.seen });
  const change = ({ choice, seen }) => {
    Object.assign(state, { choice, seen });
    show(state);
    model.set("choice", choice);
    model.set("seen", seen);
  };
  const choose = (changed) => {
    change({ ...state, ...changed });
    model.save_changes();
    remember();
    tell("chosen");
  };
  // Another copy of the question follows, unless its own answer stands; to forget clears all.
  const follow = (heard) => {
    const { answer, seen } = heard;
    if (answer === texts[state.choice] && seen === state.seen) return;
    const choice = texts.indexOf(answer);
    const isFollowed = !state.seen && heard.question === question && choice >= 0;
    if (answer !== undefined && !isFollowed) return;
    change({ choice, seen });
    model.save_changes();
  };
  return { remember, tell, change, choose, follow };
}

function render({ model, el, kit }) {
  const state = readState(model.get.bind(model), kit);
  const { elements, inputs, details, show } = build(state, kit);
  const { remember, tell, change, choose, follow } = makeChoice({ model, el, kit }, state, show);
  const box = kit.makeBox(el, "predict");
  const style = kit.make("style");
  style.textContent = CSS;
  box.append(style, ...elements);
  inputs.forEach((input, i) => input.addEventListener("change", () => choose({ choice: i })));
  details.addEventListener("toggle", () => {
    if (details.open && !state.seen && state.choice >= 0) choose({ seen: true });
  });

  const leave = kit.hear(el, (heard) => {
    if (heard.name !== state.name) return;
    if (heard.kind === "asked") tell("standing");
    if (heard.kind === "chosen") follow(heard);
  });

  // The notebook comes first; what the browser remembers stands in where the output is fresh.
  const isOwn = state.choice >= 0;
  change(isOwn ? state : recallChoice(state, kit));
  if (isOwn) remember();
  else if (state.choice >= 0) (model.save_when_dirty ?? model.save_changes).call(model);
  tell("standing");
  return () => {
    // Two notebooks may share the browser's copy: Run All brings back what was in this one.
    if (state.choice >= 0) remember();
    leave();
  };
}

export default { render };
