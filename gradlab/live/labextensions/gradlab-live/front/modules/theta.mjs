// One entry of theta moved: all entries as bars, and the loss along the one that moves.

const SIZES = [3, 4, 2];
const ROWS = 6;
const MOVE = { low: -2.5, high: 2.5, step: 0.1 };
// The step's slider is logarithmic.
const H = { low: -3, high: 0.3, step: 0.05 };
const REACH = 3;
const GRID = Array.from({ length: 61 }, (_, i) => -REACH + (i * REACH) / 30);
const NAMES = ["entry", "its value", "moved to", "loss J", "central difference", "backpropagation"];

const makeEntries = ({ blocks }) =>
  Object.entries(blocks).flatMap(([block, [from, to]]) => {
    const width = SIZES[block.endsWith("1") ? 1 : 2];
    const place = (k) => (block.startsWith("W") ? `${Math.floor(k / width)}, ${k % width}` : k);
    return Array.from({ length: to - from }, (_, k) => ({ block, name: `${block}[${place(k)}]` }));
  });

const moveEntry = (theta, index, value) => {
  const moved = theta.slice();
  moved[index] = value;
  return moved;
};

// What is computed: the loss where the entry was moved to, its slope there by a central difference
// and by backpropagation, and the loss along the entry.
function compute({ index, move, h, theta, X, labels }, { makeNetwork }) {
  const network = makeNetwork(SIZES, X, labels);
  const at = Float64Array.from(theta);
  const position = at[index] + move;
  const measure = (value) => network.loss(moveEntry(at, index, value));
  const [behind, ahead] = [measure(position - h), measure(position + h)];
  return {
    position, behind, ahead,
    loss: measure(position),
    difference: (ahead - behind) / (2 * h),
    backprop: network.gradient(moveEntry(at, index, position))[index],
    curve: GRID.map((distance) => measure(at[index] + distance)),
  };
}

function readState(get, { makeNetwork, readControls, readData, readNumber }) {
  const [inputs] = SIZES;
  const labels = readData(get("labels"), ROWS, 0, SIZES[2] - 1).map(Math.round);
  const X = readData(get("X"), ROWS * inputs, -100, 100);
  const network = makeNetwork(SIZES, X, labels);
  const theta = readData(get("theta"), network.size, -100, 100);
  const read = ({ index, move, h }) => ({
    index: Math.round(readNumber(index, 0, network.size - 1, 13)),
    move: readNumber(move, MOVE.low, MOVE.high, 0),
    h: readNumber(h, 10 ** H.low, 2, 0.5),
  });
  return { data: { theta, X, labels }, entries: makeEntries(network), ...readControls(get, read) };
}

// Layers differ in colour; biases are drawn as outlines.
function makeBars(kit, entries) {
  const { colours, draw, makePlot, setAll } = kit;
  const last = entries.length - 1;
  const ticks = [0, 4, 8, 12, 16, 20, 24].map((index) => [index, String(index)]);
  const { svg, X, Y, left, right } = makePlot({
    width: 440, height: 170, x: { low: -0.8, high: last + 0.8, ticks, name: "index in theta" },
    y: { low: -3.8, high: 3.8, ticks: [-2, 0, 2].map((value) => [value, kit.format.fixed(value, 0)]) },
  });
  const width = 0.8 * (X(1) - X(0));
  const bars = entries.map(({ block }, index) => {
    const colour = colours[block.endsWith("1") ? "blue" : "orange"];
    const fill = block.startsWith("W") ? colour : "none";
    return draw("rect", { x: X(index) - width / 2, width, fill, stroke: colour, "stroke-width": 1.4 });
  });
  const names = [...new Set(entries.map(({ block }) => block))].map((block) => {
    const first = entries.findIndex((entry) => entry.block === block);
    return draw("text", { x: X(first) - width / 2, y: Y(-3.5) }, block);
  });
  const mark = draw("path", { fill: colours.red });
  svg.append(draw("path", { class: "gx-axis", d: `M${left},${Y(0)}H${right}` }), ...bars, ...names, mark);

  const update = (theta, index, position) => {
    bars.forEach((bar, i) => {
      const value = i === index ? position : theta[i];
      setAll(bar, { y: Y(Math.max(value, 0)), height: Math.abs(Y(value) - Y(0)) });
    });
    mark.setAttribute("d", `M${X(index) - 6},${Y(3.8)}h12l-6,9Z`);
  };
  return { svg, update };
}

function makeLossPlot(kit) {
  const {
    clipLine, colours, draw, makeLabel, makeLine, makePath, makePlot, placeLabels, scale, setAll,
  } = kit;
  const marks = [0.15, 0.5, 0.85].map((height) => ({ height, text: document.createTextNode("") }));
  const plot = makePlot({
    width: 440, height: 250,
    x: {
      low: -REACH, high: REACH, name: "moved by",
      ticks: [-2, -1, 0, 1, 2].map((value) => [value, kit.format.fixed(value, 0)]),
    },
    y: { low: 0, high: 1, ticks: marks.map(({ height, text }) => [height, text]), name: "loss J" },
  });
  const curve = makeLine({ colour: "soft" });
  const chord = makeLine({ colour: "blue", dash: "9 3 2 3" });
  const ends = [0, 1].map(() => draw("circle", { r: 4, fill: colours.blue }));
  const name = makeLabel("blue");
  const point = draw("path", { fill: colours.red });
  plot.svg.append(curve, chord, ...ends, point, name);
  const isSeen = ([x]) => x >= plot.left && x <= plot.right;

  const update = ({ move, h }, { curve: losses, behind, ahead, loss }) => {
    const [low, high] = [Math.min(...losses), Math.max(...losses)];
    // A loss that does not move is a line in the middle.
    const span = high - low || 1;
    const Y = scale(low - span / 4.5, low + span + span / 4.5, plot.bottom, plot.top);
    for (const { height, text } of marks) {
      text.data = (low + ((height - 0.5) / 0.7 + 0.5) * span).toPrecision(3);
    }
    curve.setAttribute("d", makePath(losses.map((J, i) => [plot.X(GRID[i]), Y(J)])));
    const at = [[plot.X(move - h), Y(behind)], [plot.X(move + h), Y(ahead)]];
    chord.setAttribute("d", makePath(clipLine(plot, ...at)));
    ends.forEach((end, i) => {
      const visibility = isSeen(at[i]) ? "visible" : "hidden";
      setAll(end, { cx: at[i][0], cy: at[i][1], visibility });
    });
    const [x, y] = [plot.X(move), Y(loss)];
    point.setAttribute("d", `M${x - 6},${y}L${x},${y - 6}L${x + 6},${y}L${x},${y + 6}Z`);
    // Beside the right end if there is room, or else the left: below the one where the loss rises.
    const side = plot.X(move + h) < plot.right - 95 ? 1 : -1;
    const beside = side > 0 ? at[1] : at[0];
    const lift = (ahead > behind) === (side > 0) ? -18 : 10;
    placeLabels(plot, [
      { element: name, text: "central chord", point: isSeen(beside) ? beside : [x, y], side, lift },
    ]);
  };
  return { svg: plot.svg, update };
}

// The controls by what they change.
function makeControls({ format, makeLogSlider, makeSlider }, entries, move) {
  return {
    index: makeSlider({
      label: "entry i", min: 0, max: entries.length - 1, step: 1,
      say: (value) => `${value}, ${entries[value].name}`, change: (value) => move({ index: value }),
    }),
    move: makeSlider({
      label: "move by", min: MOVE.low, max: MOVE.high, step: MOVE.step,
      say: (value) => format.signed(value, 1), change: (value) => move({ move: value }),
    }),
    h: makeLogSlider({
      label: "step h", min: H.low, max: H.high, step: H.step,
      say: format.short, change: (value) => move({ h: value }),
    }),
  };
}

function render({ model, el, kit }) {
  const { data, entries, now, start } = readState(model.get.bind(model), kit);
  const box = kit.makeBox(el, "theta");
  const { fixed, short, signed } = kit.format;
  const [bars, plot, numbers] = [makeBars(kit, entries), makeLossPlot(kit), kit.makeNumbers(NAMES)];

  const show = () => {
    const computed = compute({ ...now, ...data }, kit);
    const { position, loss, difference, backprop } = computed;
    const { name } = entries[now.index];
    const entry = `theta[${now.index}], ${name}`;
    bars.update(data.theta, now.index, position);
    plot.update(now, computed);
    numbers.set([
      `${now.index}, ${name}`, signed(data.theta[now.index], 3), signed(position, 3),
      fixed(loss, 4), signed(difference, 4), signed(backprop, 4),
    ]);
    const words =
      `${entry}, at ${fixed(position, 2)}, h = ${short(now.h)}: loss ${fixed(loss, 4)}, ` +
      `central difference ${signed(difference, 4)}, backpropagation ${signed(backprop, 4)}`;
    bars.svg.setAttribute("aria-label", `The ${entries.length} entries of theta as bars, a mark over ${entry}`);
    plot.svg.setAttribute("aria-label", `The loss against one entry, all others held. ${words}`);
    return words;
  };
  const explorer = kit.makeExplorer({ model, box, now, start, show });
  const pictures = kit.make("div", {}, bars.svg, plot.svg);
  const panels = kit.make("div", { class: "gx-panels" }, pictures, numbers.table);
  return explorer.begin(makeControls(kit, entries, explorer.move), [], panels);
}

export default { render, compute };
