"""Names of authors out of the many ways in which services and tables list them."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from flows.sources.json_documents import first_text_of, text_of
from flows.sources.plain_text import clean_text

__all__ = ["names_of", "split_author_names", "split_names"]

_MOST_AUTHORS = 20_000
# The list of names as Python or JSON writes it, which tables often hold: ['Ada Example', "Bo O'Muster"].
_WRITTEN_NAME = re.compile(r"'([^'\"]{0,300})'|\"([^\"]{0,300})\"")
_NAMED = re.compile(
    r"['\"](?:name|display_name|full_name|fullname)['\"]\s*:\s*(?:'([^']{0,300})'|\"([^\"]{0,300})\")"
)
_AND = re.compile(r",? (?:and|&) ", re.IGNORECASE)
_ET_AL = re.compile(r"(?:^|(?<=.) |, )(?:et\.? ?al\.?|(?:and )?others|\.\.\.)$", re.IGNORECASE)
_SUFFIXES = frozenset(("jr", "jr.", "sr", "sr.", "ii", "iii", "iv", "phd", "ph.d.", "md"))
_INITIALS = re.compile(r"(?:[A-ZÀ-Þ]\.?[ -]?){1,4}")
# "C.", "A.-B." of "Li C."; without points only where all names of a list have this form.
_POINTED = re.compile(r"(?:[A-ZÀ-Þ]\.-?){1,4}")
_BARE = re.compile(r"[A-ZÀ-Þ]{1,3}")
_LONGEST_NAME = 200
# What services put next to a name: Scopus' "(57200000000)", DBLP's "0001", a mail address, footnote marks.
_BESIDE = re.compile(r" ?\([^()]{0,200}\)$| \d{4}$| ?<[^<>@]{1,100}@[^<>]{1,100}>|[*†‡§¶]+$")
_HAN = re.compile(r"[\u3400-\u9fff\uac00-\ud7af]{2,5}")
_PARENTHESES = re.compile(r" ?\([^()]*\)")
_NAME_BREAK = re.compile(r" ?[,;:] ?(?:and )?| and | & ")
_INITIALS = re.compile(r"(?:[A-ZÀ-Þ]\.?[ -]?){1,4}")


def names_of(value: object) -> tuple[str, ...]:
    """Names of authors: a list of texts or objects, or one text with ``;``, ``and`` or commas between them.

    A name with one comma is read as ``Last, First``. ``et al.`` is no name.

    Examples
    --------
    >>> names_of([{"name": "Ada  Example"}, {"family": "Muster", "given": "Bo"}, "Cy Sample,"])
    ('Ada Example', 'Bo Muster', 'Cy Sample')
    >>> names_of("Example, Ada and Muster, Bo"), names_of("Ada Example, Bo Muster, et al.")
    (('Ada Example', 'Bo Muster'), ('Ada Example', 'Bo Muster'))
    >>> names_of("Example, A. B., Muster, C."), names_of("Muster, Bo")
    (('A. B. Example', 'C. Muster'), ('Bo Muster',))
    >>> names_of("Li, Chun (1); Wu, Yan (2)"), names_of("Li C.; Wu Y.")
    (('Chun Li', 'Yan Wu'), ('C. Li', 'Y. Wu'))
    >>> names_of("Ada Example|Bo Muster 0001")
    ('Ada Example', 'Bo Muster')
    """
    return split_names(value)[0]


def split_names(value: object) -> tuple[tuple[str, ...], bool]:
    """Names of authors as `names_of` reads them, and whether they are all: ``et al.`` says that they are not.

    Examples
    --------
    >>> split_names("Ada Example et al."), split_names([])
    ((('Ada Example',), False), ((), True))
    """
    parts = [name for part in _name_parts(value) if (name := _clean(part))]
    whole = [part for part in parts if not _ET_AL.fullmatch(part)]
    initials = _initials_behind(whole)
    if initials is None and whole and _initials_behind([*whole[:-1], whole[-1].removesuffix(".")]) is _BARE:
        # PubMed puts a full stop behind its list: "Muster A, Beispiel B."
        initials, parts = _BARE, [part.removesuffix(".") for part in parts]
    ordered = [_given_name_first(part, initials) for part in parts]
    bare = [_ET_AL.sub("", name) for name in ordered]
    return tuple(name for name in bare if name), bare == ordered


def split_author_names(text: str) -> tuple[str, ...]:
    """Names out of arXiv's one line of authors; affiliations in parentheses are left out.

    Examples
    --------
    >>> split_author_names("Ada Example (1 and 2), Bo Muster, Jr., and Cy Sample ((1) Here, (2) There)")
    ('Ada Example', 'Bo Muster, Jr.', 'Cy Sample')
    """
    text = _PARENTHESES.sub("", _PARENTHESES.sub("", clean_text(text)))
    names: list[str] = []
    for part in _NAME_BREAK.split(text):
        if names and part.lower() in _SUFFIXES:
            names[-1] += f", {part}"
        elif part.strip():
            names.append(part.strip())
    return tuple(names)


def _name_parts(value: object) -> list[str]:
    if isinstance(value, Mapping):
        value = value.get("value", [value])
    if isinstance(value, (list, tuple)):
        return [_author(author) for author in value[:_MOST_AUTHORS]]
    text = text_of(value) if isinstance(value, str) else ""
    if "&" in text:
        text = clean_text(html.unescape(text))
    if text.startswith("[") and text.endswith("]"):
        written = _NAMED.findall(text) or _WRITTEN_NAME.findall(text)
        if written:
            return [single or double for single, double in written]
    for mark in (";", "|"):
        if mark in text:
            return text.split(mark)[:_MOST_AUTHORS]
    if isinstance(value, str) and "\n" in value.strip():
        return [line for line in value.splitlines() if line.strip()][:_MOST_AUTHORS]
    pieces = _AND.split(text)
    if len(pieces) > 1 and all(piece.count(",") == 1 for piece in pieces):
        return pieces
    return [name for piece in pieces for name in _at_commas(piece)][:_MOST_AUTHORS]


def _at_commas(text: str) -> list[str]:
    """Cut names at commas, unless the commas stand within the names (``Doe, J., Muster, B. C.``)."""
    parts = [part for piece in text.split(",") if (part := piece.strip())]
    names: list[str] = []
    for part in parts:
        if names and part.casefold() in _SUFFIXES:
            names[-1] += f", {part}"
        else:
            names.append(part)
    if all(_HAN.fullmatch(name) for name in names):
        return names
    if len(names) == 2 and not all(" " in name for name in names) and not _ET_AL.fullmatch(names[1]):
        return [", ".join(names)]
    lasts, firsts = names[::2], names[1::2]
    is_paired = len(lasts) == len(firsts) and not any("." in last for last in lasts)
    # "Muster, Anna, Beispiel, Bert": words that are no whole names.
    are_halves = not any(" " in name for name in names) and len(names) > 2
    if is_paired and (are_halves or all(_INITIALS.fullmatch(first) for first in firsts)):
        return [f"{last}, {first}" for last, first in zip(lasts, firsts, strict=True)]
    return names


def _clean(part: str) -> str:
    return clean_text(_BESIDE.sub("", part)).strip(" ,")


def _initials_behind(names: list[str]) -> re.Pattern[str] | None:
    """Form of the initials that stand behind all names of a list, None where they do not.

    One name alone, or some of a list, may be of a country where an initial of the father's stands last.
    """
    if names and all(_ends_in(_POINTED, name) for name in names):
        return _POINTED
    are_bare = len(names) > 1 and all(
        len(name.split()) == 2 and "." not in name and _ends_in(_BARE, name) for name in names
    )
    return _BARE if are_bare else None


def _given_name_first(name: str, initials: re.Pattern[str] | None) -> str:
    """``Bo Muster`` of ``Muster, Bo``, and ``B. Muster`` of ``Muster B.`` where all names are so."""
    last, comma, first = (part.strip() for part in name.partition(","))
    if not comma:
        n_words = _ends_in(initials, name) if initials else 0
        words = name.split()
        return " ".join([*words[len(words) - n_words :], *words[: len(words) - n_words]])
    if "," in first or "(" in name or first.casefold() in _SUFFIXES or _ET_AL.fullmatch(first):
        return name
    return f"{first} {last}".strip()


def _ends_in(initials: re.Pattern[str], name: str) -> int:
    """How many words of initials stand at the end of a name that begins with a whole word; 0 for none."""
    words = name.split() if len(name) <= _LONGEST_NAME else []
    n_words = 0
    while n_words < len(words) and initials.fullmatch(words[-1 - n_words]):
        n_words += 1
    begins_whole = n_words < len(words) and any(map(str.islower, words[0]))
    return n_words if begins_whole and not any(map(str.isdigit, name)) else 0


def _author(author: object) -> str:
    if not isinstance(author, Mapping):
        return text_of(author) if isinstance(author, str) else ""
    given = first_text_of(
        author, ("given", "firstName", "first", "forename", "foreName", "ForeName", "first_name", "Initials")
    )
    family = first_text_of(
        author, ("family", "lastName", "last", "surname", "LastName", "last_name", "CollectiveName")
    )
    if given and family:
        return f"{given} {family}"
    whole = text_of(author) or first_text_of(author, ("full_name", "fullName", "literal", "text", "author"))
    return whole or f"{given} {family}"
