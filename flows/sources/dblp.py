"""Records of DBLP: its own XML of persons and venues, and answers of its search as XML or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.sources.author_names import names_of
from flows.sources.entries import EntryReader, numbered
from flows.sources.fielded import row_excerpt
from flows.sources.formats import SourceFormat, parsed
from flows.sources.identifiers import read_identifiers
from flows.sources.json_documents import dates_of, items_of, object_of, outline, parse_json, shape_of, text_of
from flows.sources.markup import plain_prose
from flows.sources.plain_text import without_final_point
from flows.sources.records import Doubts, StatedPaper, UnusableEntryError
from flows.sources.stated_dates import UNDATED
from flows.sources.xml_documents import XmlElement, flat_text, local_name, parse_xml, root_name

__all__ = ["JSON", "SOURCE", "XML", "parse_dblp_json", "parse_dblp_xml"]

SOURCE = "dblp"

_WANTED = "records of DBLP"
_ROOTS = ("dblp", "dblpperson", "result", "bht")
_KINDS = frozenset(
    (
        "article",
        "inproceedings",
        "incollection",
        "book",
        "phdthesis",
        "mastersthesis",
        "data",
        "proceedings",
        "info",
    )
)
_NO_PAPERS = frozenset(("proceedings", "data", "Editorship", "Data and Artifacts", "Reference Works"))


def parse_dblp_xml(text: str, *, location: str, day: date | None) -> Feed:
    """Papers of DBLP's XML."""
    root = parse_xml(text, location, _WANTED, roots=_ROOTS)
    entries = [_fields(element) for element in root.iter() if local_name(element) in _KINDS]
    return _READER.whole(numbered(entries, "record"), location=location, day=day)


def parse_dblp_json(text: str, *, location: str, day: date | None) -> Feed:
    """Papers of an answer of DBLP's search."""
    answer = parse_json(text, location, _WANTED)
    hits = object_of(object_of(object_of(answer).get("result")).get("hits"))
    if not hits:
        raise InputError(f"{location} is {shape_of(answer)}; expected {_WANTED}")
    entries = [object_of(hit).get("info") for hit in items_of(hits.get("hit"))]
    return _READER.whole(numbered(entries), location=location, day=day)


def _fields(element: XmlElement) -> dict[str, Any]:
    """Values of a record by name, lists where they repeat."""
    found: dict[str, Any] = {"type": local_name(element)}
    names = list(_authors(element))
    for child in element:
        name = local_name(child)
        if name and name not in ("author", "authors", "editor"):
            found.setdefault(name, flat_text(child))
            if name == "ee":
                found.setdefault("ees", []).append(flat_text(child))
    return found | {"authors": {"author": names}}


def _authors(element: XmlElement) -> Iterator[str]:
    for child in element:
        if local_name(child) == "author":
            yield flat_text(child)
        elif local_name(child) == "authors":
            yield from _authors(child)


def _record(entry: Any, position: str, doubts: Doubts) -> PaperRecord:
    if not isinstance(entry, dict):
        raise UnusableEntryError(f"not an object but {type(entry).__name__}")
    kind = text_of(entry.get("type"))
    if kind in _NO_PAPERS:
        raise UnusableEntryError(f"a record of the kind {kind}, which is no paper")
    title = plain_prose(text_of(entry.get("title")))
    stated = [entry.get("year"), entry.get("month")]
    published = dates_of(stated)
    authors = object_of(entry.get("authors")).get("author")
    links = [*items_of(entry.get("ees")), *items_of(entry.get("ee")), entry.get("ee"), entry.get("doi")]
    pages = [text_of(link) for link in links if isinstance(link, str)]
    volume = text_of(entry.get("volume"))
    return StatedPaper(
        without_final_point(title),
        published=published,
        authors=names_of([authors] if isinstance(authors, dict) else authors),
        pages=pages,
        last_page=text_of(entry.get("url")),
        # Preprints stand under "CoRR" with the volume "abs/1706.03762".
        found=read_identifiers(*pages, volume.removeprefix("abs/") if volume.startswith("abs/") else None),
        venue=next(
            (name for key in ("venue", "journal", "booktitle") if (name := text_of(entry.get(key)))), ""
        ),
        has_unread_date=published == UNDATED and any(map(bool, stated)),
    ).record(position, doubts, "a record without a title")


_READER = EntryReader(SOURCE, _record, row_excerpt)


def _looks_like_xml(head: str) -> bool:
    name = root_name(head)
    return name in ("dblp", "dblpperson", "bht") or (name == "result" and "<hits" in head)


XML = SourceFormat(SOURCE, _looks_like_xml, parsed(parse_dblp_xml))
JSON = SourceFormat(
    SOURCE, lambda head: ("result", "hits", "hit", "[]", "info") in outline(head), parsed(parse_dblp_json)
)
