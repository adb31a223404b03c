"""Text as sources give it, made safe to store and print.

Sources hold characters that no reader sees and that later steps trip over: a byte order mark in
the middle of joined files, zero-width spaces, NUL, a lone surrogate out of a JSON escape.
"""

from __future__ import annotations

import re
import unicodedata

from analytics.exceptions import InputError

__all__ = [
    "clean_text",
    "excerpt",
    "is_nothing",
    "require_text",
    "visual_width",
    "without_final_point",
]

# Joiners (U+200C, U+200D) are not here: Persian, Hindi and emoji need them.
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufeff]")
_VISIBLE = re.compile("[^\\s\u00ad\u200b\u200e\u200f\u2060\ufeff]")
# Controls that are not white space become a space; a lone surrogate cannot be written as UTF-8.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x9f]")
# A control beyond ASCII is a sign of Windows-1252 that somebody took for Latin-1: browsers read it so too.
_WINDOWS = {
    number: sign for number in range(0x80, 0xA0) if (sign := bytes([number]).decode("cp1252", "ignore"))
}
# "Na" is a name; "NA" is nothing.
_NOTHING = {
    *("NA", "N/A", "n/a", "N.A.", "n.a.", "#N/A", "#NA", "#VALUE!", "nan", "NaN", "NaT", "<NA>"),
    *("none", "None", "NONE", "null", "Null", "NULL"),
    *("-", "--", "---", "\u2013", "\u2014", ".", "?", "[]", "{}"),
}
_NO_ABSTRACT = re.compile(
    r"[\[(]?\s*(?:(?:sorry, |there is )?(?:no|without(?: an)?) (?:abstract|summary|title|description)"
    r"(?: text)?(?: (?:is |was )?(?:currently )?(?:available|provided|found|supplied|included|present))?"
    r"|(?:an? |the )?(?:abstract|summary|title)(?: text)? (?:(?:is |was )?(?:not |un)(?:currently )?"
    r"(?:available|provided|supplied|included)|missing)"
    r"|not available)(?: (?:for|in|with) (?:this|the) \w{1,20})?\s*[.!]?\s*[\])]?\.?",
    re.IGNORECASE,
)
_C1 = re.compile("[\x80-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_HTML_TAGS = ("<!doctype html", "<html", "<body", "<div")
_MARKUP_SAMPLE = 2_000
_MANY_CLOSING_TAGS = 5
_EXCERPT_CHARACTERS = 200
_BINARY_SAMPLE = 65_536
_BINARY_SHARE = 0.02
_WIDTH_SAMPLE = 2_000


def clean_text(text: str) -> str:
    r"""Text on one line: white space collapsed, invisible and control characters taken out.

    Examples
    --------
    >>> clean_text("  Agents\n  that\u00a0plan\ufeff ")
    'Agents that plan'
    >>> clean_text("a\x00b \ud800")
    'a b \ufffd'
    """
    if not text.isascii():
        text = text.translate(_WINDOWS) if _C1.search(text) else text
        text = _SURROGATE.sub("\ufffd", _INVISIBLE.sub("", text))
    return " ".join(_CONTROL.sub(" ", text).split())


def is_nothing(text: str) -> bool:
    """Tell whether a text only says that there is no abstract.

    Examples
    --------
    >>> is_nothing("NA"), is_nothing("[No abstract available]"), is_nothing("No abstract art here")
    (True, True, False)
    """
    return len(text) < 90 and (text in _NOTHING or _NO_ABSTRACT.fullmatch(text) is not None)


def without_final_point(title: str) -> str:
    """Title without the full stop that a catalogue puts after each, and its brackets around a translation.

    Examples
    --------
    >>> without_final_point("Agents that plan."), without_final_point("Agents that plan...")
    ('Agents that plan', 'Agents that plan...')
    >>> without_final_point("[Agents that plan]."), without_final_point("[Reply] to agents [2]")
    ('Agents that plan', '[Reply] to agents [2]')
    """
    plain = title if title.endswith("..") else title.removesuffix(".").rstrip()
    is_translated = plain.startswith("[") and plain.find("]") == len(plain) - 1 and not is_nothing(plain)
    return plain[1:-1].strip().removesuffix(".") if is_translated else plain


def excerpt(text: str) -> str:
    """At most 200 characters of `text`, cleaned, for a reject or a message.

    Examples
    --------
    >>> len(excerpt("word " * 100))
    200
    """
    # Cut before cleaning: the text may be a file's whole 200 MB.
    cleaned = clean_text(text[: 10 * _EXCERPT_CHARACTERS])
    return cleaned if len(cleaned) <= _EXCERPT_CHARACTERS else cleaned[: _EXCERPT_CHARACTERS - 1] + "…"


def visual_width(text: str) -> int:
    """Length of `text` in columns: an East Asian wide character counts two.

    A Chinese abstract says in 80 characters what an English one says in several hundred; two
    columns a character brings both near one scale. Measured on the first 2,000 characters, so
    that a text of any length costs the same; beyond them each character counts one.

    Examples
    --------
    >>> visual_width("agents"), visual_width("智能体")
    (6, 6)
    """
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text[:_WIDTH_SAMPLE])
    return len(text) + wide


def require_text(text: str, location: str, *, wanted: str) -> str:
    """`text` itself when it is plain text, without a leading byte order mark.

    Raises
    ------
    InputError
        When it is empty, binary, HTML or XML.

    Examples
    --------
    >>> require_text("A title", "a.txt", wanted="a listing")
    'A title'
    """
    text = text.removeprefix("\ufeff")
    if _VISIBLE.search(text) is None:
        raise InputError(f"{location} is empty; expected {wanted}")
    if _looks_binary(text):
        raise InputError(f"{location} is binary, not text; expected {wanted}")
    kind = _markup_kind(text)
    if kind == "HTML":
        raise InputError(
            f"{location} is the HTML source of a page; expected {wanted}: "
            "open the page in a browser, select all, copy and save the text"
        )
    if kind is not None:
        raise InputError(f"{location} is {kind}; expected {wanted}")
    return text


def _markup_kind(text: str) -> str | None:
    """Which markup `text` is the source of: ``"HTML"``, ``"XML"``, or None for plain text.

    Examples
    --------
    >>> _markup_kind("<!DOCTYPE html><p>504</p>"), _markup_kind("<feed xmlns='http://www.w3.org/2005/Atom'>")
    ('HTML', 'XML')
    >>> _markup_kind("<think> tokens in agents") is None
    True
    """
    head = text[:_MARKUP_SAMPLE].lstrip().casefold()
    if not head.startswith("<"):
        return None
    if any(tag in head for tag in _HTML_TAGS):
        return "HTML"
    is_xml = head.startswith("<?xml") or "xmlns" in head or head.count("</") >= _MANY_CLOSING_TAGS
    return "XML" if is_xml else None


def _looks_binary(text: str) -> bool:
    sample = text[:_BINARY_SAMPLE]
    odd = len(_CONTROL.findall(sample)) + sample.count("\ufffd")
    return "\x00" in sample or odd > max(1, _BINARY_SHARE * len(sample))
