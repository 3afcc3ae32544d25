// The way back from a lesson on the site to its page in the book beside it. It opens a tab of its
// own, always the same: to leave the lesson's page would end its Python.
const COMMAND = "gradlab:book";

export default ({ PageConfig }, { read, find }, app, notebooks) => {
  const book = PageConfig.getOption("gradlabBook");
  const lessons = read({ PageConfig });
  const getPage = () => {
    const panel = notebooks.currentWidget;
    const name = panel?.context.path.split("/").pop();
    const lesson = find(lessons, name, panel?.content.model?.getMetadata("gradlab"));
    const page = lesson ? `notebooks/${lesson.replace(/\.ipynb$/, ".html")}` : "";
    return new URL(book + page, PageConfig.getBaseUrl());
  };
  app.commands.addCommand(COMMAND, {
    label: "Book",
    caption: "Open this lesson's page in the book",
    isVisible: () => book !== "",
    execute: () => window.open(getPage(), "gradlab-book"),
  });
};
