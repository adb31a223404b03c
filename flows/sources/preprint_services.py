"""Answers of Europe PMC and of bioRxiv and medRxiv, whose services tell biology's preprints and papers.

An entry of bioRxiv is one version of a preprint, dated by its posting: only the first version's day is the
day on which the work appeared.
"""

from __future__ import annotations

from collections.abc import Callable
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
    dates_of,
    items_of,
    object_of,
    outline,
    parse_json,
    prose_of,
    shape_of,
    text_of,
)
from flows.sources.json_lines import lines_format
from flows.sources.plain_text import excerpt, without_final_point
from flows.sources.records import Doubts, StatedPaper, UnusableEntryError
from flows.sources.stated_dates import UNDATED, read_date

__all__ = [
    "BIORXIV",
    "BIORXIV_LINES",
    "BIORXIV_SOURCE",
    "EUROPE_PMC",
    "EUROPE_PMC_LINES",
    "EUROPE_PMC_SOURCE",
    "next_biorxiv_cursor",
    "next_europe_pmc_cursor",
    "parse_biorxiv",
    "parse_europe_pmc",
]

BIORXIV_SOURCE = "biorxiv"
EUROPE_PMC_SOURCE = "europe-pmc"

_BIORXIV_WANTED = "an answer of bioRxiv or medRxiv: an object with a collection of preprints"
_EUROPE_PMC_WANTED = "an answer of Europe PMC: an object with a list of results"
_RESULT = ("resultList", "result")
_ERROR_MARK = "errCode"


def parse_biorxiv(text: str, *, location: str, day: date | None) -> Feed:
    """Preprints of one answer of bioRxiv or medRxiv.

    Raises
    ------
    InputError
        When the text is no JSON or holds no collection.

    Examples
    --------
    >>> entry = '{"doi": "10.1101/2019.09.12.1", "title": "A Title", "date": "2019-09-12", "version": "1"}'
    >>> feed = parse_biorxiv(f'{{"collection": [{entry}]}}', location="a.json", day=None)
    >>> feed.records[0].published
    datetime.date(2019, 9, 12)
    """
    answer = object_of(parse_json(text, location, _BIORXIV_WANTED))
    if not isinstance(answer.get("collection"), list):
        raise InputError(f"{location} is {shape_of(answer)}; expected {_BIORXIV_WANTED}")
    return _BIORXIV.whole(numbered(answer["collection"]), location=location, day=day)


def next_biorxiv_cursor(text: str) -> str | None:
    """Number of the first entry after those of an answer, None at the end."""
    answer = object_of(parse_json(text, "the answer", _BIORXIV_WANTED))
    message = object_of(next(iter(items_of(answer.get("messages"))), None))
    n_shown = len(items_of(answer.get("collection")))
    cursor, total = (text_of(message.get(name)) for name in ("cursor", "total"))
    if not n_shown or not (cursor.isdecimal() and total.isdecimal()):
        return None
    following = int(cursor) + n_shown
    return str(following) if following < int(total) else None


def parse_europe_pmc(text: str, *, location: str, day: date | None) -> Feed:
    """Papers of one answer of Europe PMC.

    Raises
    ------
    InputError
        When the text is no JSON, an error of the service, or holds no results.

    Examples
    --------
    >>> entry = '{"id": "1", "source": "MED", "title": "A Title.", "firstPublicationDate": "2019-09-12"}'
    >>> feed = parse_europe_pmc(f'{{"resultList": {{"result": [{entry}]}}}}', location="a.json", day=None)
    >>> feed.records[0].title, feed.records[0].url
    ('A Title', 'https://europepmc.org/article/MED/1')
    """
    answer = object_of(parse_json(text, location, _EUROPE_PMC_WANTED))
    if _ERROR_MARK in answer:
        message = excerpt(text_of(answer.get("errMsg")))
        raise InputError(f"{location} is an error of Europe PMC ({message}); change the query")
    results = object_of(answer.get("resultList")).get("result")
    if not isinstance(results, list):
        raise InputError(f"{location} is {shape_of(answer)}; expected {_EUROPE_PMC_WANTED}")
    return _EUROPE_PMC.whole(numbered(results), location=location, day=day)


def next_europe_pmc_cursor(text: str) -> str | None:
    """Mark that asks Europe PMC for the results after those of an answer, None at the end."""
    answer = object_of(parse_json(text, "the answer", _EUROPE_PMC_WANTED))
    has_results = bool(items_of(object_of(answer.get("resultList")).get("result")))
    cursor = answer.get("nextCursorMark")
    return cursor if isinstance(cursor, str) and has_results else None


def _preprint(entry: Any, position: str, doubts: Doubts) -> PaperRecord:
    entry = _object(entry)
    stated = read_date(text_of(entry.get("date")))
    version, doi = text_of(entry.get("version")), text_of(entry.get("doi"))
    is_first = version in ("", "1")
    server = "medrxiv" if text_of(entry.get("server")).casefold() == "medrxiv" else "biorxiv"
    return StatedPaper(
        prose_of(entry.get("title")),
        prose_of(entry.get("abstract")),
        published=stated if is_first else UNDATED,
        updated=None if is_first else stated[0],
        authors=names_of(entry.get("authors")),
        pages=(f"https://www.{server}.org/content/{doi}",) if doi else (),
        found=read_identifiers(doi),
        categories=(text_of(entry.get("category")),),
        is_withdrawn="withdrawn" in text_of(entry.get("type")).casefold(),
        has_unread_date=stated == UNDATED and bool(entry.get("date")),
    ).record(position, doubts)


def _result(entry: Any, position: str, doubts: Doubts) -> PaperRecord:
    entry = _object(entry)
    title = prose_of(entry.get("title"))
    issue = object_of(entry.get("journalInfo"))
    stated = [entry.get("firstPublicationDate"), issue.get("printPublicationDate"), entry.get("pubYear")]
    published = dates_of(stated)
    listed = object_of(entry.get("authorList")).get("author")
    source, number = text_of(entry.get("source")), text_of(entry.get("id"))
    return StatedPaper(
        without_final_point(title),
        prose_of(entry.get("abstractText")),
        published=published,
        authors=names_of(listed) or names_of(text_of(entry.get("authorString")).removesuffix(".")),
        pages=(f"https://europepmc.org/article/{source}/{number}",)
        if source.isalpha() and number.isalnum()
        else (),
        found=read_identifiers(text_of(entry.get("doi"))),
        categories=[text_of(one) for one in items_of(object_of(entry.get("keywordList")).get("keyword"))],
        venue=text_of(object_of(issue.get("journal")).get("title")) or text_of(entry.get("journalTitle")),
        is_withdrawn="retracted publication"
        in text_of(object_of(entry.get("pubTypeList")).get("pubType")).casefold(),
        has_unread_date=published == UNDATED and any(map(bool, stated)),
    ).record(position, doubts)


def _object(entry: Any) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise UnusableEntryError(f"not an object but {type(entry).__name__}")
    return entry


def _is_europe_pmc(head: str) -> bool:
    keys = outline(head).keys()
    return keys >= {("resultList",), _RESULT} or keys >= {(_ERROR_MARK,), ("errMsg",)}


def _holds(*paths: tuple[str, ...]) -> Callable[[str], bool]:
    return lambda head: outline(head).keys() >= set(paths)


_BIORXIV = EntryReader(BIORXIV_SOURCE, _preprint, row_excerpt)
_EUROPE_PMC = EntryReader(EUROPE_PMC_SOURCE, _result, row_excerpt)

BIORXIV = SourceFormat(BIORXIV_SOURCE, _holds(("collection",), ("messages",)), parsed(parse_biorxiv))
BIORXIV_LINES = lines_format(_BIORXIV, lambda entry: entry.keys() >= {"doi", "title", "server", "version"})
EUROPE_PMC = SourceFormat(EUROPE_PMC_SOURCE, _is_europe_pmc, parsed(parse_europe_pmc))
EUROPE_PMC_LINES = lines_format(_EUROPE_PMC, lambda entry: entry.keys() >= {"id", "source", "authorString"})
