// SPDX-License-Identifier: GPL-2.0-only
// The value flow of a group as a picture, from the data of the group: functions as boxes, one below
// the other, and storage as labels between them. All text is inserted as text nodes.
const SVG = "http://www.w3.org/2000/svg";
const LANES = 4, WIDE = 340, LINE = 16, PAD = 6, CHARS = 43, LANE = 9, RIGHT = 300, MOST_LABELS = 3;

const draw = (tag, attributes, ...children) => {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

// Cut in the middle, because names often differ only at the end.
const cut = (text, most) => text.length <= most ? text
  : text.slice(0, Math.ceil(most / 2) - 1) + "\u2026" + text.slice(text.length - Math.floor(most / 2));

// The labels above a box: where its pages come from, first from the box right above. Arrows back to
// a box further up are not drawn.
const arrivals = (flow, index) => flow.arrows.filter(arrow => arrow.target === index && arrow.source < index)
  .map(arrow => ({arrow, near: arrow.source === index - 1})).sort((a, b) => b.near - a.near);

const described = (flow, {arrow, near}) => {
  if (near) return arrow.through;
  const from = "from " + flow.boxes[arrow.source].function + "()", [first] = arrow.through;
  return arrow.through.length === 1 && from.length + first.length < CHARS - 6 ? [from + " " + first]
    : [from, ...arrow.through.map(label => "  " + label)];
};

const line = (x, y, name, text, most) => draw("text", {x, y, class: name},
  draw("title", {}, text), cut(text, most));

const linked = (anchors, path, number, ...children) => {
  const row = anchors.get(path + ":" + number);
  return row ? draw("a", {href: "#" + row.id}, ...children) : draw("g", {}, ...children);
};

const boxOf = (box, top, previous, anchors) => {
  const path = previous && previous.path === box.path ? "" : box.path;
  const height = PAD * 2 + LINE * (1 + (path ? 1 : 0) + box.acts.length);
  const parts = [draw("rect", {x: 1, y: top, width: RIGHT, height, rx: 5, class: "box"}),
    line(PAD + 2, top + LINE, "name", box.function ? box.function + "()" : "(outside of functions)", CHARS)];
  let y = top + LINE;
  if (path) parts.push(line(PAD + 2, y += LINE, "path", path, CHARS));
  for (const act of box.acts) {
    y += LINE;
    parts.push(linked(anchors, act.path, act.line,
      draw("rect", {x: 4, y: y - 12, width: RIGHT - 6, height: LINE - 1, rx: 3, class: "act " + act.kind}),
      line(PAD + 2, y, "what", act.line + " " + act.text, CHARS)));
  }
  return {height, parts};
};

const flowPicture = (flow, anchors) => {
  const parts = [], places = [];
  let y = 2;
  flow.boxes.forEach((box, index) => {
    const from = arrivals(flow, index);
    if (index) y += 6;
    const first = y;
    for (const each of from.slice(0, MOST_LABELS))
      parts.push(linked(anchors, each.arrow.path, each.arrow.line, ...described(flow, each)
        .map(text => line(34, (y += LINE) - 3, "label", text, CHARS - 6))));
    if (from.length > MOST_LABELS)
      parts.push(line(34, (y += LINE) - 3, "label", "and from " + (from.length - MOST_LABELS) + " more", CHARS));
    if (index) y += 8;
    if (from.some(each => each.near))
      parts.push(draw("path", {d: "M20 " + (first - 6) + " V" + (y - 1), class: "arrow"}));
    const made = boxOf(box, y, flow.boxes[index - 1], anchors);
    parts.push(...made.parts);
    places.push({top: y, bottom: y + made.height});
    y += made.height;
  });
  // Arrows that pass other boxes have lanes to the right of them.
  flow.arrows.filter(arrow => arrow.source < arrow.target - 1).slice(0, LANES).forEach((arrow, lane) => {
    const x = RIGHT + 8 + lane * LANE, start = places[arrow.source].bottom - 8, end = places[arrow.target].top + 9;
    parts.push(draw("path", {d: "M" + (RIGHT + 1) + " " + start + " H" + x + " V" + end + " H" + (RIGHT + 3), class: "arrow"}));
  });
  const head = draw("marker", {id: "head", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7,
    orient: "auto"}, draw("path", {d: "M0 0 L8 4 L0 8 z", class: "head"}));
  const names = flow.boxes.map(box => box.function + "()").join(", ");
  const picture = draw("svg", {viewBox: "0 0 " + WIDE + " " + (y + 2), class: "flow", role: "img",
    "aria-label": "The way of the pages through " + names}, draw("defs", {}, head), ...parts);
  const box = make("div", "flow", picture);
  if (flow.left_out) box.append(make("p", "soft", flow.left_out + " more functions on the way are not drawn."));
  return box;
};
