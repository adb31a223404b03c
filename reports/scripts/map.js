// The map: every dot a paper, near the topics that it resembles; drawn on a canvas, read by pointer or keys.
const mapSide = 4095;
const colorNames = ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"];

function mixed(from, to, part) {
  const parse = (color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  const [a, b] = [parse(from), parse(to)];
  return "rgb(" + a.map((value, at) => Math.round(value + (b[at] - value) * part)).join(",") + ")";
}

// Periods of the time slider: months, or years where there would be too many.
function mapPeriods(data) {
  const days = data.papers.day.slice(0, data.mapped).filter((day) => day.length >= 7).sort();
  if (!days.length) { return []; }
  const first = days[0], last = days[days.length - 1], periods = [];
  if (+last.slice(0, 4) - +first.slice(0, 4) >= 6) {
    for (let year = +first.slice(0, 4); year <= +last.slice(0, 4); year += 1) { periods.push(String(year)); }
    return periods;
  }
  for (let [year, month] = first.split("-").map(Number); ; month += 1) {
    if (month > 12) { year += 1; month = 1; }
    const period = year + "-" + String(month).padStart(2, "0");
    if (period > last.slice(0, 7)) { return periods; }
    periods.push(period);
  }
}

function addMap(data) {
  const box = document.getElementById("map-box");
  if (!box || !data.mapped) { return; }
  const canvas = box.querySelector("canvas"), tip = document.getElementById("map-tip");
  const inside = document.getElementById("map-inside"), legend = document.getElementById("map-legend");
  const coloring = document.getElementById("map-color"), brush = document.getElementById("map-brush");
  const time = document.getElementById("map-time"), until = document.getElementById("map-until");
  const ringed = document.getElementById("map-marked");
  const play = document.getElementById("map-play");
  const { x, y, day, themes, topic } = data.papers;
  const points = Array.from({ length: data.mapped }, (_, paper) => paper);
  const periods = mapPeriods(data);
  const inPeriod = points.map((paper) => periods.length ? periods.indexOf(day[paper].slice(0, periods[0].length)) : -1);
  const off = new Set(); // themes that the legend has switched off; -1 is none
  const places = topicPlaces();
  let view = { scale: 1, left: 0, top: 0 }, size = { width: 0, height: 0, across: 1, down: 1 };
  let now = periods.length - 1, timer = null, palette = {}, sprites = new Map(), hovered = -1, dragged = null, frame = 0;
  const touches = new Map();

  function topicPlaces() {
    const sums = new Map();
    points.forEach((paper) => {
      if (topic[paper] < 0) { return; }
      const sum = sums.get(topic[paper]) || { topic: topic[paper], x: 0, tops: [] };
      sum.x += x[paper]; sum.tops.push(y[paper]);
      sums.set(topic[paper], sum);
    });
    // A name stands above most of its papers.
    return [...sums.values()].map(({ topic: one, x: sum, tops }) => (
      { topic: one, n: tops.length, x: sum / tops.length, y: tops.sort((a, b) => a - b)[Math.floor(tops.length / 8)] }
    )).sort((a, b) => b.n - a.n);
  }

  const screenX = (value) => size.width / 2 + (value - mapSide / 2) * size.across * view.scale + view.left;
  const screenY = (value) => size.height / 2 + (value - mapSide / 2) * size.down * view.scale + view.top;

  function isShown(paper) {
    return (now === periods.length - 1 || (inPeriod[paper] >= 0 && inPeriod[paper] <= now))
      && !(themes[paper].length ? themes[paper].every((one) => off.has(one)) : off.has(-1));
  }

  function colorOf(paper) {
    if (coloring.value === "date") {
      return inPeriod[paper] < 0 ? palette.line : mixed(palette.c2, palette.c5, periods.length > 1 ? inPeriod[paper] / (periods.length - 1) : 1);
    }
    if (coloring.value === "topic") {
      return topic[paper] < 0 ? palette.other : palette[colorNames[data.topics[topic[paper]].color]];
    }
    const shown = themes[paper].find((one) => !off.has(one));
    return shown === undefined ? palette.other : palette[data.themes[shown].color];
  }

  function sprite(color, radius) {
    const key = color + radius;
    if (!sprites.has(key)) {
      const ratio = devicePixelRatio || 1, side = Math.ceil(2 * radius + 2);
      const dot = element("canvas", { width: side * ratio, height: side * ratio });
      const context = dot.getContext("2d");
      context.scale(ratio, ratio);
      context.fillStyle = color;
      context.beginPath();
      context.arc(side / 2, side / 2, radius, 0, 2 * Math.PI);
      context.fill();
      sprites.set(key, { dot, side });
    }
    return sprites.get(key);
  }

  function draw() {
    frame = 0;
    const ratio = devicePixelRatio || 1, context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    // Few papers have larger dots.
    const plain = (size.width < 500 ? 1.6 : 2.2) * Math.min(2, (6000 / data.mapped) ** 0.15);
    const radius = Math.min(5, plain * Math.sqrt(view.scale));
    const crowd = Math.max(0.35, Math.min(0.85, 1 - data.mapped / 12000));
    const isThen = now < periods.length - 1;
    // Colored dots last, so that what belongs to a theme is not under what does not.
    const order = coloring.value === "theme" ? [...points].sort((a, b) => themes[a].length - themes[b].length) : points;
    for (const paper of order) {
      if (!isShown(paper)) { continue; }
      const left = screenX(x[paper]), top = screenY(y[paper]);
      if (left < -9 || top < -9 || left > size.width + 9 || top > size.height + 9) { continue; }
      const { dot, side } = sprite(colorOf(paper), isThen && inPeriod[paper] === now ? radius + 1 : radius);
      context.globalAlpha = (isThen && inPeriod[paper] !== now) || (data.marked && !data.marked.has(paper)) ? crowd * 0.35 : crowd;
      context.drawImage(dot, left - side / 2, top - side / 2, side, side);
    }
    context.globalAlpha = 1;
    if (data.marked) { drawMarked(context, radius); }
    if (hovered >= 0) {
      context.strokeStyle = palette.ink;
      context.lineWidth = 1.5;
      context.beginPath();
      context.arc(screenX(x[hovered]), screenY(y[hovered]), radius + 3, 0, 2 * Math.PI);
      context.stroke();
    }
    drawNames(context);
    if (dragged && dragged.brush) {
      const { left, top, width, height } = corners(dragged);
      context.fillStyle = palette.ink;
      context.globalAlpha = 0.08;
      context.fillRect(left, top, width, height);
      context.globalAlpha = 1;
      context.strokeStyle = palette.ink;
      context.lineWidth = 1;
      context.strokeRect(left + 0.5, top + 0.5, width, height);
    }
  }

  // Papers that the search finds have a ring, so that they are known without their color.
  function drawMarked(context, radius) {
    context.strokeStyle = palette.ink;
    context.lineWidth = 1.25;
    for (const paper of points) {
      if (!data.marked.has(paper) || !isShown(paper)) { continue; }
      context.beginPath();
      context.arc(screenX(x[paper]), screenY(y[paper]), radius + 1.5, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  function drawNames(context) {
    const font = size.width < 500 ? 11 : 12.5, taken = [];
    context.font = "600 " + font + "px " + getComputedStyle(document.body).fontFamily;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    for (const place of places) {
      const name = data.topics[place.topic].name, text = name.length > 34 ? name.slice(0, 33).trimEnd() + "…" : name;
      const half = context.measureText(text).width / 2 + 3;
      const top = screenY(place.y) - font, left = Math.min(Math.max(screenX(place.x), half), size.width - half);
      const room = { left: left - half, right: left + half, top: top - font * 0.8, bottom: top + font * 0.8 };
      if (room.top < 0 || room.bottom > size.height || Math.abs(left - screenX(place.x)) > half) { continue; }
      if (taken.some((one) => one.left < room.right && room.left < one.right && one.top < room.bottom && room.top < one.bottom)) { continue; }
      taken.push(room);
      context.strokeStyle = palette.paper;
      context.lineWidth = 4;
      context.strokeText(text, left, top);
      context.fillStyle = palette.ink;
      context.fillText(text, left, top);
    }
  }

  data.showMarked = () => {
    const n = data.marked ? points.filter((paper) => data.marked.has(paper)).length : 0;
    ringed.hidden = !data.marked;
    ringed.textContent = "With a ring: " + counted(n, "paper") + " that match" + (n === 1 ? "es" : "") + " the search among the papers.";
    redraw();
  };

  function redraw() { frame = frame || requestAnimationFrame(draw); }

  function resize() {
    const ratio = devicePixelRatio || 1, width = canvas.parentNode.clientWidth;
    const span = (values) => Math.max(1, Math.max(...values) - Math.min(...values));
    // No higher than the papers need where they are stretched most.
    const usual = Math.min(640, Math.max(340, width * 0.6)), needed = 1.6 * width * span(y) / span(x);
    size = { width, height: Math.round(Math.max(240, Math.min(usual, needed))) };
    const [across, down] = [size.width * 0.92 / span(x), size.height * 0.92 / span(y)];
    // Stretched a little where that fills the sheet: distances between far places mean nothing anyway.
    size.across = Math.min(across, down * 1.6);
    size.down = Math.min(down, across * 1.6);
    canvas.style.height = size.height + "px";
    canvas.width = size.width * ratio;
    canvas.height = size.height * ratio;
    redraw();
  }

  function zoom(factor, left = size.width / 2, top = size.height / 2) {
    const scale = Math.min(40, Math.max(1, view.scale * factor)), change = scale / view.scale;
    view.left = (view.left - (left - size.width / 2)) * change + (left - size.width / 2);
    view.top = (view.top - (top - size.height / 2)) * change + (top - size.height / 2);
    view.scale = scale;
    if (scale === 1) { view.left = view.top = 0; }
    redraw();
  }

  function nearest(left, top, reach) {
    let best = -1, least = reach * reach;
    for (const paper of points) {
      const across = screenX(x[paper]) - left, down = screenY(y[paper]) - top, distance = across * across + down * down;
      if (distance < least && isShown(paper)) { best = paper; least = distance; }
    }
    return best;
  }

  function hover(paper, left = 0, top = 0) {
    if (paper !== hovered) {
      hovered = paper;
      if (paper >= 0) {
        const where = [day[paper] || "undated", ...themeNames(data, paper), topicName(data, paper)].filter(Boolean);
        tip.replaceChildren(element("p", { className: "paper", dir: "auto", textContent: data.papers.title[paper] }),
          byline(where.map((one) => element("bdi", { textContent: one }))));
      }
      redraw();
    }
    tip.hidden = paper < 0;
    canvas.classList.toggle("over", paper >= 0 && !brush.isPressed);
    if (paper >= 0) {
      tip.style.left = Math.max(0, Math.min(left + 12, size.width - tip.offsetWidth)) + "px";
      tip.style.top = (top + 16 + tip.offsetHeight > size.height ? top - tip.offsetHeight - 10 : top + 16) + "px";
    }
  }

  const corners = ({ left, top, right, bottom }) => ({
    left: Math.min(left, right), top: Math.min(top, bottom), width: Math.abs(right - left), height: Math.abs(bottom - top),
  });

  function list(area) {
    const found = points.filter((paper) => {
      const left = screenX(x[paper]), top = screenY(y[paper]);
      return isShown(paper) && left >= area.left && top >= area.top && left <= area.left + area.width && top <= area.top + area.height;
    }).sort((a, b) => (day[a] < day[b] ? 1 : day[a] > day[b] ? -1 : a - b));
    const shown = found.slice(0, 100);
    const items = shown.map((paper) => element("li", {},
      element("p", { className: "paper" }, titleOf(data, paper)),
      byline([dayOf(data, paper), ...[...themeNames(data, paper), topicName(data, paper)].filter(Boolean)
        .map((one) => element("bdi", { textContent: one }))]),
      ...[data.abstracts.get(idOf(data, paper))].filter(Boolean).map(foldedAbstract)));
    const heading = counted(found.length, "paper") + " in the area" + (found.length > shown.length ? ", the newest 100 of them:" : found.length ? ":" : ".");
    inside.replaceChildren(element("p", { className: "sentence", textContent: heading }), element("ul", { className: "papers", tabIndex: 0 }, ...items));
    inside.lastChild.setAttribute("aria-label", "Papers in the area");
  }

  function press(on) {
    brush.isPressed = on;
    brush.setAttribute("aria-pressed", String(on));
    canvas.classList.toggle("brushing", on);
  }

  const placeOf = (event) => {
    const bounds = canvas.getBoundingClientRect();
    return [event.clientX - bounds.left, event.clientY - bounds.top];
  };

  canvas.addEventListener("pointerdown", (event) => {
    const [left, top] = placeOf(event);
    touches.set(event.pointerId, [left, top]);
    canvas.setPointerCapture(event.pointerId);
    dragged = touches.size > 1 ? null : { left, top, right: left, bottom: top, brush: brush.isPressed || event.shiftKey, moved: false, from: { ...view } };
  });
  canvas.addEventListener("pointermove", (event) => {
    const [left, top] = placeOf(event);
    if (touches.size === 2 && touches.has(event.pointerId)) {
      const [other] = [...touches].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
      const was = touches.get(event.pointerId);
      zoom(Math.hypot(left - other[0], top - other[1]) / Math.max(1, Math.hypot(was[0] - other[0], was[1] - other[1])), (left + other[0]) / 2, (top + other[1]) / 2);
      touches.set(event.pointerId, [left, top]);
      return;
    }
    if (!dragged) { hover(nearest(left, top, 9), left, top); return; }
    Object.assign(dragged, { right: left, bottom: top });
    dragged.moved = dragged.moved || Math.hypot(left - dragged.left, top - dragged.top) > 4;
    if (!dragged.moved) { return; }
    hover(-1);
    if (!dragged.brush) {
      view.left = dragged.from.left + left - dragged.left;
      view.top = dragged.from.top + top - dragged.top;
    }
    redraw();
  });
  canvas.addEventListener("pointerup", (event) => {
    touches.delete(event.pointerId);
    const drag = dragged;
    dragged = null;
    if (!drag) { return; }
    const [left, top] = placeOf(event);
    if (drag.moved) {
      if (drag.brush) { list(corners(drag)); }
    } else {
      const paper = nearest(left, top, event.pointerType === "touch" ? 18 : 9);
      // The first tap of a finger shows what a mouse shows by hovering.
      if (paper >= 0 && linkOf(data, paper) && !drag.brush && (event.pointerType !== "touch" || paper === hovered)) {
        window.open(linkOf(data, paper), "_blank", "noopener");
      }
      hover(paper, left, top);
    }
    redraw();
  });
  canvas.addEventListener("pointercancel", (event) => { touches.delete(event.pointerId); dragged = null; redraw(); });
  canvas.addEventListener("pointerleave", () => { if (!dragged) { hover(-1); } });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && document.activeElement !== canvas) { return; } // the page scrolls on
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 300), ...placeOf(event));
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    if (step) { view.left += step[0]; view.top += step[1]; redraw(); }
    else if (event.key === "+" || event.key === "=") { zoom(1.5); }
    else if (event.key === "-") { zoom(1 / 1.5); }
    else if (event.key === "0") { zoom(0); }
    else { return; }
    event.preventDefault();
  });
  document.getElementById("map-in").addEventListener("click", () => zoom(1.5));
  document.getElementById("map-out").addEventListener("click", () => zoom(1 / 1.5));
  document.getElementById("map-whole").addEventListener("click", () => zoom(0));
  document.getElementById("map-view").addEventListener("click", () => list({ left: 0, top: 0, width: size.width, height: size.height }));
  brush.addEventListener("click", () => press(!brush.isPressed));
  coloring.addEventListener("change", () => { showLegend(); redraw(); });
  document.getElementById("map-png").addEventListener("click", () => {
    const picture = element("canvas", { width: canvas.width, height: canvas.height }), context = picture.getContext("2d");
    context.fillStyle = palette.paper;
    context.fillRect(0, 0, picture.width, picture.height);
    context.drawImage(canvas, 0, 0);
    picture.toBlob((blob) => save("map.png", blob));
  });

  function showTime() {
    until.textContent = now === periods.length - 1 ? "all dates" : periods[now];
    time.value = now;
    redraw();
  }
  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  }
  time.max = periods.length - 1;
  time.parentNode.hidden = periods.length < 2;
  time.addEventListener("input", () => { stop(); now = +time.value; showTime(); });
  play.addEventListener("click", () => {
    if (timer) { stop(); return; }
    if (now === periods.length - 1) { now = -1; }
    play.textContent = "Pause";
    timer = setInterval(() => {
      now += 1;
      showTime();
      if (now === periods.length - 1) { stop(); }
    }, Math.max(150, 6000 / periods.length));
  });

  function showLegend() {
    const swatch = (color) => {
      const made = element("span", { className: "swatch" });
      made.setAttribute("aria-hidden", "true");
      made.style.background = color;
      return made;
    };
    if (coloring.value === "date") {
      legend.replaceChildren(...[[0, periods[0]], [1, periods[periods.length - 1]]].filter((one) => one[1])
        .map(([part, name]) => element("li", {}, swatch(mixed(palette.c2, palette.c5, part)), name)));
      return;
    }
    if (coloring.value === "topic") {
      legend.replaceChildren(element("li", { className: "note", textContent: "Topics of one group share a color; their names are on the map. Grey: in no topic." }));
      return;
    }
    const rows = [...data.themes.map((theme, at) => [at, theme.name, palette[theme.color]]), [-1, "no theme", palette.other]];
    legend.replaceChildren(...rows.map(([at, name, color]) => {
      const tick = element("input", { type: "checkbox", checked: !off.has(at) });
      tick.addEventListener("change", () => { if (tick.checked) { off.delete(at); } else { off.add(at); } redraw(); });
      return element("li", {}, element("label", {}, tick, swatch(color), element("bdi", { textContent: name })));
    }));
  }

  // Where hardly any paper has a theme, the map would be grey.
  if (points.filter((paper) => themes[paper].length).length < points.length / 10) { coloring.value = "topic"; }
  if (data.mapped < data.n) {
    document.getElementById("map-shown").textContent = data.mapped.toLocaleString("en-US") + " of "
      + counted(data.n, "paper") + ", sampled evenly over time";
  }
  document.getElementById("map-needs").hidden = true;
  box.hidden = false;
  press(false);
  showTime();
  data.showMarked();
  new ResizeObserver(resize).observe(canvas.parentNode);
  onTheme(() => {
    const style = getComputedStyle(root);
    for (const name of ["paper", "ink", "line", "other", ...colorNames]) { palette[name] = style.getPropertyValue("--" + name).trim(); }
    sprites = new Map();
    showLegend();
    redraw();
  });
}
