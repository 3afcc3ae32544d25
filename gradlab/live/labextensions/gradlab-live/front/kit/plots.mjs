// Plots in SVG: axes, lines and their labels.

// The height of a line of text.
const LINE = 14;

export default (kit) => {
  const scale = (low, high, from, to) => (value) => from + ((value - low) / (high - low)) * (to - from);

  // The path through points, which may have gaps: points that are not finite.
  const makePath = (points) => {
    let path = "";
    let pen = "M";
    for (const [x, y] of points) {
      if (Number.isFinite(x) && Number.isFinite(y)) {
        path += `${pen}${x.toFixed(1)},${y.toFixed(1)}`;
        pen = "L";
      } else pen = "M";
    }
    return path;
  };

  // Axes with a grid, in SVG. An axis is { low, high, ticks: [[value, text], ...], name }; without
  // ticks it has no labels. Returns the picture, and where a value is on it.
  const makePlot = ({ width, height, x, y }) => {
    const left = y.ticks ? 46 : 12;
    const [right, top, bottom] = [width - 12, y.name ? 26 : 12, height - (x.name ? 40 : 24)];
    const X = scale(x.low, x.high, left, right);
    const Y = scale(y.low, y.high, bottom, top);
    const svg = kit.draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
    const note = (text, attributes) =>
      svg.append(kit.draw("text", { class: "gx-tick", ...attributes }, text));
    for (const [value, text] of x.ticks ?? []) {
      svg.append(kit.draw("path", { class: "gx-grid", d: `M${X(value)},${top}V${bottom}` }));
      note(text, { x: X(value), y: bottom + 16, "text-anchor": "middle" });
    }
    for (const [value, text] of y.ticks ?? []) {
      svg.append(kit.draw("path", { class: "gx-grid", d: `M${left},${Y(value)}H${right}` }));
      note(text, { x: left - 6, y: Y(value) + 4, "text-anchor": "end" });
    }
    if (x.name) note(x.name, { x: (left + right) / 2, y: bottom + 34, "text-anchor": "middle" });
    if (y.name) note(y.name, { x: left, y: top - 12 });
    return { svg, X, Y, left, right, top, bottom };
  };

  // The part of the line from one point to another that lies within a plot, as points; none of it,
  // or a point that is not finite, gives no points.
  const clipLine = ({ left, right, top, bottom }, [x0, y0], [x1, y1]) => {
    let [from, to] = [0, 1];
    for (const [start, run, low, high] of [[x0, x1 - x0, left, right], [y0, y1 - y0, top, bottom]]) {
      if (run === 0 && start >= low && start <= high) continue;
      const [a, b] = [(low - start) / run, (high - start) / run];
      from = Math.max(from, Math.min(a, b));
      to = Math.min(to, Math.max(a, b));
    }
    if (!(from <= to)) return [];
    return [from, to].map((t) => [x0 + t * (x1 - x0), y0 + t * (y1 - y0)]);
  };

  // Writes texts beside points of a plot: to the right of the point where `side` is 1, to its left
  // where it is -1, the other way where there is no room; and no text over another. Without a point
  // nothing is written.
  const placeLabels = ({ left, right, top, bottom }, labels) => {
    const placed = [];
    for (const { element, text, point, side, lift = 0 } of labels) {
      element.textContent = point ? text : "";
      if (!point) continue;
      // Measuring the text would make the browser lay out the page.
      const width = 6.5 * text.length;
      const fits = side > 0 ? point[0] + 6 + width <= right : point[0] - 6 - width >= left;
      const way = fits ? side : -side;
      const x = point[0] + 6 * way;
      const [start, end] = way > 0 ? [x, x + width] : [x - width, x];
      const isFree = (y) => placed.every((other) =>
        Math.abs(other.y - y) >= LINE || other.start >= end || other.end <= start);
      const rows = [0, 1, -1, 2, -2].map((row) =>
        Math.min(bottom - 4, Math.max(top + LINE, point[1] - lift + row * LINE)));
      const y = rows.find(isFree) ?? rows[0];
      placed.push({ start, end, y });
      kit.setAll(element, { x, y, "text-anchor": way > 0 ? "start" : "end" });
    }
  };

  // A text at a line, in its colour; the ground around it keeps it readable over other lines.
  const makeLabel = (colour) =>
    kit.draw("text", { class: "gx-label", style: `fill: ${kit.colours[colour]}` });

  const makeLine = ({ colour, dash = "none", width = 2.5 }) => kit.draw("path", {
    fill: "none", stroke: kit.colours[colour], "stroke-dasharray": dash, "stroke-width": width,
  });

  // A piece of a line for a table or a sentence: there it says what the line is.
  const makeSample = (style) => kit.draw(
    "svg", { class: "gx-sample", viewBox: "0 0 32 12", "aria-hidden": "true" },
    kit.setAll(makeLine(style), { d: "M0,6H32" })
  );

  return { clipLine, makeLabel, makeLine, makePath, makePlot, makeSample, placeLabels, scale };
};
