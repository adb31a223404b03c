"""Papers of arXiv as JSON lines: a crawler's daily listings, and the snapshot of all metadata on Kaggle.

A listing shows the papers of one day, which is the file's name (``2025-03-18.jsonl``). That is the
day of the look and no date of a paper: listings repeat papers for days, and show old ones again when
they are replaced. The snapshot states every version with its time; its ``update_date`` is the day on
which the metadata changed and is no date of a version.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from analytics.papers import Feed, PaperRecord, RejectedRecord
from flows.sources.arxiv_atom import says_withdrawn
from flows.sources.formats import SourceFile
from flows.sources.identifiers import Identifiers, clean_doi, read_identifiers, web_address
from flows.sources.json_lines import first_objects, load_object
from flows.sources.plain_text import clean_text
from flows.sources.stated_dates import UNDATED, StatedDate, basis_of, date_warning, read_date
from flows.sources.text_lines import feed_parts, read_lines, reject_line

__all__ = [
    "LISTING_SOURCE",
    "SNAPSHOT_SOURCE",
    "looks_like_listing",
    "looks_like_snapshot",
    "read_listing",
    "read_snapshot",
]

LISTING_SOURCE = "arxiv-listing"
SNAPSHOT_SOURCE = "arxiv-snapshot"

_LISTING_KEYS = frozenset(("id", "title", "summary", "abs", "categories"))
_SNAPSHOT_KEYS = frozenset(("id", "title", "abstract", "versions", "update_date"))
_VERSION = re.compile(r"v(\d{1,3})", re.ASCII)


def looks_like_listing(head: str) -> bool:
    r"""Tell whether a text is a crawler's daily listing of arXiv.

    Parameters
    ----------
    head : str
        The beginning of the file.

    Examples
    --------
    >>> looks_like_listing('{"id": "", "title": "", "summary": "", "abs": "", "categories": []}\n')
    True
    >>> looks_like_listing('[{"id": "", "title": "", "summary": "", "abs": "", "categories": []}]')
    False
    """
    return any(entry.keys() >= _LISTING_KEYS for entry in first_objects(head))


def looks_like_snapshot(head: str) -> bool:
    r"""Tell whether a text is the snapshot of arXiv's metadata as JSON lines.

    Parameters
    ----------
    head : str
        The beginning of the file.

    Examples
    --------
    >>> looks_like_snapshot('{"id": "", "title": "", "abstract": "", "versions": [], "update_date": ""}\n')
    True
    """
    return any(entry.keys() >= _SNAPSHOT_KEYS for entry in first_objects(head))


def read_listing(file: SourceFile) -> Iterator[Feed]:
    """Read the papers of a crawler's daily listing, all of them undated, repeats kept.

    Parameters
    ----------
    file : SourceFile
        Its `day` is the day of the listing.

    Yields
    ------
    Feed
        In parts; ``"line 1"`` is the first. A line that is no object with a title is a reject.

    Raises
    ------
    InputError
        When the file cannot be read, is empty or holds no paper.
    """
    return feed_parts(_items(file, _listed), file, LISTING_SOURCE, tuple)


def read_snapshot(file: SourceFile) -> Iterator[Feed]:
    """Read the papers of the snapshot: published when version 1 appeared, updated with the newest one.

    Parameters
    ----------
    file : SourceFile

    Yields
    ------
    Feed
        In parts; ``"line 1"`` is the first. A line that is no object with a title is a reject.

    Raises
    ------
    InputError
        When the file cannot be read, is empty or holds no paper.
    """
    undated: list[str] = []

    def read(entry: Mapping[str, Any], position: str) -> PaperRecord | None:
        record = _versioned(entry, position)
        if record is not None and record.published is None and entry.get("versions"):
            undated.append(position)
        return record

    return feed_parts(_items(file, read), file, SNAPSHOT_SOURCE, lambda: date_warning(undated))


def _items(
    file: SourceFile, read: Callable[[Mapping[str, Any], str], PaperRecord | None]
) -> Iterator[PaperRecord | RejectedRecord]:
    for line in read_lines(file):
        if not line.text.strip():
            continue
        entry = line.fault or load_object(line.text.removeprefix("\ufeff"))
        if isinstance(entry, str):
            yield reject_line(line, entry)
        else:
            yield read(entry, f"line {line.number}") or reject_line(line, "a paper without a title")


def _listed(entry: Mapping[str, Any], position: str) -> PaperRecord | None:
    title = _text(entry.get("title"))
    if not title:
        return None
    identifiers = read_identifiers(_text(entry.get("id")), _text(entry.get("abs")), _text(entry.get("pdf")))
    abstract = _text(entry.get("summary"))
    written = entry.get("authors")
    names = [_text(name) for name in written] if isinstance(written, list) else []
    authors = tuple(name for name in names if name)
    return PaperRecord(
        title,
        abstract,
        authors=authors,
        n_authors=len(authors) or None,
        url=web_address(_text(entry.get("abs"))) or _page(identifiers),
        arxiv_id=identifiers.arxiv_id,
        doi=identifiers.doi,
        version=identifiers.version,
        is_withdrawn=says_withdrawn(_text(entry.get("comment")), abstract),
        position=position,
    )


def _versioned(entry: Mapping[str, Any], position: str) -> PaperRecord | None:
    title = _text(entry.get("title"))
    if not title:
        return None
    identifiers = read_identifiers(_text(entry.get("id")))
    abstract = _text(entry.get("abstract"))
    versions = _versions(entry.get("versions"))
    published, precision = versions.get(1, UNDATED)
    newest = max(versions, default=None)
    authors = _authors(entry.get("authors_parsed"))
    return PaperRecord(
        title,
        abstract,
        published=published,
        published_basis=basis_of(published),
        published_precision=precision,
        updated=versions[newest][0] if newest is not None else None,
        authors=authors,
        n_authors=len(authors) or None,
        url=_page(identifiers),
        arxiv_id=identifiers.arxiv_id,
        # The field may hold several DOIs with spaces between; the first is the work's own.
        doi=next((doi for part in _text(entry.get("doi")).split() if (doi := clean_doi(part))), None),
        version=newest,
        is_withdrawn=says_withdrawn(_text(entry.get("comments")), abstract),
        position=position,
    )


def _text(value: object) -> str:
    return clean_text(value) if isinstance(value, str) else ""


def _versions(value: object) -> dict[int, StatedDate]:
    """Dates of the versions by their numbers; a date that cannot be read is kept as `UNDATED`."""
    found: dict[int, StatedDate] = {}
    for version in value if isinstance(value, list) else ():
        if isinstance(version, dict) and (number := _VERSION.fullmatch(_text(version.get("version")))):
            found[int(number[1])] = read_date(_text(version.get("created")))
    return found


def _authors(value: object) -> tuple[str, ...]:
    """Names as ``First Last Jr`` out of ``["Last", "First", "Jr", "affiliation ..."]``."""
    names = []
    for parts in value if isinstance(value, list) else ():
        if isinstance(parts, list):
            last, first, suffix = ([_text(part) for part in parts] + ["", "", ""])[:3]
            names.append(" ".join(part for part in (first, last, suffix) if part))
    return tuple(name for name in names if name)


def _page(identifiers: Identifiers) -> str | None:
    return f"https://arxiv.org/abs/{identifiers.arxiv_id}" if identifiers.arxiv_id else None
