"""Lines of a file of any size in bounded memory: what carries every streamed text format."""

from __future__ import annotations

import codecs
import re
import stat
from collections.abc import Iterator
from typing import NamedTuple, TextIO

from analytics.exceptions import InputError
from analytics.papers import RejectedRecord
from flows.sources.formats import SourceFile
from flows.sources.plain_text import excerpt

__all__ = ["UNDECODABLE", "Line", "read_lines", "reject_line"]

_SHOWN = 2_000
_LONGEST_LINE = 8 * 1024 * 1024
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What the codec's handler "surrogateescape" puts in place of a byte that is not UTF-8.
UNDECODABLE = re.compile("[\udc80-\udcff]")


class Line(NamedTuple):
    """One physical line of a file.

    Attributes
    ----------
    number : int
        The first is 1.
    text : str
        Without its line end; a byte that is not UTF-8 stands in it as a lone surrogate.
    fault : str
        What is wrong with the line, ``"a byte that is not UTF-8"``; empty for a good one.
    """

    number: int
    text: str
    fault: str = ""


def read_lines(file: SourceFile) -> Iterator[Line]:
    """Lines of a file of any size in bounded memory: UTF-8 with or without its mark, or UTF-16 with one.

    Yields
    ------
    Line
        A byte that is not UTF-8 costs only its own line. Line ends are LF, CRLF or CR. Of a line
        of more than 8 million characters the first 2,000 are given.

    Raises
    ------
    InputError
        When the file cannot be read, is no regular file, or is empty.
    """
    try:
        status = file.path.stat()
        # A pipe or a device would never end.
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{file.location} is not a regular file; give a file or a folder of them")
        if status.st_size == 0:
            raise InputError(f"{file.location} is empty; expected a file of papers")
        with file.path.open("rb") as content:
            is_utf_16 = content.read(2) in _UTF_16_MARKS
        encoding, errors = ("utf-16", "replace") if is_utf_16 else ("utf-8-sig", "surrogateescape")
        with file.path.open(encoding=encoding, errors=errors) as text:
            yield from _lines_of(text)
    except OSError as error:
        raise InputError(f"cannot read {file.location}: {error.strerror or error}") from error


def _lines_of(text: TextIO) -> Iterator[Line]:
    number = 0
    while line := text.readline(_LONGEST_LINE + 1):
        number += 1
        is_too_long = len(line) > _LONGEST_LINE and not line.endswith("\n")
        rest = line
        while is_too_long and rest and not rest.endswith("\n"):
            rest = text.readline(_LONGEST_LINE)
        fault = f"more than {_LONGEST_LINE:,} characters" if is_too_long else ""
        # Nearly all lines are ASCII, which needs no search.
        if not fault and not line.isascii() and UNDECODABLE.search(line):
            fault = "a byte that is not UTF-8"
        yield Line(number, line[:_SHOWN] if is_too_long else line.removesuffix("\n"), fault)


def reject_line(line: Line, reason: str) -> RejectedRecord:
    """Reject a line for its fault, or for `reason` where its bytes were good."""
    shown = f"a line with {line.fault}" if line.fault else reason
    return RejectedRecord(f"line {line.number}", shown, excerpt(line.text))
