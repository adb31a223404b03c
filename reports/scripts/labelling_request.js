// Requests to the labelling command, and marks that are not saved yet: those stay with the tab.
const patience = 70000; // milliseconds; the store waits a minute for another writer

class Refused extends Error {
  constructor(message, answer) {
    super(message);
    this.answer = answer;
  }
}

// Answer of the server to a GET, or to a POST of `body`; Refused with one line that says what to do.
async function ask(path, body) {
  const options = { cache: "no-store", credentials: "omit", redirect: "error", signal: AbortSignal.timeout(patience) };
  if (body !== undefined) {
    Object.assign(options, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  }
  let response, answer;
  try {
    response = await fetch(path, options);
    answer = await response.json();
  } catch (error) {
    throw new Refused("papertrends label does not respond; it may have ended. Start it again and open the new address. All saved answers are kept.");
  }
  if (!response.ok) { throw new Refused(answer.error, answer); }
  return answer;
}

function draftKey(paperId) {
  return location.pathname + " " + paperId; // the path holds this sitting's token
}

function storedDraft(paperId) {
  try { return JSON.parse(sessionStorage.getItem(draftKey(paperId))); } catch (error) { return null; }
}

function storeDraft(paperId, marks) {
  try { sessionStorage.setItem(draftKey(paperId), JSON.stringify(marks)); } catch (error) { /* there is no storage */ }
}

function dropDraft(paperId) {
  try { sessionStorage.removeItem(draftKey(paperId)); } catch (error) { /* there is no storage */ }
}
