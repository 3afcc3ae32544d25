// The kit of the modules, of its parts. A part gets the kit too, and may use what is in the others
// once all of them are there.
const PARTS = [
  "controls", "curves", "elements", "explorer", "format", "network", "plots", "predictions", "state",
];

export default async (load) => {
  const parts = await Promise.all(PARTS.map((name) => load(`kit/${name}`)));
  const kit = {};
  for (const part of parts) Object.assign(kit, part(kit));
  return kit;
};
