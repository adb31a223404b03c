"""Sources by content: which format a file has, and the feeds of a file or a folder.

A format joins by one line of `FORMATS`. The first whose `looks_like` accepts a text parses it; the
page's text, which has no mark of its own, stands last.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from analytics.exceptions import InputError
from analytics.papers import Feed, RejectedRecord
from flows.sources import daily_papers_api, daily_papers_page
from flows.sources.files import list_files, read_text

__all__ = ["FORMATS", "SourceFormat", "parse_source_text", "read_source"]

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SourceFormat:
    """One format of source files.

    Attributes
    ----------
    name : str
        Its feeds' `source`.
    looks_like : callable
        Text to bool: whether the text is of this format, however broken. Reads its beginning only.
    parse : callable
        ``(text, location, named_day, as_of) -> Feed``; `named_day` is the day in the file's name.
    """

    name: str
    looks_like: Callable[[str], bool]
    parse: Callable[[str, str, date | None, date | None], Feed]


_JSON_SAMPLE = 1_000
# An array or an object, whole or cut short, but not the "[new](...)" of a page copied as Markdown.
_JSON_START = re.compile(r"\s*(?:\[\s*(?:[{\"\]]|null\b|$)|\{\s*(?:[\"}]|$))")


def _looks_like_json(text: str) -> bool:
    return _JSON_START.match(text.removeprefix("\ufeff")[:_JSON_SAMPLE]) is not None


def _parse_answer(text: str, location: str, named_day: date | None, _as_of: date | None) -> Feed:
    return daily_papers_api.parse_daily_papers_answer(text, location=location, day=named_day)


def _parse_page(text: str, location: str, _named_day: date | None, as_of: date | None) -> Feed:
    return daily_papers_page.parse_daily_papers_page(text, location=location, as_of=as_of)


FORMATS: tuple[SourceFormat, ...] = (
    SourceFormat(daily_papers_api.SOURCE, _looks_like_json, _parse_answer),
    SourceFormat(daily_papers_page.SOURCE, lambda _text: True, _parse_page),
)

_NAMED_SOURCE = re.compile(r"(?P<name>[a-z][a-z0-9-]+):\S.*", re.DOTALL)
_DAY_IN_NAME = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")
_ALLOWED = "the path of a file or folder: copied text of a Daily Papers page, or saved answers of its API"


def parse_source_text(text: str, *, location: str, as_of: date | None = None) -> Feed:
    """Feed of one text, its format recognized by content.

    Parameters
    ----------
    text : str
    location : str
        Name of the file; a day in it (``2025-03-05.json``) is the day of an API answer.
    as_of : date or None
        The day of the analysis, see `parse_daily_papers_page`.

    Raises
    ------
    InputError
        When no format can use the text.

    Examples
    --------
    >>> parse_source_text("[]", location="2025-03-05.json").day
    datetime.date(2025, 3, 5)
    """
    for source_format in FORMATS:
        if source_format.looks_like(text):
            return source_format.parse(text, location, _day_in(location), as_of)
    raise InputError(f"{location} has no known format; allowed is {_ALLOWED}")


def read_source(source: str | Path, *, as_of: date | None = None) -> Iterator[Feed]:
    """Read a source: one feed for a file, one for each file of a folder in the order of their names.

    Parameters
    ----------
    source : str or Path
        A file, or a folder with its subfolders; hidden files are left out.
    as_of : date or None
        The day of the analysis, see `parse_daily_papers_page`.

    Yields
    ------
    Feed
        A file of a folder that cannot be used is a feed without records and with one reject that
        says why; it costs no other file. `location` is the path within the folder.

    Raises
    ------
    InputError
        At the call when the source does not exist or holds no file; while reading, when a single
        file, or every file of a folder, cannot be used. No feed is yielded then.
    """
    path = _existing_path(source)
    if not path.is_dir():
        return iter([parse_source_text(read_text(path, location=path.name), location=path.name, as_of=as_of)])
    files = list_files(path)
    if not files:
        raise InputError(f"the folder {source} holds no file; allowed is {_ALLOWED}")
    return _read_folder(path, files, as_of)


def _existing_path(source: str | Path) -> Path:
    path = Path(source)
    try:
        is_there = path.exists()
    except (OSError, ValueError):  # a name that is too long, or holds NUL
        is_there = False
    if str(source) and is_there:
        return path
    named = _NAMED_SOURCE.fullmatch(str(source)) if isinstance(source, str) else None
    if named is not None:
        raise InputError(f"unknown source {named['name']!r} in {source!r}; allowed is {_ALLOWED}")
    raise InputError(f"no file or folder {str(source)!r}; allowed is {_ALLOWED}")


def _read_folder(folder: Path, files: list[Path], as_of: date | None) -> Iterator[Feed]:
    # Unusable files are held back until one is usable: a folder without any leaves no trace.
    held: list[Feed] = []
    is_usable = False
    for file in files:
        location = file.relative_to(folder).as_posix()
        try:
            feed = parse_source_text(read_text(file, location=location), location=location, as_of=as_of)
            is_usable = True
        except InputError as error:
            _LOGGER.info("%s", error)
            feed = Feed("unknown", location, None, (), (RejectedRecord("file", str(error)),))
        held.append(feed)
        if is_usable:
            yield from held
            held = []
    if not is_usable:
        reason = held[0].rejects[0].reason
        raise InputError(f"none of the {len(files)} files of {folder.name} can be used; the first: {reason}")


def _day_in(location: str) -> date | None:
    for written in _DAY_IN_NAME.findall(location.rpartition("/")[2]):
        try:
            return date.fromisoformat(written)
        except ValueError:
            continue
    return None
