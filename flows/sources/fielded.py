"""Records out of table rows and flat objects, whatever wrote them: CSV, JSON lines, Parquet, a list in JSON.

A value may be text, a number, a list, an object, a date or numpy's own of these; what cannot be
meant is nothing, and ``nan`` and ``None`` as text are nothing too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial

import numpy as np

from analytics.papers import PaperRecord
from flows.sources.author_names import split_names
from flows.sources.categories import categories_of
from flows.sources.entries import EntryReader
from flows.sources.field_names import FieldMap
from flows.sources.identifiers import Identifiers, read_identifiers
from flows.sources.json_documents import count_of, dates_of, prose_of, text_of
from flows.sources.plain_text import excerpt
from flows.sources.records import Doubts, StatedPaper, UnusableEntryError
from flows.sources.stated_dates import UNDATED, serial_day

__all__ = ["record_of", "row_excerpt", "row_reader"]

_LOST_ID = "an id that is a number has lost digits and is left out: give ids as text"
_VERSION = re.compile(r"v\d{1,3}", re.ASCII)
_SERIAL = re.compile(r"(\d{5})(?:\.\d{1,12})?", re.ASCII)
_NUMBER = re.compile(r"(\d{1,4})\.(\d{1,20})", re.ASCII)
_FIVE_DIGITS_SINCE = 1501


def row_reader(source: str, fields: FieldMap) -> EntryReader:
    """Reader of a table's rows.

    Examples
    --------
    >>> reader = row_reader("table", FieldMap(title=("Title",), id=("Id",), published=("Day",)))
    >>> rows = [("row 1", {"Title": "Agents", "Id": 2503.0213, "Day": "soon"}), ("row 2", {"Title": ""})]
    >>> feed = reader.whole(rows, location="a.csv", day=None)
    >>> feed.records[0].title, feed.rejects[0].reason
    ('Agents', 'a row without a title')
    >>> for sentence in feed.warnings:
    ...     print(sentence)
    a stated date that cannot be read is left out (row 1)
    an id that is a number has lost digits and is left out: give ids as text (row 1)
    """
    return EntryReader(source, partial(record_of, fields=fields), row_excerpt)


def record_of(row: object, position: str, doubts: Doubts, fields: FieldMap) -> PaperRecord:
    """Read one row of a table as the record of a paper.

    Of the columns of a date the first that can be read counts; a later one only makes it finer, as a
    day does within the year that an earlier one states.

    Raises
    ------
    UnusableEntryError
        When it is no mapping or has no title.

    Examples
    --------
    >>> fields = FieldMap(title=("title",), authors=("by",), published=("date", "year"))
    >>> row = {"title": "<i>Agents</i>", "by": "Doe, Jane; Muster, Bo", "year": 2019.0}
    >>> record = record_of(row, "row 1", Doubts(), fields)
    >>> record.title, record.authors, record.published, record.published_precision
    ('Agents', ('Jane Doe', 'Bo Muster'), datetime.date(2019, 1, 1), 'year')
    """
    if not isinstance(row, Mapping):
        raise UnusableEntryError(f"not an object but {type(row).__name__}")
    row = _plain(row)
    published, updated = (
        dates_of([_day(row.get(name), name, fields) for name in names])
        for names in (fields.published, fields.updated)
    )
    stated = (split_names(row.get(name)) for name in fields.authors)
    authors, has_all_authors = next((names for names in stated if names[0]), ((), True))
    counted = (count_of(row.get(name)) for name in (*fields.n_authors, *fields.authors))
    voted = (count_of(row.get(name)) for name in fields.upvotes)
    dates = ((published, fields.published), (updated, fields.updated))
    record = StatedPaper(
        _first(prose_of(row.get(name)) for name in fields.title),
        _first(prose_of(row.get(name)) for name in fields.abstract),
        published=published,
        updated=updated[0],
        authors=authors,
        has_all_authors=has_all_authors,
        n_authors=next((n for n in counted if n), None),
        upvotes=next((n for n in voted if n is not None), None),
        organization=_first(text_of(row.get(name)) for name in fields.organization),
        categories=next((found for name in fields.categories if (found := categories_of(row.get(name)))), ()),
        venue=_first(text_of(row.get(name)) for name in fields.venue),
        pages=[text_of(row.get(name)) for name in fields.url],
        found=_identifiers(row, fields),
        remarks=[text_of(row.get(name)) for name in fields.comment],
        has_unread_date=any(
            found == UNDATED and any(_states(row.get(name)) for name in names) for found, names in dates
        ),
    ).record(position, doubts, "a row without a title")
    if record.arxiv_id is None and any(_is_lost_id(row.get(name)) for name in fields.id):
        doubts.add(_LOST_ID, position)
    return record


def row_excerpt(row: object) -> str:
    """At most 200 characters of what stands in a row, for a reject.

    Examples
    --------
    >>> row_excerpt({"title": "", "abstract": "Its text."}), row_excerpt("a line"), row_excerpt(None)
    ('abstract: Its text.', 'a line', '')
    """
    if not isinstance(row, Mapping):
        return excerpt(text_of(row))
    texts = ((name, excerpt(text_of(value))) for name, value in list(row.items())[:50])
    return excerpt("; ".join(f"{excerpt(str(name))}: {text}" for name, text in texts if text))


def _plain(row: Mapping[str, object]) -> Mapping[str, object]:
    if not any(isinstance(value, (np.generic, np.ndarray)) for value in row.values()):
        return row
    return {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: object) -> object:
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[D]")
    return value.tolist() if isinstance(value, (np.generic, np.ndarray)) else value


def _day(value: object, name: str, fields: FieldMap) -> object:
    """Value of a column of dates: a spreadsheet's number as its day where the caller named the column."""
    if name == "created" and isinstance(value, Mapping):
        # Crossref's day of the DOI, no day of the work.
        return None
    if name in fields.serials and (text := _SERIAL.fullmatch(text_of(value) or str(value))):
        day, _ = serial_day(int(text[1]))
        return day or value
    return value


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")


def _states(value: object) -> bool:
    """Whether a value of a date column is there at all."""
    if isinstance(value, list) and all(isinstance(one, str) and _VERSION.fullmatch(one) for one in value):
        # arXiv's versions by their numbers alone.
        return False
    if isinstance(value, (str, list, Mapping)):
        return text_of(value) != "" or (not isinstance(value, str) and len(value) > 0)
    # NaN is not equal to itself.
    return isinstance(value, (int, float)) and value == value


def _identifiers(row: Mapping[str, object], fields: FieldMap) -> Identifiers:
    ids = (row.get(name) for name in fields.id)
    texts = [value for value in ids if isinstance(value, str) and not _is_lost_id(value)]
    dois = [part for name in fields.doi for part in text_of(row.get(name)).split()[:4]]
    return read_identifiers(*texts, *dois, *(text_of(row.get(name)) for name in fields.url))


def _is_lost_id(value: object) -> bool:
    """Whether an id was a number on its way: 2503.02130 became 2503.0213, and 0704.0010 became 704.001.

    ``1905.1343600000002`` is another that real tables hold. A whole number is a key of some table,
    which has lost nothing.
    """
    if isinstance(value, float):
        return not value.is_integer() and value == value
    number = _NUMBER.fullmatch(value.strip()) if isinstance(value, str) and len(value) <= 40 else None
    if number is None:
        return False
    n_digits = 5 if int(number[1]) >= _FIVE_DIGITS_SINCE else 4
    return len(number[1]) < 4 or len(number[2]) != n_digits
