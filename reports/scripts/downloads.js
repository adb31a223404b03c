// Tables as CSV, charts as SVG and PNG, made in the browser: a page from disk has nobody to ask.
function save(name, blob) {
  const address = URL.createObjectURL(blob);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

function saveText(name, type, text) {
  save(name, new Blob([text], { type: type + ";charset=utf-8" }));
}

// A spreadsheet takes a text that begins so for a formula; an apostrophe keeps it a text.
function csvCell(value) {
  return csvQuoted(typeof value === "string" && /^[=+\-@\t\r]/.test(value) && isNaN(value) ? "'" + value : String(value));
}

function csvQuoted(text) {
  return /[",\n\r]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
}

function csvOf(rows) {
  return "\ufeff" + rows.map((row) => row.map(csvCell).join(",")).join("\r\n") + "\r\n";
}

function textOf(cell) {
  const label = cell.querySelector(".label, .paper");
  return (label || cell).textContent.replace(/\s+/g, " ").trim();
}

function fileName(text, suffix) {
  return (text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "papertrends") + suffix;
}

function saveTable(table, name) {
  saveText(name, "text/csv", csvOf([...table.rows].map((row) => [...row.cells].map(textOf))));
}

function savePicture(svg, name) {
  const image = new Image(), scale = 2, box = svg.viewBox.baseVal;
  image.onload = () => {
    const canvas = element("canvas", { width: box.width * scale, height: box.height * scale });
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff"; // charts carry the colors of the light theme on their own
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => save(name, blob));
  };
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svg.outerHTML);
}

function downloadButton(text, label, action) {
  const button = element("button", { type: "button", className: "download", textContent: text });
  button.setAttribute("aria-label", label);
  button.addEventListener("click", action);
  return button;
}

function addDownloads() {
  document.querySelectorAll(".box[aria-label] > table:not(#paper-table)").forEach((table) => {
    const what = table.parentNode.getAttribute("aria-label");
    const name = fileName(what.replace(/^(Table|Values) of /, ""), ".csv");
    table.parentNode.after(element("p", { className: "downloads" },
      downloadButton("CSV", "Download as CSV: " + what, () => saveTable(table, name))));
  });
  document.querySelectorAll("figure[data-chart]").forEach((figure) => {
    const svg = figure.querySelector("svg.chart"), name = figure.dataset.chart;
    figure.append(element("p", { className: "downloads" },
      downloadButton("SVG", "Download the chart as SVG: " + name, () => saveText(name + ".svg", "image/svg+xml", svg.outerHTML)),
      downloadButton("PNG", "Download the chart as PNG: " + name, () => savePicture(svg, name + ".png"))));
  });
}
