"""JSON lines: one JSON object a line, of any service or of one's own making; and the lines of any file.

`read_lines` and `feed_parts` carry every streamed text format here (tables, JSON lines,
bibliographies): the lines of a file of any size in bounded memory, and records gathered into feeds.
"""

from __future__ import annotations

import codecs
import itertools
import json
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TextIO

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord, RejectedRecord
from flows.sources.field_names import match_fields
from flows.sources.fielded import RowCollector
from flows.sources.formats import BLOCK, SourceFile
from flows.sources.plain_text import excerpt

__all__ = [
    "SOURCE",
    "SUFFIXES",
    "UNDECODABLE",
    "Line",
    "feed_parts",
    "first_objects",
    "load_object",
    "looks_like",
    "read_json_lines",
    "read_lines",
    "reject_line",
]

SOURCE = "table"
SUFFIXES = (".jsonl", ".ndjson")

_SHOWN = 2_000
_LONGEST_LINE = 8 * 1024 * 1024
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What the codec's handler "surrogateescape" puts in place of a byte that is not UTF-8.
UNDECODABLE = re.compile("[\udc80-\udcff]")
_SECOND_LINE = re.compile(r"[\r\n]\s{0,20}\{")
_LONGEST_NUMBER = 18
_LINES_LOOKED_AT = 20
_OBJECTS_FIRST = 100
_LINES_FIRST = 10_000


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


def looks_like(head: str) -> bool:
    r"""Tell whether a text is JSON lines of papers: two lines or more, and a field of titles.

    One object on one line may as well be the answer of a service, and is not claimed.

    Parameters
    ----------
    head : str
        The beginning of the file.

    Examples
    --------
    >>> looks_like('{"title": "Agents"}\n{"title": "Maps"}\n'), looks_like('{"title": "Agents"}\n')
    (True, False)
    """
    objects = first_objects(head)
    if not objects or _SECOND_LINE.search(head) is None:
        return False
    try:
        match_fields(_keys(objects), {}, location="")
    except InputError:
        return False
    return True


def read_json_lines(file: SourceFile) -> Iterator[Feed]:
    """Read the papers of JSON lines: one object a line, its fields found by their names.

    The fields are those of the first 100 objects together, for a field that is empty is often left out.

    Parameters
    ----------
    file : SourceFile

    Yields
    ------
    Feed
        In parts; ``"line 1"`` is the first. Blank lines are passed over; a line that is no object
        with a title is a reject.

    Raises
    ------
    InputError
        When the file cannot be read, is empty, has no field of titles or holds no paper.
    """
    entries = _entries(read_lines(file))
    first: list[tuple[Line, dict[str, Any] | str]] = []
    n_objects = 0
    while n_objects < _OBJECTS_FIRST and len(first) < _LINES_FIRST and (entry := next(entries, None)):
        first.append(entry)
        n_objects += isinstance(entry[1], dict)
    keys = _keys([entry for _, entry in first if isinstance(entry, dict)])
    if not n_objects:
        reason = f" (line {first[0][0].number}: {first[0][1]})" if first else ""
        raise InputError(f"{file.location} holds no JSON object on a line{reason}; expected one a paper")
    rows = RowCollector(match_fields(keys, file.columns, location=file.location))
    items = (
        reject_line(line, entry) if isinstance(entry, str) else rows.read(entry, f"line {line.number}")
        for line, entry in itertools.chain(first, entries)
    )
    yield from feed_parts(items, file, SOURCE, rows.warnings)


def _entries(lines: Iterator[Line]) -> Iterator[tuple[Line, dict[str, Any] | str]]:
    for line in lines:
        if text := line.text.strip().removeprefix("\ufeff"):
            yield line, line.fault or load_object(text)


def _keys(objects: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(key for entry in objects for key in entry))


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


def feed_parts(
    items: Iterable[PaperRecord | RejectedRecord],
    file: SourceFile,
    source: str,
    warnings: Callable[[], Iterable[str]],
) -> Iterator[Feed]:
    """Gather records and rejects into the parts of one feed, `formats.BLOCK` records each.

    Parameters
    ----------
    items : iterable of PaperRecord or RejectedRecord
        In the order of the file.
    file : SourceFile
    source : str
    warnings : callable
        Asked once, when `items` is read to its end; its sentences stand in the last part.

    Yields
    ------
    Feed
        At least one; the last has `is_last`.

    Raises
    ------
    InputError
        When a short file holds rejects alone.
    """
    records: list[PaperRecord] = []
    rejects: list[RejectedRecord] = []
    is_first = True
    for item in items:
        if len(records) + len(rejects) >= BLOCK:
            yield Feed(source, file.location, file.day, tuple(records), tuple(rejects), is_last=False)
            records, rejects, is_first = [], [], False
        if isinstance(item, PaperRecord):
            records.append(item)
        else:
            rejects.append(item)
    if is_first and rejects and not records:
        first = f"{rejects[0].position}: {rejects[0].reason}"
        raise InputError(
            f"{file.location} holds no paper that can be read ({first}); expected titles of papers"
        )
    yield Feed(source, file.location, file.day, tuple(records), tuple(rejects), tuple(warnings()))


def load_object(text: str) -> dict[str, Any] | str:
    """Read one line as a JSON object, or say in one clause why it is none.

    A number with a point or an exponent stays text, so that a bare ``2503.02130`` keeps its digits,
    and so does a whole number of more than 18 digits; ``NaN`` and ``Infinity`` become None.

    Examples
    --------
    >>> load_object('{"id": 2503.02130, "votes": 3}')
    {'id': '2503.02130', 'votes': 3}
    >>> load_object("[1]"), load_object('{"title": "cut off')
    ('not an object but list', 'not valid JSON')
    """
    try:
        value = json.loads(text, parse_float=str, parse_int=_whole_number, parse_constant=lambda _name: None)
    except RecursionError:
        return "JSON nested too deep"
    except ValueError:
        return "not valid JSON"
    return value if isinstance(value, dict) else f"not an object but {type(value).__name__}"


def _whole_number(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def first_objects(head: str) -> list[dict[str, Any]]:
    r"""Objects of the first lines of a file when it is JSON lines, an empty list when it is not.

    The beginning of one JSON document over many lines is not, nor is an array. A last line that the
    beginning cuts off is left out.

    Parameters
    ----------
    head : str
        The beginning of the file.

    Examples
    --------
    >>> first_objects('{"a": 1}\n{"a": 2}\n')
    [{'a': 1}, {'a': 2}]
    >>> first_objects('{\n"a": {}\n}'), first_objects('[{"a": 1}]')
    ([], [])
    """
    lines = [line for line in head.removeprefix("\ufeff").splitlines() if line.strip()][:_LINES_LOOKED_AT]
    objects = [value for value in map(load_object, lines) if isinstance(value, dict)]
    # Half of the lines may be broken, the first too, or cut off at the end of the beginning.
    return objects if 2 * len(objects) >= len(lines) else []


def reject_line(line: Line, reason: str) -> RejectedRecord:
    """Reject a line for its fault, or for `reason` where its bytes were good."""
    shown = f"a line with {line.fault}" if line.fault else reason
    return RejectedRecord(f"line {line.number}", shown, excerpt(line.text))
