// Corrections: "not this theme" and "this theme too" collect here until they are saved as a CSV for `papertrends label`.
function readCorrections(key) {
  try {
    const stored = JSON.parse(localStorage.getItem(key) || "[]").filter(([, , answers]) => answers.length);
    return new Map(stored.map(([paper, title, answers]) => [paper, { title, answers: new Map(answers) }]));
  } catch (error) { return new Map(); } // there is no storage, or another program wrote there
}

function keepCorrections(key, kept) {
  const plain = [...kept].map(([paper, one]) => [paper, one.title, [...one.answers]]);
  try { localStorage.setItem(key, JSON.stringify(plain)); } catch (error) { /* they last as long as the page */ }
}

function addCorrections() {
  const bar = document.getElementById("corrections");
  if (!bar) { return null; }
  const names = new Map([...document.querySelectorAll("article[data-theme]")].map((article) => (
    [article.dataset.theme, article.querySelector("h3 [dir]").textContent])));
  const [counter, status] = [document.getElementById("corrections-count"), document.getElementById("corrections-status")];
  const [saving, clearing] = [document.getElementById("corrections-save"), document.getElementById("corrections-clear")];
  const key = "papertrends-corrections-" + bar.dataset.run;
  let kept = readCorrections(key), cleared = null;

  const answerOf = (paper, theme) => kept.get(paper)?.answers.get(theme);
  const size = (some) => [...some.values()].reduce((sum, one) => sum + one.answers.size, 0);

  function mark(button) {
    const { paper, theme, says } = button.dataset;
    button.setAttribute("aria-pressed", String(answerOf(paper, theme) === Number(says)));
  }

  function show(said) {
    const n = size(kept);
    document.querySelectorAll("button.correct").forEach(mark);
    bar.hidden = !n && !cleared;
    root.classList.toggle("correcting", !bar.hidden);
    counter.textContent = n ? counted(n, "correction") : "Cleared.";
    saving.textContent = n ? "Save CSV" : "Close";
    clearing.textContent = n ? "Clear" : "Undo";
    if (said) { status.textContent = said; }
  }

  function toggle(button) {
    const { paper, theme } = button.dataset, says = Number(button.dataset.says);
    const one = kept.get(paper) || { title: button.dataset.title, answers: new Map() };
    if (one.answers.get(theme) === says) { one.answers.delete(theme); } else { one.answers.set(theme, says); }
    if (one.answers.size) { kept.set(paper, one); } else { kept.delete(paper); }
    cleared = null;
    keepCorrections(key, kept);
    show(counted(size(kept), "correction") + ".");
  }

  // A switch for one paper and one theme; the same pair may stand in several lists.
  function make(paper, title, theme, says) {
    const text = says ? "this theme too" : "not this theme";
    const button = element("button", { type: "button", className: "correct", textContent: text });
    Object.assign(button.dataset, { paper, theme, title, says });
    button.setAttribute("aria-label", text + " (" + names.get(theme) + "): " + title);
    button.addEventListener("click", () => toggle(button));
    mark(button);
    return button;
  }

  function csv() {
    const ids = [...names.keys()];
    // Ids stay as they are: what takes the file back knows papers and themes by them.
    const head = ["paper_id", "title", "from", ...ids].join(",");
    const rows = [...kept].map(([paper, one]) => (
      [csvQuoted(paper), csvCell(one.title), "report", ...ids.map((id) => one.answers.get(id) ?? "")].join(",")));
    return "\ufeff" + [head, ...rows].join("\r\n") + "\r\n";
  }

  saving.addEventListener("click", () => {
    if (size(kept)) {
      saveText("corrections.csv", "text/csv", csv());
      show("Saved as corrections.csv.");
    } else {
      cleared = null;
      show();
    }
  });
  clearing.addEventListener("click", () => {
    [kept, cleared] = cleared ? [cleared, null] : [new Map(), kept];
    keepCorrections(key, kept);
    show(cleared ? "Corrections cleared." : counted(size(kept), "correction") + " again.");
  });
  window.addEventListener("storage", (event) => {
    if (event.key === key) {
      kept = readCorrections(key);
      show();
    }
  });
  document.querySelectorAll("article[data-theme] ul[data-says] > li").forEach((item) => {
    const theme = item.closest("article").dataset.theme, says = Number(item.parentNode.dataset.says);
    item.classList.add("fixable");
    item.append(make(item.dataset.paper, item.querySelector(".paper").textContent, theme, says));
  });
  show();
  return { make, themes: [...names.keys()] };
}
