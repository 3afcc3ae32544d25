// The example curves, as in gradlab/examples.

const exactly = (value) => value;
const zero = () => 0;
const sines = [Math.cos, (x) => -Math.sin(x), (x) => -Math.cos(x), Math.sin, Math.cos];
// `f` rounds as NumPy does: float32 once an operation, a polynomial once, at its end. The
// derivatives, from the first to the fifth, are taken in float64. A kink has no more than a slope.
const curves = {
  "sin x": { f: (x, round = exactly) => round(Math.sin(x)), derivatives: sines },
  "exp(x / 2)": {
    f: (x, round = exactly) => round(Math.exp(x / 2)),
    derivatives: [1, 2, 3, 4, 5].map((order) => (x) => 0.5 ** order * Math.exp(x / 2)),
  },
  "x³/4 − x": {
    f: (x, round = exactly) => round((0.25 * x * x - 1) * x),
    derivatives: [(x) => 0.75 * x * x - 1, (x) => 1.5 * x, () => 1.5, zero, zero],
  },
  "x²/2 (a parabola)": {
    f: (x, round = exactly) => round(0.5 * x * x),
    derivatives: [(x) => x, () => 1, zero, zero, zero],
  },
  "1000 + sin x": {
    f: (x, round = exactly) => round(1000 + round(Math.sin(x))),
    derivatives: sines,
  },
  "|x| (a kink at 0)": {
    f: (x, round = exactly) => round(Math.abs(x)),
    derivatives: [(x) => (x === 0 ? NaN : Math.sign(x))],
  },
};

export default () => ({ curves });
