"""Workbooks of Excel, old and new: every sheet that has a column of titles.

python-calamine reads them, in another process (`flows.sources.workbook_cells`); openpyxl has had no release
for two years. A workbook is a zip archive whose few kilobytes can stand for billions of cells, so it is
looked through before it is opened.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from threading import Timer
from typing import Any

from analytics.exceptions import InputError
from analytics.papers import Feed, RejectedRecord
from flows.sources.files import MAX_FILE_BYTES, regular_size
from flows.sources.formats import SourceFile, SourceFormat
from flows.sources.plain_text import excerpt
from flows.sources.tables import (
    Header,
    TableEntry,
    column_names,
    header_of,
    names_titles,
    table_entry,
    table_reader,
)

__all__ = ["FORMAT", "SOURCE", "read_workbook"]

SOURCE = "table"

_MB = 1024 * 1024
_MOST_BYTES, _MOST_CELLS = 512 * _MB, 20_000_000
_MOST_SECONDS = 300.0
_STDERR = 20_000
_ROWS_ABOVE = 20
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_REFERENCE = re.compile(rb"\br=\"([A-Z]{1,3})(\d{1,7})\"")
_TAIL = 64


def read_workbook(file: SourceFile) -> Iterator[Feed]:
    """Read the papers of a workbook, the columns of each sheet found by their names.

    In parts; ``"row 2"`` is the second of the first sheet, ``"Sheet2 row 2"`` that of another.

    Raises
    ------
    InputError
        When the file is damaged, encrypted, too large, or holds no paper.
    """
    doubts: list[str] = []
    yield from table_reader(SOURCE).parts(_entries(file, doubts), file, warnings=doubts)


def _entries(file: SourceFile, warnings: list[str]) -> Iterator[tuple[str, TableEntry] | RejectedRecord]:
    first_fault: InputError | None = None
    is_read = False
    for number, (sheet, rows) in enumerate(_sheets(file)):
        try:
            above, header = _header(rows, file)
        except InputError as error:
            first_fault = first_fault or error
            continue
        is_read = True
        warnings += [
            f"the header repeats {excerpt(name)!r}; its first column is read" for name in header.repeated
        ]
        for place, cells in enumerate(rows[above:], start=above + 1):
            position = f"row {place}" if number == 0 else f"{excerpt(sheet)[:60]} row {place}"
            found = table_entry(_trimmed(cells), header, position, " ".join(map(str, cells[:20])))
            if isinstance(found, Header):
                header = found
            elif found is not None:
                yield found
    if not is_read:
        raise first_fault or InputError(f"{file.location} holds no sheet; expected a table of papers")


def _header(rows: list[list[Any]], file: SourceFile) -> tuple[int, Header]:
    """Header of a sheet and how many rows it ends."""
    for number, cells in enumerate(islice(rows, _ROWS_ABOVE)):
        names, _ = column_names(_trimmed(cells))
        if any(name in file.columns for name in names) or (
            names and names_titles(names, is_first=number == 0)
        ):
            return number + 1, header_of(_trimmed(cells), file.columns, location=file.location)
    return 1, header_of(_trimmed(rows[0]) if rows else [], file.columns, location=file.location)


def _trimmed(cells: list[Any]) -> list[Any]:
    """Cells without the empty ones at the end: every row of a sheet is as long as its longest."""
    last = len(cells)
    while last and cells[last - 1] in ("", None):
        last -= 1
    return cells[:last]


def _sheets(file: SourceFile) -> Iterator[tuple[str, list[list[Any]]]]:
    size = regular_size(file.path, location=file.location)
    if size > MAX_FILE_BYTES:
        raise InputError(
            f"{file.location} has {size:,} bytes, more than the {MAX_FILE_BYTES:,} allowed; split it"
        )
    with file.path.open("rb") as content:
        if content.read(4) == _ZIP:
            _require_bounded(file)
    env = {**os.environ, "RUST_BACKTRACE": "0"}
    command = [sys.executable, "-P", str(Path(__file__).with_name("workbook_cells.py")), str(file.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as program:  # noqa: S603
        timer = Timer(_MOST_SECONDS, program.kill)
        timer.start()
        try:
            yield from _parted_sheets(program.stdout or io.BytesIO())
            output = (program.stderr.read(_STDERR) if program.stderr else b"").decode("utf-8", "replace")
            program.wait()
        finally:
            timer.cancel()
            program.kill()
    if program.returncode:
        what = excerpt(output.strip().rpartition("\n")[2]) if "Traceback" in output else "it ended early"
        raise InputError(
            f"{file.location} cannot be read as a workbook ({what}); it may be damaged, encrypted or too "
            "large: save it again, or as CSV"
        )


def _parted_sheets(lines: Iterable[bytes]) -> Iterator[tuple[str, list[list[Any]]]]:
    """Sheets out of the program's lines: a name, then the rows."""
    name: str | None = None
    rows: list[list[Any]] = []
    for line in lines:
        value = json.loads(line)
        if isinstance(value, str):
            if name is not None:
                yield name, rows
            name, rows = value, []
        else:
            rows.append(value)
    if name is not None:
        yield name, rows


def _require_bounded(file: SourceFile) -> None:
    """Refuse a workbook that unpacks to too much or whose sheets are too large to be laid out."""
    n_bytes = n_cells = 0
    try:
        with zipfile.ZipFile(file.path) as archive:
            for one in archive.infolist():
                rows = columns = 0
                tail = b""
                with archive.open(one) as content:
                    while piece := content.read(_MB):
                        n_bytes += len(piece)
                        if n_bytes > _MOST_BYTES:
                            raise InputError(
                                f"{file.location} unpacks to over {_MOST_BYTES // _MB} MB; save it as CSV"
                            )
                        if "worksheets/" in one.filename:
                            for letters, row in _REFERENCE.findall(tail + piece):
                                rows, columns = max(rows, int(row)), max(columns, _column(letters))
                            tail = piece[-_TAIL:]
                n_cells += rows * columns
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        RuntimeError,
        ValueError,
        NotImplementedError,
    ) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{file.location} cannot be read as a workbook ({excerpt(str(error))}); "
            "it may be damaged or encrypted"
        ) from None
    if n_cells > _MOST_CELLS:
        raise InputError(
            f"{file.location} has sheets of {n_cells:,} cells, more than the {_MOST_CELLS:,} "
            "allowed; save it as CSV"
        )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


FORMAT = SourceFormat(SOURCE, lambda _head: False, read_workbook, (".xlsx", ".xls"), (_ZIP, _OLE))
