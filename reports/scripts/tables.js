// Tables that are sorted by a click on a head, and the topics' table in groups or as one list.
function sortKey(row, column) {
  const cell = row.cells[column];
  const text = cell.dataset.key ?? (cell.querySelector(".paper") || cell).textContent.trim();
  const number = Number(text.replace(/,/g, ""));
  return text !== "" && !isNaN(number) ? number : text.toLowerCase();
}

function compareKeys(a, b) {
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
}

function rowsOf(body) {
  return [...body.rows].filter((row) => !row.classList.contains("group"));
}

function markSorted(table, column, down) {
  [...table.tHead.rows[0].cells].forEach((head, at) => {
    if (at === column) { head.setAttribute("aria-sort", down ? "descending" : "ascending"); }
    else { head.removeAttribute("aria-sort"); }
  });
}

function sortTable(table, column, down) {
  for (const body of table.tBodies) {
    const keys = new Map(rowsOf(body).map((row) => [row, sortKey(row, column)]));
    const order = [...keys.keys()].sort((a, b) => (down ? -1 : 1) * compareKeys(keys.get(a), keys.get(b)));
    order.forEach((row) => body.appendChild(row));
  }
  markSorted(table, column, down);
}

// A button in each head of a table; `sort` is called with the table, the column and whether downwards.
function addSort(table, sort) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    if (head.classList.contains("plain")) { return; }
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.appendChild(button);
    button.addEventListener("click", () => {
      const was = head.getAttribute("aria-sort");
      sort(table, column, was ? was === "ascending" : head.classList.contains("n") || head.classList.contains("down"));
    });
  });
}

function addRegroup(button, table) {
  const groups = [...table.tBodies];
  const homes = groups.map(rowsOf);
  const list = document.createElement("tbody");
  button.addEventListener("click", () => {
    const flat = !list.parentNode;
    if (flat) { table.appendChild(list); } else { list.remove(); }
    groups.forEach((body, at) => {
      body.hidden = flat;
      homes[at].forEach((row) => (flat ? list : body).appendChild(row));
    });
    const heads = [...table.tHead.rows[0].cells];
    const at = heads.findIndex((head) => head.hasAttribute("aria-sort"));
    if (at >= 0) { sortTable(table, at, heads[at].getAttribute("aria-sort") === "descending"); }
    else if (flat) { sortTable(table, 1, true); }
    button.textContent = flat ? "In groups" : "One list";
  });
  button.hidden = false;
}
