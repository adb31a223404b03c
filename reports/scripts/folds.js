// What is folded opens where a link leads into it, and on paper.
function openFold() {
  let target = null;
  try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch (error) { return; } // not ours
  if (!target) { return; }
  const own = target.querySelector(":scope > details.fold");
  if (own) { own.open = true; }
  for (let one = target.closest("details"); one; one = one.parentElement.closest("details")) { one.open = true; }
  target.scrollIntoView();
}

function addFolds() {
  let opened = [];
  window.addEventListener("hashchange", openFold);
  // A link to where the address already leads changes no address.
  document.addEventListener("click", (event) => {
    const link = event.target.closest ? event.target.closest('a[href^="#"]') : null;
    if (link && link.hash === location.hash) { openFold(); }
  });
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.fold:not([open])")];
    opened.forEach((one) => { one.open = true; });
  });
  window.addEventListener("afterprint", () => { opened.forEach((one) => { one.open = false; }); });
  openFold();
}
