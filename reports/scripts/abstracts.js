// Abstracts fold out under listed papers, as many as the page holds.
function foldedAbstract(text) {
  const words = element("p", { dir: "auto" });
  const folded = element("details", { className: "abstract" }, element("summary", { textContent: "abstract" }), words);
  folded.addEventListener("toggle", () => { words.textContent = text; }, { once: true });
  return folded;
}

function addAbstracts(held) {
  const texts = new Map(held.ids.map((id, at) => [id, held.texts[at]]));
  const note = document.getElementById("abstracts-held");
  if (note) {
    note.textContent = texts.size === held.n ? "Abstracts fold out under listed papers."
      : "Abstracts fold out under listed papers: this page holds " + texts.size.toLocaleString("en-US") + " of " + counted(held.n, "abstract") + ".";
    note.hidden = false;
  }
  document.querySelectorAll("li[data-paper]").forEach((item) => {
    const text = texts.get(item.dataset.paper);
    if (text && !item.querySelector("details")) { item.append(foldedAbstract(text)); }
  });
  return texts;
}
