// Keys of single characters; they can be switched off, for voice control and screen readers use them too.
const root = document.documentElement;
const keysStored = "papertrends-keys";

// The character of a key; on keyboards that write no Latin letters or digits there, what other keyboards write.
function characterOf(event) {
  if (/^[A-Za-z0-9]$/.test(event.key)) { return event.key; }
  const letter = /^Key([A-Z])$/.exec(event.code), digit = /^Digit([0-9])$/.exec(event.code);
  if (letter) { return event.shiftKey ? letter[1] : letter[1].toLowerCase(); }
  return digit && !event.shiftKey ? digit[1] : "";
}

function addKeys(acts) {
  const toggle = byId("keys");
  const keyed = [...document.querySelectorAll("[data-key]")];
  let isOn = true, isTabbed = false, isConsumed = false;

  function set(value) {
    isOn = value;
    toggle.setAttribute("aria-pressed", String(isOn));
    byId("keys-state").textContent = isOn ? "on" : "off";
    document.body.classList.toggle("keyless", !isOn);
    keyed.forEach((one) => {
      if (isOn) { one.setAttribute("aria-keyshortcuts", one.dataset.key); } else { one.removeAttribute("aria-keyshortcuts"); }
    });
  }

  function actOf(event) {
    const focused = document.activeElement.closest("button, a, summary");
    if (event.key === " " || event.key === "Enter") {
      // Who came to a button by Tab presses that button; after a click the keys are those of the page.
      if (focused && isTabbed) { return undefined; }
      return acts.isAsking() ? acts.go : undefined;
    }
    if (event.key === "?" && acts.isAsking()) {
      return () => acts.unsure(isTabbed && focused && focused.classList.contains("answer") ? focused : null);
    }
    const character = characterOf(event), small = character.toLowerCase();
    const button = acts.isAsking() && (acts.themes.get(character) || acts.themes.get(small));
    return button ? () => acts.turn(button) : { u: acts.undo, q: acts.stop, d: toggleMeanings }[small];
  }

  function toggleMeanings() {
    byId("meanings").open = !byId("meanings").open;
  }

  document.addEventListener("pointerdown", () => { isTabbed = false; });
  document.addEventListener("keydown", (event) => {
    isConsumed = false;
    if (event.key === "Tab") { isTabbed = true; }
    if (!isOn || !acts.isOn() || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) { return; }
    const act = actOf(event);
    if (!act) { return; }
    event.preventDefault();
    isConsumed = true;
    if (!event.repeat) { act(); }
  });
  // Some browsers press a focused button when the key comes up.
  document.addEventListener("keyup", (event) => { if (isConsumed && event.key === " ") { event.preventDefault(); } });
  toggle.addEventListener("click", () => {
    set(!isOn);
    try { localStorage.setItem(keysStored, isOn ? "on" : "off"); } catch (error) { /* there is no storage */ }
  });
  let stored = null;
  try { stored = localStorage.getItem(keysStored); } catch (error) { /* there is no storage */ }
  set(stored !== "off");
}
