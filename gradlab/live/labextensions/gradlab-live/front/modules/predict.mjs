// A question to answer before a cell is run. The reply is folded until the reader opens it; from
// then on the answer stands, so that what was predicted is not what was read.
// The choice is in the notebook's output; a copy in the browser outlives Run All.

const CSS = `
.gx-predict fieldset { border: 1px solid var(--gx-soft); border-left: 4px solid var(--gx-blue);
  border-radius: 6px; margin: .4em 0; min-width: 0; padding: .2em .9em .6em; }
.gx-predict legend { font-weight: 600; padding: 0 .4em; }
.gx-predict fieldset label { align-items: baseline; cursor: pointer; display: flex; gap: .55em;
  padding: .2em 0; }
.gx-predict summary { cursor: pointer; }
.gx-predict p { margin: .3em 0; }
`;
const MOST = 10;

function readState(get) {
  const answers = (Array.isArray(get("answers")) ? get("answers") : []).slice(0, MOST);
  const texts = answers.map((answer) => String(answer?.text ?? ""));
  const choice = get("choice");
  return {
    name: String(get("name")),
    question: String(get("question")),
    texts,
    replies: answers.map((answer) => String(answer?.reply ?? "")),
    right: get("right"),
    choice: Number.isInteger(choice) && choice >= 0 && choice < texts.length ? choice : -1,
    seen: get("seen") === true,
  };
}

// What was chosen before in this browser, if the question and the answer are still there.
function recallChoice({ name, question, texts }, kit) {
  const stored = kit.recall(name);
  const choice = stored.question === question ? texts.indexOf(stored.answer) : -1;
  return { choice, seen: choice >= 0 && stored.seen === true };
}

function render({ model, el, kit }) {
  const { make, write } = kit;
  const state = readState(model.get.bind(model));
  const { name, question, texts, replies, right } = state;
  const box = kit.makeBox(el, "predict");
  const style = make("style");
  style.textContent = CSS;
  const group = `gx-predict-${Math.random()}`;
  const inputs = texts.map((_, value) =>
    make("input", { type: "radio", name: group, value, ...kit.OWN_KEYS }));
  const labels = texts.map((text, i) => make("label", {}, inputs[i], make("span", {}, ...write(text))));
  const fields = make("fieldset", {}, make("legend", {}, ...write(question)), ...labels);
  const status = make("p", { "aria-live": "polite" });
  const summary = make("summary", kit.OWN_KEYS, "What your answer says");
  const reply = make("p");
  const details = make("details", {}, summary, reply);
  box.append(style, fields, status, details);

  const show = () => {
    const { choice, seen } = state;
    const isMade = choice >= 0;
    inputs.forEach((input, i) => {
      input.checked = i === choice;
      input.disabled = seen;
    });
    details.hidden = !isMade;
    details.open = isMade && seen;
    status.textContent = !isMade ? "Choose, then run the next cell."
      : seen ? "Your answer stands." : "Noted. Go on and see; then open the reply.";
    reply.replaceChildren(
      ...(isMade ? [make("strong", {}, choice === right ? "Right. " : "Not so. "), ...write(replies[choice])] : [])
    );
  };
  const keep = ({ save }) => {
    const { choice, seen } = state;
    model.set("choice", choice);
    model.set("seen", seen);
    save.call(model);
    kit.remember(name, choice >= 0 ? { question, answer: texts[choice], seen } : undefined);
    kit.announce({ name, choice });
  };
  const change = (changes) => {
    Object.assign(state, changes);
    show();
    keep({ save: model.save_changes });
  };
  inputs.forEach((input, i) => input.addEventListener("change", () => change({ choice: i })));
  details.addEventListener("toggle", () => {
    if (details.open && !state.seen && state.choice >= 0) change({ seen: true });
  });

  // The notebook comes first; what the browser remembers stands in where the output is fresh.
  if (state.choice < 0) Object.assign(state, recallChoice(state, kit));
  show();
  if (state.choice >= 0) keep({ save: model.save_when_dirty ?? model.save_changes });
  return kit.hear((heard) => {
    if (heard.name !== name || heard.choice === state.choice) return;
    Object.assign(state, { choice: heard.choice, seen: heard.choice >= 0 && state.seen });
    show();
    model.set("choice", state.choice);
    model.set("seen", state.seen);
    model.save_changes();
  });
}

export default { render };
