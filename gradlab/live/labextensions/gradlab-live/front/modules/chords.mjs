// The forward, backward and central chord of a curve, and their errors against the step.

const CURVES = {
  "sin x": { f: Math.sin, slope: Math.cos },
  "exp(x / 2)": { f: (x) => Math.exp(x / 2), slope: (x) => 0.5 * Math.exp(x / 2) },
  "x³/4 − x": { f: (x) => (0.25 * x * x - 1) * x, slope: (x) => 0.75 * x * x - 1 },
  "x²/2 (a parabola)": { f: (x) => 0.5 * x * x, slope: (x) => x },
  "1000 + sin x": { f: (x) => 1000 + Math.sin(x), slope: Math.cos },
  "|x| (a kink at 0)": { f: Math.abs, slope: (x) => (x === 0 ? NaN : Math.sign(x)) },
};
const CHORDS = {
  forward: { colour: "red", dash: "7 4", ends: (x, h) => [x, x + h], run: 1 },
  backward: { colour: "purple", dash: "2 4", ends: (x, h) => [x - h, x], run: 1 },
  central: { colour: "blue", dash: "9 3 2 3", ends: (x, h) => [x - h, x + h], run: 2 },
};
const NAMES = Object.keys(CHORDS);
// The ends of the sliders; the step is on a logarithmic one.
const X = { low: -2.5, high: 2.5, step: 0.05 };
const H = { low: -8, high: 0.3, step: 0.05 };
const WINDOW = 3.5;
const SMALLEST_ERROR = 1e-13;
const SECONDS = 6;

// What is computed: the true slope, NaN at a kink, and the slope of each chord.
function compute({ curve, x, h }) {
  const { f, slope } = CURVES[curve];
  const slopes = {};
  for (const [name, { ends, run }] of Object.entries(CHORDS)) {
    const [left, right] = ends(x, h);
    slopes[name] = (f(right) - f(left)) / (run * h);
  }
  return { derivative: slope(x), slopes };
}

function readState(get, { readNumber, readChoice }) {
  const read = (curve, x, h) => ({
    curve: readChoice(curve, Object.keys(CURVES), "sin x"),
    x: readNumber(x, X.low, X.high, 1),
    h: readNumber(h, 10 ** H.low, 2, 1),
  });
  const start = get("start") ?? {};
  return { now: read(get("curve"), get("x"), get("h")), start: read(start.curve, start.x, start.h) };
}

const describeStep = (h) => (h < 0.001 ? h.toExponential(1) : String(+h.toPrecision(2)));

function makeCurvePlot(kit) {
  const { colours, draw, makePath, makePlot, setAll, scale } = kit;
  const ticks = [-3, -2, -1, 0, 1, 2, 3].map((value) => [value, String(value)]);
  const plot = makePlot({
    width: 440, height: 300, y: { low: 0, high: 1 },
    x: { low: -WINDOW, high: WINDOW, ticks, name: "x" },
  });
  const line = (colour, width, dash = "none") => draw("path", {
    fill: "none", stroke: colours[colour], "stroke-width": width, "stroke-dasharray": dash,
  });
  const curve = line("soft", 2.5);
  const tangent = line("ink", 1.5);
  const chords = NAMES.map((name) => ({
    ...CHORDS[name], name, line: line(CHORDS[name].colour, 2.5, CHORDS[name].dash),
    label: draw("text", { style: `fill: ${colours[CHORDS[name].colour]}` }),
  }));
  const point = draw("circle", { r: 4, fill: colours.ink });
  plot.svg.append(curve, tangent, ...chords.flatMap((chord) => [chord.line, chord.label]), point);

  const grid = Array.from({ length: 141 }, (_, i) => -WINDOW + (i * WINDOW) / 70);
  const update = ({ curve: name, x, h }, { derivative }) => {
    const { f } = CURVES[name];
    const values = grid.map(f);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const margin = 0.12 * (high - low);
    const Y = scale(low - margin, high + margin, plot.bottom, plot.top);
    const join = (points) => makePath(points.map(([a, b]) => [plot.X(a), Y(b)]));
    const reach = Math.max(1.2, 1.25 * h);
    curve.setAttribute("d", join(grid.map((t, i) => [t, values[i]])));
    tangent.setAttribute("d", join([-reach, reach].map((t) => [x + t, f(x) + derivative * t])));
    setAll(point, { cx: plot.X(x), cy: Y(f(x)) });
    for (const chord of chords) {
      const [left, right] = chord.ends(x, h);
      chord.line.setAttribute("d", join([[left, f(left)], [right, f(right)]]));
      // Named where the ends are apart; where they are not, the colours in the table tell.
      const at = chord.name === "backward" ? left : right;
      const shift = { forward: [6, -6], backward: [-6, -6], central: [6, 14] }[chord.name];
      setAll(chord.label, {
        x: plot.X(at) + shift[0], y: Y(f(at)) + shift[1],
        "text-anchor": shift[0] > 0 ? "start" : "end",
      });
      chord.label.textContent = h > 0.25 ? chord.name : "";
    }
  };
  return { svg: plot.svg, update };
}

function makeErrorPlot(kit) {
  const { colours, draw, makePath, makePlot, setAll } = kit;
  const labelled = (values) => values.map((value) => [value, `1e${value}`]);
  const plot = makePlot({
    width: 300, height: 300,
    x: { low: H.low, high: H.high, ticks: labelled([-8, -6, -4, -2, 0]), name: "step h" },
    y: { low: -13, high: 1, ticks: labelled([-12, -8, -4, 0]), name: "|error|" },
  });
  const steps = Array.from({ length: 84 }, (_, i) => H.low + i / 10);
  const lines = NAMES.map((name) => {
    const { colour, dash } = CHORDS[name];
    const line = draw("path", {
      fill: "none", stroke: colours[colour], "stroke-width": 1.6, "stroke-dasharray": dash,
    });
    const dot = draw("circle", { r: 5, fill: colours[colour] });
    plot.svg.append(line, dot);
    return { name, line, dot };
  });
  const at = (state, exponent, name) => {
    const { derivative, slopes } = compute({ ...state, h: 10 ** exponent });
    const error = Math.abs(slopes[name] - derivative);
    return [plot.X(exponent), plot.Y(Math.log10(Math.max(error, SMALLEST_ERROR)))];
  };
  const update = (state) => {
    for (const { name, line, dot } of lines) {
      line.setAttribute("d", makePath(steps.map((exponent) => at(state, exponent, name))));
      const [x, y] = at(state, Math.log10(state.h), name);
      setAll(dot, { cx: x, cy: Number.isFinite(y) ? y : 0, visibility: Number.isFinite(y) ? "visible" : "hidden" });
    }
  };
  return { svg: plot.svg, update };
}

function makeTable(kit) {
  const { colours, format, make } = kit;
  const cells = NAMES.map((name) => {
    const head = make("th", { scope: "row", style: `color: ${colours[CHORDS[name].colour]}` }, name);
    const [slope, error] = [make("td"), make("td")];
    return { name, row: make("tr", {}, head, slope, error), slope, error };
  });
  const heads = ["chord", "slope", "error"].map((text) => make("th", { scope: "col" }, text));
  const tangent = make("td");
  const last = make("tr", {}, make("th", { scope: "row" }, "tangent"), tangent, make("td"));
  const table = make("table", {}, make("tr", {}, ...heads), ...cells.map(({ row }) => row), last);
  const update = ({ derivative, slopes }) => {
    const none = Number.isNaN(derivative);
    tangent.textContent = none ? "none: a kink" : format.signed(derivative, 6);
    for (const { name, slope, error } of cells) {
      slope.textContent = format.signed(slopes[name], 6);
      error.textContent = none ? "" : format.power(slopes[name] - derivative, 1);
    }
  };
  return { table: make("div", { class: "gx-numbers" }, table), update };
}

function render({ model, el, kit }) {
  const { now, start } = readState(model.get.bind(model), kit);
  const box = kit.makeBox(el, "chords");
  const { keep, flush } = kit.makeKeeper(model);
  const speak = kit.makeSpeaker(box);
  const [curvePlot, errorPlot, numbers] = [makeCurvePlot(kit), makeErrorPlot(kit), makeTable(kit)];
  let stop = () => {};

  const show = () => {
    const computed = compute(now);
    curvePlot.update(now, computed);
    errorPlot.update(now);
    numbers.update(computed);
    const place = `${now.curve} at x = ${kit.format.fixed(now.x, 2)}, h = ${describeStep(now.h)}`;
    curvePlot.svg.setAttribute("aria-label", `${place}, with its tangent and three chords`);
    errorPlot.svg.setAttribute("aria-label", `The errors of the three chords against the step, ${place}`);
    return { place, ...computed };
  };
  const change = (changes) => {
    Object.assign(now, changes);
    const { place, slopes } = show();
    keep(now);
    speak(`${place}: ${NAMES.map((name) => `${name} ${kit.format.fixed(slopes[name], 4)}`).join(", ")}`);
  };
  const move = (changes) => {
    stop();
    change(changes);
  };
  const curve = kit.makeMenu({
    label: "curve f", options: Object.keys(CURVES), change: (value) => move({ curve: value }),
  });
  const x = kit.makeSlider({
    // A slider's 0 may be 3e-17, beside the kink.
    label: "point x", min: X.low, max: X.high, step: X.step, say: (value) => kit.format.fixed(value, 2),
    change: (value) => move({ x: Math.round(100 * value) / 100 }),
  });
  const h = kit.makeSlider({
    label: "step h", min: H.low, max: H.high, step: H.step, say: (value) => describeStep(10 ** value),
    change: (value) => move({ h: 10 ** value }),
  });
  const set = () => {
    curve.set(now.curve);
    x.set(now.x);
    h.set(Math.log10(now.h));
  };
  const shrink = kit.makeButton("let h shrink", () => {
    stop();
    stop = kit.play(SECONDS, (t) => {
      change({ h: 10 ** (H.high + t * (H.low - H.high)) });
      set();
    });
  });
  const reset = kit.makeButton("reset", () => {
    move(start);
    set();
  });
  set();
  show();
  box.append(
    curve.row, x.row, h.row, kit.make("div", { class: "gx-buttons" }, shrink, reset),
    kit.make("div", { class: "gx-panels" }, curvePlot.svg, errorPlot.svg), numbers.table
  );
  return () => {
    stop();
    flush();
  };
}

export default { render, compute };
