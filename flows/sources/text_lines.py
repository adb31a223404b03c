"""Lines of a file of any size in bounded memory: what carries every streamed text format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TextIO

from analytics.exceptions import InputError
from analytics.papers import RejectedRecord
from flows.sources.files import encoding_of, regular_size
from flows.sources.formats import SourceFile
from flows.sources.plain_text import excerpt

__all__ = ["Line", "read_lines", "reject_line"]

_SHOWN = 2_000
_LONGEST_LINE = 8 * 1024 * 1024


class Line(NamedTuple):
    """One physical line of a file.

    `fault` says what is wrong with the line, ``"more than 8,388,608 characters"``; empty for a good one.
    """

    number: int
    text: str
    fault: str = ""


def read_lines(file: SourceFile) -> Iterator[Line]:
    """Lines of a file of any size in bounded memory, in whatever encoding.

    Line ends are LF, CRLF or CR. Of a line of more than 8 million characters the first 2,000 are given.
    """
    if regular_size(file.path, location=file.location) == 0:
        raise InputError(f"{file.location} is empty; expected a file of papers")
    encoding = encoding_of(file.path, location=file.location)
    try:
        with file.path.open(encoding=encoding.name, errors=encoding.errors) as text:
            yield from _lines_of(text)
    except OSError as error:
        raise InputError(f"cannot read {file.location}: {error.strerror or error}") from error


def _lines_of(text: TextIO) -> Iterator[Line]:
    number = 0
    while line := text.readline(_LONGEST_LINE + 1):
        number += 1
        line = line.removeprefix("\ufeff") if number == 1 else line
        is_too_long = len(line) > _LONGEST_LINE and not line.endswith("\n")
        rest = line
        while is_too_long and rest and not rest.endswith("\n"):
            rest = text.readline(_LONGEST_LINE)
        fault = f"more than {_LONGEST_LINE:,} characters" if is_too_long else ""
        yield Line(number, line[:_SHOWN] if is_too_long else line.removesuffix("\n"), fault)


def reject_line(line: Line, reason: str) -> RejectedRecord:
    """Reject a line for its fault, or for `reason` where its bytes were good."""
    shown = f"a line with {line.fault}" if line.fault else reason
    return RejectedRecord(f"line {line.number}", shown, excerpt(line.text))
