// The papers that the page holds as data: gzip in base64, and each text only ever shown as a text.
const linkStarts = { a: "https://arxiv.org/abs/", d: "https://doi.org/" };

async function readPacked(id) {
  const node = document.getElementById(id);
  if (!node || !node.textContent || typeof DecompressionStream === "undefined") { return null; }
  const packed = Uint8Array.from(atob(node.textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const data = JSON.parse(await new Response(stream).text());
  node.remove();
  return data;
}

async function readData() {
  const data = await readPacked("data");
  if (data) { data.size = data.papers.title.length; }
  return data;
}

// What the search knows of the first papers, as many as the page has room for; of the others it knows what is listed.
function addIndex(data, index) {
  const { vocabulary, names, words } = index || { vocabulary: [], names: [], words: [] };
  const none = [];
  data.words = vocabulary;
  data.papers.names = data.papers.title.map((_, paper) => names[paper] ?? "");
  data.papers.words = data.papers.title.map((_, paper) => words[paper] ?? none);
  const note = document.getElementById("index-held");
  note.hidden = names.length === data.size;
  note.textContent = "The search knows all authors and words of the abstract of " + names.length.toLocaleString("en-US") + " of these "
    + counted(data.size, "paper") + "; of the others it knows title, first author, organization and id.";
}

function linkOf(data, paper) {
  const link = data.papers.link[paper];
  return link in linkStarts || !linkStarts[link[0]] ? link : linkStarts[link[0]] + link.slice(1);
}

// Most ids are told by the link, and only the others are written down.
function idOf(data, paper) {
  const link = data.papers.link[paper];
  return data.papers.id[paper] || (link[0] === "d" ? "doi:" + link.slice(1) : "arxiv:" + (link[0] === "a" ? link.slice(1) : link.split("/").pop()));
}

function themeNames(data, paper) {
  return data.papers.themes[paper].map((theme) => data.themes[theme].name);
}

function topicName(data, paper) {
  const topic = data.papers.topic[paper];
  return topic < 0 ? "" : data.topics[topic].name;
}

// Kinds of sources that show few of all papers: theirs are marked.
function rareSources(data, paper) {
  return data.sources.length ? data.papers.sources[paper].map((at) => data.sources[at]).filter((one) => one.rare).map((one) => one.name) : [];
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// What is set apart by dots: the spaces let the line break there.
function byline(parts) {
  return element("p", { className: "meta" }, ...parts.flatMap((part, at) => at ? [" ", part] : [part]));
}

function counted(number, noun) {
  return number.toLocaleString("en-US") + " " + noun + (number === 1 ? "" : "s");
}

function titleOf(data, paper) {
  const link = linkOf(data, paper);
  const properties = { textContent: data.papers.title[paper], dir: "auto" };
  return link ? element("a", { ...properties, href: link }) : element("span", properties);
}

function dayOf(data, paper) {
  const note = data.notes[data.papers.note[paper]];
  const text = data.papers.day[paper] || "undated";
  return note ? element("abbr", { className: "day", textContent: text, title: note })
    : element("span", { className: "day", textContent: text });
}
