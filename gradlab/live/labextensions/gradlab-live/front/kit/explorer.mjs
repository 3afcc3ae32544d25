// What explorers have in common: a hand moves a control, and what comes of it is shown, read out
// and kept.

export default (kit) => {
  // What the controls are set to, and what a reset sets them to, as `read` takes it from a state.
  const readControls = (get, read) => {
    const names = Object.keys(read({}));
    const now = Object.fromEntries(names.map((name) => [name, get(name)]));
    return { now: read(now), start: read(get("start") ?? {}) };
  };

  // `show` draws what the controls are set to, and returns the words that are read out.
  const makeExplorer = ({ model, box, now, start, show }) => {
    const { keep, flush } = kit.makeKeeper(model);
    const speak = kit.makeSpeaker(box);
    let controls = {};
    let stop = () => {};
    const set = () => {
      for (const [name, control] of Object.entries(controls)) control.set(now[name]);
    };
    const change = (changes) => {
      Object.assign(now, changes);
      speak(show());
      keep(now);
    };
    // A hand ends what plays.
    const move = (changes) => {
      stop();
      change(changes);
    };
    const reset = kit.makeButton("reset", () => {
      move(start);
      set();
    });
    // A button that plays: `at` gives what is changed at a time from 0 to 1.
    const makePlay = (label, seconds, at) => kit.makeButton(label, () => {
      stop();
      stop = kit.play(seconds, (t) => {
        change(at(t));
        set();
      });
    });
    // Lays out the controls, given by what they change, the buttons, and what is shown. Returns
    // what ends the explorer.
    const begin = (given, buttons, ...shown) => {
      controls = given;
      set();
      show();
      const rows = Object.values(controls).map(({ row }) => row);
      box.append(...rows, kit.make("div", { class: "gx-buttons" }, ...buttons, reset), ...shown);
      return () => {
        stop();
        flush();
      };
    };
    return { move, makePlay, begin };
  };

  return { makeExplorer, readControls };
};
