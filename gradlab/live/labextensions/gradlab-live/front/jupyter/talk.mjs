// What the page tells Python: one comm for each kernel, in which every message is an object with a
// `kind`. A kernel in which nobody imported gradlab closes the comm, and a restart ends it; a new
// one is opened once the next cell is on its way, which may be the import.
const TARGET = "gradlab.live";

const hasOutput = ({ outputs }, output) =>
  Array.from({ length: outputs?.length ?? 0 }, (_, i) => outputs.get(i)).includes(output);

export default ({ NotebookActions }) => {
  const comms = new WeakMap();
  let notebooks = { find: () => undefined };

  const findPanelOfNotebook = (notebook) => notebooks.find((panel) => panel.content === notebook);
  const getKernel = (panel) => panel?.sessionContext.session?.kernel;
  const open = (kernel, message) => {
    const comm = kernel.createComm(TARGET);
    // On the way of the cells, not beside it: Python must know a cell's text before its check runs.
    comm.commsOverSubshells = "disabled";
    comms.set(kernel, comm);
    comm.open(message);
  };
  NotebookActions.executionScheduled.connect((_, { notebook }) => {
    const kernel = getKernel(findPanelOfNotebook(notebook));
    if (kernel && comms.get(kernel)?.isDisposed) comms.delete(kernel);
  });

  return {
    // The list of open notebooks, once there is one.
    setNotebooks: (tracker) => {
      notebooks = tracker;
    },
    // By its data, not by its place in the page: an output may be shown in a tab of its own, or be
    // scrolled out of view.
    findPanelOf: (output) => notebooks.find((panel) =>
      Array.from(panel.content.model?.cells ?? []).some((cell) => hasOutput(cell, output))),
    findPanelOfNotebook,
    tell: (panel, message) => {
      const kernel = getKernel(panel);
      if (!kernel) return;
      const comm = comms.get(kernel);
      if (!comm) open(kernel, message);
      else if (!comm.isDisposed) comm.send(message);
    },
  };
};
