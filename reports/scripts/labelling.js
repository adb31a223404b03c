// Answering: marks are made here, saved by the server, and the next paper comes with its answer.
function startLabelling() {
  const buttons = [...document.querySelectorAll(".answer")];
  const themeIds = buttons.map((one) => one.dataset.theme);
  const names = new Map(buttons.map((one) => [one.dataset.theme, one.querySelector("bdi").textContent]));
  const keysOf = new Map(buttons.filter((one) => one.dataset.key).map((one) => [one.dataset.key, one]));
  let view = null, marks = {}, isBusy = false, wantsStop = false;

  const isAsking = () => Boolean(view && view.paper && !view.stopped);
  const isMarked = () => Object.keys(marks).length > 0;

  function announce(words) {
    byId("announce").textContent = words;
  }

  function complain(words) {
    byId(isAsking() || !view ? "problem" : "end-problem").textContent = words;
  }

  function inWords(answers) {
    const said = ["yes", "unsure"].map((answer) => {
      const named = themeIds.filter((id) => answers[id] === answer).map((id) => names.get(id));
      return named.length ? named.join(", ") + (answer === "unsure" ? " (not sure)" : "") : "";
    });
    return said.filter(Boolean).join("; ") || "none of the themes";
  }

  function showMarks() {
    buttons.forEach((one) => showMark(one, marks[one.dataset.theme]));
    showGo(isMarked());
  }

  // Puts a view of the server on the page; `kept` are marks that come before those of a draft.
  function show(next, said, kept) {
    view = next;
    wantsStop = false;
    byId("problem").textContent = byId("end-problem").textContent = "";
    showProgress(view);
    showCounts(view);
    byId("asking").hidden = !isAsking();
    byId("end").hidden = isAsking();
    byId("stop").hidden = !isAsking();
    byId("keys").hidden = Boolean(view.stopped);
    enable(byId("undo"), Boolean(view.previous));
    enable(byId("end-undo"), Boolean(view.previous));
    if (isAsking()) {
      const given = kept || storedDraft(view.paper.paper_id) || view.answers;
      marks = Object.fromEntries(themeIds.filter((id) => given[id] in marksInWords).map((id) => [id, given[id]]));
      if (kept) { storeDraft(view.paper.paper_id, marks); }
      showPaper(view.paper);
      showMarks();
    } else {
      marks = {};
      showEnd(view);
    }
    if (said === undefined) { return; }
    const title = byId(isAsking() ? "title" : "end-title");
    scrollTo(0, 0);
    byId("themes").scrollTop = 0;
    title.focus({ preventScroll: true });
    if (said) { byId("saved").textContent = said; }
    announce([said, isAsking() ? byId("progress").textContent + ". Next: " + view.paper.title : title.textContent].filter(Boolean).join(" "));
  }

  // One request at a time; what is pressed meanwhile is not meant for the paper that comes.
  async function during(words, work, failed = "") {
    if (isBusy || !view) { return; }
    isBusy = true;
    const slow = setTimeout(() => { byId("saved").textContent = words; }, 300);
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Refused)) { throw error; }
      if (error.answer && error.answer.view) { adopt(error.answer.view); }
      byId("saved").textContent = failed;
      announce("");
      complain(error.message);
    } finally {
      clearTimeout(slow);
      isBusy = false;
    }
  }

  // Another tab answered this paper: its answers count as seen now, the marks here stay.
  function adopt(other) {
    view = other;
    showProgress(view);
    showCounts(view);
  }

  function goOn() {
    const paperId = view.paper.paper_id, seen = view.answers;
    const answers = Object.fromEntries(themeIds.map((id) => [id, marks[id] || "no"]));
    return during("Saving …", async () => {
      const next = await ask("answer", { paper_id: paperId, answers, seen });
      dropDraft(paperId);
      show(next, "Saved: " + inWords(answers) + ".");
    });
  }

  function undo() {
    if (!view.previous) { return announce("Nothing to undo."); }
    return during("Undoing …", async () => {
      const next = await ask("undo", { paper_id: view.previous });
      show(next, "Undone; the marks are shown again but not saved.", next.taken_back);
    });
  }

  function stop() {
    if (isAsking() && isMarked() && !wantsStop) {
      wantsStop = true;
      complain("The marks on this paper are not saved yet. Press Enter to save them, or stop again to end without them.");
      return undefined;
    }
    return during("Stopping …", async () => show(await ask("stop", {}), ""));
  }

  function mark(themeId, answer) {
    if (isBusy || !isAsking()) { return; }
    if (answer) { marks[themeId] = answer; } else { delete marks[themeId]; }
    wantsStop = false;
    byId("problem").textContent = "";
    storeDraft(view.paper.paper_id, marks);
    showMarks();
    buttons[themeIds.indexOf(themeId)].scrollIntoView({ block: "nearest" }); // within the list, where that is long
    announce(names.get(themeId) + ": " + (answer || "not marked") + ".");
  }

  // Yes, then unsure, then nothing again.
  function turn(themeId) {
    mark(themeId, { yes: "unsure", unsure: "" }[marks[themeId] || ""] ?? "yes");
  }

  function unsure(focused) {
    if (focused) { return mark(focused, marks[focused] === "unsure" ? "" : "unsure"); }
    const open = themeIds.filter((id) => marks[id] !== "yes");
    const isAll = open.every((id) => marks[id] === "unsure");
    open.forEach((id) => mark(id, isAll ? "" : "unsure"));
    announce(isAll ? "No theme is unsure." : plural(open.length, "theme") + " unsure.");
    return undefined;
  }

  buttons.forEach((one) => one.addEventListener("click", () => turn(one.dataset.theme)));
  byId("go").addEventListener("click", goOn);
  byId("unsure").addEventListener("click", () => unsure());
  byId("undo").addEventListener("click", undo);
  byId("end-undo").addEventListener("click", undo);
  byId("stop").addEventListener("click", stop);
  byId("finish").addEventListener("click", stop);
  addKeys({
    isOn: () => view && !view.stopped,
    isAsking,
    themes: keysOf,
    go: goOn,
    turn: (button) => turn(button.dataset.theme),
    unsure: (focused) => unsure(focused && focused.dataset.theme),
    undo, stop,
  });

  // What another tab did meanwhile: counts are renewed, and a paper that it answered is left if nothing is marked here.
  async function renew() {
    if (document.visibilityState !== "visible" || isBusy || !view || view.stopped) { return; }
    await during("", async () => {
      const now = await ask("view" + (view.paper ? "?paper=" + encodeURIComponent(view.paper.paper_id) : ""));
      const isSame = now.paper?.paper_id === view.paper?.paper_id && JSON.stringify(now.answers) === JSON.stringify(view.answers);
      if (isSame) { adopt(now); } else if (!isMarked()) { show(await ask("view"), "Another tab has moved on; this tab follows."); }
    }, byId("saved").textContent);
  }
  document.addEventListener("visibilitychange", renew);
  addEventListener("focus", renew);
  addEventListener("pageshow", (event) => { if (event.persisted) { renew(); } });

  ask("view").then((first) => {
    show(first);
    root.dataset.ready = "1";
  }, (error) => {
    byId("asking").hidden = false;
    complain(error.message);
  });
}

document.addEventListener("DOMContentLoaded", startLabelling);
