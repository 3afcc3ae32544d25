// The way back from a lesson on the site to its page in the book beside it. It opens a tab of its
// own, always the same: to leave the lesson's page would end its Python.
const COMMAND = "gradlab:book";

export default ({ PageConfig }, app, notebooks) => {
  const book = PageConfig.getOption("gradlabBook");
  const lessons = JSON.parse(PageConfig.getOption("gradlabLessons") || "{}");
  const getPage = () => {
    const name = notebooks.currentWidget?.context.path.split("/").pop();
    const page = Object.hasOwn(lessons, name) ? `notebooks/${name.replace(/\.ipynb$/, ".html")}` : "";
    return new URL(book + page, PageConfig.getBaseUrl());
  };
  app.commands.addCommand(COMMAND, {
    label: "Book",
    caption: "Open this lesson's page in the book",
    isVisible: () => book !== "",
    execute: () => window.open(getPage(), "gradlab-book"),
  });
};
