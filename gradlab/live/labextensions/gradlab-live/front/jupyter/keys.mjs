// Jupyter's shortcuts come before a control sees a key: an arrow leaves a slider, and a letter typed
// on a button edits the notebook. They are kept away from whatever has the focus inside a text, an
// output or the toolbar of a cell, except those with Ctrl, Alt or ⌘, and Shift + Enter. Escape goes
// back to the cell, where they are shortcuts again.
// Jupyter looks for the attribute on the focused element alone.
const ATTRIBUTE = "data-lm-suppress-shortcuts";
const PLACES = ".jp-RenderedMarkdown, .jp-OutputArea-output, .jp-cell-toolbar";
const CONTROLS = "a[href], audio, button, input, select, summary, textarea, video, [tabindex], "
  + "[contenteditable]";

const leave = (event) => {
  // Whatever has a use for the key says so.
  if (event.defaultPrevented || document.activeElement !== event.target) return;
  event.target.closest(".jp-Cell")?.focus({ preventScroll: true });
};

const follow = (event) => {
  const { target } = event;
  // What has the focus may be in the shadow of the target, as Jupyter's own buttons are.
  const [control] = event.composedPath();
  if (!(control instanceof Element) || !control.matches(CONTROLS)) return;
  if (!target.parentElement?.closest(PLACES)) return;
  const isJupyters = event.ctrlKey || event.metaKey || event.altKey
    || event.key === "Escape" || (event.key === "Enter" && event.shiftKey);
  if (isJupyters) target.removeAttribute(ATTRIBUTE);
  else target.setAttribute(ATTRIBUTE, "true");
  if (event.key === "Escape") setTimeout(() => leave(event));
};

export default () => window.addEventListener("keydown", follow, true);
