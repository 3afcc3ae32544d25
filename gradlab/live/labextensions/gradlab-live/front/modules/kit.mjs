// What the modules share: controls with names, drawing in SVG, numbers as text, colours, and how a
// state is read and kept. Every module gets it as `kit`; modules import nothing.

// Every control that can have the focus bears this, or Jupyter takes its keys.
const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };
const SVG = "http://www.w3.org/2000/svg";
// How long a reader pauses before a change is kept, and before it is read out.
const KEEP_AFTER = 200;
const SPEAK_AFTER = 800;

// The page says by `color-scheme` whether it is light or dark. Okabe and Ito's colours, on dark
// grounds in lighter shades; two are darker here, so that words in each have a contrast of 4.5:1.
// Jupyter has rules of its own for tables, than which `.gx.gx` is stronger.
const CSS = `
.gx { --gx-ink: light-dark(#222, #ddd); --gx-soft: light-dark(#6b6b6b, #a0a0a0);
  --gx-grid: light-dark(#e4e4e4, #3a3a3a); --gx-ground: light-dark(#fff, #161616);
  --gx-blue: light-dark(#0072b2, #56b4e9); --gx-red: light-dark(#bf5300, #ff8a3d);
  --gx-purple: light-dark(#a6497f, #e59cc3); --gx-green: light-dark(#00785a, #2fc39a);
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
const COLOURS = ["ink", "soft", "blue", "red", "purple", "green", "orange"];

// A page may hold several copies of this file, one for each widget.
const copy = Math.random().toString(36).slice(2);
let serial = 0;
const makeId = () => `gx-${copy}-${(serial += 1)}`;

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
// Longer than any text of ours; a page drawn from millions of letters would hang.
const MOST_LETTERS = 1000;
const readText = (value) => String(value ?? "").slice(0, MOST_LETTERS);
const readList = (value, most) => (Array.isArray(value) ? value.slice(0, most) : []);
// A place in a list; -1 for none.
const readPlace = (value, length) =>
  Number.isInteger(value) && value >= 0 && value < length ? value : -1;

// Data without which there is nothing to draw: the page then keeps what stands in for the output.
const readData = (value, length, low, high) => {
  const fits = (entry) => typeof entry === "number" && entry >= low && entry <= high;
  if (!Array.isArray(value) || value.length !== length || !value.every(fits)) {
    throw new Error(`the state has no ${length} numbers from ${low} to ${high}`);
  }
  return Float64Array.from(value);
};

// What was chosen in a prediction, in this browser, by whoever sat here. An answer is kept by its text, because a newer edition may have others. A window without
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
  power: (value, digits = 0) => value.toExponential(digits).replace("e+", "e").replace(/^-/, "−"),
  // With so many decimals, or as a power where they would all be 0.
  error: (value, digits) => {
    if (value === 0) return "0";
    if (Math.abs(value) >= 10 ** -digits) return format.signed(value, digits);
    return (value > 0 ? "+" : "") + format.power(value, 1);
  },
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
  const [right, top, bottom] = [width - 12, y.name ? 26 : 12, height - (x.name ? 40 : 24)];
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
  if (y.name) note(y.name, { x: left, y: top - 12 });
  return { svg, X, Y, left, right, top, bottom };
};

// The part of the line from one point to another that lies within a plot, as points; none of it,
// or a point that is not finite, gives no points.
const clipLine = ({ left, right, top, bottom }, [x0, y0], [x1, y1]) => {
  let [from, to] = [0, 1];
  for (const [start, run, low, high] of [[x0, x1 - x0, left, right], [y0, y1 - y0, top, bottom]]) {
    if (run === 0 && start >= low && start <= high) continue;
    const [a, b] = [(low - start) / run, (high - start) / run];
    from = Math.max(from, Math.min(a, b));
    to = Math.min(to, Math.max(a, b));
  }
  if (!(from <= to)) return [];
  return [from, to].map((t) => [x0 + t * (x1 - x0), y0 + t * (y1 - y0)]);
};

// Writes texts beside points of a plot: to the right of the point where `side` is 1, to its left
// where it is -1, the other way where there is no room; and no text over another. Without a point
// nothing is written.
const LINE = 14;
const placeLabels = ({ left, right, top, bottom }, labels) => {
  const placed = [];
  for (const { element, text, point, side, lift = 0 } of labels) {
    element.textContent = point ? text : "";
    if (!point) continue;
    // Measuring the text would make the browser lay out the page.
    const width = 6.5 * text.length;
    const fits = side > 0 ? point[0] + 6 + width <= right : point[0] - 6 - width >= left;
    const way = fits ? side : -side;
    const x = point[0] + 6 * way;
    const [start, end] = way > 0 ? [x, x + width] : [x - width, x];
    const isFree = (y) => placed.every((other) =>
      Math.abs(other.y - y) >= LINE || other.start >= end || other.end <= start);
    const rows = [0, 1, -1, 2, -2].map((row) =>
      Math.min(bottom - 4, Math.max(top + LINE, point[1] - lift + row * LINE)));
    const y = rows.find(isFree) ?? rows[0];
    placed.push({ start, end, y });
    setAll(element, { x, y, "text-anchor": way > 0 ? "start" : "end" });
  }
};

// A text at a line, in its colour; the ground around it keeps it readable over other lines.
const makeLabel = (colour) => draw("text", { class: "gx-label", style: `fill: ${colours[colour]}` });

const makeLine = ({ colour, dash = "none", width = 2.5 }) => draw("path", {
  fill: "none", stroke: colours[colour], "stroke-dasharray": dash, "stroke-width": width,
});

// A piece of a line for a table or a sentence: there it says what the line is.
const makeSample = (style) => draw(
  "svg", { class: "gx-sample", viewBox: "0 0 32 12", "aria-hidden": "true" },
  setAll(makeLine(style), { d: "M0,6H32" })
);

// A table of numbers by name. `set` takes their texts in that order.
const makeNumbers = (names) => {
  const cells = names.map(() => make("td"));
  const rows = names.map((name, i) => make("tr", {}, make("th", { scope: "row" }, name), cells[i]));
  const set = (texts) => cells.forEach((cell, i) => { cell.textContent = texts[i]; });
  return { table: make("div", { class: "gx-numbers" }, make("table", {}, ...rows)), set };
};

// Matrices are stored row by row; a matrix knows its width from what it is used with.
const multiply = (A, W, columns) => {
  const inner = W.length / columns;
  const product = new Float64Array((A.length / inner) * columns);
  for (let at = 0; at < product.length; at += 1) {
    const [start, column] = [Math.floor(at / columns) * inner, at % columns];
    for (let k = 0; k < inner; k += 1) product[at] += A[start + k] * W[k * columns + column];
  }
  return product;
};
const transpose = (A, columns) => {
  const rows = A.length / columns;
  return A.map((_, at) => A[(at % rows) * columns + Math.floor(at / rows)]);
};
const addToRows = (A, b) => A.map((a, at) => a + b[at % b.length]);
const sumRows = (A, columns) => multiply(new Float64Array(A.length / columns).fill(1), A, columns);

// The cross-entropy of a row of logits, and its derivative by them. The largest logit is
// subtracted, so that nothing overflows.
const compareWithLabel = (logits, label) => {
  const top = Math.max(...logits);
  const powers = logits.map((z) => Math.exp(z - top));
  const sum = powers.reduce((total, power) => total + power);
  const slopes = powers.map((power, c) => power / sum - (c === label ? 1 : 0));
  return { loss: Math.log(sum) - (logits[label] - top), slopes };
};

// A network like the course's MLP: one hidden layer of tanh, softmax cross-entropy as the mean over
// the rows of X, and l2 / 2 times the squares of every W. `scales` is what dropout multiplies the
// hidden activations by, one for each row and unit.
const makeNetwork = ([inputs, hidden, classes], X, labels) => {
  const rows = labels.length;
  const sizes = { W1: inputs * hidden, b1: hidden, W2: hidden * classes, b2: classes };
  const blocks = {};
  let size = 0;
  for (const [name, entries] of Object.entries(sizes)) blocks[name] = [size, (size += entries)];
  const split = (theta) => Object.values(blocks).map(([from, to]) => theta.subarray(from, to));
  const all = new Float64Array(rows * hidden).fill(1);

  const forward = (theta, scales) => {
    const [W1, b1, W2, b2] = split(theta);
    const A = addToRows(multiply(X, W1, hidden), b1).map(Math.tanh);
    const dropped = A.map((a, at) => a * scales[at]);
    const Z = addToRows(multiply(dropped, W2, classes), b2);
    const compare = (label, i) => compareWithLabel(Z.subarray(i * classes, (i + 1) * classes), label);
    return { A, dropped, compared: Array.from(labels, compare) };
  };

  const loss = (theta, l2 = 0, scales = all) => {
    const [W1, , W2] = split(theta);
    const sum = forward(theta, scales).compared.reduce((total, row) => total + row.loss, 0);
    const squares = [W1, W2].map((W) => W.reduce((total, w) => total + w * w, 0));
    return sum / rows + (l2 / 2) * (squares[0] + squares[1]);
  };

  // Backpropagation.
  const gradient = (theta, l2 = 0, scales = all) => {
    const [W1, , W2] = split(theta);
    const { A, dropped, compared } = forward(theta, scales);
    const delta2 = Float64Array.from(compared.flatMap((row) => [...row.slopes])).map((d) => d / rows);
    const delta1 = multiply(delta2, transpose(W2, classes), hidden)
      .map((d, at) => d * scales[at] * (1 - A[at] * A[at]));
    const slope = (inward, columns, delta, width, W) =>
      multiply(transpose(inward, columns), delta, width).map((d, at) => d + l2 * W[at]);
    return Float64Array.from([
      ...slope(X, inputs, delta1, hidden, W1), ...sumRows(delta1, hidden),
      ...slope(dropped, hidden, delta2, classes, W2), ...sumRows(delta2, classes),
    ]);
  };

  return { size, blocks, loss, gradient };
};

const colours = Object.fromEntries(COLOURS.map((name) => [name, `var(--gx-${name})`]));

export default {
  announce, clipLine, colours, draw, findHome, format, hear, make, makeBox, makeButton, makeKeeper, makeLabel,
  makeLine, makeMenu, makeNetwork, makeNumbers, makePath, makePlot, makeRow, makeSample, makeSlider,
  makeSpeaker, OWN_KEYS, placeLabels, play, readChoice, readData, readList, readNumber, readPlace,
  readText, recall, remember, scale, setAll, write,
};
