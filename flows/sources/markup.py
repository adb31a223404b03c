"""Plain text out of the markup that services put around titles and abstracts: HTML, JATS, MathML."""

from __future__ import annotations

import html
import re

from flows.sources.plain_text import clean_text

__all__ = ["plain_prose", "unwrap_markup"]

_BLOCK_NAMES = (
    "p div br hr li ul ol dl dt dd tr td th table h1 h2 h3 h4 h5 h6 title sec list list-item def-list label "
    "disp-formula disp-quote abstract body html section article caption"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_INLINE = (
    "a b i u s em strong small big span font img sub sup tt code italic bold sc underline monospace roman "
    "styled-content named-content inline-formula alternatives tex-math ext-link xref uri email inf scp"
)
# A tag is one of known names, or of a known vocabulary by its prefix, so that "a<b and c>d" stays as it is.
_NAMES = "|".join(sorted(_BLOCKS | set(_INLINE.split()), key=len, reverse=True))
_PREFIXES = "jats|mml|m|math|xhtml|html|ce|sb"
_TAG = re.compile(
    rf"</?(?:(?:{_PREFIXES}):([a-z][\w-]{{0,40}})|({_NAMES}))(?:\s+[\w:-]+\s*=[^<>]*|\s*/?)>", re.IGNORECASE
)
# MathML without a prefix, inside of its own element only: "mi" alone may be a word.
_MATH = re.compile(
    r"<(?:\w{1,8}:)?math\b[^<>]*>((?:[^<]|<(?!/?(?:\w{1,8}:)?math\b))*)</(?:\w{1,8}:)?math>", re.IGNORECASE
)
_ANNOTATION = re.compile(r"<(\w{0,8}:?annotation(?:-xml)?)\b[^<>]*>[^<]*</\1>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^<>]{1,200}>")
_TEX = re.compile(r"</(?:\w{1,8}:)?tex-math>\s*<(?:\w{1,8}:)?math\b", re.IGNORECASE)
_ESCAPED = re.compile(
    r"&(?:lt|gt|amp|nbsp|#\d{1,6}|#x[0-9a-f]{1,5}|[a-z]{2,8}\d{0,2});|</(?:p|b|i|em|sub|sup|h\d|jats:\w+)>",
    re.IGNORECASE,
)
# JATS heads an abstract with its own name, which is no word of it.
_HEADING = re.compile(
    r"\s*<(?:jats:)?title\b[^<>]*>\s*(?:abstract|summary)\s*:?\s*</(?:jats:)?title>(?=.*\w)",
    re.IGNORECASE | re.DOTALL,
)
_MOST_WRAPPINGS = 3
_UNREAD = (("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>"))


def plain_prose(text: str) -> str:
    """Text of a title or an abstract without markup; the same text where it holds none."""
    return unwrap_markup(text) if "<" in text or "&" in text else text


def unwrap_markup(text: str) -> str:
    """Plain text out of HTML, JATS or MathML: known tags taken out, character references resolved.

    What only looks like a tag stays; JATS's heading "Abstract" goes. Scripts, styles and comments go with
    what they hold, and of a formula that is given twice its TeX stays. HTML that was escaped once more than
    needed is unwrapped again.

    Examples
    --------
    >>> unwrap_markup("<p>H<sub>2</sub>O &amp; agents</p><p>Second</p>")
    'H2O & agents Second'
    >>> unwrap_markup("if $a<b$ and $c>d$")
    'if $a<b$ and $c>d$'
    >>> unwrap_markup("&lt;p&gt;Agents&amp;nbsp;that plan.&lt;/p&gt;")
    'Agents that plan.'
    """
    for _ in range(_MOST_WRAPPINGS):
        text = html.unescape(_without_tags(text))
        if not _ESCAPED.search(text):
            break
    return clean_text(text)


def _without_tags(text: str) -> str:
    if "<" not in text:
        return text
    text = _HEADING.sub("", text, count=1) if _HEADING.match(text) else text
    for start, end in _UNREAD:
        text = _without(text, start, end)
    if "math" in text:
        text = _MATH.sub("", text) if _TEX.search(text) else text
        text = _MATH.sub(lambda formula: _ANY_TAG.sub("", _ANNOTATION.sub("", formula[1])), text)
    return _TAG.sub(lambda tag: " " if (tag[1] or tag[2]).lower() in _BLOCKS else "", text)


def _without(text: str, start: str, end: str) -> str:
    """Text without what stands between two marks; a start that is never closed stays."""
    lowered = text.lower() if start in text.lower() else ""
    if len(lowered) != len(text):
        return text
    kept: list[str] = []
    place = 0
    while (opening := lowered.find(start, place)) >= 0:
        closing = lowered.find(end, opening + len(start))
        if closing < 0:
            break
        kept += [text[place:opening], " "]
        place = closing + len(end)
    return "".join(kept) + text[place:]
