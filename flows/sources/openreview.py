"""Notes of OpenReview, as its API of either version gives them: submissions with their times in milliseconds.

A note of version 2 wraps each value of its content (``{"title": {"value": ...}}``), one of version 1
does not. Notes come in a list (``{"notes": [...], "count": ...}``), an array, by their ids, or one alone.

Which time is that of publication: a note is created (``cdate``; ``tcdate`` by the machine's clock, which
for a paper imported later is long after), becomes public (``odate``) and is published by its venue
(``pdate``). The work appeared when the first of the last two came; where neither is stated, when its
note was created, since venues that state neither create public notes. The modification
``mdate`` is that of the version shown. ``tmdate`` moves with every script of a venue and is never read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.sources.author_names import names_of
from flows.sources.categories import categories_of, clean_venue
from flows.sources.entries import EntryReader, numbered
from flows.sources.fielded import row_excerpt
from flows.sources.formats import SourceFormat, parsed
from flows.sources.identifiers import read_identifiers
from flows.sources.json_documents import date_of, items_of, outline, parse_json, prose_of, shape_of, text_of
from flows.sources.json_lines import lines_format
from flows.sources.plain_text import excerpt
from flows.sources.records import Doubts, StatedPaper, UnusableEntryError
from flows.sources.stated_dates import UNDATED, StatedDate, read_date

__all__ = ["FORMAT", "LINES", "SOURCE", "looks_like", "parse_openreview"]

SOURCE = "openreview"

_WANTED = "an answer of OpenReview's API: notes of submissions"
_ID = re.compile(r"[\w.=+-]{1,64}", re.ASCII)
_BIBTEX_YEAR = re.compile(r"\byear ?= ?[{\"]?(\d{4})\b", re.ASCII)
_WITHDRAWN = re.compile(r"withdrawn", re.IGNORECASE)
# "ICLR 2025 Poster" is read at ICLR 2025; "Submitted to ICLR 2025" is read nowhere.
_SHOWN_AS = re.compile(
    r"(?:[\s,:(-]+(?:conference|conditional|accept|regular|poster|oral|spotlight(?:[ -]?poster)?|presentation"
    r"|notable[ -]top[ -]\d+ ?%))+\W*$",
    re.IGNORECASE,
)
_NOT_READ = re.compile(
    r"submitted to .*|.*\bsubmi(?:tted|ssion)|under review.*|.*\b(?:rejected|withdrawn) by .*", re.IGNORECASE
)
_TIMES = ("odate", "pdate", "cdate", "tcdate")


def looks_like(head: str) -> bool:
    """Tell whether a file's beginning is that of an answer of OpenReview.

    Examples
    --------
    >>> looks_like('{"notes": [{"id": "aBc", "cdate": 1')
    True
    >>> looks_like('{"aBc": {"id": "aBc", "content": {"title": "A')
    True
    >>> looks_like('[{"id": "aBc", "title": "A list", "forum_url": "..."}]')
    False
    """
    found = outline(head)
    if ("notes",) in found and (("notes", "[]") in found or ("count",) in found or len(found) <= 2):
        return True
    if {("name",), ("message",), ("status",)} <= found.keys() and found[("name",)].endswith("Error"):
        return True
    notes = {path[:-2] for path in found if len(path) <= 3 and path[-2:] == ("content", "title")}
    return any(found.keys() & {(*note, "id"), (*note, "forum"), (*note, "cdate")} for note in notes)


def parse_openreview(text: str, *, location: str, day: date | None) -> Feed:
    """Papers of one answer of OpenReview.

    `records` in the order of the answer (``"entry 1"`` is the first). A review, comment or decision is a
    reject. A submission that was withdrawn or deleted is kept and says so. Where no time is stated,
    `published` is the year of the venue's BibTeX entry.

    Raises
    ------
    InputError
        When the text is no JSON, an error of OpenReview, or not of notes.

    Examples
    --------
    >>> times = '"pdate": 1705363200000, "odate": 1697155200000'
    >>> note = f'{{"id": "aBc", {times}, "content": {{"title": {{"value": "A Title"}}}}}}'
    >>> feed = parse_openreview(f'{{"notes": [{note}]}}', location="a.json", day=None)
    >>> feed.records[0].published, feed.records[0].url
    (datetime.date(2023, 10, 13), 'https://openreview.net/forum?id=aBc')
    """
    notes = _notes(parse_json(text, location, _WANTED), location)
    return _READER.whole(numbered(notes), location=location, day=day)


def _notes(answer: object, location: str) -> list[Any]:
    if isinstance(answer, dict) and "notes" not in answer and not isinstance(answer.get("content"), dict):
        if message := text_of(answer.get("message")):
            raise InputError(f"{location} is an error of OpenReview ({excerpt(message)}); change the request")
        notes: object = list(answer.values())
    else:
        notes = answer.get("notes", [answer]) if isinstance(answer, dict) else answer
    is_empty_page = isinstance(answer, dict) and answer.get("notes") == []
    if not isinstance(notes, list) or not (is_empty_page or any(_is_note(note) for note in notes)):
        raise InputError(f"{location} is {shape_of(answer)}, without a note; expected {_WANTED}")
    return notes


def _is_note(note: object) -> bool:
    return isinstance(note, dict) and isinstance(note.get("content"), dict)


def _excerpt(note: object) -> str:
    return row_excerpt(note["content"] if isinstance(note, dict) and _is_note(note) else note)


def _record(note: Any, position: str, doubts: Doubts) -> PaperRecord:
    if not _is_note(note):
        raise UnusableEntryError("not a note with a content")
    content = {name: _value(value) for name, value in note["content"].items()}
    identifier, forum = text_of(note.get("id")), text_of(note.get("forum"))
    if note.get("replyto") or (forum and identifier and forum != identifier):
        raise UnusableEntryError("a review, comment or decision on a submission")
    published = _published(note, content)
    updated, _ = date_of(note.get("mdate"))
    stated = [note.get(name) for name in _TIMES]
    links = (text_of(content.get(name)) for name in ("arxiv", "arxiv_id", "html", "pdf", "ee", "doi"))
    page = forum or identifier
    return StatedPaper(
        prose_of(content.get("title")),
        prose_of(content.get("abstract")),
        published=published,
        updated=updated,
        # While it is reviewed a submission may name its authors so.
        authors=[name for name in names_of(content.get("authors")) if name.casefold() != "anonymous"],
        pages=(f"https://openreview.net/forum?id={page}",) if _ID.fullmatch(page) else (),
        found=read_identifiers(*links),
        categories=categories_of(content.get("keywords")),
        venue=_venue(clean_venue(text_of(content.get("venue")))),
        is_withdrawn=_is_withdrawn(note, content),
        has_unread_date=bool(
            (published == UNDATED and any(stated)) or (updated is None and note.get("mdate"))
        ),
    ).record(position, doubts, "a note without a title")


_READER = EntryReader(SOURCE, _record, _excerpt)


def _value(value: object) -> object:
    return value.get("value") if isinstance(value, Mapping) and "value" in value else value


def _venue(stated: str) -> str:
    """Venue where a paper can be read, without the form in which it is shown there; empty before a decision.

    Examples
    --------
    >>> _venue("ICLR 2024 poster"), _venue("NeurIPS 2023 Oral Poster"), _venue("TMLR")
    ('ICLR 2024', 'NeurIPS 2023', 'TMLR')
    >>> _venue("ICML 2025 spotlightposter"), _venue("NeurIPS 2022 Accept"), _venue("ICLR conditional poster")
    ('ICML 2025', 'NeurIPS 2022', 'ICLR')
    >>> _venue("Submitted to ICLR 2025"), _venue("ICLR 2022 Submitted"), _venue("Rejected by TMLR")
    ('', '', '')
    """
    return "" if _NOT_READ.fullmatch(stated) else _SHOWN_AS.sub("", stated)


def _published(note: Mapping[str, Any], content: Mapping[str, object]) -> StatedDate:
    appeared = [day for name in ("odate", "pdate") if (day := date_of(note.get(name))[0])]
    if appeared:
        return min(appeared), "day"
    for name in ("cdate", "tcdate"):
        stated = date_of(note.get(name))
        if stated != UNDATED:
            return stated
    # Notes that lists on the web keep have lost their times; the venue's own entry names its year.
    year = _BIBTEX_YEAR.search(text_of(content.get("_bibtex")))
    return read_date(year[1]) if year else UNDATED


def _is_withdrawn(note: Mapping[str, Any], content: Mapping[str, object]) -> bool:
    """Whether the venue or the invitation says so, or the note was deleted."""
    invitations = [note.get("invitation"), *items_of(note.get("invitations"))]
    said = (content.get("venue"), content.get("venueid"), *invitations)
    return date_of(note.get("ddate"))[0] is not None or any(_WITHDRAWN.search(text_of(text)) for text in said)


FORMAT = SourceFormat(SOURCE, looks_like, parsed(parse_openreview))
LINES = lines_format(_READER, lambda note: _is_note(note) and bool(note.keys() & {"id", "forum", "cdate"}))
