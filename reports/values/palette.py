"""Colors of the page and its charts: one palette for the light theme, one for the dark.

Both start from the eight colors of Okabe and Ito, which readers with the common forms of color
blindness can distinguish. On white, the lighter ones are deepened until they reach 3:1; on the dark
ground, the darker ones are lifted. Text colors reach 4.5:1 (WCAG 2.2, success criteria 1.4.3 and
1.4.11); tests hold both palettes to that.

References
----------
.. [1] M. Okabe and K. Ito, "Color universal design", 2008, https://jfly.uni-koeln.de/color/
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["DARK", "LIGHT", "MARKS", "OTHER", "TEXTS", "css_variables", "theme_colors"]

LIGHT: dict[str, str] = {
    "paper": "#ffffff",
    "soft": "#f5f6f8",
    "line": "#e1e4e8",
    "ink": "#1b1d21",
    "muted": "#5a6069",
    "control": "#868c95",
    "link": "#0a5ba8",
    "rising": "#0072b2",
    "falling": "#b84a00",
    "unclear": "#75600a",
    "c1": "#009e73",
    "c2": "#c77f00",
    "c3": "#b5628f",
    "c4": "#2f8fca",
    "c5": "#0067a5",
    "c6": "#d55e00",
    "c7": "#8c8100",
    "c8": "#3f444c",
    "other": "#868d97",
}
"""Name of a color to its hexadecimal value on the light ground; every value occurs once."""

DARK: dict[str, str] = {
    "paper": "#14161a",
    "soft": "#1d2025",
    "line": "#2d3239",
    "ink": "#e9ebee",
    "muted": "#a4abb5",
    "control": "#7c848f",
    "link": "#7fb9f2",
    "rising": "#63b7ea",
    "falling": "#f2905a",
    "unclear": "#d3b65c",
    "c1": "#2fbf95",
    "c2": "#e69f00",
    "c3": "#d98bb8",
    "c4": "#56b4e9",
    "c5": "#4a93e0",
    "c6": "#ee7733",
    "c7": "#f0e442",
    "c8": "#c9ced6",
    "other": "#7d8590",
}
"""The same names on the dark ground."""

TEXTS = ("ink", "muted", "link", "rising", "falling", "unclear")
"""Colors that carry text: at least 4.5:1 on `paper` and on `soft`."""

MARKS = ("c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "other")
"""Colors that carry marks of a chart: at least 3:1 on `paper`."""

OTHER = "other"
"""The grey of a series that is not in question."""


def css_variables(palette: dict[str, str]) -> str:
    """Write `palette` as declarations of CSS custom properties.

    Examples
    --------
    >>> css_variables({"ink": "#111111", "paper": "#ffffff"})
    '--ink:#111111;--paper:#ffffff'
    """
    return ";".join(f"--{name}:{value}" for name, value in palette.items())


def theme_colors(theme_ids: Sequence[str], in_question: Sequence[str]) -> dict[str, str]:
    """Color name of each theme, the same wherever the theme is on the page.

    Up to eight themes have a color each, in the order of the themes file. With more, only those
    `in_question` (at most eight, the first first) have one, and the rest are grey: nobody can
    tell forty colors apart.

    Examples
    --------
    >>> theme_colors(["agents", "safety"], in_question=[])
    {'agents': 'c1', 'safety': 'c2'}
    >>> many = [f"t{i}" for i in range(9)]
    >>> theme_colors(many, in_question=["t7"])["t7"], theme_colors(many, in_question=["t7"])["t0"]
    ('c1', 'other')
    """
    colors = [name for name in MARKS if name != OTHER]
    named = list(theme_ids) if len(theme_ids) <= len(colors) else list(in_question)
    given = dict(zip(named, colors, strict=False))
    return {theme_id: given.get(theme_id, OTHER) for theme_id in theme_ids}
