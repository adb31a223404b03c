// The list of papers: search as you type, filters, order, all papers that match as CSV.
const shownAtFirst = 50;

function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

// What people type or paste of an arXiv paper: an id with or without version, or an address.
const arxivId = /^(?:https?:\/\/)?(?:www\.)?(?:arxiv\.org\/(?:abs|pdf|html)\/|huggingface\.co\/papers\/|arxiv:)?(\d{4}\.\d{4,5})(?:v\d+)?(?:\.pdf)?$/;

function searchWords(text) {
  return fold(text).split(/\s+/).filter(Boolean).map((word) => (arxivId.exec(word) || [, word])[1]);
}

// The part of a word that its forms share, roughly; short words are left whole.
function stemOf(word) {
  const short = word.replace(/(?:ations?|ings?|ers?|ed|es|s|ly)$/, "");
  return short.length >= 4 ? short : word;
}

// Papers whose abstracts are about the same as those of the `found` ones: words that these have more often than all
// papers, each worth as much as it is rare elsewhere. Meaning here is that words occur together.
function similarPapers(data, found, isFree, most) {
  const counts = new Map(), all = data.wordCounts, hits = found.slice(0, 300);
  hits.forEach((paper) => data.papers.words[paper].forEach((word) => counts.set(word, (counts.get(word) || 0) + 1)));
  const worth = new Map();
  counts.forEach((n, word) => {
    const lift = Math.log((n / hits.length) / (all[word] / data.size));
    if (n >= Math.min(2, hits.length) && lift > 1) { worth.set(word, lift * Math.sqrt(n / hits.length)); }
  });
  const scores = [];
  for (let paper = 0; paper < data.size; paper += 1) {
    if (!isFree(paper)) { continue; }
    let score = 0, n = 0;
    for (const word of data.papers.words[paper]) { const one = worth.get(word); if (one) { score += one; n += 1; } }
    if (n >= 2) { scores.push([score, paper]); }
  }
  return scores.sort((a, b) => b[0] - a[0] || a[1] - b[1]).slice(0, most).map(([, paper]) => paper);
}

function addPapers(data, corrections) {
  const papers = data.papers;
  const form = document.getElementById("find");
  const table = document.getElementById("paper-table");
  if (!form || !table) { return; }
  const fields = Object.fromEntries(["words", "theme", "topic", "source", "from", "to", "correct"].map((name) => [name, form.elements[name]]));
  const said = document.getElementById("found");
  const more = document.getElementById("more");
  const columns = [...table.tHead.rows[0].cells].map((head) => head.dataset.of);
  const keys = {
    day: (paper) => papers.day[paper],
    title: (paper) => fold(papers.title[paper]),
    theme: (paper) => fold(themeNames(data, paper)[0] || "\uffff"),
    topic: (paper) => fold(topicName(data, paper) || "\uffff"),
    votes: (paper) => papers.votes[paper] ?? -1,
  };
  const every = Array.from({ length: data.size }, (_, paper) => paper);
  let order = every, folded = null, found = [], similar = [], n = shownAtFirst;

  function arrange(column, down) {
    const key = every.map(keys[column]);
    order = every.slice().sort((a, b) => (key[a] < key[b] ? -1 : key[a] > key[b] ? 1 : 0) * (down ? -1 : 1) || a - b);
  }

  function matches() {
    const words = searchWords(fields.words.value);
    if (words.length && !folded) {
      folded = every.map((paper) => fold([papers.title[paper], papers.authors[paper], papers.names[paper], papers.organization[paper],
        papers.watched[paper], idOf(data, paper)].join(" ")));
      data.wordCounts = data.words.map(() => 0);
      papers.words.forEach((own) => own.forEach((word) => { data.wordCounts[word] += 1; }));
    }
    // A word is also found in what sets an abstract apart, in any of its forms.
    const inAbstracts = words.map((word) => {
      const stem = stemOf(word);
      return stem.length < 4 ? new Set() : new Set(data.words.flatMap((one, at) => (one.startsWith(stem) ? [at] : [])));
    });
    const says = (paper, word, at) => folded[paper].includes(word) || (inAbstracts[at].size > 0 && papers.words[paper].some((one) => inAbstracts[at].has(one)));
    const theme = fields.theme.value, topic = fields.topic.value, source = fields.source.value, from = fields.from.value, to = fields.to.value;
    const passes = (paper) => {
      const day = papers.day[paper];
      return (theme === "" || (theme === "-1" ? !papers.themes[paper].length : papers.themes[paper].includes(+theme)))
        && (topic === "" || papers.topic[paper] === +topic)
        && (source === "" || papers.sources[paper].includes(+source))
        // A month counts from its first day, and to the end of what was asked for.
        && (!from || (day && day + "-01-01".slice(day.length - 4) >= from)) && (!to || (day && day <= to));
    };
    const free = order.filter(passes);
    found = words.length ? free.filter((paper) => words.every((word, at) => says(paper, word, at))) : free;
    similar = [];
    if (words.length && data.words.length && found.length <= 0.2 * data.size) {
      // Where no paper has all the words, those that have some of them say what is meant.
      const like = found.length ? found : free.filter((paper) => words.some((word, at) => word.length > 3 && says(paper, word, at)));
      const known = new Set(found), open = new Set(free);
      if (like.length && like.length <= 0.2 * data.size) { similar = similarPapers(data, like, (paper) => open.has(paper) && !known.has(paper), 20); }
    }
    data.marked = found.length < data.size ? new Set(found) : null;
    if (data.showMarked) { data.showMarked(); }
  }

  const cells = {
    day: (paper) => element("td", {}, dayOf(data, paper)),
    title(paper) {
      const lines = element("div", {}, element("p", { className: "paper" }, titleOf(data, paper)));
      const marks = [papers.authors[paper], papers.organization[paper]].filter(Boolean).map((one) => element("bdi", { textContent: one }));
      marks.push(...rareSources(data, paper).map((one) => element("span", { className: "basis", textContent: one })));
      if (papers.watched[paper]) { marks.push(element("span", { className: "watched", textContent: "watched: " + papers.watched[paper] })); }
      if (marks.length) { lines.append(byline(marks)); }
      const text = data.abstracts.get(idOf(data, paper));
      if (text) { lines.append(foldedAbstract(text)); }
      if (corrections && fields.correct.value !== "") {
        const theme = +fields.correct.value, says = papers.themes[paper].includes(theme) ? 0 : 1;
        lines.classList.add("fixable");
        lines.append(corrections.make(idOf(data, paper), papers.title[paper], data.themes[theme].id, says));
      }
      return element("td", {}, lines);
    },
    theme: (paper) => element("td", { dir: "auto", textContent: themeNames(data, paper).join(", ") }),
    topic: (paper) => element("td", { dir: "auto", textContent: topicName(data, paper) }),
    votes: (paper) => element("td", { className: "n", textContent: papers.votes[paper]?.toLocaleString("en-US") ?? "" }),
  };

  function show() {
    const row = (paper) => element("tr", {}, ...columns.map((name) => cells[name](paper)));
    const rows = found.slice(0, n).map(row);
    if (similar.length && found.length <= n) {
      const head = element("th", { colSpan: columns.length, scope: "rowgroup", textContent: "Similar by the words of their abstracts" });
      rows.push(element("tr", { className: "similar" }, head), ...similar.map(row));
    }
    table.tBodies[0].replaceChildren(...rows);
    more.hidden = found.length <= n;
    const all = data.size === data.n ? counted(data.n, "paper") : "the " + counted(data.size, "paper") + " on this page";
    said.textContent = found.length === data.size ? "All of " + all + "." : found.length
      ? counted(found.length, "paper") + " of " + all + " match." : "No paper matches; try fewer words, or reset.";
    if (similar.length) { said.textContent += " " + similar.length + " similar ones follow."; }
  }

  function update(event) {
    // Who looks at the papers of a theme may correct it at once.
    if (event && event.target === fields.theme) { correct(fields.theme.value); }
    matches();
    n = shownAtFirst;
    show();
  }

  function correct(theme) {
    fields.correct.value = theme === "-1" ? "" : theme;
  }

  function addOptions(select, names) {
    names.forEach((name, at) => select.add(new Option(name, String(at))));
  }

  addOptions(fields.theme, data.themes.map((theme) => theme.name));
  addOptions(fields.correct, data.themes.map((theme) => theme.name));
  if (data.themes.length) { fields.theme.add(new Option("no theme", "-1")); }
  const byName = data.topics.map((topic, at) => [topic.name, at]).sort((a, b) => a[0].localeCompare(b[0]));
  byName.forEach(([name, at]) => fields.topic.add(new Option(name, String(at))));
  if (data.topics.length) { fields.topic.add(new Option("no topic", "-1")); }
  addOptions(fields.source, data.sources.map((source) => source.name));
  fields.source.parentNode.hidden = !data.sources.length;
  fields.theme.parentNode.hidden = fields.correct.parentNode.hidden = !data.themes.length;
  fields.topic.parentNode.hidden = !data.topics.length;

  addSort(table, (_, column, down) => {
    arrange(columns[column], down);
    markSorted(table, column, down);
    update();
  });
  form.addEventListener("input", update);
  fields.correct.addEventListener("input", show); // it stands outside the form: it finds no papers
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => update()));
  more.addEventListener("click", () => {
    n += 2 * shownAtFirst;
    show();
  });
  document.getElementById("matches-csv").addEventListener("click", () => {
    const rows = found.map((paper) => [papers.day[paper], papers.title[paper], papers.authors[paper], papers.organization[paper],
      themeNames(data, paper).join("; "), topicName(data, paper), papers.votes[paper] ?? "", linkOf(data, paper)]);
    saveText("papers.csv", "text/csv", csvOf([["published", "title", "authors", "organization", "themes", "topic", "upvotes", "link"], ...rows]));
  });

  // Themes and topics have links to their papers.
  document.querySelectorAll("a[data-papers-of]").forEach((link) => {
    const [kind, slug] = link.dataset.papersOf.split(" ");
    const at = data[kind + "s"].findIndex((one) => one.slug === slug);
    link.hidden = at < 0;
    link.addEventListener("click", () => {
      form.reset();
      fields[kind].value = String(at);
      if (kind === "theme") { correct(fields.theme.value); }
      update();
    });
  });

  arrange("day", true);
  markSorted(table, columns.indexOf("day"), true);
  document.getElementById("papers-live").hidden = false;
  document.getElementById("papers-static").hidden = true;
  document.getElementById("searched").hidden = data.size === data.n;
  update();
}
