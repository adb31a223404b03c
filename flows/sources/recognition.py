"""Files by content: which format each has, and the feeds of a file or a folder.

`FORMATS` is the registry: a format joins by one line of it. The first that accepts the beginning of a
file reads it; the page's text, which has no mark of its own, comes last. What a name ends with decides
only where content does not: a table whose columns the caller has to name.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import chain, islice
from pathlib import Path

from analytics.exceptions import InputError
from analytics.papers import Feed, RejectedRecord
from flows.sources import (
    acl_anthology,
    arxiv_atom,
    arxiv_listings,
    bibtex,
    catalogue_xml,
    crossref,
    daily_papers_api,
    daily_papers_page,
    dblp,
    delimited,
    json_lines,
    json_lists,
    markdown,
    oai_pmh,
    openalex,
    openreview,
    parquet,
    preprint_services,
    reference_managers,
    ris,
    rss,
    semantic_scholar,
    workbook,
)
from flows.sources.containers import is_workbook, members, unpacked
from flows.sources.files import compression_of, encoding_of, leads_out, list_files, read_head
from flows.sources.formats import UNKNOWN, SourceFile, SourceFormat
from flows.sources.text_lines import read_lines

__all__ = ["FORMATS", "format_of", "read_file", "read_source"]

_LOGGER = logging.getLogger(__name__)
_HEAD_BYTES = 65_536
_LINES_AFTER = 5
# An array or an object, whole or cut short, but not the "[new](...)" of a page copied as Markdown.
_JSON_START = re.compile(
    r"\s*(?:\[[\[\s]*(?:[{\"\]]|(?:null|true|false|NaN|-?Infinity|-?\d[\d.eE+-]*)\s*,|null\b|$)|\{\s*(?:[\"}]|$))"
)
_DATA_SUFFIXES = {".json", ".jsonl", ".ndjson", ".xml", ".rss", ".atom", ".csv", ".tsv", ".parquet"}
_DAY_IN_NAME = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")
_ALLOWED = (
    "the path of a file or folder (exports of Web of Science, Scopus, PubMed, Zotero and others as CSV, "
    "Excel, RIS, BibTeX, XML or JSON, saved answers of an API, Parquet, RSS, the text of a Daily Papers "
    "page; each may be compressed or in a zip archive), or a feed such as arxiv:cat:cs.AI"
)


def _looks_like_json(head: str) -> bool:
    return _JSON_START.match(head) is not None


_JSON_OF_NO_KNOWN_KIND = replace(daily_papers_api.FORMAT, looks_like=_looks_like_json)

# Formats that are known by their first line come before those that a line in the middle may look like.
FORMATS: tuple[SourceFormat, ...] = (
    parquet.FORMAT,
    workbook.FORMAT,
    arxiv_listings.SNAPSHOT_FORMAT,
    arxiv_listings.LISTING_FORMAT,
    openalex.LINES,
    semantic_scholar.LINES,
    openreview.LINES,
    crossref.LINES,
    preprint_services.BIORXIV_LINES,
    preprint_services.EUROPE_PMC_LINES,
    json_lines.FORMAT,
    daily_papers_api.FORMAT,
    crossref.FORMAT,
    preprint_services.BIORXIV,
    preprint_services.EUROPE_PMC,
    dblp.JSON,
    openalex.FORMAT,
    semantic_scholar.FORMAT,
    openreview.FORMAT,
    json_lists.FORMAT,
    _JSON_OF_NO_KNOWN_KIND,
    arxiv_atom.FORMAT,
    oai_pmh.FORMAT,
    acl_anthology.FORMAT,
    catalogue_xml.PUBMED_XML,
    catalogue_xml.ENDNOTE_XML,
    dblp.XML,
    rss.FORMAT,
    markdown.FORMAT,
    delimited.FORMAT,
    bibtex.FORMAT,
    ris.FORMAT,
    reference_managers.WEB_OF_SCIENCE,
    reference_managers.PUBMED,
    reference_managers.ENDNOTE,
    reference_managers.REFWORKS,
    reference_managers.NOTE_EXPRESS,
    daily_papers_page.FORMAT,
)
"""Every format; the order is that in which they are tried."""

_LAST_RESORT = FORMATS[-1]


def read_source(
    source: str | Path, *, as_of: date | None = None, columns: Mapping[str, str] | None = None
) -> Iterator[Feed]:
    """Read a source: the feed of a file, or those of each file of a folder in the order of their names.

    A long file comes in parts. A file of a folder that cannot be used is a feed without records and with one
    reject that says why; it costs no other file. `location` is the path within the folder.

    Hidden files of a folder are left out, and links that lead out of it are not followed.

    Raises
    ------
    InputError
        At the call when the source does not exist, holds no file, or is a single file that cannot be
        used; while reading, when every file of a folder cannot be used. No feed is yielded then.
    """
    path = _existing_path(source)
    if not path.is_dir():
        return read_file(_source_file(path, path.name, as_of, columns))
    files = list_files(path)
    if not files:
        raise InputError(f"the folder {source} holds no file; allowed is {_ALLOWED}")
    return _read_folder(
        path, [_source_file(file, file.relative_to(path).as_posix(), as_of, columns) for file in files]
    )


def read_file(file: SourceFile) -> Iterator[Feed]:
    """Feeds of one file, its format recognized by content.

    One, or the parts of one; those of each file in it for an archive. A file that turns out to be damaged
    after its first part ends with a part whose `failure` says so; the records before are kept. How a file was
    decoded, where nothing declares it, is a warning.

    Raises
    ------
    InputError
        At the call when the file cannot be used at all.
    """
    feeds = _feeds_of(file)
    try:
        first = next(feeds)
    except StopIteration:
        return iter(())
    return _whole_or_failed(chain([first], feeds))


def _feeds_of(file: SourceFile) -> Iterator[Feed]:
    kind = compression_of(read_head(file.path, location=file.location, size=16))
    if kind == "zip" and not is_workbook(file):
        inner = (replace(one, day=_day_in(one.location) or file.day) for one in members(file))
        yield from _read_each(inner, file.location)
    elif kind and kind != "zip":
        with unpacked(file, kind) as content:
            yield from _feeds_of(content)
    else:
        found = format_of(file)
        note = "" if found.marks else encoding_of(file.path, location=file.location).note
        for feed in found.read(file):
            yield replace(feed, warnings=(note, *feed.warnings)) if note and feed.is_last else feed


def _whole_or_failed(feeds: Iterator[Feed]) -> Iterator[Feed]:
    last: Feed | None = None
    try:
        for feed in feeds:
            last = feed
            yield feed
    except InputError as error:
        if last is None:
            raise
        reason = str(error)
        reject = RejectedRecord("rest of the file", reason)
        yield replace(last, records=(), rejects=(reject,), warnings=(), failure=reason, is_last=True)


def format_of(file: SourceFile) -> SourceFormat:
    """Format that a file's beginning shows, else the one that its name tells."""
    head = read_head(file.path, location=file.location, size=_HEAD_BYTES)
    if marked := next((one for one in FORMATS if one.marks and head.startswith(one.marks)), None):
        return marked
    text = _head_text(head, file)
    if file.path.suffix.lower() in json_lines.SUFFIXES and "\n" not in text:
        text = _second_lines(file) or text
    found = next(one for one in FORMATS if one.looks_like(text))
    suffix = file.path.suffix.lower()
    if found is _LAST_RESORT or (suffix in json_lines.SUFFIXES and _may_be_lines(text, found)):
        return next((one for one in FORMATS if suffix in one.suffixes), found)
    return found


def _second_lines(file: SourceFile) -> str:
    """Lines after a first one that is longer than what is looked at."""
    lines = islice(read_lines(file), 1, _LINES_AFTER)
    return "\n".join(line.text[:_HEAD_BYTES] for line in lines)


def _may_be_lines(head: str, found: SourceFormat) -> bool:
    """Whether a broken or very long first line of JSON lines was taken for a document."""
    is_one_long_line = len(head) > _HEAD_BYTES // 4 and "\n" not in head
    return found is _JSON_OF_NO_KNOWN_KIND or (found.name == json_lists.SOURCE and is_one_long_line)


def _head_text(head: bytes, file: SourceFile) -> str:
    """Beginning of a file as text, only to look at."""
    encoding = encoding_of(file.path, location=file.location)
    return head.decode(encoding.name, "replace").removeprefix("\ufeff")


def _source_file(
    path: Path, location: str, as_of: date | None, columns: Mapping[str, str] | None
) -> SourceFile:
    return SourceFile(path, location, _day_in(location), as_of, dict(columns or {}))


def _existing_path(source: str | Path) -> Path:
    path = Path(source)
    try:
        is_there = path.exists()
    except (OSError, ValueError):  # a name that is too long, or holds NUL
        is_there = False
    if str(source) and is_there:
        return path
    raise InputError(f"no file or folder {str(source)!r}; allowed is {_ALLOWED}")


def _read_folder(folder: Path, files: list[SourceFile]) -> Iterator[Feed]:
    return _read_each(files, folder.name, folder)


def _read_each(files: Iterable[SourceFile], name: str, folder: Path | None = None) -> Iterator[Feed]:
    """Feeds of files one after another; one that cannot be used costs no other."""
    # Unusable files are held back until one is usable: a folder without any leaves no trace.
    held: list[Feed] = []
    n_files, is_usable = 0, False
    for file in files:
        n_files += 1
        try:
            if folder is not None and leads_out(file.path, folder):
                raise InputError(
                    f"{file.location} is a link that leads out of the folder; copy the file into it"
                )
            feeds = read_file(file)
        except InputError as error:
            _LOGGER.info("%s", error)
            feeds = iter([_unusable(file, str(error))])
        else:
            is_usable = True
        if is_usable:
            yield from held
            held = []
            yield from feeds
        else:
            held += feeds
    if not n_files:
        raise InputError(f"{name} holds no file; allowed is {_ALLOWED}")
    if not is_usable:
        reason = held[0].rejects[0].reason
        raise InputError(f"none of the {n_files} files of {name} can be used; the first: {reason}")


def _unusable(file: SourceFile, reason: str) -> Feed:
    # An answer or a table of a day is a look that failed; notes and pictures are something else altogether.
    is_look = file.day is not None and file.path.suffix.lower() in _DATA_SUFFIXES
    failure = reason if is_look else None
    return Feed(UNKNOWN, file.location, file.day, (), (RejectedRecord("file", reason),), failure=failure)


def _day_in(location: str) -> date | None:
    for written in _DAY_IN_NAME.findall(location.rpartition("/")[2]):
        try:
            return date.fromisoformat(written)
        except ValueError:
            continue
    return None
