// Run All replaces every output, and with it what was chosen in a prediction. Before a cell runs, the
// choice in its output is noted on the notebook's element, where predict.mjs looks for it. What is
// noted comes from the data: the output may never have been in view.
const MIME = "application/vnd.gradlab.live+json";
const KEPT = Symbol.for("gradlab:predictions");

const readChoice = ({ name, question, answers, choice, seen }) => {
  const answer = Array.isArray(answers) ? answers[choice]?.text : undefined;
  return { name, stored: typeof answer === "string" ? { question, answer, seen } : undefined };
};

export default (NotebookActions) => {
  NotebookActions.executionScheduled.connect((_, { notebook, cell }) => {
    const { outputs } = cell.model;
    for (let i = 0; i < (outputs?.length ?? 0); i += 1) {
      const live = outputs.get(i).data[MIME];
      if (live?.module !== "predict") continue;
      const { name, stored } = readChoice(live.state ?? {});
      if (stored) (notebook.node[KEPT] ??= new Map()).set(name, stored);
    }
  });
};
