// Run All replaces every output, and with it what was chosen in a prediction. Before a cell runs, the
// choice in its output is noted on the notebook's element, where predict.mjs looks for it. What is
// noted comes from the data: the output may never have been in view. What is forgotten is forgotten
// there, too.
const MIME = "application/vnd.gradlab.live+json";
const KEPT = Symbol.for("gradlab:predictions");
const EVENT = "gradlab-prediction";

const readChoice = ({ name, question, answers, choice, seen }) => {
  const answer = Array.isArray(answers) ? answers[choice]?.text : undefined;
  return { name, stored: typeof answer === "string" ? { question, answer, seen } : undefined };
};

const listOutputs = ({ outputs }) =>
  Array.from({ length: outputs?.length ?? 0 }, (_, i) => outputs.get(i));
const isChosen = (live, name) =>
  live?.module === "predict" && live.state?.name === name && live.state.choice >= 0;

const forget = ({ content }, name) => {
  content.node[KEPT]?.delete(name);
  for (const output of Array.from(content.model.cells).flatMap(listOutputs)) {
    const live = output.data[MIME];
    if (!isChosen(live, name)) continue;
    const blank = { ...live, state: { ...live.state, choice: -1, seen: false } };
    output.setData({ data: { ...output.data, [MIME]: blank }, metadata: output.metadata });
  }
};

export default (NotebookActions, notebooks) => {
  NotebookActions.executionScheduled.connect((_, { notebook, cell }) => {
    for (const output of listOutputs(cell.model)) {
      const live = output.data[MIME];
      if (live?.module !== "predict") continue;
      const { name, stored } = readChoice(live.state ?? {});
      if (stored) (notebook.node[KEPT] ??= new Map()).set(name, stored);
    }
  });
  addEventListener(EVENT, ({ detail: { home, message } }) => {
    if (message.kind !== "chosen" || message.answer !== undefined) return;
    const panel = notebooks.find(({ content }) => content.node === home);
    // Once those that are drawn have followed.
    if (panel) setTimeout(() => forget(panel, message.name));
  });
};
