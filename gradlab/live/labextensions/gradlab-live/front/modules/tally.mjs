// What was predicted in a lesson, counted in the page itself, with no kernel. It asks the predictions
// that are there what was chosen; of others it knows from its own state, or from the browser.

const CSS = `
.gx-tally ol { margin: .3em 0; padding-left: 1.6em; }
.gx-tally li { margin: .4em 0; }
.gx-tally p { margin: .3em 0; }
`;
const MOST = 100;
const MOST_ANSWERS = 10;

const readPredictions = (given) =>
  (Array.isArray(given) ? given.slice(0, MOST) : []).map((one) => ({
    name: String(one?.name),
    question: String(one?.question ?? ""),
    answers: (Array.isArray(one?.answers) ? one.answers.slice(0, MOST_ANSWERS) : []).map(String),
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
  return [...chosen, make("br"), make("em", {}, "right is: "), ...write(answers[right])];
}

function render({ model, el, kit }) {
  const { make, write } = kit;
  const predictions = readPredictions(model.get("predictions"));
  const byName = new Map(predictions.map((one) => [one.name, one]));
  const chosen = Object.create(null);
  const box = kit.makeBox(el, "tally");
  const style = make("style");
  style.textContent = CSS;
  const status = make("p", { "aria-live": "polite" });
  const list = make("ol");
  const forget = kit.makeButton("forget my answers", () => {
    for (const { name, question } of predictions) {
      kit.remember(name, undefined);
      kit.announce(el, { kind: "chosen", name, question, answer: undefined, seen: false });
    }
  });
  box.append(style, status, list, make("div", { class: "gx-buttons" }, forget));

  const show = () => {
    const { made, right } = compute({ predictions, chosen });
    status.textContent = made
      ? `You made ${made} of ${predictions.length} predictions. Right: ${right}.`
      : `You have made none of the ${predictions.length} predictions yet.`;
    list.replaceChildren(...predictions.map((one) =>
      make("li", {}, ...write(one.question), make("br"), ...tell(one, chosen[one.name], kit))));
  };
  const recall = ({ name, question, answers }) => {
    const own = kit.readPlace(model.get("chosen")?.[name], answers.length);
    const stored = kit.recall(name);
    return own < 0 && stored.question === question ? answers.indexOf(stored.answer) : own;
  };
  const leave = kit.hear(el, ({ kind, name, question, answer }) => {
    const one = byName.get(name);
    const isMeant = one && kind !== "asked" && (answer === undefined || question === one.question);
    const choice = isMeant ? one.answers.indexOf(answer) : chosen[name];
    if (choice === chosen[name]) return;
    chosen[name] = choice;
    show();
    model.set("chosen", { ...chosen });
    const isOld = kind === "standing" && model.save_when_dirty;
    (isOld ? model.save_when_dirty : model.save_changes).call(model);
  });

  for (const one of predictions) chosen[one.name] = recall(one);
  show();
  model.set("chosen", { ...chosen });
  (model.save_when_dirty ?? model.save_changes).call(model);
  for (const { name } of predictions) kit.announce(el, { kind: "asked", name });
  return leave;
}

export default { render, compute };
