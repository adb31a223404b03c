"""What a format of source files is: how its beginning looks, and how a file of it becomes feeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from analytics.papers import Feed
from flows.sources.files import read_text

__all__ = ["BLOCK", "UNKNOWN", "SourceFile", "SourceFormat", "parsed", "whole_text"]

BLOCK = 2_000
"""Records in one part of a long feed."""

UNKNOWN = "unknown"
"""Source of a file in a folder that no format can use."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to read.

    Attributes
    ----------
    location : str
        Its name for messages and the feed: never a machine's path.
    day : date or None
        The day in its name (``2025-03-05.json``): the day of the look.
    as_of : date or None
        The day of the analysis.
    columns : mapping of str to str
        The caller's own names of columns, ``{"Heading": "title"}``; for tables only.
    is_unpacked : bool
        It came out of a compressed file or an archive.
    """

    path: Path
    location: str
    day: date | None = None
    as_of: date | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    is_unpacked: bool = False


@dataclass(frozen=True, slots=True)
class SourceFormat:
    """One format of source files.

    Attributes
    ----------
    looks_like : callable
        The beginning of a file, at most 64 KB of it as text, to bool: whether the file is of this
        format, however broken the rest.
    read : callable
        Gives the feeds of a file: one, or the parts of one.
    suffixes : tuple of str
        Ends of names that decide where content does not, as for a table whose columns the caller names.
    marks : tuple of bytes
        First bytes of a binary format; one of them decides at once.
    """

    name: str
    looks_like: Callable[[str], bool]
    read: Callable[[SourceFile], Iterator[Feed]]
    suffixes: tuple[str, ...] = ()
    marks: tuple[bytes, ...] = ()


def parsed(parse: Callable[..., Feed]) -> Callable[[SourceFile], Iterator[Feed]]:
    """Make a reader of a parser that wants the whole text, its location and its day."""
    return whole_text(lambda text, file: parse(text, location=file.location, day=file.day))


def whole_text(parse: Callable[[str, SourceFile], Feed]) -> Callable[[SourceFile], Iterator[Feed]]:
    """Make a reader of a parser that needs the whole text of a file at once."""

    def read(file: SourceFile) -> Iterator[Feed]:
        yield parse(read_text(file.path, location=file.location), file)

    return read
