"""Read tables filled in with a spreadsheet, in any usual encoding; bad rows do not affect others."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analytics.exceptions import InputError
from flows.sources.delimited import TableRow, TableRows, raise_cell_limit
from flows.sources.files import MAX_FILE_BYTES, refuse_compressed
from flows.sources.plain_text import clean_text, excerpt
from flows.sources.text_lines import Line

__all__ = ["CsvRow", "CsvTable", "read_csv_table"]

_DELIMITERS = (",", ";", "\t", "|")
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class CsvRow:
    """Cells of a row by the names of their columns, without space around them; `line` is its first line."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True)
class CsvTable:
    """A parsed table: column names, rows, and one line per faulty row."""

    names: tuple[str, ...]
    rows: tuple[CsvRow, ...]
    faults: tuple[str, ...]


def read_csv_table(path: Path, *, key: str) -> CsvTable:
    """Read a table whose header names the column `key`.

    UTF-8 and UTF-16 with or without their marks, else Windows-1252; separated by commas, semicolons, tabs or
    bars. A row that cannot be read costs no other one.

    Of columns with the same name the first is read. Rows without any text are left out.

    Raises
    ------
    InputError
        When the file cannot be read, is not text, or its header lacks `key` or cannot be read.
    """
    lines = _lines(path)
    first = next((line for line in lines if line.text.strip()), Line(1, ""))
    stated = None
    if first.text.casefold().startswith("sep="):  # a spreadsheet's own mark of the separator
        stated = first.text.strip()[4:5] or "\t"
        first = next((line for line in lines if line.text.strip()), Line(1, ""))
    delimiter = stated or _delimiter(first.text, key)
    raise_cell_limit()
    rows = TableRows(first, lines, delimiter)
    header = next(rows.read(), TableRow(first, ()))
    names = tuple(clean_text(cell) for cell in header.cells)
    if header.reason or key not in names:
        raise InputError(
            f"{path} has no column {key!r} in its first line, which is {excerpt(first.text)!r}; give a "
            "file that papertrends label --output or --export, or the report, has written"
        )
    faults: list[str] = []
    found = tuple(_good_rows(rows.read(), names, faults.append))
    return CsvTable(names, found, tuple(faults))


def _lines(path: Path) -> Iterator[Line]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    if len(content) > MAX_FILE_BYTES:
        raise InputError(f"{path} has more than the {MAX_FILE_BYTES:,} bytes allowed; split it")
    refuse_compressed(content[:16], location=f"{path} (if it is a spreadsheet file, save it as CSV)")
    # Line ends are LF, CRLF or CR.
    text = io.StringIO(_decoded(content, path), newline=None)
    return (Line(number, line.removesuffix("\n")) for number, line in enumerate(text, start=1))


def _decoded(content: bytes, path: Path) -> str:
    try:
        if content.startswith(_UTF_16_MARKS):
            return content.decode("utf-16")
        if b"\x00" in content:
            raise InputError(f"{path} is binary, not text; save the table as CSV")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Spreadsheets on Windows write so; ids and answers are in ASCII, so nothing that counts is lost.
        return content.decode("cp1252", errors="replace")


def _delimiter(header: str, key: str) -> str:

    def names_key(delimiter: str) -> bool:
        return key in (clean_text(cell) for cell in next(csv.reader([header], delimiter=delimiter), []))

    try:
        return next(filter(names_key, _DELIMITERS), ",")
    except csv.Error:
        return ","


def _good_rows(
    rows: Iterator[TableRow], names: Sequence[str], tell: Callable[[str], None]
) -> Iterator[CsvRow]:
    """Rows that can be read; after an open quote only a row of the header's length ends the loss."""
    is_lost = False
    for row in rows:
        is_doubtful = row.reason or row.has_stray_quote or len(row.cells) != len(names)
        if is_lost and is_doubtful:
            continue
        is_lost = not row.cells
        if row.reason or any(cell.strip() for cell in row.cells[len(names) :]):
            reason = row.reason or f"{len(row.cells)} cells in a table of {len(names)} columns"
            tell(f"line {row.line.number}: {reason}")
        elif any(cell.strip() for cell in row.cells):
            # Short rows end early: their last cells are empty.
            cells: dict[str, str] = {}
            for name, cell in zip(names, row.cells, strict=False):
                cells.setdefault(name, clean_text(cell))
            yield CsvRow(row.line.number, {name: cells.get(name, "") for name in names})
