// Values of a chart under the pointer or by arrow keys. A layer over the drawing takes both, so that the drawing
// stays an image with its own description.
const probeGeometry = { 700: { left: 40, right: 28 }, 240: { left: 40, right: 12 } };

function percentOf(share) {
  const value = 100 * share;
  if (value === 0 || value === 100) { return value + "\u202f%"; }
  if (value < 0.05) { return "<0.1\u202f%"; }
  if (value >= 99.5) { return ">99\u202f%"; }
  return (value < 9.95 ? value.toFixed(1) : value.toFixed(0)) + "\u202f%";
}

// What a finger tapped on stays after it was lifted; a scroll takes it away, as a mouse does that leaves.
function hideOnLeave(host, hide) {
  host.addEventListener("pointerleave", (event) => { if (event.pointerType !== "touch") { hide(); } });
  host.addEventListener("pointercancel", hide);
}

// `places` are the horizontal places of the periods, as parts of the drawing's width; `say` gives the lines of one:
// first its name, then its values.
function addProbe(host, label, places, say) {
  const rule = element("span", { className: "rule", hidden: true }), tip = element("div", { className: "tip", hidden: true });
  const layer = element("div", { className: "probe", tabIndex: 0 }, rule, tip);
  layer.setAttribute("role", "slider");
  layer.setAttribute("aria-label", label);
  layer.setAttribute("aria-valuemin", "1");
  layer.setAttribute("aria-valuemax", String(places.length));
  let at = places.length - 1;

  function describe() {
    layer.setAttribute("aria-valuenow", String(at + 1));
    layer.setAttribute("aria-valuetext", say(at).join("; "));
  }
  function show() {
    const [name, ...lines] = say(at);
    tip.replaceChildren(element("strong", { textContent: name }), ...lines.map((line) => element("div", { textContent: line, dir: "auto" })));
    rule.hidden = tip.hidden = false;
    rule.style.left = 100 * places[at] + "%";
    const width = layer.clientWidth, left = places[at] * width;
    tip.style.left = Math.max(0, left + 12 + tip.offsetWidth > width ? left - 12 - tip.offsetWidth : left + 12) + "px";
    describe();
  }
  function hide() { rule.hidden = tip.hidden = true; }

  const follow = (event) => {
    const bounds = layer.getBoundingClientRect(), part = (event.clientX - bounds.left) / bounds.width;
    at = places.reduce((best, place, one) => (Math.abs(place - part) < Math.abs(places[best] - part) ? one : best), 0);
    show();
  };
  layer.addEventListener("pointermove", follow);
  layer.addEventListener("pointerdown", follow); // a finger that taps does not move
  hideOnLeave(layer, () => { if (document.activeElement !== layer) { hide(); } });
  document.addEventListener("pointerdown", (event) => { if (!layer.contains(event.target)) { hide(); } });
  layer.addEventListener("focus", () => { if (layer.matches(":focus-visible")) { show(); } });
  layer.addEventListener("blur", hide);
  layer.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -12, PageUp: 12, Home: -places.length, End: places.length }[event.key];
    if (event.key === "Escape") { hide(); return; }
    if (!step) { return; }
    event.preventDefault();
    at = Math.min(places.length - 1, Math.max(0, at + step));
    show();
  });
  describe();
  host.classList.add("probed");
  host.append(layer);
  return layer;
}

// The table of values below a chart says what the chart shows: one row per place on its axis.
function saidOf(table) {
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const at = (...names) => heads.findIndex((head) => names.some((name) => head.startsWith(name)));
  const [papers, total, share, low, line, ahead] = [at("Papers"), at("Of all dated"),
    Math.max(at("Share checked"), at("Share found"), at("Share")), at("95 % from"), at("Smooth share"), at("Forecast")];
  const checked = at("Share checked"), raw = checked < 0 ? share : checked;
  const done = at("Complete"), marks = at("Marks");
  return [...table.tBodies[0].rows].map((row) => {
    const cell = (column) => (column < 0 || row.cells[column].textContent === "\u2013" ? "" : row.cells[column].textContent);
    const range = (column) => (cell(column) ? " (" + cell(column) + " to " + cell(column + 1) + ")" : "");
    const lines = [];
    if (cell(raw)) { lines.push(heads[raw].toLowerCase() + " " + cell(raw) + range(low)); }
    if (cell(line)) { lines.push("smooth share " + cell(line) + range(line + 1)); }
    if (cell(total)) { lines.push(cell(papers) + " of " + cell(total) + " papers" + (cell(done) === "no" ? ", incomplete" : "")); }
    if (cell(ahead)) { lines.push("forecast " + cell(ahead), "90\u202f% band" + range(ahead + 3)); }
    if (cell(marks)) { lines.push(cell(marks)); }
    return [row.cells[0].textContent, ...lines];
  });
}

function probeDrawing(svg, table, name) {
  const width = svg.viewBox.baseVal.width, sides = probeGeometry[width], rows = saidOf(table);
  if (!sides || !rows.length) { return; }
  const n = rows.length, half = Math.max(n, 5) / 2, room = width - sides.left - sides.right;
  const places = rows.map((_, at) => (sides.left + room * (at - (n - 1) / 2 + half) / (2 * half)) / width);
  addProbe(svg.parentNode, "Values of " + name + ", by arrow keys", places, (at) => rows[at]);
}

function addProbes() {
  document.querySelectorAll("figure[data-chart]").forEach((figure) => {
    const table = figure.querySelector(".values table"), title = figure.closest("article").querySelector("h3 [dir]").textContent;
    figure.querySelectorAll("svg.chart").forEach((svg) => probeDrawing(svg, table, title));
  });
  document.querySelectorAll(".panel[data-of]").forEach((panel) => {
    const own = document.querySelector('figure[data-chart="' + panel.dataset.of + '"] .values table');
    if (own) { probeDrawing(panel.querySelector("svg.chart"), own, panel.querySelector("a").textContent); }
  });
}
