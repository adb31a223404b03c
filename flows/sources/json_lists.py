"""Lists of papers in one JSON document, of anybody's making: a conference's, a crawler's, Zotero's.

The papers are flat objects in an array, or in the longest array of an object around it. Which key holds
what is found as for the columns of a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from analytics.exceptions import InputError
from analytics.papers import Feed, RejectedRecord
from flows.sources import daily_papers_api, openalex, openreview, semantic_scholar
from flows.sources.entries import numbered
from flows.sources.field_names import FieldMap, match_fields
from flows.sources.fielded import row_excerpt, row_reader
from flows.sources.formats import SourceFile, SourceFormat, whole_text
from flows.sources.json_documents import date_of, items_of, object_of, outline, parse_json, shape_of, text_of

__all__ = ["FORMAT", "SOURCE", "looks_like", "parse_json_list"]

SOURCE = "list"

_WANTED = "a list of papers: a JSON array of objects with titles"
_OBJECTS_LOOKED_AT = 100
_FETCH_NAMES = ("fetchedAt", "fetched_at", "scrapedAt", "scraped_at", "crawledAt", "crawled_at")
# Keys of what Zotero's API gives alone: an item or collection, and a tag.
_ZOTERO = (("key", "version", "library"), ("tag", "links", "meta"))
_NO_PAPERS = ("attachment", "note", "annotation", "collection", "tag")


def looks_like(head: str) -> bool:
    """Tell whether a file's beginning is that of a list of objects, and of no service that is known better.

    Examples
    --------
    >>> looks_like('[{"Heading": "A Title", "Text": "Its te')
    True
    >>> looks_like('{"date": "2026-05-07", "papers": [{"title": "A')
    True
    >>> looks_like('[{"paper": {"id": "2503.02130"}}]'), looks_like('{"data": [{"paperId": "27", "title": "A')
    (False, False)
    """
    services = (daily_papers_api, openalex, semantic_scholar, openreview)
    if any(service.looks_like(head) for service in services):
        return False
    found = outline(head)
    is_zotero = any(found.keys() >= {(name,) for name in names} for names in _ZOTERO)
    return is_zotero or any(len(path) in (2, 3) and path[-2] == "[]" for path in found)


def parse_json_list(text: str, *, location: str, day: date | None, columns: Mapping[str, str]) -> Feed:
    """Papers of one list.

    `records` in the order of the list (``"entry 1"`` is the first). A time of publication that is throughout
    the time at which a crawler fetched the list is left out.

    Parameters
    ----------
    text : str
        An array of objects, an object around one, or Zotero's answer: an item or an array of items.
    day : date or None
        The day of the look; None for the ``date`` of the object around the list.

    Raises
    ------
    InputError
        When the text is no JSON, not a list of objects, or no object of it has a title.

    Examples
    --------
    >>> text = '{"date": "2026-05-07", "papers": [{"title": "A Title", "authors": ["Ada Example,"]}]}'
    >>> feed = parse_json_list(text, location="a.json", day=None, columns={})
    >>> feed.day, feed.records[0].authors
    (datetime.date(2026, 5, 7), ('Ada Example',))
    """
    answer = parse_json(text, location, _WANTED)
    entries = [_row_of(entry) for entry in _entries(answer, location)]
    day, warnings = _day(answer, location, day)
    if not entries:
        return Feed(SOURCE, location, day, (), (), warnings)
    faults = [_fault(entry) for entry in entries]
    objects = [entry for entry, fault in zip(entries, faults, strict=True) if not fault]
    if not objects:
        raise InputError(f"{location} holds no paper (entry 1: {faults[0]}); expected {_WANTED}")
    names = dict.fromkeys(name for entry in objects[:_OBJECTS_LOOKED_AT] for name in entry)
    fields, doubts = _without_fetch_time(match_fields(list(names), columns, location=location), objects)
    rows = [
        RejectedRecord(position, fault, row_excerpt(entry)) if fault else (position, entry)
        for (position, entry), fault in zip(numbered(entries), faults, strict=True)
    ]
    feed = row_reader(SOURCE, fields).whole(rows, location=location, day=day, warnings=(*warnings, *doubts))
    if not feed.records:
        first = f"{feed.rejects[0].position}: {feed.rejects[0].reason}"
        raise InputError(f"{location} holds no paper that can be read ({first}); expected {_WANTED}")
    return feed


def _entries(answer: object, location: str) -> list[Any]:
    entries = answer
    if isinstance(answer, dict):
        is_alone = _is_zotero(answer) or answer.keys() >= {"tag", "links", "meta"}
        arrays = [[answer]] if is_alone else [value for value in answer.values() if isinstance(value, list)]
        entries = max(arrays, key=_n_objects, default=None)
    if not isinstance(entries, list) or (entries and not _n_objects(entries)):
        raise InputError(f"{location} is {shape_of(answer)}; expected {_WANTED}")
    return entries


def _n_objects(array: list[Any]) -> int:
    return sum(isinstance(item, dict) for item in array)


def _is_zotero(entry: dict[str, Any]) -> bool:
    return entry.keys() >= {"key", "version"} and isinstance(entry.get("data"), dict)


def _row_of(entry: Any) -> Any:
    if not isinstance(entry, dict) or not _is_zotero(entry):
        return entry
    data = {"itemType": "collection"} | entry["data"]
    creators = [object_of(creator) for creator in items_of(data.get("creators"))]
    return data | {"creators": [item for item in creators if item.get("creatorType") in ("author", None)]}


def _fault(row: Any) -> str:
    """Why an entry can be no paper, empty for one that may be."""
    if not isinstance(row, dict):
        return f"not an object but {type(row).__name__}"
    kind = text_of(row.get("itemType"))
    if row.keys() >= {"tag", "links", "meta"}:
        kind = "tag"
    return f"Zotero's {kind}, which is no paper" if kind in _NO_PAPERS else ""


def _day(answer: object, location: str, day: date | None) -> tuple[date | None, tuple[str, ...]]:
    """Day of the look, and a warning where two are stated."""
    stated, precision = date_of(object_of(answer).get("date"))
    if (isinstance(answer, dict) and _is_zotero(answer)) or stated is None or precision != "day":
        return day, ()
    if day is not None and day != stated:
        return day, (f"{location} says it is of {stated}; its name's day {day} is used",)
    return stated, ()


def _without_fetch_time(fields: FieldMap, objects: list[dict[str, Any]]) -> tuple[FieldMap, tuple[str, ...]]:
    """Fields without a time of publication that is the crawler's own clock."""
    clocks = [
        name for name in fields.published for fetched in _FETCH_NAMES if _is_same(objects, name, fetched)
    ]
    if not clocks:
        return fields, ()
    kept = tuple(name for name in fields.published if name not in clocks)
    said = (
        f"{clocks[0]!r} is the time at which the list was fetched, throughout; it is no date of publication"
    )
    return replace(fields, published=kept), (said,)


def _is_same(objects: list[dict[str, Any]], name: str, fetched: str) -> bool:
    stated = [(entry.get(name), entry.get(fetched)) for entry in objects if entry.get(name) is not None]
    return bool(stated) and all(first == second for first, second in stated)


def _parse(text: str, file: SourceFile) -> Feed:
    return parse_json_list(text, location=file.location, day=file.day, columns=file.columns)


FORMAT = SourceFormat(SOURCE, looks_like, whole_text(_parse))
