"""Records out of table rows and flat objects, whatever wrote them: CSV, JSON lines, Parquet, a list in JSON.

A value may be text, a number, a list, an object, a date or numpy's own of these; what cannot be
meant is nothing, and ``nan`` and ``None`` as text are nothing too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np

from analytics.papers import PaperRecord, PublishedPrecision, RejectedRecord
from flows.sources.arxiv_atom import says_withdrawn
from flows.sources.author_names import split_names
from flows.sources.field_names import FieldMap
from flows.sources.identifiers import Identifiers, read_identifiers, web_address
from flows.sources.json_documents import count_of, date_of, prose_of, text_of
from flows.sources.plain_text import excerpt
from flows.sources.stated_dates import UNDATED, StatedDate, basis_of, date_warning

__all__ = [
    "RowCollector",
    "UnusableRowError",
    "record_of",
    "row_excerpt",
]

_NUMBER = re.compile(r"(\d{1,4})\.(\d{1,20})", re.ASCII)
_FIVE_DIGITS_SINCE = 1501
_FINENESS: dict[PublishedPrecision, int] = {"none": 0, "year": 1, "month": 2, "day": 3}


class UnusableRowError(Exception):
    """A row that cannot be a paper; its text is the reason of the reject."""


class RowCollector:
    """Records and rejects of a table's rows, and what is said once about all of them.

    Parameters
    ----------
    fields : FieldMap

    Examples
    --------
    >>> rows = RowCollector(FieldMap(title=("Title",), id=("Id",), published=("Day",)))
    >>> rows.add({"Title": "Agents", "Id": 2503.0213, "Day": "03/04/2025"}, "row 1")
    >>> rows.add({"Title": ""}, "row 2")
    >>> records, rejects = rows.take()
    >>> records[0].title, rejects[0].reason, rows.take()
    ('Agents', 'a row without a title', ([], []))
    >>> for sentence in rows.warnings():
    ...     print(sentence)
    a stated date that cannot be read is left out (row 1)
    an id that is a number has lost digits and is left out: give ids as text (row 1)
    """

    def __init__(self, fields: FieldMap) -> None:
        self._fields = fields
        self._records: list[PaperRecord] = []
        self._rejects: list[RejectedRecord] = []
        self._undated: list[str] = []
        self._numbered: list[str] = []

    def add(self, row: object, position: str) -> None:
        """Read one row into the record or reject that `take` gives.

        Parameters
        ----------
        row : mapping of str to object
            Anything else is a reject.
        position : str
            Where it stands, ``"row 4"``.
        """
        item = self.read(row, position)
        if isinstance(item, PaperRecord):
            self._records.append(item)
        else:
            self._rejects.append(item)

    def read(self, row: object, position: str) -> PaperRecord | RejectedRecord:
        """Give the record or reject of one row at once; `warnings` knows of it, `take` does not.

        Parameters
        ----------
        row : mapping of str to object
            Anything else is a reject.
        position : str
            Where it stands, ``"row 4"``.
        """
        if not isinstance(row, Mapping):
            return RejectedRecord(position, f"not an object but {type(row).__name__}", row_excerpt(row))
        row = _plain(row)
        try:
            record = record_of(row, self._fields, position)
        except UnusableRowError as reason:
            return RejectedRecord(position, str(reason), row_excerpt(row))
        stated = ((record.published, self._fields.published), (record.updated, self._fields.updated))
        if any(day is None and any(_states(row.get(name)) for name in names) for day, names in stated):
            self._undated.append(position)
        if record.arxiv_id is None and any(_is_lost_id(row.get(name)) for name in self._fields.id):
            self._numbered.append(position)
        return record

    def take(self) -> tuple[list[PaperRecord], list[RejectedRecord]]:
        """Give what was added since the last call."""
        taken = self._records, self._rejects
        self._records, self._rejects = [], []
        return taken

    def warnings(self) -> list[str]:
        """What was understood with a doubt in all rows so far, one sentence each."""
        said = list(date_warning(self._undated))
        if self._numbered:
            others = f" and {len(self._numbered) - 1} more" if len(self._numbered) > 1 else ""
            said.append(
                "an id that is a number has lost digits and is left out: give ids as text "
                f"({self._numbered[0]}{others})"
            )
        return said


def record_of(row: Mapping[str, object], fields: FieldMap, position: str) -> PaperRecord:
    """Read one row of a table as the record of a paper.

    Of the columns of a date the first that can be read counts; a later one only makes it finer, as a
    day does within the year that an earlier one states.

    Parameters
    ----------
    row : mapping of str to object
        Values by column; a column may be absent.
    fields : FieldMap
    position : str
        Where it stands, ``"row 4"``.

    Raises
    ------
    UnusableRowError
        When the row has no title.

    Examples
    --------
    >>> fields = FieldMap(title=("title",), authors=("by",), published=("date", "year"))
    >>> row = {"title": "<i>Agents</i>", "by": "Doe, Jane; Muster, Bo", "year": 2019.0}
    >>> record = record_of(row, fields, "row 1")
    >>> record.title, record.authors, record.published, record.published_precision
    ('Agents', ('Jane Doe', 'Bo Muster'), datetime.date(2019, 1, 1), 'year')
    """
    row = _plain(row)
    title = _first(prose_of(row.get(name)) for name in fields.title)
    if not title:
        raise UnusableRowError("a row without a title")
    abstract = _first(prose_of(row.get(name)) for name in fields.abstract)
    published, precision = _finest(date_of(row.get(name)) for name in fields.published)
    updated, _ = _finest(date_of(row.get(name)) for name in fields.updated)
    found = _identifiers(row, fields)
    told = (split_names(row.get(name)) for name in fields.authors)
    authors, is_whole = next((names for names in told if names[0]), ((), True))
    stated = next(
        (n for name in (*fields.n_authors, *fields.authors) if (n := count_of(row.get(name)))), None
    )
    return PaperRecord(
        title,
        abstract,
        published=published,
        published_basis=basis_of(published),
        published_precision=precision,
        updated=updated,
        authors=authors,
        n_authors=stated or (len(authors) or None if is_whole else None),
        upvotes=next((n for name in fields.upvotes if (n := count_of(row.get(name))) is not None), None),
        organization=_first(text_of(row.get(name)) for name in fields.organization) or None,
        url=_page([text_of(row.get(name)) for name in fields.url], found),
        arxiv_id=found.arxiv_id,
        doi=found.doi,
        version=found.version,
        is_withdrawn=says_withdrawn(*(text_of(row.get(name)) for name in fields.comment), abstract),
        position=position,
    )


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
    """Give the row with Python's own values for numpy's."""
    if not any(isinstance(value, (np.generic, np.ndarray)) for value in row.values()):
        return row
    return {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: object) -> object:
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[D]")
    return value.tolist() if isinstance(value, (np.generic, np.ndarray)) else value


def _finest(dates: Iterable[StatedDate]) -> StatedDate:
    best = UNDATED
    for day, precision in dates:
        if day is None or _FINENESS[precision] <= _FINENESS[best[1]]:
            continue
        known = best[0]
        is_within = known is None or (
            day.year == known.year and (best[1] == "year" or day.month == known.month)
        )
        if is_within:
            best = day, precision
    return best


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")


def _states(value: object) -> bool:
    """Whether a value of a date column is there at all."""
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


def _page(addresses: list[str], found: Identifiers) -> str | None:
    """Address that a person would open: a page before a PDF file."""
    webs = [address for text in addresses if (address := web_address(text))]
    pages = [address for address in webs if not address.endswith(".pdf") and "/pdf" not in address]
    if found.arxiv_id:
        pages.append(f"https://arxiv.org/abs/{found.arxiv_id}")
    last = [f"https://doi.org/{found.doi}"] if found.doi else []
    return next(iter([*pages, *webs, *last]), None)
