// Controls with names, a table of numbers, and what is said to a screen reader.

// Every control that can have the focus bears this, or Jupyter takes its keys.
const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };
// How long a reader pauses before a change is read out.
const SPEAK_AFTER = 800;

// A page may hold several copies of this file, as with widgets.
const copy = Math.random().toString(36).slice(2);
let serial = 0;
const makeId = () => `gx-${copy}-${(serial += 1)}`;

export default (kit) => {
  const makeRow = (label, control, ...others) => {
    control.id = makeId();
    const name = kit.make("label", { for: control.id }, label);
    return kit.make("div", { class: "gx-row" }, name, control, ...others);
  };

  // A slider whose value is put into words by `say`, on the page and for a screen reader.
  const makeSlider = ({ label, min, max, step, say, change }) => {
    const input = kit.make("input", { type: "range", min, max, step, ...OWN_KEYS });
    const output = kit.make("output");
    // A slider's 0 may be 3e-17, which is another point.
    const read = () => +(+input.value).toFixed(10);
    const show = () => {
      output.textContent = say(read());
      input.setAttribute("aria-valuetext", output.textContent);
    };
    const row = makeRow(label, input, output);
    output.htmlFor = input.id;
    input.addEventListener("input", () => {
      show();
      change(read());
    });
    return { row, set: (value) => { input.value = value; show(); } };
  };

  // A slider whose ends and steps are powers of ten, but not what it says and changes.
  const makeLogSlider = ({ say, change, ...others }) => {
    const slider = makeSlider({
      ...others, say: (power) => say(10 ** power), change: (power) => change(10 ** power),
    });
    return { ...slider, set: (value) => slider.set(Math.log10(value)) };
  };

  const makeMenu = ({ label, options, change }) => {
    const select = kit.make("select", OWN_KEYS, ...options.map((option) => kit.make("option", {}, option)));
    select.addEventListener("change", () => change(select.value));
    return { row: makeRow(label, select), set: (value) => { select.value = value; } };
  };

  const makeButton = (label, press) => {
    const button = kit.make("button", { type: "button", ...OWN_KEYS }, label);
    button.addEventListener("click", press);
    return button;
  };

  // Says to a screen reader what there is to see, once the reader pauses.
  const makeSpeaker = (box) => {
    const region = kit.make("div", { class: "gx-hidden", "aria-live": "polite" });
    box.append(region);
    let timer;
    const speak = (text) => {
      clearTimeout(timer);
      timer = setTimeout(() => { region.textContent = text; }, SPEAK_AFTER);
    };
    return speak;
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

  // A table of numbers by name. `set` takes their texts in that order.
  const makeNumbers = (names) => {
    const cells = names.map(() => kit.make("td"));
    const rows = names.map((name, i) => kit.make("tr", {}, kit.make("th", { scope: "row" }, name), cells[i]));
    const set = (texts) => cells.forEach((cell, i) => { cell.textContent = texts[i]; });
    return { table: kit.make("div", { class: "gx-numbers" }, kit.make("table", {}, ...rows)), set };
  };

  return { OWN_KEYS, makeButton, makeLogSlider, makeMenu, makeNumbers, makeSlider, makeSpeaker, play };
};
