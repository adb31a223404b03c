// Values of a sparkline under the pointer. By keyboard the chart that compares series gives them.
const sparkInset = 4; // as in reports/charts/sparklines.py

// The series that a sparkline shows is the one that its row is about.
function sparkKey(row) {
  const about = row.id ? "#" + row.id : row.querySelector('a[href^="#theme-"], a[href^="#topic-"]')?.getAttribute("href") ?? "";
  return about.slice(1).replace("-", ":");
}

function addSparkValues(data) {
  if (!data || !data.series.length) { return; }
  const known = new Map(data.series.map((one) => [one.key, one])), last = data.periods.length - 1;
  const tip = element("div", { className: "tip spark-tip", hidden: true });
  tip.setAttribute("aria-hidden", "true");
  document.body.append(tip);
  const hide = () => { tip.hidden = true; };
  document.querySelectorAll(".trace svg.spark").forEach((svg) => {
    const row = svg.closest("tr, li"), one = row && known.get(sparkKey(row));
    if (!one) { return; }
    const follow = (event) => {
      const bounds = svg.getBoundingClientRect(), inset = sparkInset * bounds.width / svg.viewBox.baseVal.width;
      const part = (event.clientX - bounds.left - inset) / (bounds.width - 2 * inset);
      const at = Math.min(last, Math.max(0, Math.round(part * last)));
      const [name, values] = seriesValues(data, one, at);
      tip.replaceChildren(element("strong", { textContent: name }), element("div", { textContent: values, dir: "auto" }));
      tip.hidden = false;
      const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
      tip.style.left = window.scrollX + Math.max(8, Math.min(event.clientX + 12, room)) + "px";
      tip.style.top = window.scrollY + bounds.bottom + 6 + "px";
    };
    svg.addEventListener("pointermove", follow);
    svg.addEventListener("pointerdown", follow); // a finger that taps does not move
    hideOnLeave(svg, hide);
  });
  document.addEventListener("pointerdown", (event) => { if (!event.target.closest("svg.spark")) { hide(); } });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") { hide(); } });
}
