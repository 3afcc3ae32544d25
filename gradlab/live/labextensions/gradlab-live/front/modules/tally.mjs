// What was predicted in a lesson, counted where it is shown: right at once, with no kernel.

const CSS = `
.gx-tally ol { margin: .3em 0; padding-left: 1.6em; }
.gx-tally li { margin: .2em 0; }
`;

// Which of the lesson's predictions were made, and which were right.
function compute({ predictions, chosen }) {
  const made = predictions.filter(({ name }) => chosen[name] >= 0);
  const right = made.filter((prediction) => chosen[prediction.name] === prediction.right);
  return { made: made.length, right: right.length };
}

function readState(get) {
  const given = Array.isArray(get("predictions")) ? get("predictions") : [];
  const predictions = given.map(({ name, question, answers, right }) => ({
    name: String(name), question: String(question), answers: answers.map(String), right,
  }));
  const chosen = {};
  for (const { name, answers } of predictions) {
    const choice = get("chosen")?.[name];
    chosen[name] = Number.isInteger(choice) && choice < answers.length ? choice : -1;
  }
  return { predictions, chosen };
}

function render({ model, el, kit }) {
  const { make, write } = kit;
  const { predictions, chosen } = readState(model.get.bind(model));
  const box = kit.makeBox(el, "tally");
  const style = make("style");
  style.textContent = CSS;
  const status = make("p", { "aria-live": "polite" });
  const list = make("ol");
  const forget = kit.makeButton("forget my answers", () => {
    for (const { name } of predictions) {
      kit.remember(name, undefined);
      kit.announce({ name, choice: -1 });
    }
  });
  box.append(style, status, list, make("div", { class: "gx-buttons" }, forget));

  const sayWhat = ({ name, answers, right }) => {
    const choice = chosen[name];
    if (choice < 0) return ["not answered yet"];
    return [choice === right ? "right: " : "not so: ", ...write(answers[choice])];
  };
  const show = () => {
    const { made, right } = compute({ predictions, chosen });
    status.textContent = `You made ${made} of ${predictions.length} predictions; ${right} of them ${right === 1 ? "was" : "were"} right.`;
    list.replaceChildren(...predictions.map((prediction) =>
      make("li", {}, ...write(prediction.question), make("br"), make("em", {}, ...sayWhat(prediction)))));
    forget.hidden = made === 0;
  };
  const keep = (save) => {
    model.set("chosen", { ...chosen });
    save.call(model);
  };

  for (const { name, question, answers } of predictions) {
    const stored = kit.recall(name);
    if (stored.question === question && answers.includes(stored.answer)) {
      chosen[name] = answers.indexOf(stored.answer);
    }
  }
  show();
  keep(model.save_when_dirty ?? model.save_changes);
  return kit.hear(({ name, choice }) => {
    if (!(name in chosen) || chosen[name] === choice) return;
    chosen[name] = choice;
    show();
    keep(model.save_changes);
  });
}

export default { render, compute };
