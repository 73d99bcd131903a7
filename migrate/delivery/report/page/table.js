// SPDX-License-Identifier: GPL-2.0-only
// The table of all acquires. A row is created when it is scrolled into view.
const AT_A_TIME = 100;

const read = id => JSON.parse(document.getElementById(id).textContent);
const numbers = new Map(read("names").map((name, index) => [name, index]));
const body = document.querySelector("#table tbody");
const search = document.getElementById("search");
const selects = [...document.querySelectorAll("select[data-field]")];
const heads = [...document.querySelectorAll("th[data-sort]")];
const tiles = [...document.querySelectorAll(".tile")];
const more = document.getElementById("more");

const entries = read("rows").map((site, index) => ({
  site, index, row: null, button: null, detail: null,
  text: [site.path, site.function, site.call, site.group, site.reason, site.subsystem,
    ...site.maintainers].join("\n").toLowerCase(),
}));
let order = entries;
let fitting = entries;
let made = 0;

const cell = (label, name, ...children) => {
  const found = make("td", name, ...children.filter(child => child !== ""));
  found.dataset.label = label;
  return found;
};

const rowOf = entry => {
  if (entry.row) return entry.row;
  const site = entry.site;
  entry.button = make("button", "", site.path + ":" + site.line + " " + site.function + "()");
  entry.button.type = "button";
  entry.button.setAttribute("aria-expanded", "false");
  entry.button.addEventListener("click", () => toggle(entry));
  const tag = value => make("span", "tag " + value, value);
  const people = site.maintainers.map(person => person.replace(/ <.*/, "")).join(", ");
  entry.row = make("tr", "",
    make("td", "place", entry.button, make("div", "soft", site.call)),
    cell("Verdict", "", tag(site.verdict)), cell("CASE", "", site.case),
    cell("Subsystem", "", site.subsystem), cell("Maintainer", "", people),
    cell("State", "", tag(site.state)), cell("Build", "", site.built),
    cell("Run", "", site.proof),
    cell("Reason", "keeps-lines", site.reason));
  return entry.row;
};

const withDetail = entry => entry.detail ? [rowOf(entry), entry.detail] : [rowOf(entry)];

const grow = () => {
  const next = fitting.slice(made, made + AT_A_TIME);
  body.append(...next.flatMap(withDetail));
  made += next.length;
  more.hidden = made >= fitting.length;
};

const show = () => {
  body.replaceChildren();
  made = 0;
  grow();
};

const toggle = entry => {
  const open = entry.detail === null;
  entry.button.setAttribute("aria-expanded", String(open));
  if (!open) { entry.detail.remove(); entry.detail = null; return; }
  const number = numbers.get(entry.site.group);
  const inside = make("td", "", number === undefined ? make("p", "keeps-lines", entry.site.reason)
    : detail(read("group-" + number), "c" + entry.index));
  inside.colSpan = heads.length;
  entry.detail = make("tr", "detail", inside);
  entry.row.after(entry.detail);
};

const filter = () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = selects.filter(s => s.value !== "*").map(s => [s.dataset.field, s.value.slice(1)]);
  fitting = order.filter(entry => words.every(word => entry.text.includes(word)) &&
    wanted.every(([field, value]) => field === "maintainer" ? entry.site.maintainers.includes(value)
      : entry.site[field] === value));
  const area = wanted.find(([field]) => field === "area");
  for (const tile of tiles) tile.setAttribute("aria-pressed", String(area?.[1] === tile.dataset.area));
  document.getElementById("count").textContent = fitting.length + " of " + entries.length;
  show();
};

const collator = new Intl.Collator("en", {numeric: true});
const sort = head => {
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of heads) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const field = head.dataset.sort;
  const key = ({site}) => field === "place" ? "" : field === "maintainer" ? site.maintainers.join() : site[field];
  order = [...entries].sort((a, b) =>
    (collator.compare(key(a), key(b)) || a.index - b.index) * (down ? -1 : 1));
  filter();
};

const clear = () => {
  search.value = "";
  for (const select of selects) select.value = "*";
  filter();
};

// The fragment of the address: #group=NAME opens a group, even if a filter hides it;
// #subsystem=NAME&state=manual, with any of the filters, filters the table.
const follow = () => {
  const asked = new Map(location.hash.slice(1).split("&").map(part => part.split("=", 2))
    .filter(pair => pair.length === 2).map(([field, value]) => [field, decodeURIComponent(value)]));
  const entry = asked.has("group") && entries.find(each => each.site.group === asked.get("group"));
  if (entry) {
    clear();
    while (!entry.row?.isConnected && made < fitting.length) grow();
    if (!entry.detail) toggle(entry);
    entry.row.scrollIntoView();
    entry.button.focus({preventScroll: true});
  } else if (selects.some(select => asked.has(select.dataset.field))) {
    clear();
    for (const select of selects) {
      if (!asked.has(select.dataset.field)) continue;
      select.value = "=" + asked.get(select.dataset.field);
      if (select.selectedIndex < 0) select.value = "*";
    }
    filter();
    document.getElementById("sites").scrollIntoView();
  }
};

// The address follows the filters, so that it can be copied as a link to what is shown.
const remember = () => {
  const set = selects.filter(select => select.value !== "*")
    .map(select => select.dataset.field + "=" + encodeURIComponent(select.value.slice(1)));
  history.replaceState(null, "", "#" + set.join("&"));
};
const choose = () => { filter(); remember(); };

// The arrow keys move from row to row.
const step = (button, by) => {
  const shown = fitting.slice(0, made);
  const at = shown.findIndex(entry => entry.button === button) + by;
  if (at >= made) grow();
  fitting[at]?.button?.focus();
};

search.addEventListener("input", filter);
for (const select of selects) select.addEventListener("change", choose);
for (const head of heads) head.querySelector("button").addEventListener("click", () => sort(head));
document.getElementById("clear").addEventListener("click", () => { clear(); remember(); search.focus(); });
for (const tile of tiles) tile.addEventListener("click", () => {
  const pressed = tile.getAttribute("aria-pressed") === "true";
  selects.find(s => s.dataset.field === "area").value = pressed ? "*" : "=" + tile.dataset.area;
  choose();
  if (!pressed) document.getElementById("sites").scrollIntoView();
});
more.addEventListener("click", grow);
// Observed again each time: if it stays in view there is no new event.
const near = new IntersectionObserver(seen => {
  if (!seen.some(each => each.isIntersecting)) return;
  near.unobserve(more);
  grow();
  near.observe(more);
}, {rootMargin: "600px"});
near.observe(more);
window.addEventListener("hashchange", follow);
document.addEventListener("keydown", event => {
  const inField = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === "/" && !inField) {
    event.preventDefault();
    search.focus();
  } else if (/^Arrow(Up|Down)$/.test(event.key) && event.target.closest?.("td.place")) {
    event.preventDefault();
    step(event.target, event.key === "ArrowUp" ? -1 : 1);
  }
});
filter();
follow();
