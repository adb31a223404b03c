"""Text of titles, names and abstracts in the form in which records are compared.

Sources write one title with entities, markup, accents, Greek letters or LaTeX, or without: the normal
form is what all of them share. It serves comparison alone; what is shown and what ids are made of stays
as the source wrote it.
"""

from __future__ import annotations

import html
import re
import unicodedata

__all__ = ["plain_text", "plain_words", "words_of"]

_TAG = re.compile(r"</?[a-z][a-z0-9:]{0,20}(?:\s[^<>]{0,200})?/?>", re.IGNORECASE)
_COMMAND = re.compile(r"\\([a-z]+)\*?\s*|\\(?=\W)", re.IGNORECASE)
_STYLE = frozenset(
    "bf em emph it mathbf mathcal mathit mathrm rm sc sf textbf textit textrm textsc texttt tt".split()  # noqa: SIM905
)
_WORD = re.compile(r"[^\W_]+")
_APOSTROPHE = re.compile(r"(?<=\w)['\u2019\u02bc\u02b9`](?=\w)")
_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th", "&": " and "}
)
_FIRST_MARK, _LAST_MARK = "\u0300", "\u036f"
_GREEK = {chr(code): unicodedata.name(chr(code)).split()[-1].lower() for code in range(0x3B1, 0x3CA)}
_GREEK["ς"] = "sigma"


def plain_text(text: str) -> str:
    r"""Lower-case text without markup, entities, LaTeX, accents; Greek letters as words, "&" as "and".

    Examples
    --------
    >>> plain_text("J&uuml;rgen's <i>TNF-&alpha;</i>"), plain_text(r"$\beta$-\emph{nets}")
    ("jurgen's  tnf-alpha ", '$beta$-{nets}')
    >>> plain_text("Łódź, Straße")
    'lodz, strasse'
    """
    if "&" in text:
        text = html.unescape(html.unescape(text))
    if "<" in text:
        text = _TAG.sub(" ", text)
    if "\\" in text:
        text = _COMMAND.sub(lambda found: "" if (found[1] or "em").lower() in _STYLE else found[1], text)
    if text.isascii():
        return text.lower().replace("&", " and ")
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(one for one in text if not _FIRST_MARK <= one <= _LAST_MARK)
    text = "".join(_GREEK.get(one, one) for one in text.translate(_LETTERS))
    return unicodedata.normalize("NFC", text).casefold()


def words_of(text: str) -> list[str]:
    """Words of a plain text; an apostrophe divides none.

    Examples
    --------
    >>> words_of("muller's web-based r and d")
    ['mullers', 'web', 'based', 'r', 'and', 'd']
    """
    return _WORD.findall(_APOSTROPHE.sub("", text))


def plain_words(text: str) -> list[str]:
    """Words of a text in plain form.

    Examples
    --------
    >>> plain_words("Müller's <b>R&amp;D</b>")
    ['mullers', 'r', 'and', 'd']
    """
    return words_of(plain_text(text))
