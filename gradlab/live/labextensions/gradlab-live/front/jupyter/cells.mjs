// The text of each exercise's cell goes to the kernel before a check runs, so that the check can say
// that an answer was edited and not run since.
const CHECKS = /\bcheck\s*\(/;

export default (NotebookActions, talk) => {
  NotebookActions.executionScheduled.connect((_, { notebook, cell }) => {
    if (!CHECKS.test(cell.model.sharedModel.getSource())) return;
    const cells = {};
    for (const { model } of notebook.widgets) {
      const mark = model.getMetadata("nbgrader");
      if (model.type !== "code" || !mark?.solution) continue;
      (cells[mark.grade_id] ??= []).push(model.sharedModel.getSource());
    }
    if (Object.keys(cells).length) {
      talk.tell(talk.findPanelOfNotebook(notebook), { kind: "cells", cells });
    }
  });
};
