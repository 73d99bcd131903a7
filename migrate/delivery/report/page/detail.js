// SPDX-License-Identifier: GPL-2.0-only
// The details of a row. Text from the tree is only inserted as text nodes.
const make = (tag, name, ...children) => {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...children);
  return element;
};

const section = (box, title, ...children) => {
  if (children.length) box.append(make("h3", "", title), ...children);
};

const list = (box, title, items) => {
  if (items.length) section(box, title, make("ul", "", ...items));
};

const plain = lines => lines.map(line => make("li", "keeps-lines", line));

// Columns count bytes; the text of a page counts UTF-16 units.
const offset = (text, column) =>
  new TextDecoder().decode(new TextEncoder().encode(text).slice(0, column)).length;

// The line in pieces: the words at the marks, and the text between them.
const pieces = (text, marks) => {
  const found = [];
  let done = 0;
  for (const start of [...new Set(marks.map(mark => offset(text, mark.column)))].sort((a, b) => a - b)) {
    const word = /^\w+/.exec(text.slice(start));
    if (!word || start < done) continue;
    found.push(text.slice(done, start), make("mark", "", word[0]));
    done = start + word[0].length;
  }
  return [...found, text.slice(done)];
};

const KINDS = ["acquire", "release", "evidence", "use"];

// `anchors` collects the lines with marks, by "path:line".
const codeBlock = (file, id, anchors) => {
  const block = make("pre", "code");
  let last = 0;
  for (const line of file.lines) {
    if (last && line.number !== last + 1) block.append(make("span", "ln soft", "     ..."));
    last = line.number;
    const kind = KINDS.find(each => line.marks.some(mark => mark.kind === each)) || "";
    const row = make("span", "ln " + kind, make("span", "no", String(line.number)),
      ...pieces(line.text, line.marks));
    if (line.marks.length) {
      row.id = id + "-" + line.number;
      row.tabIndex = -1;
      row.append(make("span", "note", [...new Set(line.marks.map(mark => mark.text))].join("; ") + " "));
      anchors.set(file.path + ":" + line.number, row);
    }
    block.append(row);
  }
  return block;
};

// Each marked line has a link to the next one of the group, the last one to the first.
const chain = anchors => {
  const rows = [...anchors.values()];
  if (rows.length < 2) return;
  rows.forEach((row, index) => {
    const link = make("a", "next", "\u25be next");
    link.href = "#" + rows[(index + 1) % rows.length].id;
    row.querySelector(".note").prepend(link, " ");
  });
};

const spots = (anchors, places) => places.map(spot => {
  const where = spot.path + ":" + spot.line;
  const row = anchors.get(where);
  const place = make(row ? "a" : "span", "", where);
  if (row) place.href = "#" + row.id;
  return make("li", "", place, (spot.function ? " in " + spot.function + "()" : "") + ": " + spot.kind + ": ",
    make("code", "", spot.text));
});

const diffBlock = diff => {
  const block = make("pre", "diff unified");
  const kinds = {"+": " add", "-": " del", "@": " hunk"};
  for (const line of diff.text.split("\n"))
    block.append(make("span", "ln" + (kinds[line[0]] || ""), line || " "));
  return block;
};

// The same side by side, for pages that are wide enough: removed lines on the left, new ones on the
// right, in the same rows as far as possible.
const sideBySide = diff => {
  const body = make("tbody");
  let old = 0, fresh = 0, gone = [], added = [];
  const side = (kind, number, text) => text === undefined ? [make("td", "no"), make("td", "none")]
    : [make("td", "no", String(number)), make("td", kind, text || " ")];
  const flush = () => {
    for (let at = 0; at < Math.max(gone.length, added.length); at++)
      body.append(make("tr", "", ...side("del", ...(gone[at] || [])), ...side("add", ...(added[at] || []))));
    gone = [];
    added = [];
  };
  for (const line of diff.text.split("\n")) {
    const hunk = /^@@ -(\d+)\S* \+(\d+)/.exec(line);
    const text = line.slice(1);
    if (hunk) {
      flush();
      [old, fresh] = [Number(hunk[1]), Number(hunk[2])];
      const head = make("td", "hunk", line);
      head.colSpan = 4;
      body.append(make("tr", "", head));
    } else if (line[0] === "-") gone.push([old++, text]);
    else if (line[0] === "+") added.push([fresh++, text]);
    else if (line[0] !== "\\") {
      flush();
      body.append(make("tr", "", ...side("", old++, text), ...side("", fresh++, text)));
    }
  }
  flush();
  const columns = make("colgroup", "", make("col", "no"), make("col"), make("col", "no"), make("col"));
  return make("table", "diff sides", columns, body);
};

// A page from the disk may not be allowed to use the clipboard: then the text is selected.
const copyable = text => {
  const shown = make("code", "", text), button = make("button", "copy", "Copy");
  button.type = "button";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(shown);
      button.textContent = document.execCommand("copy") ? "Copied" : "Selected";
    }
  });
  return make("p", "command", shown, " ", button);
};

const isBad = build => /^(failed$|built, with)/.test(build.status);

// A row for each object, a column for each architecture.
const buildTable = builds => {
  const archs = [...new Set(builds.map(build => build.arch))].sort();
  const head = make("tr", "", make("th", "", "object"), ...archs.map(arch => make("th", "", arch || "any")));
  const table = make("table", "builds", make("thead", "", head));
  const body = make("tbody");
  for (const path of [...new Set(builds.map(build => build.path))]) {
    const row = make("tr", "", make("td", "", make("code", "", path)));
    for (const arch of archs) {
      const build = builds.find(each => each.path === path && each.arch === arch);
      const text = build ? build.status + (build.reason ? ": " + build.reason : "") : "";
      row.append(make("td", build && isBad(build) ? "bad" : "", text));
    }
    body.append(row);
  }
  table.append(body);
  return make("div", "scroll", table);
};

const grounds = group => group.confidence === null
  ? "decided by the " + group.decided_by
  : "rule " + group.rule + ", confidence " + group.confidence + ", decided by rules";

// Observations while the branch was running; each end of a pair is a link to its line.
const runLines = (anchors, run) => {
  const place = where => {
    const row = anchors.get(where);
    const text = make(row ? "a" : "span", "", where);
    if (row) text.href = "#" + row.id;
    return text;
  };
  return [make("li", "", run.outcome + (run.reason ? ": " + run.reason : "")),
    ...run.pairs.map(pair => make("li", "", place(pair.acquire), " \u2192 ", place(pair.release),
      " " + pair.count + (pair.count === 1 ? " time" : " times"))),
    ...run.missed.map(where => make("li", "", "did not run: ", place(where))),
    ...plain(run.lines),
    ...plain(run.controls)];
};

const detail = (group, id) => {
  const anchors = new Map();
  const code = group.code.flatMap((file, index) =>
    [make("code", "", file.path), codeBlock(file, id + "-" + index, anchors)]);
  chain(anchors);
  const box = make("div");
  const link = make("a", "", "link");
  link.href = "#group=" + encodeURIComponent(group.name);
  box.append(make("h3", "", group.name + " ", link));
  box.append(make("p", "", make("span", "tag " + group.verdict, group.verdict),
    (group.case ? " CASE " + group.case + "," : "") + " " + grounds(group) + ". ",
    make("span", "keeps-lines", group.reason)));
  if (group.explain) box.append(copyable(group.explain));
  if (group.commit) box.append(make("p", "soft", "Commit " + group.commit.slice(0, 12) +
    (group.series ? ", series " + group.series : "")));
  list(box, "Warnings", plain(group.warnings));
  list(box, "Stated by the author, not proved", plain(group.contracts.map((stated) => stated.text + ": " + stated.why)));
  list(box, "Not followed", plain(group.gaps.map((gap, n) => gap + " [" + group.gap_kinds[n] + "]")));
  list(box, "Notes", plain(group.notes));
  const listing = make("div", "", make("h3", "", "Code"), ...code);
  box.append(group.flow.boxes.length ? make("div", "beside",
    make("div", "", make("h3", "", "Value flow"), flowPicture(group.flow, anchors)), listing) : listing);
  section(box, "Diff", ...group.diffs.flatMap(diff => [make("code", "", diff.path), sideBySide(diff), diffBlock(diff)]));
  if (group.builds.length) section(box, "Builds", buildTable(group.builds));
  for (const build of group.builds.filter(each => each.output.trim()))
    box.append(make("p", "", make("code", "", build.path + " for " + build.arch)), make("pre", "", build.output));
  if (group.run) list(box, "Run", runLines(anchors, group.run));
  list(box, "Acquires", spots(anchors, group.acquires));
  const decisive = new Set(group.evidence.map(spot => spot.path + ":" + spot.line + spot.kind));
  list(box, "Other uses", spots(anchors, group.uses.filter(spot => !decisive.has(spot.path + ":" + spot.line + spot.kind))));
  list(box, "Releases", spots(anchors, group.releases));
  list(box, "Evidence", spots(anchors, group.evidence));
  list(box, "Semantic patches", plain(group.rules));
  return box;
};
