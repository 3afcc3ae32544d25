// Draws an output of the type below, with no kernel, also in a notebook that is not trusted: the
// code is this package's own, and the output holds only data. What the reader changes is written
// back into the output, and so into the file at the next save.
const MIME = "application/vnd.gradlab.live+json";

// The same text for the same data: a file sorts its keys, a module does not.
const sortKeys = (_, value) =>
  value && typeof value === "object" && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
const toText = (data) => JSON.stringify(data, sortKeys);

export default ({ Widget }, talk, load) => {
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
      this.leave?.();
      this.node.replaceChildren();
      try {
        await this.draw(output);
      } catch (error) {
        console.warn(error);
        this.node.replaceChildren(standIn(output.data["text/plain"]));
      }
    }

    async draw(output) {
      const { module, key, state } = output.data[MIME];
      const [{ render }, kit] = await Promise.all([load(`modules/${module}`), load("modules/kit")]);
      const now = { ...state };
      const write = () => {
        const data = { module, key, state: { ...now } };
        const text = toText(data);
        if (text === this.text || this.isDisposed) return;
        this.text = text;
        output.setData({ data: { ...output.data, [MIME]: data }, metadata: output.metadata });
        talk.tell(talk.findPanelOf(this.node), { kind: "state", key, state: data.state });
      };
      const model = {
        get: (name) => now[name],
        set: (name, value) => {
          now[name] = value;
        },
        save_changes: write,
        save_when_dirty: () => this.runWhenDirty(write),
        on: () => {},
      };
      this.leave = render({ model, el: this.node, kit });
    }

    // What nobody did must not mark a notebook as changed because it was opened.
    runWhenDirty(write) {
      const context = this.isAttached && talk.findPanelOf(this.node)?.context;
      if (!context || context.model.dirty) return write();
      const follow = (model) => {
        if (!model.dirty) return;
        model.stateChanged.disconnect(follow);
        write();
      };
      context.model.stateChanged.connect(follow);
    }

    dispose() {
      this.leave?.();
      super.dispose();
    }
  }

  const standIn = (text) => {
    const words = document.createElement("pre");
    words.textContent = text ?? "This output needs a newer version of gradlab.";
    return words;
  };

  return {
    id: "gradlab-live:renderer",
    // Before the view of a widget, which needs a kernel.
    rank: -10,
    dataType: "json",
    rendererFactory: { safe: true, mimeTypes: [MIME], createRenderer: () => new LiveView() },
  };
};
