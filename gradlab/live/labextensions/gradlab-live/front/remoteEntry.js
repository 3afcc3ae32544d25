// What JupyterLab, Notebook 7 and JupyterLite load of this extension. It does by hand what webpack's
// module federation would make: there is nothing to build, and no copy of a library inside.
// The digest after `?v=` in package.json changes with every file beside this one, and is passed on,
// so that no browser mixes old and new.
(() => {
  const script = new URL(document.currentScript.src);
  let scope;

  // All versions of a shared package are the one that the page runs on.
  const share = async (name) => (await Object.values(scope[name])[0].get())();

  const load = async (name) => {
    if (!/^[a-z_]+\/[a-z_]+$/.test(name)) throw new Error(`${name} is not the name of a module`);
    return (await import(new URL(`${name}.mjs${script.search}`, script).href)).default;
  };

  const make = async () => {
    const [{ Widget }, notebook, { PageConfig, URLExt }] = await Promise.all(
      ["@lumino/widgets", "@jupyterlab/notebook", "@jupyterlab/coreutils"].map(share)
    );
    const jupyter = { Widget, PageConfig, URLExt, ...notebook };
    const talk = (await load("jupyter/talk"))(jupyter);
    return {
      "./renderer": (await load("jupyter/renderer"))(jupyter, talk, load),
      "./plugin": (await load("jupyter/plugin"))(jupyter, talk, load),
    };
  };

  let made;
  (window._JUPYTERLAB ??= {})["gradlab-live"] = {
    init: (given) => {
      scope = given;
    },
    get: async (part) => {
      const parts = await (made ??= make());
      return () => ({ __esModule: true, default: parts[part] });
    },
  };
})();
