// What is shown: a paper, the marks on it, the counts, the end.
const byId = (id) => document.getElementById(id);
const marksInWords = { yes: "✓ yes", unsure: "? unsure" };

function plural(number, noun) {
  return number + " " + noun + (number === 1 ? "" : "s");
}

function countsInWords(counts) {
  const words = [counts.yes + " yes", counts.no + " no"];
  if (counts.unsure) { words.push(counts.unsure + " unsure"); }
  return words.join(" · ");
}

// With the answers, among those, that were given when the theme was defined otherwise.
function countsInFull(counts) {
  return countsInWords(counts) + (counts.earlier ? ", " + counts.earlier + " of them for an earlier definition" : "");
}

function showProgress(view) {
  byId("progress").textContent = view.n_answered + " of " + view.n_papers + " answered";
  byId("bar").max = Math.max(view.n_papers, 1);
  byId("bar").value = view.n_answered;
  document.title = view.n_answered + " of " + view.n_papers + " · Label papers · papertrends";
}

function showCounts(view) {
  for (const one of document.querySelectorAll("[data-meaning], [data-theme], [data-row]")) {
    const { meaning, theme, row } = one.dataset, counts = view.themes[meaning || theme || row];
    const short = countsInWords(counts) + (counts.earlier ? " · " + counts.earlier + " earlier" : "");
    one.querySelector(".counts").textContent = theme ? short : countsInFull(counts);
  }
}

function showPaper(paper) {
  byId("title").textContent = paper.title;
  byId("day").textContent = paper.day;
  byId("day").dateTime = paper.day_iso;
  byId("day").hidden = !paper.day;
  byId("undated").hidden = Boolean(paper.day);
  byId("place").hidden = !paper.href;
  byId("link").href = paper.href || "#";
  byId("link").textContent = paper.place + " ↗";
  byId("link").setAttribute("aria-label", paper.place + ", opens in a new tab");
  const parts = paper.abstract.map(([text, isMarked]) => {
    if (!isMarked) { return document.createTextNode(text); }
    const mark = document.createElement("mark");
    mark.textContent = text;
    return mark;
  });
  byId("abstract").replaceChildren(...parts);
  byId("abstract").classList.toggle("empty", !parts.length);
  if (!parts.length) { byId("abstract").textContent = "No abstract: answer by the title, or open the paper."; }
  const hints = [];
  if (paper.n_cut) { hints.push("The abstract continues for " + paper.n_cut + " more characters."); }
  if (paper.abstract.some(([, isMarked]) => isMarked)) { hints.push("Marked: the sentences nearest to the themes' phrases."); }
  byId("hint").textContent = hints.join(" ");
  const asking = byId("asking");
  asking.classList.remove("next");
  void asking.offsetWidth; // so that the animation starts again
  asking.classList.add("next");
}

function showMark(button, mark) {
  button.setAttribute("aria-pressed", { yes: "true", unsure: "mixed" }[mark] || "false");
  button.querySelector(".mark").textContent = marksInWords[mark] || "";
}

function showGo(isMarked) {
  byId("go-words").textContent = isMarked ? "Save, next paper" : "None of these";
  byId("go-key").textContent = isMarked ? "Enter" : "Space";
}

function enable(button, isOn) {
  button.setAttribute("aria-disabled", String(!isOn)); // it keeps the focus, which `disabled` would drop
}

function showEnd(view) {
  const isWhole = view.n_answered === view.n_papers;
  const papers = plural(view.n_papers, "paper");
  byId("end-title").textContent = isWhole
    ? (view.n_papers ? (view.n_papers > 1 ? "All " : "") + papers + " answered" : "No papers to label")
    : "Stopped after " + view.n_answered + " of " + papers;
  byId("end-words").textContent = "Every answer is saved."
    + (view.stopped ? " papertrends label has ended; this tab can be closed." : "");
  byId("end-more").textContent = isWhole
    ? "draws more papers."
    : "continues with more papers.";
  for (const row of document.querySelectorAll("#end-table tbody tr")) {
    const own = view.own[row.dataset.row];
    [own.yes, own.no, own.unsure].forEach((value, at) => { row.cells[at + 1].textContent = value; });
  }
  document.querySelector("#end .actions").hidden = view.stopped;
}
