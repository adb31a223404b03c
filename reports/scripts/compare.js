// Up to four themes or topics in one chart. Which ones is in the address, so that a link shows the same.
const mostCompared = 4, comparedKey = "compare=";
const comparedDashes = ["", "8 4", "2 4", "12 4 2 4"], freeColors = ["c5", "c6", "c1", "c8", "c3", "c2", "c7", "c4"];
const svgSpace = "http://www.w3.org/2000/svg";

function drawn(name, attributes, text) {
  const made = document.createElementNS(svgSpace, name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  if (text) { made.textContent = text; }
  return made;
}

// The chosen series in the address, those that this page does not have left out.
function comparedInAddress(known) {
  const hash = location.hash.slice(1);
  if (!hash.startsWith(comparedKey)) { return null; }
  let text = "";
  try { text = decodeURIComponent(hash.slice(comparedKey.length)); } catch (error) { return []; } // not an address of ours
  return [...new Set(text.split(","))].filter((key) => known.has(key)).slice(0, mostCompared);
}

function shareText(value) { return value < 0 ? "\u2013" : percentOf(value / 10000); }

// Name of a period, and what a series has there.
function seriesValues(data, one, at) {
  const [period, total, complete] = data.periods[at];
  const values = !total ? "no papers" : shareText(one.share[at]) + " (" + shareText(one.low[at]) + " to " + shareText(one.high[at]) + "), "
    + one.n[at].toLocaleString("en-US") + " of " + total.toLocaleString("en-US") + (complete ? "" : ", incomplete");
  return [period, values];
}

function addCompare(data) {
  const section = document.getElementById("compare"), select = document.getElementById("compare-add");
  if (!section || !data || !data.series.length) { return; }
  const known = new Map(data.series.map((one) => [one.key, one]));
  const chips = document.getElementById("compare-chosen"), sheet = document.getElementById("compare-chart");
  const table = document.getElementById("compare-values"), status = document.getElementById("compare-status");
  let chosen = [];

  const groups = [["Themes", "theme:"], ["Topics", "topic:"]].map(([label, start]) => {
    const own = data.series.filter((one) => one.key.startsWith(start)).sort((a, b) => (start === "topic:" ? a.name.localeCompare(b.name) : 0));
    return element("optgroup", { label }, ...own.map((one) => new Option(one.name, one.key)));
  });
  select.append(...groups.filter((group) => group.children.length));

  const lineOf = (one) => one.line || one.share;
  const shownAt = (one, at) => data.periods[at][2] && data.periods[at][1] && lineOf(one)[at] >= 0;

  // A theme has its color everywhere; topics take those that are left.
  function styles() {
    const taken = new Set(chosen.map((key) => known.get(key).color).filter((color) => color && color !== "other"));
    const free = freeColors.filter((color) => !taken.has(color));
    return chosen.map((key, at) => {
      const own = known.get(key).color;
      return { color: own && own !== "other" ? own : free.shift(), dash: comparedDashes[at] };
    });
  }

  function draw() {
    sheet.replaceChildren();
    if (!chosen.length) { return; }
    const width = Math.max(280, sheet.clientWidth), height = width < 600 ? 260 : 340, left = 44, foot = 24, top = 10;
    const ones = chosen.map((key) => known.get(key)), looks = styles(), n = data.periods.length;
    const right = width < 600 ? 10 : 150;
    const ends = ones.flatMap((one) => lineOf(one).flatMap((value, at) => (shownAt(one, at) ? [value * 1.1, (one.to || one.share)[at]] : [])));
    const most = Math.max(10, ...ends);
    const step = [1, 2, 2.5, 5, 10].map((size) => size * 10 ** Math.floor(Math.log10(most / 4))).find((size) => most / size <= 4.001);
    const high = Math.ceil(most / step - 1e-9) * step;
    const x = (at) => left + (width - left - right) * (n > 1 ? at / (n - 1) : 0.5), y = (value) => top + (height - top - foot) * (1 - value / high);
    const label = "Share of papers per " + data.unit + ": " + ones.map((one) => one.name).join(", ") + ".";
    const svg = drawn("svg", { class: "chart", role: "img", "aria-label": label, viewBox: "0 0 " + width + " " + height, width, height });
    for (let value = 0; value <= high + 1e-9; value += step) {
      svg.append(drawn("path", { class: "s-line", d: "M" + left + " " + y(value) + "H" + (width - right), "stroke-width": 1 }),
        drawn("text", { class: "f-muted", x: left - 6, y: y(value) + 4, "text-anchor": "end", "font-size": 11 }, +(value / 100).toFixed(2) + "\u202f%"));
    }
    const apart = Math.max(1, Math.ceil(n * 64 / (width - left - right)));
    for (let at = (n - 1) % apart; at < n; at += apart) {
      svg.append(drawn("text", { class: "f-muted", x: x(at), y: height - 6, "text-anchor": at === n - 1 ? (right < 40 ? "end" : "middle") : "middle", "font-size": 11 }, data.periods[at][0]));
    }
    const names = [];
    ones.forEach((one, place) => {
      const line = lineOf(one), look = looks[place];
      let path = "", runs = [[]];
      for (let at = 0; at < n; at += 1) {
        if (!shownAt(one, at)) { runs.push([]); continue; }
        path += (runs[runs.length - 1].length ? "L" : "M") + x(at).toFixed(1) + " " + y(line[at]).toFixed(1);
        runs[runs.length - 1].push(at);
      }
      runs = runs.filter((run) => run.length);
      if (one.from) {
        runs.filter((run) => run.length > 1).forEach((run) => svg.append(drawn("path", { class: "f-" + look.color, "fill-opacity": 0.12,
          d: "M" + [...run.map((at) => x(at).toFixed(1) + " " + y(one.to[at]).toFixed(1)), ...run.slice().reverse().map((at) => x(at).toFixed(1) + " " + y(one.from[at]).toFixed(1))].join("L") + "Z" })));
      }
      svg.append(drawn("path", { class: "s-" + look.color, d: path, fill: "none", "stroke-width": 2, "stroke-dasharray": look.dash, "stroke-linejoin": "round" }));
      const last = runs.length ? runs[runs.length - 1].slice(-1)[0] : -1;
      if (last >= 0) {
        svg.append(drawn("circle", { class: "f-" + look.color, cx: x(last), cy: y(line[last]), r: 3.5 }));
        names.push({ text: one.name.length > 22 ? one.name.slice(0, 21).trimEnd() + "…" : one.name, y: y(line[last]) + 4 });
      }
    });
    if (right > 40) {
      names.sort((a, b) => a.y - b.y).forEach((name, at) => { name.y = Math.max(name.y, at ? names[at - 1].y + 15 : 0); });
      names.slice().reverse().forEach((name, at, all) => { name.y = Math.min(name.y, at ? all[at - 1].y - 15 : height - foot); });
      names.forEach((name) => svg.append(drawn("text", { class: "f-ink", x: width - right + 10, y: name.y, "font-size": 12 }, name.text)));
    }
    sheet.append(svg);
    addProbe(sheet, "Values of the compared series, by arrow keys", data.periods.map((_, at) => x(at) / width),
      (at) => [data.periods[at][0], ...ones.map((one) => one.name + ": " + seriesValues(data, one, at)[1])]);
  }

  function showTable() {
    const ones = chosen.map((key) => known.get(key));
    const head = (text, isNumber) => element("th", { scope: "col", dir: "auto", className: isNumber ? "n" : "", textContent: text });
    table.tHead.replaceChildren(element("tr", {}, head(data.unit[0].toUpperCase() + data.unit.slice(1)), head("All dated", true),
      ...ones.flatMap((one) => [head(one.name + (one.basis ? ", " + one.basis : ""), true), head("95 % from", true), head("to", true), head("papers", true)])));
    table.tBodies[0].replaceChildren(...data.periods.map(([name, total], at) => element("tr", {}, element("th", { scope: "row", textContent: name }),
      ...[total.toLocaleString("en-US"), ...ones.flatMap((one) => [shareText(one.share[at]), shareText(one.low[at]), shareText(one.high[at]), one.n[at].toLocaleString("en-US")])]
        .map((text) => element("td", { className: "n", textContent: text })))));
  }

  function showChips() {
    const looks = styles();
    chips.replaceChildren(...chosen.map((key, at) => {
      const sample = drawn("svg", { class: "chart sample", viewBox: "0 0 36 8", width: 36, height: 8, "aria-hidden": "true" });
      sample.append(drawn("path", { class: "s-" + looks[at].color, d: "M0 4H36", "stroke-width": 2.5, "stroke-dasharray": looks[at].dash }));
      const name = known.get(key).name, gone = element("button", { type: "button", className: "switch", textContent: "Remove" });
      gone.setAttribute("aria-label", "Remove " + name);
      gone.addEventListener("click", () => { choose(chosen.filter((one) => one !== key)); select.focus(); });
      return element("li", {}, sample, element("bdi", { textContent: name }), gone);
    }));
  }

  function show() {
    section.classList.toggle("empty", !chosen.length);
    if (chosen.length) { section.querySelector("details.fold").open = true; }
    document.getElementById("compare-table").hidden = !chosen.length;
    select.disabled = chosen.length >= mostCompared;
    [...select.options].forEach((one) => { one.disabled = chosen.includes(one.value); });
    status.textContent = !chosen.length ? "" : chosen.length + " of at most " + mostCompared + " series. The address of this page now shows the same chart.";
    document.querySelectorAll("button[data-compare]").forEach((one) => one.setAttribute("aria-pressed", String(chosen.includes(one.dataset.compare))));
    showChips();
    showTable();
    draw();
  }

  function choose(keys) {
    chosen = keys.slice(0, mostCompared);
    history.pushState(null, "", "#" + (chosen.length ? comparedKey + chosen.map(encodeURIComponent).join(",").replace(/%3A/g, ":") : "compare"));
    show();
  }

  function followAddress(scroll) {
    const keys = comparedInAddress(known);
    if (keys === null) { return; }
    chosen = keys;
    section.querySelector("details.fold").open = true;
    show();
    if (scroll) { section.scrollIntoView(); }
  }

  select.addEventListener("change", () => {
    if (select.value) { choose([...chosen, select.value]); }
    select.value = "";
  });
  // A switch at each theme and topic.
  document.querySelectorAll("[data-compares]").forEach((place) => {
    const key = place.dataset.compares, one = known.get(key);
    if (!one) { return; }
    const button = element("button", { type: "button", className: "switch", textContent: "Compare" });
    button.dataset.compare = key;
    button.setAttribute("aria-label", "Compare " + one.name);
    button.addEventListener("click", () => {
      const isIn = chosen.includes(key);
      choose(isIn ? chosen.filter((other) => other !== key) : [...chosen.slice(chosen.length >= mostCompared ? 1 : 0), key]);
      if (!isIn) { section.scrollIntoView(); }
    });
    place.append(button);
  });
  window.addEventListener("popstate", () => {
    if (comparedInAddress(known)) { followAddress(true); } else if (location.hash === "#compare" || !location.hash) { chosen = []; show(); }
  });
  section.hidden = false;
  document.getElementById("compare-link").hidden = false;
  show();
  followAddress(true);
  new ResizeObserver(() => { if (sheet.clientWidth && chosen.length && Math.abs(sheet.clientWidth - (sheet.firstChild?.clientWidth ?? 0)) > 1) { draw(); } }).observe(sheet);
}
