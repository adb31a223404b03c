// The switch between the light and the dark theme, kept where the browser lets a page from disk keep things.
const root = document.documentElement;
const themeKey = "papertrends-theme";

function storedTheme() {
  try { return localStorage.getItem(themeKey); } catch (error) { return null; }
}

function storeTheme(value) {
  try { localStorage.setItem(themeKey, value); } catch (error) { /* there is no storage */ }
}

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function addThemeSwitch(button) {
  function show() {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", "Switch to the " + (isDark() ? "light" : "dark") + " theme");
  }
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    storeTheme(root.dataset.theme);
    show();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  button.hidden = false;
  show();
}

// Calls back now and whenever the theme changes, whoever changed it.
function onTheme(callback) {
  new MutationObserver(callback).observe(root, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", callback);
  callback();
}

if (["dark", "light"].includes(storedTheme())) { root.dataset.theme = storedTheme(); }
