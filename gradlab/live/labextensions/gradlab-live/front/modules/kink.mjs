// The loss of one ReLU against its pre-activation z, and what chords make of the kink at z = 0.

const Z = { low: -1, high: 1, step: 0.05 };
// The step's slider is logarithmic.
const H = { low: -3, high: -0.3, step: 0.05 };
const WINDOW = 1.5;
// How far the tangent extends to either side.
const REACH = 0.6;
const SECONDS = 6;
const NAMES = ["true slope", "backward", "forward", "forward − backward", "central", "the kink is"];

const loss = (z) => (Math.max(z, 0) - 1) ** 2 / 2;

// What is computed: the true slope, NaN on the kink, and the slope of each chord.
function compute({ z, h }) {
  const [left, here, right] = [loss(z - h), loss(z), loss(z + h)];
  const beside = z > 0 ? z - 1 : 0;
  return {
    slope: z === 0 ? NaN : beside,
    backward: (here - left) / h,
    forward: (right - here) / h,
    central: (right - left) / (2 * h),
    inside: Math.abs(z) < h,
  };
}

const readState = (get, { readControls, readNumber }) => readControls(get, ({ z, h }) => ({
  z: readNumber(z, Z.low, Z.high, 0.3),
  h: readNumber(h, 10 ** H.low, 10 ** H.high, 0.5),
}));

function makeLossPlot(kit) {
  const { clipLine, colours, draw, makeLabel, makeLine, makePath, makePlot, placeLabels, setAll } = kit;
  const plot = makePlot({
    width: 440, height: 300,
    x: { low: -WINDOW, high: WINDOW, ticks: [-1, 0, 1].map((z) => [z, kit.format.fixed(z, 0)]), name: "pre-activation z" },
    y: { low: -0.25, high: 0.85, ticks: [0, 0.25, 0.5, 0.75].map((J) => [J, String(J)]), name: "loss J" },
  });
  const { X, Y } = plot;
  const place = (z, J) => [X(z), Y(J)];
  const grid = Array.from({ length: 121 }, (_, i) => -WINDOW + (i * WINDOW) / 60);
  const curve = setAll(makeLine({ colour: "soft" }), { d: makePath(grid.map((z) => place(z, loss(z)))) });
  const kink = makeLine({ colour: "ink", width: 1, dash: "1 3" });
  kink.setAttribute("d", `M${X(0)},${plot.top}V${plot.bottom}`);
  const tangent = makeLine({ colour: "ink", width: 1.5 });
  const chord = makeLine({ colour: "blue", dash: "9 3 2 3" });
  const ends = [0, 1].map(() => draw("circle", { r: 4, fill: colours.blue }));
  const point = draw("path", { fill: colours.red });
  const names = ["ink", "ink", "blue"].map(makeLabel);
  plot.svg.append(curve, kink, tangent, chord, ...ends, point, ...names);

  const update = ({ z, h }, { slope }) => {
    const at = [z - h, z + h].map((end) => place(end, loss(end)));
    chord.setAttribute("d", makePath(at));
    ends.forEach((end, i) => setAll(end, { cx: at[i][0], cy: at[i][1] }));
    const line = [-REACH, REACH].map((reach) => place(z + reach, loss(z) + slope * reach));
    const seen = clipLine(plot, ...line);
    tangent.setAttribute("d", makePath(seen));
    const [x, y] = place(z, loss(z));
    point.setAttribute("d", `M${x - 6},${y}L${x},${y - 6}L${x + 6},${y}L${x},${y + 6}Z`);
    // At the left ends, the chord's below and the tangent's above: there the loss is not.
    placeLabels(plot, [
      { element: names[0], text: "kink", point: [X(0), plot.bottom], side: -1, lift: 8 },
      { element: names[1], text: "tangent", point: seen[0], side: z < 0 ? 1 : -1, lift: z < 0 ? 8 : -4 },
      { element: names[2], text: "central chord", point: at[0], side: -1, lift: -20 },
    ]);
  };
  return { svg: plot.svg, update };
}

// The controls by what they change.
function makeControls({ format, makeLogSlider, makeSlider }, move) {
  return {
    z: makeSlider({
      label: "z", min: Z.low, max: Z.high, step: Z.step,
      say: (value) => format.fixed(value, 2), change: (value) => move({ z: value }),
    }),
    h: makeLogSlider({
      label: "step h", min: H.low, max: H.high, step: H.step,
      say: format.short, change: (value) => move({ h: value }),
    }),
  };
}

function render({ model, el, kit }) {
  const { now, start } = readState(model.get.bind(model), kit);
  const box = kit.makeBox(el, "kink");
  const { fixed, short, signed } = kit.format;
  const [plot, numbers] = [makeLossPlot(kit), kit.makeNumbers(NAMES)];

  const show = () => {
    const computed = compute(now);
    const { slope, backward, forward, central, inside } = computed;
    const isNone = Number.isNaN(slope);
    const real = isNone ? "none: a kink" : signed(slope, 4);
    const where = `${inside ? "inside" : "outside"} the step`;
    plot.update(now, computed);
    const texts = [backward, forward, forward - backward, central].map((value) => signed(value, 4));
    numbers.set([real, ...texts, where]);
    const place = `z = ${fixed(now.z, 2)}, h = ${short(now.h)}: the kink is ${where}`;
    const words =
      `${place}. The central chord has slope ${signed(central, 2)}; ` +
      (isNone ? "there is no true slope." : `the true slope is ${real}.`);
    plot.svg.setAttribute("aria-label", `The loss, flat left of a kink at 0, falling beyond. ${words}`);
    return words;
  };
  const explorer = kit.makeExplorer({ model, box, now, start, show });
  const cross = explorer.makePlay("cross the kink", SECONDS, (t) => ({
    z: Math.round(100 * (Z.high + t * (Z.low - Z.high))) / 100,
  }));
  const panels = kit.make("div", { class: "gx-panels" }, plot.svg, numbers.table);
  return explorer.begin(makeControls(kit, explorer.move), [cross], panels);
}

export default { render, compute };
