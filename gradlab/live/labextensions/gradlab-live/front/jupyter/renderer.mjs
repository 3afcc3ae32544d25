// Draws an output of the type below, with no kernel, also in a notebook that is not trusted: the
// code is this package's own, and the output holds only data. What the reader changes is written
// back into the output, and so into the file at the next save.
const MIME = "application/vnd.gradlab.live+json";
// Dead once its kernel is gone: where it stays in the file, a JupyterLab without this extension
// shows an error in place of the picture. Here nobody needs it.
const WIDGET = "application/vnd.jupyter.widget-view+json";

// The same text for the same data: a file sorts its keys, a module does not.
const sortKeys = (_, value) =>
  value && typeof value === "object" && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const toText = (data) => JSON.stringify(data, sortKeys);

// What nobody did must not mark a notebook as changed because it was opened.
const runWhenDirty = (context, write) => {
  if (!context) return;
  if (context.model.dirty) {
    write();
    return;
  }
  const follow = (model) => {
    if (!model.dirty) return;
    model.stateChanged.disconnect(follow);
    write();
  };
  context.model.stateChanged.connect(follow);
};

// A notebook may be older or newer than this extension, or written by anyone.
const standIn = (text) => {
  const words = document.createElement("pre");
  words.textContent = [
    ...(text === undefined ? [] : [text].flat()),
    "(It cannot be shown live here: run its cell again, or install a newer version of gradlab-course.)",
  ].join("\n");
  return words;
};

const put = (output, live) => {
  const { [WIDGET]: _, ...data } = output.data;
  output.setData({ data: { ...data, [MIME]: live }, metadata: output.metadata });
};

export default ({ Widget }, talk, load) => {
  // One for the page: what outputs tell each other needs the same.
  let kit;
  const loadKit = async () => (await load("jupyter/kit"))(load);

  class LiveView extends Widget {
    constructor() {
      super();
      this.addClass("jp-RenderedHTMLCommon");
    }

    async renderModel(output) {
      const text = toText(output.data[MIME]);
      // Ours, come back: drawing it again would lose the focus.
      if (text === this.text) return;
      this.text = text;
      const drawing = (this.drawing = {});
      // What was not written yet is older than what has come.
      this.leave?.();
      this.leave = undefined;
      this.node.replaceChildren();
      try {
        await this.draw(output, drawing);
      } catch (error) {
        console.warn(error);
        if (this.drawing === drawing) this.node.replaceChildren(standIn(output.data["text/plain"]));
      }
    }

    async draw(output, drawing) {
      const { module, key, state } = output.data[MIME];
      const [{ render }, made] = await Promise.all([load(`modules/${module}`), (kit ??= loadKit())]);
      if (this.isDisposed || this.drawing !== drawing) return;
      const panel = talk.findPanelOf(output);
      const context = panel?.context;
      if (panel) made.setHome(this.node, panel.content.node);
      // A string or a list would be spread into an entry for each of its parts.
      const now = isObject(state) ? { ...state } : {};
      const write = () => {
        const data = { module, key, state: { ...now } };
        const text = toText(data);
        if (text === this.text || this.isDisposed || this.drawing !== drawing) return;
        this.text = text;
        put(output, data);
        talk.tell(talk.findPanelOf(output), { kind: "state", key, state: data.state });
      };
      const model = {
        get: (name) => now[name],
        set: (name, value) => {
          now[name] = value;
        },
        save_changes: write,
        save_when_dirty: () => runWhenDirty(context, write),
      };
      this.leave = render({ model, el: this.node, kit: made });
      runWhenDirty(context, () => {
        if (output.data[WIDGET] && !this.isDisposed) put(output, output.data[MIME]);
      });
    }

    dispose() {
      if (this.isDisposed) return;
      this.leave?.();
      super.dispose();
    }
  }

  return {
    id: "gradlab-live:renderer",
    // Before the view of a widget, which needs a kernel.
    rank: -10,
    dataType: "json",
    rendererFactory: { safe: true, mimeTypes: [MIME], createRenderer: () => new LiveView() },
  };
};
