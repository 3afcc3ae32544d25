// The forward, backward and central chord of a curve, and their errors against the step.

const CHORDS = {
  forward: { colour: "red", dash: "7 4", ends: (x, h) => [x, x + h], run: 1, side: 1, lift: 6 },
  backward: { colour: "purple", dash: "2 4", ends: (x, h) => [x - h, x], run: 1, side: -1, lift: 6 },
  central: { colour: "blue", dash: "9 3 2 3", ends: (x, h) => [x - h, x + h], run: 2, side: 1, lift: -12 },
};
const NAMES = Object.keys(CHORDS);
// The ends of the sliders; the step is on a logarithmic one.
const X = { low: -2.5, high: 2.5, step: 0.05 };
const H = { low: -8, high: 0.3, step: 0.05 };
const WINDOW = 3.5;
// With shorter steps the chords are too short to be labelled.
const LABELLED = 0.25;
const SMALLEST_ERROR = 1e-13;
const DIGITS = 6;
const SECONDS = 6;

// What is computed: the true slope, NaN at a kink; the slope of each chord, and its error.
function compute({ curve, x, h }, { curves }) {
  const { f, derivatives } = curves[curve];
  const derivative = derivatives[0](x);
  const [slopes, errors] = [{}, {}];
  for (const [name, { ends, run }] of Object.entries(CHORDS)) {
    const [left, right] = ends(x, h);
    slopes[name] = (f(right) - f(left)) / (run * h);
    errors[name] = slopes[name] - derivative;
  }
  return { derivative, slopes, errors };
}

const readState = (get, { curves, readChoice, readControls, readNumber }) =>
  readControls(get, ({ curve, x, h }) => ({
    curve: readChoice(curve, Object.keys(curves), "sin x"),
    x: readNumber(x, X.low, X.high, 1),
    h: readNumber(h, 10 ** H.low, 2, 1),
  }));

const describeStep = (h) => (h < 0.001 ? h.toExponential(1) : String(+h.toPrecision(2)));

function makeCurvePlot(kit) {
  const { clipLine, colours, curves, draw, format, makeLabel, makeLine, makePath, makePlot } = kit;
  const { placeLabels, scale, setAll } = kit;
  const ticks = [-3, -2, -1, 0, 1, 2, 3].map((value) => [value, format.fixed(value, 0)]);
  const plot = makePlot({
    width: 440, height: 300, y: { low: 0, high: 1 },
    x: { low: -WINDOW, high: WINDOW, ticks, name: "x" },
  });
  const curve = makeLine({ colour: "soft" });
  const tangent = makeLine({ colour: "ink", width: 1.5 });
  const chords = NAMES.map((name) => {
    const chord = CHORDS[name];
    return { ...chord, text: name, line: makeLine(chord), element: makeLabel(chord.colour) };
  });
  const point = draw("circle", { r: 4, fill: colours.ink });
  plot.svg.append(
    curve, tangent, ...chords.map(({ line }) => line), point, ...chords.map(({ element }) => element)
  );

  const grid = Array.from({ length: 141 }, (_, i) => -WINDOW + (i * WINDOW) / 70);
  const update = ({ curve: name, x, h }, { derivative }) => {
    const { f } = curves[name];
    const values = grid.map((t) => f(t));
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const margin = 0.12 * (high - low);
    const Y = scale(low - margin, high + margin, plot.bottom, plot.top);
    const at = (t, value) => [plot.X(t), Y(value)];
    const reach = Math.max(1.2, 1.25 * h);
    curve.setAttribute("d", makePath(grid.map((t, i) => at(t, values[i]))));
    const touching = [-reach, reach].map((t) => at(x + t, f(x) + derivative * t));
    tangent.setAttribute("d", makePath(clipLine(plot, ...touching)));
    setAll(point, { cx: plot.X(x), cy: Y(f(x)) });
    for (const chord of chords) {
      const visible = clipLine(plot, ...chord.ends(x, h).map((t) => at(t, f(t))));
      chord.line.setAttribute("d", makePath(visible));
      chord.point = h > LABELLED ? visible.at(chord.side > 0 ? -1 : 0) : undefined;
    }
    placeLabels(plot, chords);
  };
  return { svg: plot.svg, update };
}

function makeErrorPlot(kit) {
  const { colours, draw, makeLine, makePath, makePlot, setAll } = kit;
  const labelled = (values) => values.map((value) => [value, `1e${value}`]);
  const plot = makePlot({
    width: 300, height: 300,
    x: { low: H.low, high: H.high, ticks: labelled([-8, -6, -4, -2, 0]), name: "step h" },
    y: { low: -13, high: 1, ticks: labelled([-12, -8, -4, 0]), name: "|error|" },
  });
  const steps = Array.from({ length: 84 }, (_, i) => H.low + i / 10);
  const lines = NAMES.map((name) => {
    const line = makeLine({ ...CHORDS[name], width: 1.6 });
    const dot = draw("circle", { r: 5, fill: colours[CHORDS[name].colour] });
    return { name, line, dot };
  });
  const kink = draw("text", {
    x: (plot.left + plot.right) / 2, y: (plot.top + plot.bottom) / 2, "text-anchor": "middle",
  }, "no derivative here, so no error");
  plot.svg.append(...lines.flatMap(({ line, dot }) => [line, dot]), kink);

  const locate = (exponent, error) =>
    [plot.X(exponent), plot.Y(Math.log10(Math.max(Math.abs(error), SMALLEST_ERROR)))];
  const update = (state, { derivative, errors }) => {
    const isKink = Number.isNaN(derivative);
    const computed = steps.map((exponent) => compute({ ...state, h: 10 ** exponent }, kit).errors);
    for (const { name, line, dot } of lines) {
      line.setAttribute("d", makePath(steps.map((exponent, i) => locate(exponent, computed[i][name]))));
      const [cx, cy] = isKink ? [0, 0] : locate(Math.log10(state.h), errors[name]);
      setAll(dot, { cx, cy, visibility: isKink ? "hidden" : "visible" });
    }
    kink.setAttribute("visibility", isKink ? "visible" : "hidden");
  };
  return { svg: plot.svg, update };
}

function makeTable(kit) {
  const { colours, format, make, makeSample } = kit;
  const addRow = (name, style) => {
    const head = make("th", { scope: "row" }, makeSample(style), name);
    head.style.color = colours[style.colour];
    const [slope, error] = [make("td"), make("td")];
    return { name, row: make("tr", {}, head, slope, error), slope, error };
  };
  const rows = NAMES.map((name) => addRow(name, CHORDS[name]));
  const tangent = addRow("tangent", { colour: "ink", width: 1.5 });
  const heads = ["line", "slope", "error"].map((text) => make("th", { scope: "col" }, text));
  const table = make("table", {}, make("tr", {}, ...heads), ...[...rows, tangent].map(({ row }) => row));
  const update = ({ derivative, slopes, errors }) => {
    const isKink = Number.isNaN(derivative);
    tangent.slope.textContent = isKink ? "none: a kink" : format.signed(derivative, DIGITS);
    for (const { name, slope, error } of rows) {
      slope.textContent = format.signed(slopes[name], DIGITS);
      error.textContent = isKink ? "" : format.error(errors[name], DIGITS);
    }
  };
  return { table: make("div", { class: "gx-numbers" }, table), update };
}

// The controls by what they change.
function makeControls({ curves, format, makeLogSlider, makeMenu, makeSlider }, move) {
  return {
    curve: makeMenu({
      label: "curve f", options: Object.keys(curves), change: (value) => move({ curve: value }),
    }),
    x: makeSlider({
      label: "point x", min: X.low, max: X.high, step: X.step,
      say: (value) => format.fixed(value, 2), change: (value) => move({ x: value }),
    }),
    h: makeLogSlider({
      label: "step h", min: H.low, max: H.high, step: H.step,
      say: describeStep, change: (value) => move({ h: value }),
    }),
  };
}

function render({ model, el, kit }) {
  const { now, start } = readState(model.get.bind(model), kit);
  const box = kit.makeBox(el, "chords");
  const [curvePlot, errorPlot, numbers] = [makeCurvePlot(kit), makeErrorPlot(kit), makeTable(kit)];

  const show = () => {
    const computed = compute(now, kit);
    curvePlot.update(now, computed);
    errorPlot.update(now, computed);
    numbers.update(computed);
    const place = `${now.curve} at x = ${kit.format.fixed(now.x, 2)}, h = ${describeStep(now.h)}`;
    curvePlot.svg.setAttribute("aria-label", `${place}, with its tangent and three chords`);
    errorPlot.svg.setAttribute("aria-label", `The errors of the three chords against the step, ${place}`);
    const slopes = NAMES.map((name) => `${name} ${kit.format.fixed(computed.slopes[name], 4)}`);
    return `${place}: ${slopes.join(", ")}`;
  };
  const explorer = kit.makeExplorer({ model, box, now, start, show });
  const shrink = explorer.makePlay("let h shrink", SECONDS, (t) => ({
    h: 10 ** (H.high + t * (H.low - H.high)),
  }));
  const plots = kit.make("div", { class: "gx-panels" }, curvePlot.svg, errorPlot.svg);
  return explorer.begin(makeControls(kit, explorer.move), [shrink], plots, numbers.table);
}

export default { render, compute };
