"""Papers of arXiv as JSON lines: a crawler's daily listings, and the snapshot of all metadata on Kaggle.

A listing shows the papers of one day, which is the file's name (``2025-03-18.jsonl``). That is the
day of the look and no date of a paper: listings repeat papers for days, and show old ones again when
they are replaced. The snapshot states every version with its time; its ``update_date`` is the day on
which the metadata changed and is no date of a version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from analytics.papers import Feed, PaperRecord
from flows.sources.categories import categories_of
from flows.sources.entries import EntryReader
from flows.sources.fielded import row_excerpt
from flows.sources.formats import SourceFile, SourceFormat
from flows.sources.identifiers import Identifiers, clean_doi, read_identifiers
from flows.sources.json_lines import first_objects, json_entries
from flows.sources.plain_text import clean_text
from flows.sources.records import Doubts, StatedPaper
from flows.sources.stated_dates import UNDATED, StatedDate, read_date
from flows.sources.text_lines import read_lines

__all__ = [
    "LISTING_FORMAT",
    "SNAPSHOT_FORMAT",
    "looks_like_listing",
    "looks_like_snapshot",
    "read_listing",
    "read_snapshot",
]

_LISTING_SOURCE = "arxiv-listing"
_SNAPSHOT_SOURCE = "arxiv-snapshot"

_LISTING_KEYS = frozenset(("id", "title", "summary", "abs", "categories"))
_SNAPSHOT_KEYS = frozenset(("id", "title", "abstract", "versions", "update_date"))
_VERSION = re.compile(r"v(\d{1,3})", re.ASCII)


def looks_like_listing(head: str) -> bool:
    r"""Tell whether a text is a crawler's daily listing of arXiv.

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

    Examples
    --------
    >>> looks_like_snapshot('{"id": "", "title": "", "abstract": "", "versions": [], "update_date": ""}\n')
    True
    """
    return any(entry.keys() >= _SNAPSHOT_KEYS for entry in first_objects(head))


def read_listing(file: SourceFile) -> Iterator[Feed]:
    """Read the papers of a crawler's daily listing, all of them undated, repeats kept.

    In parts; ``"line 1"`` is the first. A line that is no object with a title is a reject.
    """
    return _LISTING.parts(json_entries(read_lines(file)), file)


def read_snapshot(file: SourceFile) -> Iterator[Feed]:
    """Read the papers of the snapshot: published when version 1 appeared, updated with the newest one.

    In parts; ``"line 1"`` is the first. A line that is no object with a title is a reject.
    """
    return _SNAPSHOT.parts(json_entries(read_lines(file)), file)


def _listed(entry: Mapping[str, Any], position: str, doubts: Doubts) -> PaperRecord:
    written = entry.get("authors")
    names = [_text(name) for name in written] if isinstance(written, list) else []
    page = _text(entry.get("abs"))
    return StatedPaper(
        _text(entry.get("title")),
        _text(entry.get("summary")),
        authors=[name for name in names if name],
        categories=categories_of(entry.get("categories")),
        pages=(page,),
        found=read_identifiers(_text(entry.get("id")), page, _text(entry.get("pdf"))),
        remarks=(_text(entry.get("comment")),),
    ).record(position, doubts, "a paper without a title")


def _versioned(entry: Mapping[str, Any], position: str, doubts: Doubts) -> PaperRecord:
    found = read_identifiers(_text(entry.get("id")))
    versions = _versions(entry.get("versions"))
    newest = max(versions, default=None)
    published = versions.get(1, UNDATED)
    # The field may hold several DOIs with spaces between; the first is the work's own.
    doi = next((doi for part in _text(entry.get("doi")).split() if (doi := clean_doi(part))), None)
    return StatedPaper(
        _text(entry.get("title")),
        _text(entry.get("abstract")),
        published=published,
        updated=versions[newest][0] if newest is not None else None,
        authors=_authors(entry.get("authors_parsed")),
        found=Identifiers(found.arxiv_id, newest, doi),
        categories=categories_of(entry.get("categories")),
        # The page is arXiv's own, never the journal's.
        pages=(f"https://arxiv.org/abs/{found.arxiv_id}",) if found.arxiv_id else (),
        remarks=(_text(entry.get("comments")),),
        has_unread_date=published == UNDATED and bool(entry.get("versions")),
    ).record(position, doubts, "a paper without a title")


_LISTING = EntryReader(_LISTING_SOURCE, _listed, row_excerpt)
_SNAPSHOT = EntryReader(_SNAPSHOT_SOURCE, _versioned, row_excerpt)


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


LISTING_FORMAT = SourceFormat(_LISTING_SOURCE, looks_like_listing, read_listing)
SNAPSHOT_FORMAT = SourceFormat(_SNAPSHOT_SOURCE, looks_like_snapshot, read_snapshot)
