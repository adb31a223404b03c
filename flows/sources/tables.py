"""Rows under a header, whatever wrote them: text with delimiters, a workbook, a table of Markdown.

What exports do to tables is dealt with once: lines above the header, the header again in the middle of a
joined file, rows with more cells than the header names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from analytics.exceptions import InputError
from analytics.papers import PaperRecord, RejectedRecord
from flows.sources.entries import EntryReader
from flows.sources.field_names import FieldMap, match_fields
from flows.sources.fielded import record_of, row_excerpt
from flows.sources.identifiers import clean_doi
from flows.sources.json_documents import date_of, text_of
from flows.sources.plain_text import clean_text, excerpt
from flows.sources.records import Doubts
from flows.sources.stated_dates import UNDATED

__all__ = ["Header", "TableEntry", "column_names", "header_of", "names_titles", "table_entry", "table_reader"]

_LONGEST_NAME = 100
_FEWEST_BELOW_TEXT = 4


class Header(NamedTuple):
    """Names of the columns, each once, and which of them hold what."""

    names: list[str]
    fields: FieldMap
    repeated: list[str]


TableEntry = tuple[Mapping[str, Any], FieldMap]
"""One row by the names of its columns, and what they hold."""


def names_titles(names: Sequence[str], *, is_first: bool = True) -> bool:
    """Tell whether these could be names of columns, one of them of titles.

    Below other lines a header needs four names: text may hold the word.

    Examples
    --------
    >>> names_titles(["Title", "Year"]), names_titles(["Title", "Year"], is_first=False)
    (True, False)
    """
    if len(names) < (2 if is_first else _FEWEST_BELOW_TEXT) or max(map(len, names)) > _LONGEST_NAME:
        return False
    try:
        match_fields(names, {}, location="")
    except InputError:
        return False
    return True


def header_of(cells: Iterable[object], given: Mapping[str, str], *, location: str) -> Header:
    """Read the row of names."""
    names, repeated = column_names(cells)
    return Header(names, match_fields(names, given, location=location), repeated)


def column_names(cells: Iterable[object]) -> tuple[list[str], list[str]]:
    """Names of all columns, each once, and those that the header repeats."""
    names: list[str] = []
    repeated: list[str] = []
    seen: set[str] = set()
    for number, cell in enumerate(cells, start=1):
        name = clean_text(cell) if isinstance(cell, str) else text_of(cell)
        if name in seen:
            repeated.append(name)
        # A name that matches no field keeps the place of one that is empty or repeated.
        names.append(f"column {number}" if not name or name in seen else name)
        seen.add(name)
    return names, list(dict.fromkeys(name for name in repeated if name))


def table_entry(
    cells: Sequence[object], header: Header, position: str, shown: str
) -> tuple[str, TableEntry] | RejectedRecord | Header | None:
    """What a row under a header is: an entry, a reject, another header, or nothing where all is empty.

    A row with more cells than names is an entry when what is under the names of days and DOIs fits them:
    then the surplus lies behind the columns that count.
    """
    if not any(_is_there(cell) for cell in cells):
        return None
    if another := _header_again(cells, header):
        return another
    row = dict(zip(header.names, cells, strict=False))
    if any(_is_there(cell) for cell in cells[len(header.names) :]) and not _is_aligned(row, header.fields):
        reason = f"a row of {len(cells)} cells under {len(header.names)} names of columns"
        return RejectedRecord(position, reason, excerpt(shown))
    return position, (row, header.fields)


def table_reader(source: str) -> EntryReader:
    """Reader of the entries of a table."""
    return EntryReader(source, _record, lambda entry: row_excerpt(entry[0]))


def _record(entry: TableEntry, position: str, doubts: Doubts) -> PaperRecord:
    return record_of(entry[0], position, doubts, entry[1])


def _is_there(cell: object) -> bool:
    return cell is not None and cell != ""


def _header_again(cells: Sequence[object], header: Header) -> Header | None:
    """Header that stands within the rows, as in files that were joined."""
    texts = [clean_text(cell) if isinstance(cell, str) else "" for cell in cells]
    if texts == header.names[: len(texts)]:
        return header
    if not names_titles(texts) or sum(map(bool, texts)) < 3:
        return None
    found = header_of(texts, {}, location="")
    known = ("abstract", "authors", "published", "doi", "url")
    return found if sum(bool(getattr(found.fields, name)) for name in known) >= 2 else None


def _is_aligned(row: Mapping[str, object], fields: FieldMap) -> bool:
    """Whether what lies under the names of days and DOIs is what they say, and something lies there."""
    stated = [value for name in fields.published if _is_there(value := row.get(name))]
    dois = [value for name in fields.doi if _is_there(value := row.get(name))]
    fits = [date_of(value) != UNDATED for value in stated] + [
        bool(clean_doi(text_of(value))) for value in dois
    ]
    return bool(fits) and all(fits)
