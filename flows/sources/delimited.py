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
from itertools import chain, islice
from typing import NamedTuple

from analytics.exceptions import InputError
from analytics.papers import Feed, RejectedRecord
from flows.sources.formats import SourceFile, SourceFormat
from flows.sources.plain_text import clean_text, excerpt
from flows.sources.tables import Header, TableEntry, header_of, names_titles, table_entry, table_reader
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
_LINES_ABOVE = 20


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

    Examples
    --------
    >>> looks_like("Title,Year\nAgents,2025\n"), looks_like("id;title\n1;Agents\n")
    (True, True)
    >>> looks_like("A title, and more words\n"), looks_like("title\nAgents\n")
    (False, False)
    >>> looks_like("|Title|Year|\n|---|---|\n|Agents|2025|\n")
    False
    """
    lines = [line for line in head.removeprefix("\ufeff").splitlines() if line.strip()][:_LINES_ABOVE]
    if not lines or lines[0].casefold().startswith("sep="):
        return bool(lines)
    if lines[0].lstrip()[:1] in ("<", "{", "[", "|"):  # a table of Markdown has a bar before its first cell
        return False
    return any(_is_header(line, (), is_first=number == 0) for number, line in enumerate(lines))


def read_delimited(file: SourceFile) -> Iterator[Feed]:
    """Read the papers of a table with a header, its columns found by their names.

    In parts; ``"line 12"`` is where a row begins. Missing cells at the end of a row are empty; a row with
    more cells than the header is a reject, and so are lines that cannot be read as rows.

    Raises
    ------
    InputError
        When the file cannot be read, is empty, has no column of titles, or holds rows but no paper.
    """
    raise_cell_limit()
    lines = read_lines(file)
    above = list(islice((line for line in lines if line.text.strip()), 1))
    given = tuple(file.columns)
    # A spreadsheet's own mark of the delimiter.
    mark = above[0].text if above and above[0].text.casefold().startswith("sep=") else ""
    if mark:
        above = []
    above += islice((line for line in lines if line.text.strip()), _LINES_ABOVE - len(above))
    place = next((n for n, line in enumerate(above) if _is_header(line.text, given, is_first=n == 0)), 0)
    first, *rest = above[place:] or [Line(1, "")]
    rows = TableRows(
        first, chain(rest, lines), mark.rstrip()[4:5] or "\t" if mark else _delimiter(first.text, given)
    )
    row = next(rows.read(), TableRow(first, ()))
    if row.reason:
        raise InputError(
            f"{file.location} has a header that cannot be read ({row.reason}); expected names of columns"
        )
    header = header_of(row.cells, file.columns, location=file.location)
    rows.width = len(header.names)
    said = [f"the header repeats {excerpt(name)!r}; its first column is read" for name in header.repeated]
    yield from table_reader(SOURCE).parts(_entries(rows.read(), header), file, warnings=said)


def raise_cell_limit() -> None:
    """Let cells of tables be as long as lines may be; Python's own limit is 131,072 characters."""
    # The limit is the whole process's. It is raised and never lowered: another reader may be at work.
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))


class TableRows:
    """Rows of a table out of its lines; what a row given up had read is read again.

    `width` counts the cells of the header, once it is known: a row whose quotes are wrong is read loosely if
    it has as many.
    """

    def __init__(self, first: Line, lines: Iterator[Line], delimiter: str) -> None:
        self._again = deque([first])
        self._lines = lines
        self._delimiter = delimiter
        self.width = 0
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
        cells = _loosely_split(lost.text, self._delimiter) if not lost.fault else None
        if cells is not None and self.width > 1 and len(cells) == self.width:
            return TableRow(lost, cells)
        is_endless = isinstance(error, _RunawayRowError) or "end of data" in str(error)
        return TableRow(
            lost, (), "a quote that is not closed" if is_endless else "a quote in the wrong place"
        )


def _entries(rows: Iterator[TableRow], header: Header) -> Iterator[tuple[str, TableEntry] | RejectedRecord]:
    lost: list[TableRow] = []
    for row in rows:
        is_doubtful = row.reason or row.has_stray_quote or len(row.cells) != len(header.names)
        if not row.cells or (lost and is_doubtful):
            # Only the ends of a loss are said; its lines may be thousands.
            lost = [*lost[:1], row]
            continue
        if lost:
            yield _loss(lost)
            lost = []
        position = f"line {row.line.number}"
        if row.reason:
            yield RejectedRecord(position, row.reason, excerpt(row.line.text))
            continue
        found = table_entry(row.cells, header, position, row.line.text)
        if isinstance(found, Header):
            header = found
        elif found is not None:
            yield found
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
        return any(name in given for name in names), names_titles(names), len(names)

    return max(_DELIMITERS, key=fitness)


def _split(header: str, delimiter: str) -> list[str]:
    try:
        return [clean_text(name) for name in next(csv.reader([header], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _loosely_split(line: str, delimiter: str) -> list[str] | None:
    """Cells of a line whose quotes are not doubled within cells: one closes only before a delimiter."""
    cells: list[str] = []
    place = 0
    while place <= len(line):
        if line.startswith('"', place):
            end = line.find(f'"{delimiter}', place + 1)
            if end < 0:
                if not line.rstrip().endswith('"') or len(line.rstrip()) <= place + 1:
                    return None
                end = len(line.rstrip()) - 1
                line = line.rstrip()
            cells.append(line[place + 1 : end].replace('""', '"'))
            place = end + 2
        else:
            end = line.find(delimiter, place)
            end = len(line) if end < 0 else end
            cells.append(line[place:end])
            place = end + 1
    return cells


def _is_header(line: str, given: tuple[str, ...], *, is_first: bool) -> bool:
    if line.lstrip().startswith("|"):
        return False
    names = _split(line, _delimiter(line, given))
    return any(name in given for name in names) or names_titles(names, is_first=is_first)


FORMAT = SourceFormat(SOURCE, looks_like, read_delimited, SUFFIXES)
