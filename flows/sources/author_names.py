"""Names of authors out of the many ways in which services and tables list them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flows.sources.json_documents import first_text_of, text_of
from flows.sources.plain_text import clean_text

__all__ = ["names_of", "split_author_names", "split_names"]

_MOST_AUTHORS = 20_000
# The list of names as Python or JSON writes it, which tables often hold: ['Ada Example', "Bo O'Muster"].
_WRITTEN_NAME = re.compile(r"'([^'\"]{0,300})'|\"([^\"]{0,300})\"")
_AND = re.compile(r",? (?:and|&) ", re.IGNORECASE)
_ET_AL = re.compile(r"(?:^|(?<=.) |, )(?:et al\.?|(?:and )?others|\.\.\.)$", re.IGNORECASE)
_SUFFIXES = frozenset(("jr", "jr.", "sr", "sr.", "ii", "iii", "iv", "phd", "ph.d.", "md"))
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
    """
    return split_names(value)[0]


def split_names(value: object) -> tuple[tuple[str, ...], bool]:
    """Names of authors as `names_of` reads them, and whether they are all: ``et al.`` says that they are not.

    Examples
    --------
    >>> split_names("Ada Example et al."), split_names([])
    ((('Ada Example',), False), ((), True))
    """
    told = [name for part in _name_parts(value) if (name := _given_name_first(part.strip(" ,")))]
    bare = [_ET_AL.sub("", name) for name in told]
    return tuple(name for name in bare if name), bare == told


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
    if text.startswith("[") and text.endswith("]") and (written := _WRITTEN_NAME.findall(text)):
        return [single or double for single, double in written]
    if ";" in text:
        return text.split(";")[:_MOST_AUTHORS]
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
    if len(names) == 2 and not all(" " in name for name in names) and not _ET_AL.fullmatch(names[1]):
        return [", ".join(names)]
    lasts, firsts = names[::2], names[1::2]
    is_paired = len(lasts) == len(firsts) and not any("." in last for last in lasts)
    if is_paired and all(_INITIALS.fullmatch(first) for first in firsts):
        return [f"{last}, {first}" for last, first in zip(lasts, firsts, strict=True)]
    return names


def _given_name_first(name: str) -> str:
    last, comma, first = (part.strip() for part in name.partition(","))
    if not comma or "," in first or "(" in name or first.casefold() in _SUFFIXES or _ET_AL.fullmatch(first):
        return name
    return f"{first} {last}".strip()


def _author(author: object) -> str:
    if not isinstance(author, Mapping):
        return text_of(author) if isinstance(author, str) else ""
    given = first_text_of(author, ("given", "firstName", "first"))
    family = first_text_of(author, ("family", "lastName", "last"))
    return text_of(author) or f"{given} {family}"
