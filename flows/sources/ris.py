"""Bibliographies in RIS, as Zotero, EndNote, Mendeley and publishers' pages export them.

The rispy library reads a record; records are parted here, because over a whole text it loses one
that does not end and everything that stands between records. A record without its ``ER`` ends where
the next begins. Continuation lines are joined here too: the library takes time that grows with the
square of their number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import rispy

from analytics.papers import Feed, PaperRecord, RejectedRecord
from flows.sources.entries import EntryReader
from flows.sources.formats import SourceFile, SourceFormat
from flows.sources.identifiers import Identifiers, read_identifiers
from flows.sources.plain_text import clean_text, excerpt
from flows.sources.records import Doubts, StatedPaper, UnusableEntryError
from flows.sources.stated_dates import UNDATED, StatedDate, read_date
from flows.sources.text_lines import Line, read_lines
from flows.sources.xml_documents import unwrap_markup

__all__ = ["FORMAT", "SOURCE", "SUFFIXES", "looks_like", "read_ris"]

SOURCE = "ris"
SUFFIXES = (".ris",)

_MOST_LINES = 20_000
_MOST_CHARACTERS = 8 * 1024 * 1024
_HEAD = re.compile(r"^TY {1,3}- {0,3}[A-Z]", re.MULTILINE)
# Publishers write one space or three where the format has two, and leave the last one out.
_TAG_LINE = re.compile(r" {0,4}([A-Z][A-Z0-9]) {1,3}-(?: (.*)|$)", re.DOTALL)
_NO_PAPERS = ("JFULL", "SER")


def looks_like(head: str) -> bool:
    r"""Tell whether a text is RIS: whether a line says of what type a record is.

    Parameters
    ----------
    head : str
        The beginning of the file.

    Examples
    --------
    >>> looks_like("TY  - JOUR\nTI  - Agents\nER  - \n"), looks_like("TY - a thank you")
    (True, False)
    """
    return _HEAD.search(head.removeprefix("\ufeff")) is not None


def read_ris(file: SourceFile) -> Iterator[Feed]:
    """Read the papers of a RIS file.

    ``published`` is read from ``DA``, else ``PY`` or ``Y1``; ``Y2``, the day of access, is no date
    of the work. A whole journal or a series is no paper.

    Parameters
    ----------
    file : SourceFile

    Yields
    ------
    Feed
        In parts; ``"line 12"`` is where a record begins. A record without a title, lines outside
        any record, and a record with a byte that is not UTF-8 are rejects.

    Raises
    ------
    InputError
        When the file cannot be read, is empty or holds no paper.
    """
    return _READER.parts(_entries(file), file)


def _entries(file: SourceFile) -> Iterator[tuple[str, list[Line]] | RejectedRecord]:
    for lines in _parted(read_lines(file)):
        position = f"line {lines[0].number}"
        shown = _shown(lines)
        fault = next((line.fault for line in lines if line.fault), "")
        if _tag_of(lines[0]) != "TY":
            yield RejectedRecord(position, fault or "lines outside any record", shown)
        elif fault or _is_too_long(lines):
            reason = (
                f"a record with {fault}" if fault else f"a record longer than {_MOST_LINES:,} lines or 8 MB"
            )
            yield RejectedRecord(position, reason, shown)
        else:
            yield position, lines


def _is_too_long(lines: list[Line]) -> bool:
    return len(lines) > _MOST_LINES or sum(len(line.text) for line in lines) > _MOST_CHARACTERS


def _parted(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """Part lines into records, and the runs of lines that stand outside any; blank ones left out there."""
    held: list[Line] = []
    is_inside, n_characters = False, 0
    for line in lines:
        tag = _tag_of(line)
        if tag == "TY" or (not is_inside and tag == "ER"):
            if held:
                yield held
            held, is_inside, n_characters = [], tag == "TY", 0
        if tag == "ER":
            if held:
                yield held
            held, is_inside = [], False
        # What is just more than allowed tells that a record is too long, and keeps memory bounded.
        elif (
            (is_inside or line.text.strip()) and len(held) <= _MOST_LINES and n_characters <= _MOST_CHARACTERS
        ):
            held.append(line)
            n_characters += len(line.text)
    if held:
        yield held


def _tag_of(line: Line) -> str:
    # A mark of byte order stands in the middle of files that were joined.
    match = _TAG_LINE.match(line.text.lstrip("\ufeff"))
    return match[1] if match else ""


def _shown(lines: list[Line]) -> str:
    return excerpt("\n".join(line.text for line in lines[:20]))


def _record(lines: list[Line], position: str, doubts: Doubts) -> PaperRecord:
    fields = _fields(lines)
    if fields.get("type_of_reference") in _NO_PAPERS:
        raise UnusableEntryError("a record of a whole journal or series, which is no paper")
    published = _date(fields)
    names = [_name(author) for author in [*fields.get("authors", ()), *fields.get("first_authors", ())]]
    return StatedPaper(
        _text(fields, "title", "primary_title", "translated_title"),
        _text(fields, "abstract", "notes_abstract"),
        published=published,
        authors=tuple(dict.fromkeys(name for name in names if name)),
        pages=fields.get("urls", ()),
        found=_identifiers(fields),
        remarks=[unwrap_markup(note) for note in (*fields.get("notes", ()), fields.get("note", ""))],
        has_unread_date=published == UNDATED
        and any(fields.get(name) for name in ("date", "year", "publication_year")),
    ).record(position, doubts, "a record without a title")


_READER = EntryReader(SOURCE, _record, _shown)


def _fields(lines: list[Line]) -> dict[str, Any]:
    """Fields of one record under rispy's names, from lines of exactly the form that it reads."""
    tagged: list[tuple[str, list[str]]] = []
    for line in lines:
        match = _TAG_LINE.match(line.text.lstrip("\ufeff"))
        if match:
            tagged.append((match[1], [match[2] or ""]))
        elif tagged:
            tagged[-1][1].append(line.text)
    written = [f"{tag}  - {clean_text(' '.join(parts))}" for tag, parts in tagged]
    (fields,) = rispy.loads("\n".join([*written, "ER  - ", ""]))
    return dict(fields)


def _text(fields: dict[str, Any], *names: str) -> str:
    return next((text for name in names if (text := unwrap_markup(fields.get(name, "")))), "")


def _date(fields: dict[str, Any]) -> StatedDate:
    """First date that can be read; RIS ends one with slashes (``2019/03//``), and words may follow them."""
    for name in ("date", "year", "publication_year"):
        written = clean_text(fields.get(name, ""))
        numbers = [part.strip() for part in written.split("/")][:3]
        while numbers and not numbers[-1]:
            numbers.pop()
        for text in ("-".join(numbers), written):
            stated = read_date(text)
            if stated != UNDATED:
                return stated
    return UNDATED


def _name(written: str) -> str:
    """``First Last`` of ``Last, First, Suffix``."""
    last, *others = (part.strip() for part in clean_text(written).split(","))
    return " ".join(part for part in (*others[:1], last, *others[1:2]) if part)


def _identifiers(fields: dict[str, Any]) -> Identifiers:
    names = ("doi", "accession_number", "number", "custom1", "custom7", "label", "alternate_title2", "note")
    others = (fields.get(name, "") for name in names)
    journals = (fields.get(name, "") for name in ("journal_name", "alternate_title3", "secondary_title"))
    titles = (journal.casefold().removeprefix("arxiv preprint ") for journal in journals)
    return read_identifiers(*others, *fields.get("urls", ()), *titles, *fields.get("notes", ()))


FORMAT = SourceFormat(SOURCE, looks_like, read_ris, SUFFIXES)
