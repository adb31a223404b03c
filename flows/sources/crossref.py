"""Answers of Crossref: ``https://api.crossref.org/works?...``, lists of works, single works, one a line.

A work is dated by its issue or its earliest appearance in print or online. ``created``, ``deposited`` and
``indexed`` are the days of the DOI's own records, years after an old work: they are never read.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.sources.author_names import names_of
from flows.sources.entries import EntryReader, numbered
from flows.sources.fielded import row_excerpt
from flows.sources.formats import SourceFormat, parsed
from flows.sources.identifiers import read_identifiers
from flows.sources.json_documents import (
    date_of,
    items_of,
    object_of,
    outline,
    parse_json,
    prose_of,
    shape_of,
    text_of,
)
from flows.sources.json_lines import lines_format
from flows.sources.records import Doubts, StatedPaper, UnusableEntryError
from flows.sources.stated_dates import UNDATED, finest_date

__all__ = ["FORMAT", "LINES", "SOURCE", "looks_like", "next_cursor", "parse_crossref"]

SOURCE = "crossref"

_WANTED = "an answer of Crossref about works: a list, or one work"
_PLACES = (("message",), ("message", "items", "[]"), ("items", "[]"), ("[]",), ())
_DATES = ("issued", "published", "published-online", "published-print", "posted")
_NO_PAPERS = {
    *("journal", "journal-issue", "journal-volume", "proceedings", "proceedings-series", "book-series"),
    *("book-set", "component", "grant", "peer-review", "database", "dataset"),
}


def looks_like(head: str) -> bool:
    """Tell whether a file's beginning is that of an answer of Crossref.

    Examples
    --------
    >>> looks_like('{"status": "ok", "message-type": "work-list", "message": {"items": [')
    True
    >>> looks_like('[{"DOI": "10.1000/a", "title": ["A"]}]'), looks_like('[{"DOI": "10.1/a", "title": "A"}]')
    (True, False)
    """
    found = outline(head)
    if ("message-type",) in found or ("message-version",) in found:
        return True
    # A title in an array is Crossref's own habit; CSL-JSON of reference managers has a text.
    return any(
        found.keys() >= {(*place, "DOI"), (*place, "title"), (*place, "title", "[]")} for place in _PLACES
    )


def parse_crossref(text: str, *, location: str, day: date | None) -> Feed:
    """Papers of one answer of Crossref.

    The text is a list (``{"message": {"items": [...]}}``), an array of works, or one work.

    Examples
    --------
    >>> work = '[{"DOI": "10.1000/A", "title": ["A Title"], "issued": {"date-parts": [[2019, 3]]}}]'
    >>> record = parse_crossref(work, location="a.json", day=None).records[0]
    >>> record.doi, record.published, record.published_precision
    ('10.1000/a', datetime.date(2019, 3, 1), 'month')
    """
    works = _works(parse_json(text, location, _WANTED), location)
    return _READER.whole(numbered(works), location=location, day=day)


def next_cursor(text: str) -> str | None:
    """Cursor that asks Crossref for the works after those of a list, None at the end."""
    message = object_of(object_of(parse_json(text, "the answer", _WANTED)).get("message"))
    cursor = message.get("next-cursor")
    return cursor if isinstance(cursor, str) and items_of(message.get("items")) else None


def _works(answer: object, location: str) -> list[Any]:
    inner = answer
    for name in ("message", "items"):
        if isinstance(inner, dict) and name in inner:
            inner = inner[name]
    works = [inner] if isinstance(inner, dict) and "DOI" in inner else inner
    if not isinstance(works, list) or (works and not any(isinstance(work, dict) for work in works)):
        raise InputError(f"{location} is {shape_of(answer)}; expected {_WANTED}")
    return works


def _record(work: Any, position: str, doubts: Doubts) -> PaperRecord:
    if not isinstance(work, dict):
        raise UnusableEntryError(f"{shape_of(work)}, no work")
    kind = text_of(work.get("type"))
    if kind in _NO_PAPERS:
        raise UnusableEntryError(f"a work of the type {kind}, which is no paper")
    title, subtitle = (
        prose_of((items_of(work.get(name)) or [work.get(name)])[0]) for name in ("title", "subtitle")
    )
    stated = [work.get(name) for name in _DATES]
    published = finest_date(map(date_of, stated))
    return StatedPaper(
        f"{title}: {subtitle}"
        if title and subtitle and subtitle.casefold() not in title.casefold()
        else title,
        prose_of(work.get("abstract")),
        published=published,
        authors=names_of(work.get("author")),
        pages=(text_of(object_of(object_of(work.get("resource")).get("primary")).get("URL")),),
        found=read_identifiers(text_of(work.get("DOI"))),
        categories=[text_of(one) for one in items_of(work.get("subject"))],
        venue=prose_of((items_of(work.get("container-title")) or [work.get("container-title")])[0]),
        is_withdrawn=any(
            object_of(one).get("type") in ("retraction", "withdrawal")
            for one in items_of(work.get("updated-by"))
        ),
        # Crossref writes a date that it does not know as [[null]].
        has_unread_date=published == UNDATED and any(_is_stated(value) for value in stated),
    ).record(position, doubts, "a work without a title")


def _is_stated(value: object) -> bool:
    parts = object_of(value).get("date-parts")
    return any(part is not None for inner in items_of(parts) for part in items_of(inner))


_READER = EntryReader(SOURCE, _record, row_excerpt)

FORMAT = SourceFormat(SOURCE, looks_like, parsed(parse_crossref))
LINES = lines_format(_READER, lambda work: "DOI" in work and isinstance(work.get("title"), list))
