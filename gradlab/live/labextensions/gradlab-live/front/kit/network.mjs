// A network like the course's MLP, with its loss and its gradient.

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

export default () => ({ makeNetwork });
