// What the page tells Python: one comm for each kernel, in which every message is an object with a
// `kind`. A kernel in which nobody imported gradlab closes the comm; it is asked again only after
// the next cell has run.
const TARGET = "gradlab.live";

export default ({ NotebookActions }) => {
  const comms = new WeakMap();
  let notebooks = { find: () => undefined };
  NotebookActions.executed.connect((_, { notebook }) => {
    const kernel = getKernel(findPanel((panel) => panel.content === notebook));
    if (kernel && comms.get(kernel)?.isDisposed) comms.delete(kernel);
  });

  const findPanel = (suits) => notebooks.find(suits);
  const getKernel = (panel) => panel?.sessionContext.session?.kernel;

  return {
    // The list of open notebooks, once there is one.
    setNotebooks: (tracker) => {
      notebooks = tracker;
    },
    findPanelOf: (node) => findPanel((panel) => panel.node.contains(node)),
    findPanelOfNotebook: (notebook) => findPanel((panel) => panel.content === notebook),
    tell: (panel, message) => {
      const kernel = getKernel(panel);
      if (!kernel) return;
      const comm = comms.get(kernel);
      if (!comm) {
        const opened = kernel.createComm(TARGET);
        comms.set(kernel, opened);
        opened.open(message);
      } else if (!comm.isDisposed) {
        comm.send(message);
      }
    },
  };
};
