// A bar between a notebook's toolbar and its cells, for what a learner should know and may leave
// alone: no dialog, it takes no focus, and a screen reader says it when there is a pause.
const CSS = `
.gradlab-bar { background: var(--jp-layout-color2); color: var(--jp-ui-font-color1);
  overflow: hidden; }
.gradlab-bar > div { align-items: center; border-bottom: 1px solid var(--jp-border-color1);
  border-left: 4px solid var(--jp-brand-color1); display: flex; flex-wrap: wrap; gap: 4px 12px;
  font: 13px/1.4 var(--jp-ui-font-family); padding: 6px 12px; }
.gradlab-bar p { flex: 1 1 15em; margin: 0; overflow-wrap: anywhere; }
.gradlab-bar :is(a, button) { background: var(--jp-layout-color1); border: 1px solid
  var(--jp-border-color0); border-radius: 4px; color: inherit; cursor: pointer; font: inherit;
  padding: 2px 10px; text-decoration: none; }
.gradlab-bar :is(a, button):hover { background: var(--jp-layout-color3); }
.gradlab-bar :focus-visible { outline: 2px solid var(--jp-brand-color1); outline-offset: 1px; }
`;
// A region is read out only if it was there, and empty, before its words came.
const SPEAK_AFTER = 300;

const make = (name, attributes = {}, ...children) => {
  const element = Object.assign(document.createElement(name), attributes);
  element.append(...children);
  return element;
};

// Shows an empty bar above a notebook. `say` replaces what it says and the controls after it;
// `close` takes it away.
const showBar = (Widget, panel, name) => {
  const words = make("p");
  const row = make("div", {}, words);
  const bar = new Widget();
  bar.addClass("gradlab-bar");
  bar.node.append(make("style", { textContent: CSS }), row);
  bar.node.setAttribute("role", "region");
  bar.node.setAttribute("aria-label", name);
  words.setAttribute("role", "status");
  panel.contentHeader.addWidget(bar);
  // The layout takes a height from the style alone, and words wrap in a narrow window.
  const follow = new ResizeObserver(() => {
    bar.node.style.minHeight = `${row.offsetHeight}px`;
    bar.parent?.fit();
  });
  follow.observe(row);
  const close = () => {
    const hasFocus = bar.node.contains(document.activeElement);
    follow.disconnect();
    bar.dispose();
    if (hasFocus) panel.activate();
  };
  const say = (text, ...controls) => {
    const hasFocus = row.contains(document.activeElement);
    words.textContent = "";
    setTimeout(() => {
      words.textContent = text;
    }, SPEAK_AFTER);
    row.replaceChildren(words, ...controls);
    if (hasFocus) controls[0]?.focus();
  };
  return { say, close };
};

const makeButton = (text, onclick) => make("button", { type: "button", textContent: text, onclick });
const makeLink = (text, href) => make("a", { textContent: text, href, target: "_blank" });

export default { showBar, makeButton, makeLink };
