"""What of a feed can be stored: text that every database takes, and records that keep the contract.

Parsers are expected to give nothing else. This is the last gate: one bad record becomes a reject
and never costs the others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import get_args

from analytics.papers import Feed, PaperRecord, PublishedBasis, PublishedPrecision, RejectedRecord
from flows.store.stored_records import StoredRecord

__all__ = ["UsableFeed", "usable_feed"]

_LARGEST_COUNT = 2**31 - 1
_EXCERPT = 200


@dataclass(frozen=True, slots=True)
class UsableFeed:
    """A feed's records with their keys and upvotes, and its rejects with those of the last gate."""

    source: str
    location: str
    day: date | None
    warnings: tuple[str, ...]
    shown: tuple[tuple[StoredRecord, int | None], ...]
    rejects: tuple[RejectedRecord, ...]
    name: str
    window: tuple[date, date] | None
    failure: str | None


def usable_feed(feed: Feed) -> UsableFeed:
    """Split a feed's records into those that can be stored and those that cannot."""
    shown: list[tuple[StoredRecord, int | None]] = []
    rejects = [
        RejectedRecord(_storable(r.position), _storable(r.reason), _storable(r.excerpt)) for r in feed.rejects
    ]
    for given in feed.records:
        record = _storable_record(given)
        fault = _fault(record)
        if fault is None:
            try:
                shown.append((StoredRecord.of(record), record.upvotes))
                continue
            except ValueError as error:
                fault = str(error)
        rejects.append(RejectedRecord(record.position, fault, record.title[:_EXCERPT]))
    return UsableFeed(
        # A file name that is not valid text comes with lone surrogates.
        source=_storable(feed.source),
        location=_storable(feed.location),
        day=feed.day,
        warnings=tuple(_storable(warning) for warning in feed.warnings),
        shown=tuple(shown),
        rejects=tuple(rejects),
        name=_storable(feed.name or feed.source),
        window=feed.window,
        failure=None if feed.failure is None else _storable(feed.failure),
    )


def _fault(record: PaperRecord) -> str | None:
    """Why a record cannot be in the store, None when it can."""
    if not record.title.strip():
        return "a record without a title"
    if record.published_basis not in get_args(PublishedBasis):
        return f"unknown published_basis {record.published_basis!r}"
    if record.published_precision not in get_args(PublishedPrecision):
        return f"unknown published_precision {record.published_precision!r}"
    if (record.published is None) != (record.published_basis == "missing"):
        return f"date {record.published} with published_basis {record.published_basis!r}"
    counts = {"n_authors": record.n_authors, "upvotes": record.upvotes, "version": record.version}
    for name, count in counts.items():
        if count is not None and not 0 <= count <= _LARGEST_COUNT:
            return f"{name} of {count}"
    return None


def _storable_record(record: PaperRecord) -> PaperRecord:
    def optional(text: str | None) -> str | None:
        return None if text is None else _storable(text)

    return replace(
        record,
        title=_storable(record.title),
        abstract=_storable(record.abstract),
        authors=tuple(_storable(name) for name in record.authors),
        organization=optional(record.organization),
        categories=tuple(_storable(name) for name in record.categories),
        venue=optional(record.venue),
        url=optional(record.url),
        arxiv_id=optional(record.arxiv_id) or None,
        doi=optional(record.doi) or None,
        position=_storable(record.position),
    )


def _storable(text: str) -> str:
    r"""Text without NUL and lone surrogates, which no database stores; each becomes U+FFFD.

    Examples
    --------
    >>> _storable("plain"), _storable("a\x00b") == "a\ufffdb", _storable("\ud83d\ude00") == "\U0001f600"
    ('plain', True, True)
    """
    if "\x00" in text:
        text = text.replace("\x00", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        # A pair of surrogates is one sign that a sloppy decoder left in two halves.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
