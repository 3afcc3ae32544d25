// How predictions and tallies are kept in the browser, and how they tell each other.

// What was chosen in a prediction, in this browser, by whoever sat here. An answer is kept by its
// text, because a newer edition may have others. A window without storage keeps nothing.
const STORED = "gradlab:predict:";
const EVENT = "gradlab-prediction";
const recall = (name) => {
  try {
    return JSON.parse(localStorage.getItem(STORED + name)) ?? {};
  } catch {
    return {};
  }
};
const remember = (name, choice) => {
  try {
    if (choice) localStorage.setItem(STORED + name, JSON.stringify(choice));
    else localStorage.removeItem(STORED + name);
  } catch {
    // In a notebook nothing is lost: it keeps the choice itself.
  }
};

// Tells the other outputs of the notebook, or of a page that is none. Notebooks side by side do not
// hear each other: they may be two people's. An output that is drawn before it is in view, or is
// scrolled far away, is in no notebook for a while, and still belongs to it.
const NOTEBOOK = ".jp-Notebook";
const homes = new WeakMap();
const setHome = (el, home) => homes.set(el, home);
const findHome = (el) => {
  const home = homes.get(el) ?? el.closest(NOTEBOOK);
  if (home) setHome(el, home);
  return home;
};
const announce = (el, message) =>
  dispatchEvent(new CustomEvent(EVENT, { detail: { home: findHome(el), message } }));
// Calls `listener` with what any of them tells, this one included; returns a function that ends it.
const hear = (el, listener) => {
  findHome(el);
  const follow = ({ detail }) => {
    if (detail.home === findHome(el)) listener(detail.message);
  };
  addEventListener(EVENT, follow);
  return () => removeEventListener(EVENT, follow);
};

export default () => ({ announce, findHome, hear, recall, remember, setHome });
