"""Accessibility of a page by axe-core, with the contrast of text measured once for each way it is set.

Nine tenths of axe's time go into the contrast of every word on the page. Words with the same color on the same chain
of backgrounds have the same contrast: of each such set the first, the middle and the last are measured.
"""

from __future__ import annotations

from typing import Any

import pytest

_ALIKE = """() => {
  const sets = new Map(), chains = new Map([[null, ""]]);
  const chain = element => {
    if (!chains.has(element)) {
      const style = getComputedStyle(element);
      const layer = [style.backgroundColor, style.backgroundImage, style.opacity, style.position].join();
      chains.set(element, chain(element.parentElement) + "|" + layer);
    }
    return chains.get(element);
  };
  const typed = "input, select, textarea, button";
  for (const element of document.querySelectorAll("body *")) {
    if (![...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())
        && !element.matches(typed)) { continue; }
    const style = getComputedStyle(element);
    const key = [element.tagName, element.className.baseVal ?? element.className, style.color, style.fontSize,
      style.fontWeight, style.textShadow, chain(element)].join(";");
    sets.set(key, [...(sets.get(key) ?? []), element]);
  }
  return [...sets.values()].flatMap(set => [...new Set([set[0], set[set.length >> 1], set.at(-1)])]);
}"""
_RUN = """async structure => {
  const options = { resultTypes: ["violations"] };
  const contrast = await axe.run((ALIKE)(), { ...options, runOnly: ["color-contrast"] });
  const rest = structure ? await axe.run({ ...options, rules: { "color-contrast": { enabled: false } } })
    : await axe.run({ ...options, runOnly: ["link-in-text-block"] });
  return [...contrast.violations, ...rest.violations].map(one =>
    [one.id, one.nodes.slice(0, 3).map(node => node.target.join(" ") + ": " + (node.failureSummary ?? ""))]);
}""".replace("ALIKE", _ALIKE)


def violations_of(page: Any, *, structure: bool = True) -> list[Any]:
    """Name of each rule of axe-core that an open page breaks, with three places.

    Without `structure` only the rules about colors: enough for a page whose other colors were looked at whole.
    """
    axe = pytest.importorskip(
        "axe_playwright_python.base", reason="needs axe-playwright-python, of the extra dev"
    )
    page.evaluate(axe.AXE_SCRIPT)
    return page.evaluate(_RUN, structure)
