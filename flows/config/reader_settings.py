"""Settings of people: what is watched, and who reads which mail how often."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from analytics.watch import Watch

__all__ = ["ADDRESS", "HowOften", "Reader", "check_readers", "check_watches"]

ADDRESS = r"^[^\s@<>,;\"]+@[^\s@<>,;\"]+$"
"""A mail address."""

HowOften = Literal["each run", "weekly", "monthly"]

_MOST = 500
_Entries = tuple[str, ...]
_ARXIV = re.compile(
    r"(?:arxiv:|https?://(?:www\.)?(?:arxiv\.org/(?:abs|pdf)|huggingface\.co/papers)/)?"
    r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?(?:\.pdf)?",
    re.IGNORECASE,
)
_DOI = re.compile(r"(?:doi:|https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}/\S+)", re.IGNORECASE)


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False, frozen=True, str_strip_whitespace=True)


def _entries(value: object) -> object:
    """One text is a list of one."""
    return (value,) if isinstance(value, str) else value


class _DeclaredWatch(_Declared):
    name: str = Field("", max_length=100)
    authors: _Entries = ()
    organizations: _Entries = ()
    words: _Entries = ()
    papers: _Entries = ()

    _one = field_validator("authors", "organizations", "words", "papers", mode="before")(_entries)

    @property
    def entries(self) -> _Entries:
        return (*self.authors, *self.organizations, *self.words, *self.papers)


class Reader(_Declared):
    """Who gets the mail, about what and how often.

    Attributes
    ----------
    address : str
    themes : tuple of str
        Ids; empty for all themes and topics.
    watch : tuple of str or None
        Names of watches whose papers come first; None for all.
    words : tuple of str
        Phrases that this reader watches for besides.
    how_often : {"each run", "weekly", "monthly"}
    """

    address: str = Field(pattern=ADDRESS)
    themes: _Entries = ()
    watch: _Entries | None = None
    words: _Entries = ()
    how_often: HowOften = "each run"

    _one = field_validator("themes", "watch", "words", mode="before")(_entries)


_Kind = TypeVar("_Kind", bound=_Declared)


def check_watches(value: object) -> tuple[Watch, ...]:
    """Watches of the settings: one table, or a list of them; ids of papers in the form of the store.

    Raises
    ------
    ValueError
        In words that say which entry and field is wrong.

    Examples
    --------
    >>> check_watches({"words": "reward hacking", "papers": ["2503.02130"]})[0].papers
    ('arxiv:2503.02130',)
    """
    if isinstance(value, tuple) and all(isinstance(one, Watch) for one in value):
        return value
    watches = []
    for number, one in enumerate(_parsed(_DeclaredWatch, value, "watch"), 1):
        if not one.entries or not all(one.entries):
            raise ValueError(
                f"watch {number} has an empty entry or none; give authors, organizations, words or papers"
            )
        name = one.name or Watch.usual_name(one.entries)
        papers = tuple(_paper_id(paper) for paper in one.papers)
        watches.append(Watch(name, one.authors, one.organizations, one.words, papers))
    _refuse_twice([one.name for one in watches], "the name")
    return tuple(watches)


def check_readers(value: object) -> tuple[Reader, ...]:
    """Readers of the settings; an address that is given twice is refused.

    Raises
    ------
    ValueError
        In words that say which entry and field is wrong, without what was given: it may be an address.
    """
    readers = _parsed(Reader, value, "reader")
    _refuse_twice([one.address.casefold() for one in readers], "an address", is_shown=False)
    return readers


def _parsed(kind: type[_Kind], value: object, noun: str) -> tuple[_Kind, ...]:
    if isinstance(value, Mapping):
        value = [value]
    if isinstance(value, Sequence) and len(value) > _MOST:
        raise ValueError(f"there are {len(value)} of them; at most {_MOST} are allowed")
    try:
        return TypeAdapter(tuple[kind, ...]).validate_python(value)  # type: ignore[valid-type]
    except ValidationError as error:
        raise ValueError(_in_words(error.errors()[0], kind, noun)) from None


def _in_words(fault: Any, kind: type[_Declared], noun: str) -> str:
    place = fault["loc"]
    if not place or not isinstance(place[0], int):
        return (
            f"write [[{noun}s]] tables" if noun == "reader" else "write a [watch] table, or [[watch]] tables"
        )
    where = f"{noun} {place[0] + 1}"
    if len(place) < 2:
        return f"{where} is no table"
    field = place[1]
    if fault["type"] == "extra_forbidden":
        return f"{where} has the unknown field {field!r}; allowed are {', '.join(kind.model_fields)}"
    if fault["type"] == "missing":
        return f"{where} has no {field}"
    if field == "address":
        return f"{where} has no mail address in 'address'; write it as name@example.org"
    message = fault["msg"][:1].lower() + fault["msg"][1:]
    return f"field {field!r} of {where}: {message}"


def _refuse_twice(names: Sequence[str], what: str, *, is_shown: bool = True) -> None:
    for number, name in enumerate(names):
        if name in names[:number]:
            shown = f" {name!r}" if is_shown else f" (entry {number + 1})"
            raise ValueError(f"{what}{shown} is there twice; give each once")


def _paper_id(text: str) -> str:
    """Id of a paper in the form of the store; a title or an id of the store stays as it is."""
    arxiv = _ARXIV.fullmatch(text)
    if arxiv:
        return f"arxiv:{arxiv[1]}"
    doi = _DOI.fullmatch(text)
    return f"doi:{doi[1].casefold()}" if doi else text
