"""Saved answers of the Daily Papers API: ``https://huggingface.co/api/daily_papers?date=...``.

Three shapes are in circulation: an array of objects (the API's own), an array of strings that each
hold an entry as a Python literal, and an object ``{"status", "date", "count", "data"}`` around such
an array (both left by a crawler around the turn of 2024 to 2025).

An entry is ``{"paper": {...}, "publishedAt": ...}``. The paper's own ``publishedAt`` is the time of
publication. The entry's is another clock, off by hours and still marked ``Z``: it is never read.
"""

from __future__ import annotations

import ast
import json
import re
from datetime import UTC, date, datetime
from typing import Any

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord, paper_id_for
from flows.sources.daily_papers_days import FIRST_YEAR, LAST_YEAR
from flows.sources.entries import EntryReader, numbered
from flows.sources.formats import SourceFormat, parsed
from flows.sources.identifiers import Identifiers
from flows.sources.json_documents import outline
from flows.sources.plain_text import clean_text, excerpt, require_text
from flows.sources.records import Doubts, StatedPaper, UnusableEntryError
from flows.sources.stated_dates import UNDATED

__all__ = ["FORMAT", "SOURCE", "looks_like", "parse_daily_papers_answer"]

SOURCE = "daily-papers"

_WANTED = "a saved answer of the Daily Papers API: a JSON array of entries that each hold a 'paper'"
# Real entries have at most 60,000 characters and 6 levels. ast.literal_eval needs about a hundred
# times the memory of its text and one stack frame a level, so both are bounded before it is called.
_LONGEST_LITERAL = 2_000_000
_DEEPEST_LITERAL = 100
_HIGHEST_COUNT = 1_000_000_000
_LONGEST_NUMBER = 18
_PAGE_ID = re.compile(r"[\w][\w.-]{0,63}", re.ASCII)
_UNTITLED = "a paper without a title"
_NO_TIME = "a paper without a time of publication is kept undated"
_ENTRY_AS_TEXT = re.compile(r"[\[,]\s{0,20}\"\{\s{0,20}(?:'|\\\")paper(?:'|\\\")")


def looks_like(head: str) -> bool:
    r"""Tell whether a file's beginning shows an entry of the Daily Papers API.

    Examples
    --------
    >>> looks_like('[{"paper": {"id": "2503.02'), looks_like("[1, \"{'paper': {'id': '2503.02")
    (True, True)
    >>> looks_like('[{"title": "A list"}]')
    False
    """
    is_shown = bool(outline(head).keys() & {("[]", "paper"), ("data", "[]", "paper")})
    return is_shown or _ENTRY_AS_TEXT.search(head) is not None


def parse_daily_papers_answer(text: str, *, location: str, day: date | None) -> Feed:
    """Papers of one saved answer of the Daily Papers API.

    `records` in the order of the answer (``"entry 1"`` is the first); an empty array is a feed without
    records. An entry that cannot be used is a reject and costs no other entry. Dates are UTC days and
    ``stated``; upvotes are those of the look, which was during `day`.

    `day` is the day that was asked for, where the caller knows it; else the ``date`` of the wrapped shape.

    Raises
    ------
    InputError
        When the text is empty, binary, HTML, broken JSON, or JSON of another shape.

    Examples
    --------
    >>> answer = '[{"paper": {"id": "2503.02130", "title": "A Title", "summary": "Its text."}}]'
    >>> feed = parse_daily_papers_answer(answer, location="2025-03-05.json", day=date(2025, 3, 5))
    >>> feed.records[0].paper_id, feed.records[0].published_basis
    ('arxiv:2503.02130', 'missing')
    """
    answer = _load(require_text(text, location, wanted=_WANTED), location)
    warnings: list[str] = []
    if isinstance(answer, dict):
        stated = _day_of(answer.get("date"))
        if day is not None and stated is not None and day != stated:
            warnings.append(f"{location} says it is of {stated}; its name's day {day} is used")
        day = day or stated
        answer = answer.get("data")
    if not isinstance(answer, list):
        raise InputError(f"{location} is JSON of another shape; expected {_WANTED}")
    feed = _READER.whole(numbered(answer), location=location, day=day, warnings=warnings)
    if feed.rejects and not feed.records and all(one.reason != _UNTITLED for one in feed.rejects):
        raise InputError(
            f"{location} holds no paper among its {len(answer)} entries ("
            f"{feed.rejects[0].position}: {feed.rejects[0].reason}); expected {_WANTED}"
        )
    return feed


def _load(text: str, location: str) -> Any:
    try:
        # Python refuses numbers of thousands of digits: one of them must not cost the other entries.
        return json.loads(text, parse_int=lambda n: int(n) if len(n) <= _LONGEST_NUMBER else None)
    except RecursionError:
        raise InputError(f"{location} is JSON nested too deep; expected {_WANTED}") from None
    except ValueError as error:
        raise InputError(f"{location} is not valid JSON: {error}; expected {_WANTED}") from None


def _paper_of(raw: Any) -> tuple[dict[Any, Any], dict[Any, Any]]:
    entry = _literal(raw) if isinstance(raw, str) else raw
    if not isinstance(entry, dict):
        raise UnusableEntryError(f"not an object but {type(entry).__name__}")
    paper = entry.get("paper")
    if not isinstance(paper, dict) or not paper.keys() & {"id", "summary"}:
        raise UnusableEntryError("no 'paper' object with an 'id' or a 'summary'")
    return entry, paper


def _literal(text: str) -> Any:
    if len(text) > _LONGEST_LITERAL:
        raise UnusableEntryError(f"a text of {len(text):,} characters, more than {_LONGEST_LITERAL:,}")
    # Brackets within strings count too: real entries leave the bound far away.
    depth = deepest = 0
    for bracket in re.findall(r"[(\[{}\])]", text):
        depth += 1 if bracket in "([{" else -1
        deepest = max(deepest, depth)
    if deepest > _DEEPEST_LITERAL:
        raise UnusableEntryError(f"nested more than {_DEEPEST_LITERAL} levels deep")
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise UnusableEntryError("a text that is no Python literal") from None


def _record(raw: Any, position: str, doubts: Doubts) -> PaperRecord:
    entry, paper = _paper_of(raw)
    identifier = _text(paper.get("id"))
    published = _day_of(paper.get("publishedAt"))
    record = StatedPaper(
        _text(paper.get("title")) or _text(entry.get("title")),
        _text(paper.get("summary")) or _text(entry.get("summary")),
        published=UNDATED if published is None else (published, "day"),
        authors=_names(paper.get("authors")),
        upvotes=_count(paper.get("upvotes")),
        organization=_organization(paper.get("organization")) or _organization(entry.get("organization")),
        pages=(f"https://huggingface.co/papers/{identifier}",) if _PAGE_ID.fullmatch(identifier) else (),
        found=Identifiers(arxiv_id=_arxiv_id(identifier)),
    ).record(position, doubts, _UNTITLED)
    if published is None:
        doubts.add(_NO_TIME, position)
    return record


def _text(value: Any) -> str:
    # An id that became a number has lost digits (2401.1230 is 2401.123): it is no text.
    return clean_text(value) if isinstance(value, str) else ""


def _arxiv_id(identifier: str) -> str | None:
    try:
        return paper_id_for("", arxiv_id=identifier).removeprefix("arxiv:")
    except ValueError:
        return None


def _day_of(value: Any) -> date | None:
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value.strip())
        day = (time if time.tzinfo is None else time.astimezone(UTC)).date()
    except (ValueError, OverflowError):
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def _names(value: Any) -> tuple[str, ...]:
    """Take the authors' names in order; hidden ones too, for they signed the paper."""
    if not isinstance(value, list):
        return ()
    names = (_text(author.get("name") if isinstance(author, dict) else author) for author in value)
    return tuple(name for name in names if name)


def _count(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _HIGHEST_COUNT else None


def _organization(value: Any) -> str:
    if isinstance(value, dict):
        return _text(value.get("fullname")) or _text(value.get("name"))
    return _text(value)


def _as_text(raw: Any) -> str:
    try:
        return raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False)
    except RecursionError:
        return ""


_READER = EntryReader(SOURCE, _record, lambda raw: excerpt(_as_text(raw)))


FORMAT = SourceFormat(SOURCE, looks_like, parsed(parse_daily_papers_answer))
