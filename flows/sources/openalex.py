"""Answers of OpenAlex: ``https://api.openalex.org/works?...``, lists of works and single works.

OpenAlex gives an abstract as an index of its words. Its ``publication_date`` is the earliest that it
knows; where it knows the year alone it says 1 January. Its ``updated_date`` is the catalogue's own
clock and is never read.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.sources.entries import EntryReader, numbered
from flows.sources.fielded import row_excerpt
from flows.sources.formats import SourceFormat, parsed
from flows.sources.identifiers import Identifiers, read_identifiers
from flows.sources.json_documents import (
    count_of,
    items_of,
    object_of,
    outline,
    parse_json,
    prose_of,
    shape_of,
    text_of,
)
from flows.sources.json_lines import lines_format
from flows.sources.plain_text import clean_text, excerpt
from flows.sources.records import Doubts, StatedPaper, UnusableEntryError
from flows.sources.stated_dates import UNDATED, StatedDate, read_date

__all__ = ["FORMAT", "LINES", "SOURCE", "looks_like", "next_cursor", "parse_openalex"]

SOURCE = "openalex"

_WANTED = "an answer of OpenAlex about works: a list, or one work"
_ENTITY = re.compile(r"https?://(?:api\.)?openalex\.org/(?:[a-z-]+/)?([A-Z]?)\d+", re.ASCII | re.IGNORECASE)
_KINDS = {
    "A": "an author",
    "S": "a source",
    "I": "an institution",
    "T": "a topic",
    "P": "a publisher",
    "F": "a funder",
    "C": "a concept",
}
# What OpenAlex counts among its works although it reports no research of its own, or no text.
_NO_PAPERS = frozenset(
    (
        "paratext",
        "peer-review",
        "erratum",
        "retraction",
        "grant",
        "dataset",
        "software",
        "supplementary-materials",
    )
)
_META = {("meta", name) for name in ("db_response_time_ms", "per_page", "next_cursor", "groups_count")}


def looks_like(head: str) -> bool:
    """Tell whether a file's beginning is that of an answer of OpenAlex, about works or not.

    Examples
    --------
    >>> looks_like('{"meta": {"count": 1, "db_response_time_ms": 4}, "results": [')
    True
    >>> looks_like('[{"id": "https://openalex.org/W27", "doi'), looks_like('{"data": []}')
    (True, False)
    """
    found = outline(head)
    ids = (found.get((*path, "id"), "") for path in ((), ("[]",), ("results", "[]")))
    if any(_ENTITY.match(identifier) for identifier in ids) or _META & found.keys():
        return True
    return found.keys() - {()} == {("error",), ("message",)}


def parse_openalex(text: str, *, location: str, day: date | None) -> Feed:
    """Papers of one answer of OpenAlex.

    `records` in the order of the answer (``"entry 1"`` is the first); none for an empty list. A work that is
    no paper, such as a dataset or an erratum, is a reject. `organization` is that of all authors, None where
    they have several. `updated` and `version` are not known.

    The text is a list (``{"meta": ..., "results": [...]}``), an array of works, or a single work.

    Raises
    ------
    InputError
        When the text is no JSON, an error of OpenAlex, or about something else than works.

    Examples
    --------
    >>> work = '{"id": "https://openalex.org/W27", "title": "A Title", "publication_date": "2019-01-01"}'
    >>> feed = parse_openalex(work, location="a.json", day=None)
    >>> feed.records[0].published, feed.records[0].published_precision
    (datetime.date(2019, 1, 1), 'year')
    """
    works = _works(parse_json(text, location, _WANTED), location)
    return _READER.whole(numbered(works), location=location, day=day)


def next_cursor(text: str) -> str | None:
    """Cursor that asks OpenAlex for the works after those of a list, None at the end.

    Examples
    --------
    >>> next_cursor('{"meta": {"next_cursor": "Ilsz"}, "results": []}'), next_cursor('{"results": []}')
    ('Ilsz', None)
    """
    answer = parse_json(text, "the answer", _WANTED)
    _works(answer, "the answer")
    cursor = object_of(object_of(answer).get("meta")).get("next_cursor")
    return cursor if isinstance(cursor, str) and cursor else None


def _works(answer: object, location: str) -> list[Any]:
    """Give the works of an answer of any shape; what else it is about is refused by its name."""
    if isinstance(answer, dict) and "error" in answer:
        message = ": ".join(text for name in ("error", "message") if (text := text_of(answer.get(name))))
        raise InputError(f"{location} is an error of OpenAlex ({excerpt(message)}); change the query")
    if isinstance(answer, dict) and items_of(answer.get("group_by")):
        raise InputError(f"{location} holds OpenAlex's counts of groups; ask without group_by for {_WANTED}")
    works = answer.get("results", [answer]) if isinstance(answer, dict) else answer
    if not isinstance(works, list):
        raise InputError(f"{location} is {shape_of(answer)}; expected {_WANTED}")
    kinds = [_other_kind(work) for work in works]
    if works and all(kinds):
        raise InputError(f"{location} is about {kinds[0]} of OpenAlex; expected {_WANTED}")
    return works


def _other_kind(work: object) -> str:
    """What an entry is about, empty for a work."""
    if not isinstance(work, dict):
        return f"{shape_of(work)}, no work"
    entity = _ENTITY.match(text_of(work.get("id")))
    if entity is None:
        is_work = {"title", "publication_year", "publication_date", "abstract_inverted_index"} & work.keys()
        return "" if is_work else f"{shape_of(work)}, no work"
    return "" if entity[1].upper() == "W" else _KINDS.get(entity[1].upper(), "a subject")


def _record(work: Any, position: str, doubts: Doubts) -> PaperRecord:
    if kind := _other_kind(work):
        raise UnusableEntryError(f"{kind} among works")
    kind = text_of(work.get("type"))
    if kind in _NO_PAPERS or work.get("is_paratext") is True:
        raise UnusableEntryError(f"a work of the type {kind or 'paratext'}, which is no paper")
    published = _published(work)
    authorships = [object_of(item) for item in items_of(work.get("authorships"))]
    names = (
        text_of(object_of(item.get("author")).get("display_name")) or text_of(item.get("raw_author_name"))
        for item in authorships
    )
    landing = text_of(object_of(work.get("primary_location")).get("landing_page_url"))
    return StatedPaper(
        prose_of(work.get("title")) or prose_of(work.get("display_name")),
        _abstract(work.get("abstract_inverted_index")),
        published=published,
        authors=[name for name in names if name],
        # A list gives the first 100 authors of a work only, and says so.
        has_all_authors=work.get("is_authors_truncated") is not True,
        n_authors=count_of(work.get("authors_count")),
        organization=_organization(authorships),
        categories=_fields(work),
        venue=_venue(work),
        pages=(landing,),
        last_page=text_of(work.get("id")),
        found=_identifiers(work),
        is_withdrawn=work.get("is_retracted") is True,
        has_unread_date=published == UNDATED
        and bool(work.get("publication_date") or work.get("publication_year")),
    ).record(position, doubts, "a work without a title")


_READER = EntryReader(SOURCE, _record, row_excerpt)


def _published(work: dict[str, Any]) -> StatedDate:
    stated = read_date(text_of(work.get("publication_date")))
    if stated == UNDATED:
        return read_date(text_of(work.get("publication_year")))
    published, precision = stated
    is_new_year = published is not None and (published.month, published.day) == (1, 1)
    return (published, "year") if is_new_year else (published, precision)


def _abstract(index: object) -> str:
    """Words of an index in the order of their places.

    Pairs are sorted: a place may be any number, and nothing is laid out by it.
    """
    places: list[tuple[int, str]] = []
    for word, stated in object_of(index).items():
        places += [
            (place, word)
            for place in items_of(stated)
            if isinstance(place, int) and not isinstance(place, bool) and place >= 0
        ]
    places.sort(key=lambda pair: pair[0])
    return prose_of(clean_text(" ".join(word for _, word in places)))


def _organization(authorships: list[dict[str, Any]]) -> str:
    # The first author's institution would be one of many: a paper has an organization of its own
    # only when everybody who wrote it belongs to it.
    names = {
        text_of(object_of(next(iter(items_of(item.get("institutions"))), None)).get("display_name"))
        for item in authorships
    }
    return names.pop() if len(names) == 1 else ""


def _fields(work: dict[str, Any]) -> list[str]:
    """Fields of study: those of OpenAlex's topics, else its older concepts of the two widest levels."""
    topics = [object_of(topic) for topic in items_of(work.get("topics")) or [work.get("primary_topic")]]
    fields = [text_of(object_of(topic.get("subfield")).get("display_name")) for topic in topics]
    if not any(fields):
        concepts = map(object_of, items_of(work.get("concepts")))
        fields = [text_of(one.get("display_name")) for one in concepts if one.get("level") in (0, 1)]
    return fields


def _venue(work: dict[str, Any]) -> str:
    """Journal or conference: the first place of the work that is no repository."""
    sources = [object_of(place.get("source")) for place in _locations(work)]
    named = [one for one in sources if text_of(one.get("type")) in ("journal", "conference", "book series")]
    return text_of(next(iter(named), {}).get("display_name"))


def _locations(work: dict[str, Any]) -> list[dict[str, Any]]:
    first = (work.get("primary_location"), work.get("best_oa_location"))
    return [object_of(item) for item in (*first, *items_of(work.get("locations")))]


def _identifiers(work: dict[str, Any]) -> Identifiers:
    ids = object_of(work.get("ids"))
    places = [
        text_of(place.get(name))
        for place in _locations(work)
        for name in ("landing_page_url", "pdf_url", "id")
    ]
    # A location's "id" says "doi:...", or "pmh:oai:arXiv.org:..." after the protocol of its harvest.
    places = [place.removeprefix("pmh:") for place in places]
    found = read_identifiers(
        text_of(work.get("doi")), text_of(ids.get("doi")), text_of(ids.get("arxiv")), *places
    )
    # The version that an address names need not be the one whose text is shown.
    return replace(found, version=None)


FORMAT = SourceFormat(SOURCE, looks_like, parsed(parse_openalex))
LINES = lines_format(
    _READER, lambda work: _ENTITY.match(text_of(work.get("id"))) is not None and not _other_kind(work)
)
