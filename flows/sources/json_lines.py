"""JSON lines: one JSON object a line, of any service or of one's own making."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from analytics.exceptions import InputError
from analytics.papers import Feed, RejectedRecord
from flows.sources.entries import EntryReader
from flows.sources.field_names import match_fields
from flows.sources.fielded import row_reader
from flows.sources.formats import SourceFile, SourceFormat
from flows.sources.text_lines import Line, read_lines, reject_line

__all__ = [
    "FORMAT",
    "SOURCE",
    "SUFFIXES",
    "first_objects",
    "json_entries",
    "lines_format",
    "load_object",
    "looks_like",
    "read_json_lines",
]

SOURCE = "table"
SUFFIXES = (".jsonl", ".ndjson")

_SECOND_LINE = re.compile(r"[\r\n]\s{0,20}\{")
_LONGEST_NUMBER = 18
_LINES_LOOKED_AT = 20
_OBJECTS_FIRST = 100
_LINES_FIRST = 10_000


def looks_like(head: str) -> bool:
    r"""Tell whether a text is JSON lines of papers: two lines or more, and a field of titles.

    One object on one line may as well be the answer of a service, and is not claimed.

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

    In parts; ``"line 1"`` is the first. Blank lines are passed over; a line that is no object with a title is
    a reject.
    """
    entries = json_entries(read_lines(file))
    first: list[tuple[str, dict[str, Any]] | RejectedRecord] = []
    n_objects = 0
    while n_objects < _OBJECTS_FIRST and len(first) < _LINES_FIRST and (entry := next(entries, None)):
        first.append(entry)
        n_objects += not isinstance(entry, RejectedRecord)
    if not n_objects:
        broken = next((entry for entry in first if isinstance(entry, RejectedRecord)), None)
        reason = f" ({broken.position}: {broken.reason})" if broken else ""
        raise InputError(f"{file.location} holds no JSON object on a line{reason}; expected one a paper")
    keys = _keys([entry[1] for entry in first if not isinstance(entry, RejectedRecord)])
    reader = row_reader(SOURCE, match_fields(keys, file.columns, location=file.location))
    yield from reader.parts(itertools.chain(first, entries), file)


def json_entries(lines: Iterator[Line]) -> Iterator[tuple[str, dict[str, Any]] | RejectedRecord]:
    """Objects of JSON lines with their positions, blank lines left out; any other line is a reject."""
    for line in lines:
        if text := line.text.strip().removeprefix("\ufeff"):
            entry = line.fault or load_object(text)
            yield reject_line(line, entry) if isinstance(entry, str) else (f"line {line.number}", entry)


def lines_format(reader: EntryReader, is_entry: Callable[[dict[str, Any]], bool]) -> SourceFormat:
    """Format of a service's entries, one a line."""

    def looks_like_lines(head: str) -> bool:
        objects = first_objects(head)
        is_document = _SECOND_LINE.search(head) is None
        return not is_document and 2 * sum(map(is_entry, objects)) > len(objects)

    def read(file: SourceFile) -> Iterator[Feed]:
        return reader.parts(json_entries(read_lines(file)), file)

    return SourceFormat(reader.source, looks_like_lines, read)


def _keys(objects: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(key for entry in objects for key in entry))


def load_object(text: str) -> dict[str, Any] | str:
    """Read one line as a JSON object, or say in one clause why it is not one.

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


FORMAT = SourceFormat(SOURCE, looks_like, read_json_lines, SUFFIXES)
