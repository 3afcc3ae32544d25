// What the modules share: controls with names, drawing in SVG, numbers as text, colours, and how a
// state is read and kept. Every module gets it as `kit`; modules import nothing.

// Every control that can have the focus bears this, or Jupyter takes its keys.
const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };
const SVG = "http://www.w3.org/2000/svg";
// How long a reader pauses before a change is kept, and before it is read out.
const KEEP_AFTER = 200;
const SPEAK_AFTER = 800;

// The page says by `color-scheme` whether it is light or dark. Okabe and Ito's colours, on dark
// grounds in lighter shades; each has a contrast of at least 3:1.
const CSS = `
.gx { --gx-ink: light-dark(#222, #ddd); --gx-soft: light-dark(#6b6b6b, #a0a0a0);
  --gx-grid: light-dark(#e4e4e4, #3a3a3a); --gx-ground: light-dark(#fff, #161616);
  --gx-blue: light-dark(#0072b2, #56b4e9); --gx-red: light-dark(#d55e00, #ff8a3d);
  --gx-purple: light-dark(#a6497f, #e59cc3); --gx-green: light-dark(#00785a, #2fc39a);
  --gx-orange: light-dark(#a87000, #e69f00);
  color: var(--gx-ink); font: 14px/1.45 system-ui, sans-serif; max-width: 760px; }
.gx * { box-sizing: border-box; }
.gx svg { display: block; height: auto; width: 100%; }
.gx svg text { fill: var(--gx-ink); font: 12px system-ui, sans-serif; }
.gx svg .gx-tick { fill: var(--gx-soft); }
.gx svg .gx-grid { fill: none; stroke: var(--gx-grid); }
.gx svg .gx-axis { fill: none; stroke: var(--gx-soft); }
.gx-row { align-items: center; display: flex; flex-wrap: wrap; gap: 0 .6em; margin: .15em 0; }
.gx-row label { flex: none; min-width: 5.5em; }
.gx-row input[type="range"] { flex: 1 1 10em; margin: 0; max-width: 24em; min-width: 8em; }
.gx-row output { font-variant-numeric: tabular-nums; min-width: 5.5em; }
.gx select, .gx button { color: inherit; font: inherit; max-width: 100%; }
.gx button { background: transparent; border: 1px solid var(--gx-soft); border-radius: 4px;
  cursor: pointer; padding: .15em .7em; }
.gx :focus-visible { outline: 2px solid var(--gx-blue); outline-offset: 2px; }
.gx-buttons { display: flex; flex-wrap: wrap; gap: .5em; margin: .4em 0; }
.gx-panels { display: grid; gap: 8px; grid-template-columns: 3fr 2fr; }
.gx-numbers { overflow-x: auto; }
.gx table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 14px;
  margin: .4em 0; width: auto; }
.gx :is(th, td) { background: none; border: 0; color: inherit; padding: .1em 1.2em .1em 0; text-align: left;
  white-space: nowrap; }
.gx-hidden { clip-path: inset(50%); height: 1px; overflow: hidden; position: absolute;
  white-space: nowrap; width: 1px; }
@media (max-width: 560px) { .gx-panels { grid-template-columns: 1fr; } }
`;
const COLOURS = ["ink", "soft", "blue", "red", "purple", "green", "orange"];

let serial = 0;
const makeId = () => `gx-${(serial += 1)}`;

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

const makeRow = (label, control, ...others) => {
  control.id = makeId();
  return make("div", { class: "gx-row" }, make("label", { for: control.id }, label), control, ...others);
};

// A slider whose value is put into words by `say`, on the page and for a screen reader.
const makeSlider = ({ label, min, max, step, say, change }) => {
  const input = make("input", { type: "range", min, max, step, ...OWN_KEYS });
  const output = make("output");
  const show = () => {
    output.textContent = say(+input.value);
    input.setAttribute("aria-valuetext", output.textContent);
  };
  const row = makeRow(label, input, output);
  output.htmlFor = input.id;
  input.addEventListener("input", () => {
    show();
    change(+input.value);
  });
  return { row, input, set: (value) => { input.value = value; show(); } };
};

const makeMenu = ({ label, options, change }) => {
  const select = make("select", OWN_KEYS, ...options.map((option) => make("option", {}, option)));
  select.addEventListener("change", () => change(select.value));
  return { row: makeRow(label, select), select, set: (value) => { select.value = value; } };
};

const makeButton = (label, press) => {
  const button = make("button", { type: "button", ...OWN_KEYS }, label);
  button.addEventListener("click", press);
  return button;
};

// Says to a screen reader what there is to see, once the reader pauses.
const makeSpeaker = (box) => {
  const region = make("div", { class: "gx-hidden", "aria-live": "polite" });
  box.append(region);
  let timer;
  const speak = (text) => {
    clearTimeout(timer);
    timer = setTimeout(() => { region.textContent = text; }, SPEAK_AFTER);
  };
  return speak;
};

// Keeps a state in the model once the reader pauses. A change that is still waiting when the
// module goes is kept then, by `flush`.
const makeKeeper = (model) => {
  let timer;
  const flush = () => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    model.save_changes();
  };
  const keep = (state) => {
    for (const [name, value] of Object.entries(state)) model.set(name, value);
    clearTimeout(timer);
    timer = setTimeout(flush, KEEP_AFTER);
  };
  return { keep, flush };
};

// Calls `frame` with t from 0 to 1 over some seconds; where motion is not wanted, with 1 at once.
// Returns a function that stops it.
const play = (seconds, frame) => {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    frame(1);
    return () => {};
  }
  let request;
  let start;
  const step = (now) => {
    start ??= now;
    const t = Math.min(1, (now - start) / (1000 * seconds));
    frame(t);
    if (t < 1) request = requestAnimationFrame(step);
  };
  request = requestAnimationFrame(step);
  return () => cancelAnimationFrame(request);
};

// A state may come from anywhere: what is not a number in its range, or not a choice, is replaced.
const readNumber = (value, low, high, otherwise) =>
  typeof value === "number" && value >= low && value <= high ? value : otherwise;
const readChoice = (value, choices, otherwise) => (choices.includes(value) ? value : otherwise);
const readList = (value, most) => (Array.isArray(value) ? value.slice(0, most) : []);
// A place in a list; -1 for none.
const readPlace = (value, length) =>
  Number.isInteger(value) && value >= 0 && value < length ? value : -1;

// What was chosen in a prediction, in this browser: it comes back after Run All, which replaces the
// output. An answer is kept by its text, because a newer edition may have others. A window without
// storage keeps nothing.
const STORED = "gradlab:predict:";
const EVENT = "gradlab-prediction";
const recall = (name) => {
  try {
    return JSON.parse(localStorage.getItem(STORED + name)) ?? {};
  } catch {
    return {};
  }
};
const remember = (name, choice) => {
  try {
    if (choice) localStorage.setItem(STORED + name, JSON.stringify(choice));
    else localStorage.removeItem(STORED + name);
  } catch {
    // Nothing is lost: the notebook keeps the choice.
  }
};

// Tells the other outputs of the notebook, or of a page that is none. Notebooks side by side do not
// hear each other: they may be two people's. An output that is scrolled far away is in no notebook
// for a while, and still belongs to it.
const NOTEBOOK = ".jp-Notebook";
const homes = new WeakMap();
const findHome = (el) => {
  const home = el.closest(NOTEBOOK);
  if (home) homes.set(el, home);
  return home ?? homes.get(el);
};
const announce = (el, message) => dispatchEvent(new CustomEvent(EVENT, { detail: { el, message } }));
// Calls `listener` with what any of them tells, this one included; returns a function that ends it.
const hear = (el, listener) => {
  findHome(el);
  const follow = ({ detail }) => {
    if (findHome(detail.el) === findHome(el)) listener(detail.message);
  };
  addEventListener(EVENT, follow);
  return () => removeEventListener(EVENT, follow);
};

// Numbers as text. A minus sign is as wide as a plus.
const format = {
  fixed: (value, digits) => value.toFixed(digits).replace("-", "−"),
  signed: (value, digits) => {
    const text = Math.abs(value).toFixed(digits);
    return (value < 0 && +text ? "−" : "+") + text;
  },
  power: (value, digits = 0) => value.toExponential(digits).replace("e+", "e"),
};

const scale = (low, high, from, to) => (value) => from + ((value - low) / (high - low)) * (to - from);

// The path through points, which may have gaps: points that are not finite.
const makePath = (points) => {
  let path = "";
  let pen = "M";
  for (const [x, y] of points) {
    if (Number.isFinite(x) && Number.isFinite(y)) {
      path += `${pen}${x.toFixed(1)},${y.toFixed(1)}`;
      pen = "L";
    } else pen = "M";
  }
  return path;
};

// Axes with a grid, in SVG. An axis is { low, high, ticks: [[value, text], ...], name }; without
// ticks it has no labels. Returns the picture, and where a value is on it.
const makePlot = ({ width, height, x, y }) => {
  const left = y.ticks ? 46 : 12;
  const [right, top, bottom] = [width - 12, 12, height - (x.name ? 40 : 24)];
  const X = scale(x.low, x.high, left, right);
  const Y = scale(y.low, y.high, bottom, top);
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  const note = (text, attributes) => svg.append(draw("text", { class: "gx-tick", ...attributes }, text));
  for (const [value, text] of x.ticks ?? []) {
    svg.append(draw("path", { class: "gx-grid", d: `M${X(value)},${top}V${bottom}` }));
    note(text, { x: X(value), y: bottom + 16, "text-anchor": "middle" });
  }
  for (const [value, text] of y.ticks ?? []) {
    svg.append(draw("path", { class: "gx-grid", d: `M${left},${Y(value)}H${right}` }));
    note(text, { x: left - 6, y: Y(value) + 4, "text-anchor": "end" });
  }
  if (x.name) note(x.name, { x: (left + right) / 2, y: bottom + 34, "text-anchor": "middle" });
  if (y.name) note(y.name, { x: left + 6, y: top + 10 });
  return { svg, X, Y, left, right, top, bottom };
};

const colours = Object.fromEntries(COLOURS.map((name) => [name, `var(--gx-${name})`]));

export default {
  announce, colours, draw, format, hear, make, makeBox, makeButton, makeKeeper, makeMenu, makePath,
  makePlot, makeRow, makeSlider, makeSpeaker,
  OWN_KEYS, play, readChoice, readList, readNumber, readPlace, recall, remember, scale, setAll, write,
};
