"""Answers of the Semantic Scholar Graph and Recommendations APIs: ``https://api.semanticscholar.org/...``.

Papers come as a search (``{"total", "offset" or "token", "data"}``), a batch in which null stands for an
id that is not known, recommendations, citations and references (each paper within an object that says
how it is related), or one alone. Only the fields that were asked for are there.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.sources.author_names import names_of
from flows.sources.entries import EntryReader, numbered
from flows.sources.fielded import row_excerpt
from flows.sources.formats import SourceFormat, parsed
from flows.sources.identifiers import Identifiers, read_identifiers
from flows.sources.json_documents import items_of, object_of, outline, parse_json, prose_of, shape_of, text_of
from flows.sources.json_lines import lines_format
from flows.sources.plain_text import excerpt
from flows.sources.records import Doubts, StatedPaper, UnusableEntryError
from flows.sources.stated_dates import UNDATED, read_date

__all__ = ["FORMAT", "LINES", "SOURCE", "looks_like", "next_token", "parse_semantic_scholar"]

SOURCE = "semantic-scholar"

_WANTED = "an answer of Semantic Scholar about papers: a search, a batch, recommendations or one paper"
_FIELDS = "title,abstract,externalIds,publicationDate,year,authors,url,venue,fieldsOfStudy"
_RELATIONS = ("citingPaper", "citedPaper")
_OWN_ID = re.compile(r"[0-9a-f]{40}", re.ASCII)
_RELEASE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PAPER_KEYS = frozenset(("paperId", "corpusId", "corpusid", "title", "externalIds"))
_PLACES: tuple[tuple[str, ...], ...] = ((), ("[]",), ("data", "[]"))
_MARKS = {
    *((*place, name) for place in _PLACES for name in ("paperId", "authorId", *_RELATIONS, "snippet")),
    ("recommendedPapers",),
    ("release_id",),
    ("diffs", "[]", "from_release"),
}


def looks_like(head: str) -> bool:
    """Tell whether a file's beginning is that of an answer of Semantic Scholar, about papers or not.

    Examples
    --------
    >>> looks_like('{"total": 70, "offset": 0, "data": [{"paperId": "7cbc')
    True
    >>> looks_like('{"status": "success", "date": "2025-01-10", "count": 1, "data": ["{')
    False
    """
    found = outline(head)
    keys = {path[0] for path in found if path and path[0] != "[]"}
    if _MARKS & found.keys() or keys in ({"error"}, {"message"}) or {"name", "README", "files"} <= keys:
        return True
    if keys:
        # A page without a paper.
        return (
            "total" in keys or "offset" in keys
            if keys <= {"total", "offset", "token", "next", "data"}
            else False
        )
    # A list of releases holds days alone; a day among papers is one bad entry.
    return len(found) == 2 and _RELEASE.fullmatch(found.get(("[]",), "")) is not None


def parse_semantic_scholar(text: str, *, location: str, day: date | None) -> Feed:
    """Papers of one answer of Semantic Scholar.

    `records` in the order of the answer (``"entry 1"`` is the first); none for an empty page. The null of a
    batch, and a paper without a title, is a reject. `published` is the ``publicationDate``, else the year.

    Raises
    ------
    InputError
        When the text is no JSON, an error of the service, about something else than papers, or
        when no paper has the field ``title`` because it was not asked for.

    Examples
    --------
    >>> answer = '[{"title": "A Title", "externalIds": {"ArXiv": "2503.02130"}, "year": 2025}]'
    >>> feed = parse_semantic_scholar(answer, location="a.json", day=None)
    >>> feed.records[0].paper_id, feed.records[0].published_precision
    ('arxiv:2503.02130', 'year')
    """
    papers = _papers(parse_json(text, location, _WANTED), location)
    return _READER.whole(numbered(papers), location=location, day=day)


def next_token(text: str) -> str | None:
    """Token that asks a bulk search for the papers after those of an answer, None at the end.

    Examples
    --------
    >>> next_token('{"total": 2674, "token": "PCOK", "data": []}'), next_token('{"total": 0, "data": []}')
    ('PCOK', None)
    """
    answer = parse_json(text, "the answer", _WANTED)
    _require_no_error(answer, "the answer")
    token = object_of(answer).get("token")
    return token if isinstance(token, str) and token else None


def _require_no_error(answer: object, location: str) -> None:
    error = object_of(answer)
    message = text_of(error.get("error")) or text_of(error.get("message"))
    if message and not error.keys() & {"data", "paperId", "recommendedPapers"}:
        raise InputError(
            f"{location} is an error of Semantic Scholar ({excerpt(message)}); change the request"
        )


def _papers(answer: object, location: str) -> list[Any]:
    """Give the papers of an answer of any shape; what else it is about is refused by its name."""
    _require_no_error(answer, location)
    entries = answer
    if isinstance(answer, dict):
        entries = answer.get("recommendedPapers", answer.get("data"))
        # The answer to a search that finds nothing has no "data".
        if entries is None:
            is_page = answer.keys() & {"total", "offset"} and "paperId" not in answer
            entries = [] if is_page else [answer]
    if not isinstance(entries, list):
        raise InputError(f"{location} is {shape_of(answer)}; expected {_WANTED}")
    papers = [_related(entry) for entry in entries]
    objects = [paper for paper in papers if isinstance(paper, dict)]
    kinds = [_other_kind(paper) for paper in papers if paper is not None]
    if kinds and all(kinds):
        raise InputError(f"{location} holds {kinds[0]} of Semantic Scholar; expected {_WANTED}")
    if objects and not any("title" in paper for paper in objects):
        raise InputError(f"{location} holds papers without the field title; ask with fields={_FIELDS}")
    return papers


def _related(entry: object) -> object:
    if isinstance(entry, dict) and "paperId" not in entry:
        return next((entry[name] for name in _RELATIONS if name in entry), entry)
    return entry


def _other_kind(entry: object) -> str:
    """What an entry holds, empty for a paper."""
    if isinstance(entry, str) and _RELEASE.fullmatch(entry):
        return "releases or data sets"
    if not isinstance(entry, dict):
        return f"{shape_of(entry)} in place of a paper"
    if "snippet" in entry:
        return "snippets of text"
    if "authorId" in entry:
        return "authors"
    if entry.keys() & {"release_id", "diffs", "README"}:
        return "releases or data sets"
    return "" if entry.keys() & _PAPER_KEYS else f"{shape_of(entry)} in place of a paper"


def _record(paper: Any, position: str, doubts: Doubts) -> PaperRecord:
    if paper is None:
        raise UnusableEntryError("an id that Semantic Scholar does not know")
    if kind := _other_kind(paper):
        raise UnusableEntryError(kind)
    stated = [text_of(paper.get(name)) for name in ("publicationDate", "publicationdate", "year")]
    published = next((found for text in stated if (found := read_date(text)) != UNDATED), UNDATED)
    own_id = text_of(paper.get("paperId"))
    return StatedPaper(
        prose_of(paper.get("title")),
        prose_of(paper.get("abstract")),
        published=published,
        authors=names_of(paper.get("authors")),
        categories=_fields(paper),
        venue=text_of(paper.get("venue")) or text_of(object_of(paper.get("journal")).get("name")),
        pages=(text_of(paper.get("url")),),
        last_page=f"https://www.semanticscholar.org/paper/{own_id}" if _OWN_ID.fullmatch(own_id) else "",
        found=_identifiers(paper),
        has_unread_date=published == UNDATED and any(map(bool, stated)),
    ).record(position, doubts, "a paper without a title")


_READER = EntryReader(SOURCE, _record, row_excerpt)


def _fields(paper: dict[str, Any]) -> list[str]:
    named = [text_of(one) for one in items_of(paper.get("fieldsOfStudy") or paper.get("fieldsofstudy"))]
    given = items_of(paper.get("s2FieldsOfStudy") or paper.get("s2fieldsofstudy"))
    return named or [text_of(object_of(one).get("category")) for one in given]


def _identifiers(paper: dict[str, Any]) -> Identifiers:
    ids = object_of(paper.get("externalIds") or paper.get("externalids"))
    link = text_of(object_of(paper.get("openAccessPdf")).get("url"))
    # A number here would have lost digits; the parsed document holds none with a point.
    found = read_identifiers(text_of(ids.get("ArXiv")), text_of(ids.get("DOI")), link)
    # The version that an address names need not be the one whose text is shown.
    return replace(found, version=None)


FORMAT = SourceFormat(SOURCE, looks_like, parsed(parse_semantic_scholar))
LINES = lines_format(_READER, lambda paper: "title" in paper and bool(paper.keys() & {"paperId", "corpusid"}))
