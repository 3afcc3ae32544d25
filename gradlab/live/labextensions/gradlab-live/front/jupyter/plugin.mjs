// What the page does beside drawing: it tells the kernel what stands in the exercises' cells, leaves
// keys to the controls that have the focus, and on the site leads to a newer edition of a lesson, to
// its page in the book, and from there to a cell.
export default (jupyter, talk, load) => ({
  id: "gradlab-live:plugin",
  autoStart: true,
  requires: [],
  optional: [jupyter.INotebookTracker],
  activate: async (app, notebooks) => {
    (await load("jupyter/keys"))();
    if (!notebooks) return;
    talk.setNotebooks(notebooks);
    (await load("jupyter/cells"))(jupyter.NotebookActions, talk);
    (await load("jupyter/place"))(notebooks);
    const lessons = await load("jupyter/lessons");
    (await load("jupyter/book"))(jupyter, lessons, app, notebooks);
    (await load("jupyter/editions"))(jupyter, lessons, await load("jupyter/bar"), app, notebooks);
  },
});
