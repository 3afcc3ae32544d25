// L2 and dropout in a gradient check: the customary ratio of each block, for a mistake in the
// gradient, a penalty and a way to draw the mask.

const SIZES = [8, 6, 4];
const ROWS = 8;
const [NONE, PENALTY, DATA, SCALE] = [
  "none", "penalty forgotten", "data part of dW1 off by 10%", "1/keep_prob forgotten",
];
const MISTAKES = [NONE, PENALTY, DATA, SCALE];
const MASKS = ["none", "frozen", "new each time"];
// Logarithmic: the powers of ten.
const L2 = { low: -4, high: 6, step: 0.5 };
const KEEP = { low: 0.5, high: 1, step: 0.1 };
const BANDS = [1e-2, 1e-4, 1e-7];
// Below this, ratios are pure rounding, whose digits differ between machines.
const ROUNDING = 1e-7;
const STEP = 1e-5;
const LOWEST = 1e-12;
const SEED = 6;

// Uniform numbers from 0 to 1, the same ones each time: mulberry32. They are not NumPy's, and need
// not be: all that masks drawn anew have to show is that the loss has no slope.
const makeRandom = (seed) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

// Returns a function that gives what dropout multiplies the activations by, in one evaluation.
// `draws` are those of the frozen mask, in tenths rounded down: enough, because keep_prob is a
// multiple of a tenth.
function makeDropout({ masks, keep_prob: keep, draws }) {
  if (masks === "none" || keep === 1) return () => undefined;
  const random = makeRandom(SEED);
  const frozen = Float64Array.from(draws, (draw) => (draw < Math.round(10 * keep) ? 1 / keep : 0));
  const drawNew = () => frozen.map(() => (random() < keep ? 1 / keep : 0));
  return masks === "frozen" ? () => frozen : drawNew;
}

// Returns the gradient with its mistake.
function spoil(gradient, { blocks }, theta, { mistake, l2, masks, keep_prob: keep }) {
  const factor = { [DATA]: 1.1, [SCALE]: masks === "none" ? 1 : keep }[mistake] ?? 1;
  const isIn = (i, name) => i >= blocks[name][0] && i < blocks[name][1];
  return gradient.map((slope, i) => {
    const penalty = isIn(i, "W1") || isIn(i, "W2") ? l2 * theta[i] : 0;
    if (mistake === PENALTY) return slope - penalty;
    const isSpoilt = isIn(i, "W1") || (mistake === SCALE && isIn(i, "b1"));
    return factor !== 1 && isSpoilt ? factor * (slope - penalty) + penalty : slope;
  });
}

function measureSlopes(loss, theta) {
  const moved = theta.slice();
  return theta.map((value, i) => {
    moved[i] = value + STEP;
    const ahead = loss(moved);
    moved[i] = value - STEP;
    const behind = loss(moved);
    moved[i] = value;
    return (ahead - behind) / (value + STEP - (value - STEP));
  });
}

function computeRatio(a, b) {
  const measure = (vector) => Math.sqrt(vector.reduce((sum, entry) => sum + entry * entry, 0));
  const size = measure(a) + measure(b);
  return size ? measure(a.map((entry, i) => entry - b[i])) / size : 0;
}

// What gradlab says: a right gradient passes, a wrong one fails, whatever the penalty; and where
// the loss is random nothing can be proved. A test asks Python for every setting of the controls.
function judge({ mistake, masks, keep_prob: keep }) {
  const isDropping = masks !== "none" && keep < 1;
  if (isDropping && masks !== "frozen") return "inconclusive";
  return mistake === NONE || (mistake === SCALE && !isDropping) ? "pass" : "fail";
}

// What is computed: the gradient with its mistake, the slopes that are measured, the ratio of each
// block and of all, and gradlab's verdict.
function compute(state, { makeNetwork }) {
  const network = makeNetwork(SIZES, state.X, state.labels);
  const theta = Float64Array.from(state.theta);
  const dropout = makeDropout(state);
  const right = network.gradient(theta, state.l2, dropout());
  const analytic = spoil(right, network, theta, state);
  const numeric = measureSlopes((at) => network.loss(at, state.l2, dropout()), theta);
  const ratios = {};
  for (const [name, [from, to]] of Object.entries({ ...network.blocks, all: [0, network.size] })) {
    ratios[name] = computeRatio(analytic.subarray(from, to), numeric.subarray(from, to));
  }
  return { analytic: [...analytic], numeric: [...numeric], ratios, verdict: judge(state) };
}

function readState(get, { makeNetwork, readChoice, readControls, readData, readNumber }) {
  const [inputs, hidden, classes] = SIZES;
  const labels = readData(get("labels"), ROWS, 0, classes - 1).map(Math.round);
  const X = readData(get("X"), ROWS * inputs, -100, 100);
  const theta = readData(get("theta"), makeNetwork(SIZES, X, labels).size, -100, 100);
  const draws = readData(get("draws"), ROWS * hidden, 0, 9);
  const read = ({ mistake, l2, masks, keep_prob }) => ({
    mistake: readChoice(mistake, MISTAKES, PENALTY),
    l2: readNumber(l2, 10 ** L2.low, 10 ** L2.high, 0.1),
    masks: readChoice(masks, MASKS, "none"),
    keep_prob: Math.round(10 * readNumber(keep_prob, KEEP.low, KEEP.high, 0.8)) / 10,
  });
  return { data: { theta, X, labels, draws }, ...readControls(get, read) };
}

const describeRatio = (ratio, { power }) => (ratio >= ROUNDING ? power(ratio) : "below 1e-7");
const describeStrength = (l2) => (l2 < 1e4 ? String(+l2.toPrecision(2)) : l2.toExponential(0).replace("+", ""));

// Layers differ in colour; biases are drawn as circles, not filled.
const DOTS = {
  W1: ["blue", true], b1: ["blue", false], W2: ["orange", true], b2: ["orange", false], all: ["ink", true],
};

function makeRatioPlot(kit) {
  const { colours, draw, makePlot, setAll } = kit;
  const names = Object.keys(DOTS);
  const { svg, X, Y, left, right } = makePlot({
    width: 440, height: 300, x: { low: -0.5, high: 4.9, ticks: names.map((name, i) => [i, name]) },
    y: { low: -12, high: 0.9, ticks: [-12, -9, -6, -3, 0].map((value) => [value, `1e${value}`]), name: "ratio" },
  });
  for (const border of BANDS) {
    const y = Y(Math.log10(border));
    svg.append(
      draw("path", { stroke: colours.ink, "stroke-dasharray": "1 3", d: `M${left},${y}H${right}` }),
      draw("text", { class: "gx-tick", x: right, y: y - 3, "text-anchor": "end" }, border.toExponential())
    );
  }
  const dots = names.map((name, i) => {
    const [colour, isFilled] = DOTS[name];
    const fill = isFilled ? colours[colour] : "var(--gx-ground)";
    return draw("circle", { cx: X(i), r: 6, fill, stroke: colours[colour], "stroke-width": 2.5 });
  });
  svg.append(...dots);
  const update = (ratios) => {
    for (const [i, name] of names.entries()) {
      setAll(dots[i], { cy: Y(Math.log10(Math.max(ratios[name], LOWEST))) });
    }
  };
  return { svg, update };
}

// The controls by what they change.
function makeControls({ format, makeLogSlider, makeMenu, makeSlider }, move) {
  return {
    mistake: makeMenu({
      label: "mistake", options: MISTAKES, change: (value) => move({ mistake: value }),
    }),
    l2: makeLogSlider({
      label: "lambda", min: L2.low, max: L2.high, step: L2.step,
      say: describeStrength, change: (value) => move({ l2: value }),
    }),
    masks: makeMenu({ label: "mask", options: MASKS, change: (value) => move({ masks: value }) }),
    keep_prob: makeSlider({
      label: "keep p", min: KEEP.low, max: KEEP.high, step: KEEP.step,
      say: (value) => format.fixed(value, 1), change: (value) => move({ keep_prob: value }),
    }),
  };
}

function render({ model, el, kit }) {
  const { data, now, start } = readState(model.get.bind(model), kit);
  const box = kit.makeBox(el, "regularization");
  const plot = makeRatioPlot(kit);
  const numbers = kit.makeNumbers([...Object.keys(DOTS).map((name) => `ratio of ${name}`), "gradlab's verdict"]);

  const show = () => {
    const { ratios, verdict } = compute({ ...now, ...data }, kit);
    plot.update(ratios);
    const texts = Object.values(ratios).map((ratio) => describeRatio(ratio, kit.format));
    numbers.set([...texts, verdict]);
    const dropout = now.masks === "none" ? "no dropout" : `keep ${now.keep_prob}, mask ${now.masks}`;
    const sizes = Object.keys(ratios).map((name, i) => `${name} ${texts[i]}`).join(", ");
    const words =
      `mistake: ${now.mistake}; lambda = ${describeStrength(now.l2)}; ${dropout}: ` +
      `ratio: ${sizes}; gradlab's verdict: ${verdict}`;
    plot.svg.setAttribute("aria-label", `The ratio of each block on a logarithmic axis, with the customary bands. ${words}`);
    return words;
  };
  const explorer = kit.makeExplorer({ model, box, now, start, show });
  const panels = kit.make("div", { class: "gx-panels" }, plot.svg, numbers.table);
  return explorer.begin(makeControls(kit, explorer.move), [], panels);
}

export default { render, compute };
