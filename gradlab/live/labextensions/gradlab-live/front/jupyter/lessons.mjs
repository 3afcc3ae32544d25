// The lessons that the site was built with: the mark of each, its edition and its exercises, by its
// name. Elsewhere than on the site there are none.
const read = ({ PageConfig }) => JSON.parse(PageConfig.getOption("gradlabLessons") || "{}");

// The lesson that a notebook is an edition of: by its name, or, if it has another one, by the names
// of its exercises, which every lesson marks. A learner's own notebook has neither.
const find = (lessons, name, mark) => {
  if (Object.hasOwn(lessons, name)) return name;
  const asked = Object.keys(mark?.exercises ?? {});
  const hasOneOf = ({ exercises }) => asked.some((exercise) => Object.hasOwn(exercises, exercise));
  return Object.keys(lessons).find((lesson) => hasOneOf(lessons[lesson]));
};

export default { read, find };
