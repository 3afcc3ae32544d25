// What the page does beside drawing: it tells the kernel what stands in the exercises' cells, and
// leaves keys to the controls that have the focus.
export default ({ INotebookTracker, NotebookActions }, talk, load) => ({
  id: "gradlab-live:plugin",
  autoStart: true,
  requires: [],
  optional: [INotebookTracker],
  activate: async (app, notebooks) => {
    if (notebooks) talk.setNotebooks(notebooks);
    (await load("jupyter/keys"))();
    (await load("jupyter/cells"))(NotebookActions, talk);
  },
});
