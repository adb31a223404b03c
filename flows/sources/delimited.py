"""Tables as text: CSV, TSV and what spreadsheets export with semicolons, with a header line.

One quote that is not closed must not swallow the rest of a file. A row that runs over more than 500
lines or a million characters, ends the file within a quote, or goes on after a closing quote is
given up: its first line is lost, and reading goes on at the next one. From there only a row with
just the header's number of cells and no stray quote ends the loss, for the lines of a lost abstract
look like rows.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from analytics.exceptions import InputError
from analytics.papers import Feed, RejectedRecord
from flows.sources.field_names import match_fields
from flows.sources.fielded import row_reader
from flows.sources.formats import SourceFile, SourceFormat
from flows.sources.plain_text import clean_text, excerpt
from flows.sources.text_lines import Line, read_lines

__all__ = [
    "FORMAT",
    "SOURCE",
    "SUFFIXES",
    "TableRow",
    "TableRows",
    "looks_like",
    "raise_cell_limit",
    "read_delimited",
]

SOURCE = "table"
SUFFIXES = (".csv", ".tsv")

_DELIMITERS = (",", "\t", ";", "|")
_LONGEST_CELL = 9 * 1024 * 1024
_MOST_LINES = 500
_MOST_CHARACTERS = 1_000_000
_CREDIT = 4_000_000
_LONGEST_NAME = 100


class TableRow(NamedTuple):
    """One row with its first line, or the line at which one was given up: then it has no cells."""

    line: Line
    cells: Sequence[str]
    reason: str = ""
    has_stray_quote: bool = False


class _RunawayRowError(Exception):
    """A row that goes on for too long, most likely for a quote that is not closed."""


def looks_like(head: str) -> bool:
    r"""Tell whether a text is a table: whether its first line names two columns or more, one of titles.

    Parameters
    ----------
    head : str
        The beginning of the file.

    Examples
    --------
    >>> looks_like("Title,Year\nAgents,2025\n"), looks_like("id;title\n1;Agents\n")
    (True, True)
    >>> looks_like("A title, and more words\n"), looks_like("title\nAgents\n")
    (False, False)
    >>> looks_like("|Title|Year|\n|---|---|\n|Agents|2025|\n")
    False
    """
    first = next((line for line in head.removeprefix("\ufeff").splitlines() if line.strip()), "")
    if first.casefold().startswith("sep="):
        return True
    if first.lstrip()[:1] in ("<", "{", "[", "|"):  # a table of Markdown has a bar before its first cell
        return False
    names = _split(first, _delimiter(first, ()))
    return len(names) > 1 and max(map(len, names)) <= _LONGEST_NAME and _names_titles(names)


def read_delimited(file: SourceFile) -> Iterator[Feed]:
    """Read the papers of a table with a header, its columns found by their names.

    Parameters
    ----------
    file : SourceFile
        Its `columns` say what the table's own names mean.

    Yields
    ------
    Feed
        In parts; ``"line 12"`` is where a row begins. Missing cells at the end of a row are empty; a
        row with more cells than the header is a reject, and so are lines that cannot be read as rows.

    Raises
    ------
    InputError
        When the file cannot be read, is empty, has no column of titles, or holds rows but no paper.
    """
    raise_cell_limit()
    lines = (line for line in read_lines(file))
    first = next((line for line in lines if line.text.strip()), Line(1, ""))
    delimiter = _delimiter(first.text, tuple(file.columns))
    if first.text.casefold().startswith("sep="):
        # A spreadsheet's own mark of the delimiter.
        delimiter = first.text.rstrip()[4:5] or "\t"
        first = next((line for line in lines if line.text.strip()), Line(1, ""))
    rows = TableRows(first, lines, delimiter)
    header = next(rows.read(), TableRow(first, ()))
    if header.reason:
        raise InputError(
            f"{file.location} has a header that cannot be read ({header.reason}); expected names of columns"
        )
    names, repeated = _column_names(header.cells)
    reader = row_reader(SOURCE, match_fields(names, file.columns, location=file.location))
    said = [f"the header repeats {excerpt(name)!r}; its first column is read" for name in repeated]
    yield from reader.parts(_entries(rows.read(), names), file, warnings=said)


def raise_cell_limit() -> None:
    """Let cells of tables be as long as lines may be; Python's own limit is 131,072 characters."""
    # The limit is the whole process's. It is raised and never lowered: another reader may be at work.
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))


class TableRows:
    """Rows of a table out of its lines; what a row given up had read is read again.

    Parameters
    ----------
    first : Line
        The header's first line.
    lines : iterator of Line
        Those after it.
    delimiter : str
    """

    def __init__(self, first: Line, lines: Iterator[Line], delimiter: str) -> None:
        self._again = deque([first])
        self._lines = lines
        self._delimiter = delimiter
        self._taken: list[Line] = []
        self._n_characters = 0
        # Reading again is paid for by what was read well, or a file made for it would never end.
        self._credit = _CREDIT

    def read(self) -> Iterator[TableRow]:
        """Yield the rows that are left, blank lines passed over."""
        reader = self._reader()
        while True:
            self._taken, self._n_characters = [], 0
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _RunawayRowError) as error:
                yield self._give_up(error)
                reader = self._reader()
                continue
            self._credit = min(_CREDIT, self._credit + self._n_characters)
            if cells:
                fault = next((line for line in self._taken if line.fault), None)
                reason = f"a row with {fault.fault}" if fault else ""
                n_quotes = sum(line.text.count('"') for line in self._taken)
                yield TableRow(self._taken[0], cells, reason, n_quotes % 2 == 1)

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._texts(), delimiter=self._delimiter, strict=True)

    def _texts(self) -> Iterator[str]:
        while (line := self._again.popleft() if self._again else next(self._lines, None)) is not None:
            self._taken.append(line)
            self._n_characters += len(line.text) + 1
            limit = min(_MOST_CHARACTERS, self._credit)
            if len(self._taken) > 1 and (len(self._taken) > _MOST_LINES or self._n_characters > limit):
                raise _RunawayRowError
            yield line.text + "\n"

    def _give_up(self, error: Exception) -> TableRow:
        lost, *others = self._taken
        self._again.extendleft(reversed(others))
        self._credit -= self._n_characters
        is_endless = isinstance(error, _RunawayRowError) or "end of data" in str(error)
        return TableRow(
            lost, (), "a quote that is not closed" if is_endless else "a quote in the wrong place"
        )


def _entries(
    rows: Iterator[TableRow], names: list[str]
) -> Iterator[tuple[str, dict[str, str]] | RejectedRecord]:
    lost: list[TableRow] = []
    for row in rows:
        is_doubtful = row.reason or row.has_stray_quote or len(row.cells) != len(names)
        if not row.cells or (lost and is_doubtful):
            # Only the ends of a loss are said; its lines may be thousands.
            lost = [*lost[:1], row]
            continue
        if lost:
            yield _loss(lost)
            lost = []
        if row.reason or any(row.cells[len(names) :]):
            reason = row.reason or f"a row of {len(row.cells)} cells under {len(names)} names of columns"
            yield RejectedRecord(f"line {row.line.number}", reason, excerpt(row.line.text))
        elif any(row.cells):
            # Short rows end early: their last cells are empty.
            yield f"line {row.line.number}", dict(zip(names, row.cells, strict=False))
    if lost:
        yield _loss(lost)


def _loss(lost: list[TableRow]) -> RejectedRecord:
    first, last = lost[0], lost[-1].line.number
    lines = f"; no row can be read up to line {last}" if last > first.line.number else ""
    return RejectedRecord(f"line {first.line.number}", first.reason + lines, excerpt(first.line.text))


def _delimiter(header: str, given: tuple[str, ...]) -> str:
    """Delimiter that makes a column of titles or a column that the caller names, else the most columns."""

    def fitness(delimiter: str) -> tuple[bool, bool, int]:
        names = _split(header, delimiter)
        return any(name in given for name in names), _names_titles(names), len(names)

    return max(_DELIMITERS, key=fitness)


def _split(header: str, delimiter: str) -> list[str]:
    try:
        return [clean_text(name) for name in next(csv.reader([header], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _names_titles(names: list[str]) -> bool:
    try:
        match_fields(names, {}, location="")
    except InputError:
        return False
    return True


def _column_names(cells: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names of all columns, each once, and those that the header repeats."""
    names: list[str] = []
    repeated: list[str] = []
    seen: set[str] = set()
    for number, cell in enumerate(cells, start=1):
        name = clean_text(cell)
        if name in seen:
            repeated.append(name)
        # A name that matches no field keeps the place of one that is empty or repeated.
        names.append(f"column {number}" if not name or name in seen else name)
        seen.add(name)
    return names, list(dict.fromkeys(name for name in repeated if name))


FORMAT = SourceFormat(SOURCE, looks_like, read_delimited, SUFFIXES)
