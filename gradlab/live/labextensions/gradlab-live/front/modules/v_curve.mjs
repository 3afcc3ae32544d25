// The error of a difference against its step: measured step by step, and predicted as truncation
// plus rounding, in float64 or float32.

// The difference of a formula, every operation rounded; and its error, which is at most
// c D h^k + r sigma / h, where D is the derivative of order k + 1 and sigma the error of f.
const METHODS = {
  forward: {
    k: 1, c: 1 / 2, r: 2,
    take: (f, x, h, round) => round(round(f(round(x + h)) - f(x)) / h),
  },
  central: {
    k: 2, c: 1 / 6, r: 1,
    take: (f, x, h, round) => round(subtract(f, x, h, round) / round(2 * h)),
  },
  five_point: {
    k: 4, c: 1 / 30, r: 3 / 2,
    take: (f, x, h, round) => {
      const [near, far] = [subtract(f, x, h, round), subtract(f, x, round(2 * h), round)];
      return round(round(round(8 * near) - far) / round(12 * h));
    },
  },
  richardson: {
    k: 4, c: 1 / 480, r: 3,
    take: (f, x, h, round) => {
      const wide = round(subtract(f, x, h, round) / round(2 * h));
      const narrow = round(subtract(f, x, round(h / 2), round) / h);
      return round(round(round(4 * narrow) - wide) / 3);
    },
  },
};
const subtract = (f, x, h, round) => round(f(round(x + h)) - f(round(x - h)));
// How a type rounds, and its unit round-off.
const PRECISIONS = {
  float64: { round: (value) => value, u: 2 ** -53 },
  float32: { round: Math.fround, u: 2 ** -24 },
};
// Half-decades, from 1e-1 to 1e-15.
const STEPS = Array.from({ length: 29 }, (_, i) => 10 ** (-1 - i / 2));
const X = { low: -2.5, high: 2.5, step: 0.05 };
// The axes, in powers of ten.
const labelPowers = (values) => values.map((value) => [value, `1e${value}`]);
const H = { low: -16, high: 0.5 };
const AXES = {
  width: 440, height: 300,
  x: { ...H, ticks: labelPowers([-15, -12, -9, -6, -3, 0]), name: "step h" },
  y: { low: -17, high: 5, ticks: labelPowers([-16, -12, -8, -4, 0, 4]), name: "|difference − derivative|" },
};

// The errors measured at the steps, and their prediction: truncation(h) = c D h^k and
// rounding(h) = r sigma / h, whose sum is least at the bottom.
function compute({ curve, x, method, precision }, { curves }) {
  const { f, derivatives } = curves[curve];
  const { k, c, r, take } = METHODS[method];
  const { round, u } = PRECISIONS[precision];
  const inType = (t) => f(t, round);
  const slope = derivatives[0](x);
  const differences = STEPS.map((h) => take(inType, round(x), round(h), round));
  const higher = derivatives.slice(k).map((derivative) => Math.abs(derivative(x)));
  // From rounding the value, and from rounding x + h, which changes the value.
  const sigma = u * Math.max(Math.abs(f(x, PRECISIONS.float64.round)), Math.abs(x * slope));
  const D = higher[0];
  const step = D === 0 ? Infinity : ((r * sigma) / (k * c * D)) ** (1 / (k + 1));
  return {
    slope, steps: STEPS, differences, errors: differences.map((value) => Math.abs(value - slope)),
    truncation: c * D, order: k, rounding: r * sigma, isExact: !higher.some((value) => value > 0),
    // At the bottom the truncation is 1/k of the rounding.
    bottom: { step, error: D === 0 || sigma === 0 ? 0 : ((1 + 1 / k) * r * sigma) / step },
  };
}

// The prediction in words, and a sentence where there is nothing to see.
function describe({ isExact, truncation, rounding, bottom, errors }, { format }) {
  const words =
    isExact ? "No truncation error: the larger the step, the better"
    : truncation === 0 ? "The first truncation term vanishes at this x, and the next one takes over"
    : rounding === 0 ? "No rounding is predicted where f(x) and x are 0: the smaller the step, the better"
    : `Predicted bottom: step ${format.power(bottom.step)}, error ${format.power(bottom.error)}`;
  const seen = errors.some((error) => error > 0)
    ? [] : ["Measured: every difference is exact, so there is nothing to draw"];
  return [words, ...seen];
}

// A curve with a kink does not have the derivatives that the prediction takes.
const listCurves = ({ curves }) =>
  Object.keys(curves).filter((name) => curves[name].derivatives.length === 5);

const readState = (get, kit) => kit.readControls(get, ({ curve, x, method, precision }) => ({
  curve: kit.readChoice(curve, listCurves(kit), "sin x"),
  x: kit.readNumber(x, X.low, X.high, 1),
  method: kit.readChoice(method, Object.keys(METHODS), "central"),
  precision: kit.readChoice(precision, Object.keys(PRECISIONS), "float64"),
}));

const drawStar = ([x, y], size) => Array.from({ length: 10 }, (_, i) => {
  const [angle, radius] = [(i * Math.PI) / 5, i % 2 ? 0.4 * size : size];
  return `${(x + radius * Math.sin(angle)).toFixed(1)},${(y - radius * Math.cos(angle)).toFixed(1)}`;
}).join(" ");

// A line that is straight between these axes, with its label at one of its ends.
function makeStraightLine(kit, plot, { text, colour, dash, end }) {
  const line = kit.makeLine({ colour, dash, width: 1.8 });
  const label = { text, element: kit.makeLabel(colour), side: end === "left" ? 1 : -1, lift: 6 };
  const update = (predict) => {
    const ends = [H.low, H.high].map((exponent) => [exponent, predict(10 ** exponent)]);
    const visible = kit.clipLine(plot, ...ends.map(([x, y]) => [plot.X(x), plot.Y(Math.log10(y))]));
    line.setAttribute("d", kit.makePath(visible));
    label.point = visible.at(end === "left" ? 0 : -1);
  };
  return { line, label, update };
}

function makeErrorPlot(kit) {
  const { colours, draw, makeLabel, makePlot, placeLabels, setAll } = kit;
  const plot = makePlot(AXES);
  const truncation = makeStraightLine(
    kit, plot, { text: "truncation", colour: "red", dash: "7 4", end: "right" });
  const rounding = makeStraightLine(
    kit, plot, { text: "rounding", colour: "purple", dash: "2 4", end: "left" });
  const measured = { text: "measured", side: 1, lift: -18, element: makeLabel("blue") };
  const bottom = { text: "predicted bottom", side: 1, lift: -18, element: makeLabel("ink") };
  const dots = STEPS.map(() => draw("circle", { r: 3.5, fill: colours.blue }));
  const star = draw("polygon", { fill: colours.ink, stroke: "var(--gx-ground)" });
  const labels = [truncation.label, rounding.label, bottom, measured];
  plot.svg.append(
    truncation.line, rounding.line, ...dots, star, ...labels.map(({ element }) => element)
  );

  // Undefined where it is not in the plot, as an error of 0 is not.
  const locate = (h, error) => {
    const [x, y] = [plot.X(Math.log10(h)), plot.Y(Math.log10(error))];
    const isInside = x >= plot.left && x <= plot.right && y >= plot.top && y <= plot.bottom;
    return isInside ? [x, y] : undefined;
  };
  const update = (computed) => {
    truncation.update((h) => computed.truncation * h ** computed.order);
    rounding.update((h) => computed.rounding / h);
    const points = STEPS.map((h, i) => locate(h, computed.errors[i]));
    dots.forEach((dot, i) => {
      const [cx, cy] = points[i] ?? [0, 0];
      setAll(dot, { cx, cy, visibility: points[i] ? "visible" : "hidden" });
    });
    // Beneath the lowest of the leftmost few, where nothing else is.
    const few = points.filter(Boolean).slice(-6);
    measured.point = few.length ? [few.at(-1)[0], Math.max(...few.map(([, y]) => y))] : undefined;
    bottom.point = locate(computed.bottom.step, computed.bottom.error);
    star.setAttribute("points", bottom.point ? drawStar(bottom.point, 9) : "");
    placeLabels(plot, labels);
  };
  return { svg: plot.svg, update };
}

// The controls by what they change.
function makeControls(kit, change) {
  const addMenu = (name, label, choices) =>
    kit.makeMenu({ label, options: choices, change: (value) => change({ [name]: value }) });
  const x = kit.makeSlider({
    label: "point x", min: X.low, max: X.high, step: X.step,
    say: (value) => kit.format.fixed(value, 2),
    change: (value) => change({ x: value }),
  });
  return {
    curve: addMenu("curve", "curve f", listCurves(kit)),
    x,
    method: addMenu("method", "method", Object.keys(METHODS)),
    precision: addMenu("precision", "precision", Object.keys(PRECISIONS)),
  };
}

function render({ model, el, kit }) {
  const { now, start } = readState(model.get.bind(model), kit);
  const box = kit.makeBox(el, "v_curve");
  const plot = makeErrorPlot(kit);
  plot.svg.style.maxWidth = "560px";
  const words = kit.make("div");

  const show = () => {
    const computed = compute(now, kit);
    const sentences = describe(computed, kit);
    const subject = `${now.method.replace("_", "-")} difference of ${now.curve} at `
      + `x = ${kit.format.fixed(now.x, 2)}, ${now.precision}`;
    plot.update(computed);
    plot.svg.setAttribute("aria-label", `The error of the ${subject}, against the step`);
    words.replaceChildren(...sentences.map((sentence) => kit.make("p", {}, `${sentence}.`)));
    return `${subject}. ${sentences.join(". ")}.`;
  };
  const explorer = kit.makeExplorer({ model, box, now, start, show });
  return explorer.begin(makeControls(kit, explorer.move), [], plot.svg, words);
}

export default { render, compute };
