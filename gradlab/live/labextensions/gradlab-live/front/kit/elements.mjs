// The elements of an output, in HTML and SVG, its styles, and its colours.

const SVG = "http://www.w3.org/2000/svg";
// The page says by `color-scheme` whether it is light or dark. Okabe and Ito's colours, on dark
// grounds in lighter shades; two are darker here, so that words in each have a contrast of 4.5:1.
// Jupyter has its own rules for tables; `.gx.gx` outranks them.
const CSS = `
.gx { --gx-ink: light-dark(#222, #ddd); --gx-soft: light-dark(#6b6b6b, #a0a0a0);
  --gx-grid: light-dark(#e4e4e4, #3a3a3a); --gx-ground: light-dark(#fff, #161616);
  --gx-blue: light-dark(#0072b2, #56b4e9); --gx-red: light-dark(#bf5300, #ff8a3d);
  --gx-purple: light-dark(#a6497f, #e59cc3);
  --gx-orange: light-dark(#9a6700, #e69f00);
  color: var(--gx-ink); font: 14px/1.45 system-ui, sans-serif; max-width: 760px; }
.gx * { box-sizing: border-box; }
.gx svg { display: block; height: auto; width: 100%; }
.gx svg text { fill: var(--gx-ink); font: 12px system-ui, sans-serif; }
.gx svg .gx-tick { fill: var(--gx-soft); }
.gx svg .gx-grid { fill: none; stroke: var(--gx-grid); }
.gx svg .gx-axis { fill: none; stroke: var(--gx-soft); }
.gx svg .gx-label { paint-order: stroke; stroke: var(--gx-ground); stroke-width: 3px; }
.gx svg.gx-sample { display: inline-block; height: .8em; margin-right: .5em; width: 2em; }
.gx-row { align-items: center; display: flex; flex-wrap: wrap; gap: 0 .6em; margin: .15em 0; }
.gx-row label { flex: none; min-width: 5.5em; }
.gx-row input[type="range"] { flex: 1 1 10em; margin: 0; max-width: 24em; min-width: 8em; }
.gx-row output { font-variant-numeric: tabular-nums; min-width: 5.5em; }
.gx select, .gx button { color: inherit; font: inherit; max-width: 100%; }
.gx select { background: var(--gx-ground); border: 1px solid var(--gx-soft); border-radius: 4px; }
.gx button { background: transparent; border: 1px solid var(--gx-soft); border-radius: 4px;
  cursor: pointer; padding: .15em .7em; }
.gx :focus-visible { outline: 2px solid var(--gx-blue); outline-offset: 2px; }
.gx-buttons { display: flex; flex-wrap: wrap; gap: .5em; margin: .4em 0; }
.gx-panels { display: grid; gap: 8px; grid-template-columns: 3fr 2fr; }
.gx p { margin: .3em 0; }
.gx-numbers { overflow-x: auto; }
.gx table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 14px;
  margin: .4em 0; width: auto; }
.gx.gx table :is(th, td) { background: none; border: 0; color: inherit; padding: .1em 1.2em .1em 0;
  text-align: left; white-space: nowrap; }
.gx-hidden { clip-path: inset(50%); height: 1px; overflow: hidden; position: absolute;
  white-space: nowrap; width: 1px; }
@media (max-width: 560px) { .gx-panels { grid-template-columns: 1fr; }
  .gx-panels svg { max-height: 260px; } }
`;
const COLOURS = ["ink", "soft", "blue", "red", "purple", "orange"];
const colours = Object.fromEntries(COLOURS.map((name) => [name, `var(--gx-${name})`]));

const setAll = (element, attributes) => {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};

const make = (name, attributes = {}, ...children) => {
  const element = setAll(document.createElement(name), attributes);
  element.append(...children);
  return element;
};

const draw = (name, attributes = {}, ...children) => {
  const element = setAll(document.createElementNS(SVG, name), attributes);
  element.append(...children);
  return element;
};

// A box for a module, with the styles; the rest goes into it.
const makeBox = (el, name) => {
  const style = make("style");
  style.textContent = CSS;
  const box = make("div", { class: `gx gx-${name}` }, style);
  el.append(box);
  return box;
};

// A text in which `code` stands between backticks.
const write = (text) =>
  String(text).split("`").map((part, i) => (i % 2 ? make("code", {}, part) : part));

export default () => ({ colours, draw, make, makeBox, setAll, write });
