// Jupyter's shortcuts come before a control sees a key: an arrow leaves a slider, and a letter typed
// on a button edits the notebook. They are kept away from whatever has the focus inside a text or an
// output, except those with Ctrl, Alt or ⌘, Shift + Enter and Escape, which no control needs.
// Jupyter looks for the attribute on the focused element alone.
const ATTRIBUTE = "data-lm-suppress-shortcuts";
const PLACES = ".jp-RenderedMarkdown, .jp-OutputArea-output";
const CONTROLS = "a[href], button, input, select, summary, textarea, [tabindex]";

export default () => {
  window.addEventListener(
    "keydown",
    (event) => {
      const control = event.target;
      if (!(control instanceof Element) || !control.matches(CONTROLS)) return;
      if (!control.parentElement?.closest(PLACES)) return;
      const isJupyters = event.ctrlKey || event.metaKey || event.altKey
        || event.key === "Escape" || (event.key === "Enter" && event.shiftKey);
      if (isJupyters) control.removeAttribute(ATTRIBUTE);
      else control.setAttribute(ATTRIBUTE, "true");
    },
    true
  );
};
