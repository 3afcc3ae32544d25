// An address that ends in `#cell-id=...` leads to that cell: links from the book do. JupyterLite
// opens the notebook and leaves the rest of the address alone.
const PREFIX = "#cell-id=";
// Formulas and pictures above the cell still move it.
const SETTLED_AFTER = 5000;
const LEARNERS = ["keydown", "pointerdown", "wheel", "touchstart"];

const goTo = async (panel, id) => {
  await panel.revealed;
  const notebook = panel.content;
  const index = notebook.widgets.findIndex((cell) => cell.model.id === id);
  if (index < 0) return;
  notebook.activeCellIndex = index;
  notebook.deselectAll();
  const cell = notebook.widgets[index].node;
  const show = () => cell.scrollIntoView({ block: "start" });
  const follow = new ResizeObserver(show);
  for (const { node } of notebook.widgets.slice(0, index + 1)) follow.observe(node);
  // A learner who moves goes on from there.
  const stop = () => {
    follow.disconnect();
    for (const kind of LEARNERS) window.removeEventListener(kind, stop, true);
  };
  for (const kind of LEARNERS) window.addEventListener(kind, stop, true);
  setTimeout(stop, SETTLED_AFTER);
};

// An address may be cut off, or typed.
const readId = () => {
  try {
    return decodeURIComponent(location.hash.slice(PREFIX.length));
  } catch {
    return "";
  }
};

export default (notebooks) => {
  const follow = (panel) => {
    if (location.hash.startsWith(PREFIX)) goTo(panel, readId());
  };
  notebooks.forEach(follow);
  notebooks.widgetAdded.connect((_, panel) => follow(panel));
  window.addEventListener("hashchange", () => notebooks.currentWidget && follow(notebooks.currentWidget));
};
