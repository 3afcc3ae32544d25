// How a state is read, which may come from anywhere, and how it is kept.

// How long a reader pauses before a change is kept.
const KEEP_AFTER = 200;

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

export default () => ({ makeKeeper, readChoice, readData, readList, readNumber, readPlace, readText });
