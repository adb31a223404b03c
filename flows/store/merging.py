"""Merge all sightings of a paper into one row: a pure fold, independent of the order of sightings.

Every choice below is the maximum under a total order over what the sightings say, so the same set of
sightings gives the same paper whichever came first, and a sighting that says less never wins over one that
says more. `winning_sightings` names the sighting behind each field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from analytics.dates import arxiv_month, date_fault
from analytics.papers import PaperRecord
from flows.store.stored_records import StoredRecord

__all__ = ["Sighting", "merge_sightings", "winning_sightings"]

_PRECISION_RANK = {"none": 0, "year": 1, "month": 2, "day": 3}
# How far a date can be believed. One month stands between a stated day and a stated year: the arXiv
# id's own (`_ID_MONTH`), which also beats a date that the id contradicts as too late. A day whose year
# was inferred is confirmed by an id of about that month.
_MISSING, _INFERRED, _DOUBTED, _ID_MONTH, _CONFIRMED, _STATED = range(6)
_NO_ABSTRACT = re.compile(
    r"(?:(?:this|the) (?:paper|article|submission|manuscript|work) (?:has been|is|was) (?:being )?withdrawn"
    r"\b.{0,300}|withdrawn\W*|(?:no )?abstract(?: is)?(?: not)?(?: available| provided)?\W*"
    r"|n/?a|none|null|nan|tbd|\W+)",
    re.IGNORECASE | re.DOTALL,
)
_CUT_ENDS = ("…", "...", "[...]", "[…]")


@dataclass(frozen=True, slots=True)
class Sighting:
    """One source showing one paper on one day.

    Attributes
    ----------
    day : date
        The feed's own day, else `first_seen`: from then on the sighting may be known.
    first_seen : date
        The earliest day on which this workspace read it.
    """

    stored: StoredRecord
    source: str
    location: str
    day: date
    first_seen: date
    upvotes: int | None


def winning_sightings(paper_id: str, sightings: Sequence[Sighting]) -> dict[str, Sighting]:
    """Find the sighting that each field of the merged paper comes from.

    ============== ========================================================================
    text           title and abstract together, so that they fit: a real abstract before one
                   that is cut short and one that only says that there is none, then the
                   longest, then a record with an identifier, then the latest sighting
    published      what is stated, then a day of inferred year that the arXiv id confirms, then
                   the month of that id, then a stated year, then an inferred one. A date later
                   than the arXiv id allows is not that of the first version and comes after the
                   id's month. Then the finer precision, a record with an identifier, the earlier
                   day
    updated        the latest day that a sighting states
    version        the highest
    withdrawn      the highest version that is withdrawn, unless a later version is not
    authors        the longest list, then a record with an identifier, then the earliest sighting
    n_authors      the largest number: a cut list counts too few
    organization   the earliest sighting that names one
    categories     the longest list, then a record with an identifier, then the earliest sighting
    venue          a record with a DOI, then one with any identifier, then the earliest sighting
    url            a record with an identifier, then the earliest sighting
    upvotes        the latest sighting that states them, the largest number of that day
    ============== ========================================================================

    Remaining ties go by the text of the value itself, so equal keys mean equal values. A field that
    no sighting states has no entry; `text` and `published` always have one.
    """
    pairs = [(sighting, sighting.stored.record) for sighting in sightings]
    ranked: dict[str, list[tuple[tuple[Any, ...], Sighting]]] = {
        "text": [
            ((_abstract_rank(r.abstract), len(r.abstract), _has_id(k), k.day, r.abstract, r.title), k)
            for k, r in pairs
        ],
        "published": [((*_date_rank(paper_id, r), _has_id(k), -_ordinal(r.published)), k) for k, r in pairs],
        "updated": [((r.updated,), k) for k, r in pairs if r.updated],
        "version": [((r.version,), k) for k, r in pairs if r.version is not None],
        "withdrawn": _withdrawn(pairs),
        "authors": [((len(r.authors), _has_id(k), _earlier(k), r.authors), k) for k, r in pairs if r.authors],
        "n_authors": [((n,), k) for k, r in pairs if (n := _author_count(r)) is not None],
        "organization": [((_earlier(k), r.organization), k) for k, r in pairs if r.organization],
        "categories": [
            ((len(r.categories), _has_id(k), _earlier(k), r.categories), k) for k, r in pairs if r.categories
        ],
        "venue": [((r.doi is not None, _has_id(k), _earlier(k), r.venue), k) for k, r in pairs if r.venue],
        "url": [((_has_id(k), _earlier(k), r.url), k) for k, r in pairs if r.url],
        "upvotes": [((k.day, k.upvotes), k) for k in sightings if k.upvotes is not None],
    }
    # The source breaks what ties are left, so that the sighting itself, not only its value, is the same one.
    return {
        name: max(entries, key=lambda entry: (*entry[0], entry[1].source, entry[1].location))[1]
        for name, entries in ranked.items()
        if entries
    }


def merge_sightings(paper_id: str, sightings: Sequence[Sighting]) -> dict[str, Any]:
    """One row of `papers` from all sightings of the paper, at least one; see `winning_sightings`.

    It has a value for each column of the store's table `papers`, lists as lists. `date_fault` tells what
    speaks against the stated date, also where the arXiv id's month was taken in its place.
    """
    best = winning_sightings(paper_id, sightings)
    text = best["text"].stored
    records = {name: sighting.stored.record for name, sighting in best.items()}
    return {
        "paper_id": paper_id,
        "title": text.record.title,
        "title_key": text.title_key,
        "abstract": text.record.abstract,
        **_publication(paper_id, best["published"], sightings),
        "updated": records["updated"].updated if "updated" in records else None,
        "version": records["version"].version if "version" in records else None,
        "is_withdrawn": "withdrawn" in records,
        "first_seen": min(sighting.first_seen for sighting in sightings),
        "authors": list(records["authors"].authors) if "authors" in records else [],
        "n_authors": _author_count(records["n_authors"]) if "n_authors" in records else None,
        "upvotes": best["upvotes"].upvotes if "upvotes" in best else None,
        "organization": records["organization"].organization if "organization" in records else None,
        "categories": list(records["categories"].categories) if "categories" in records else [],
        "venue": records["venue"].venue if "venue" in records else None,
        "url": records["url"].url if "url" in records else None,
        "sources": _distinct(sighting.source for sighting in sightings),
    }


def _publication(paper_id: str, sighting: Sighting, sightings: Sequence[Sighting]) -> dict[str, Any]:
    """Date of the paper: the winning one, or the month of the arXiv id where it beats all stated."""
    record, month = sighting.stored.record, arxiv_month(paper_id)
    if month is None or _date_rank(paper_id, record)[0] >= _CONFIRMED:
        fault = date_fault(record.published, record.published_precision, paper_id)
        return {
            "published": record.published,
            "published_basis": record.published_basis,
            "published_precision": record.published_precision,
            "published_source": sighting.source if record.published else None,
            "date_fault": fault,
        }
    faults = {
        date_fault(one.stored.record.published, one.stored.record.published_precision, paper_id)
        for one in sightings
        if one.stored.record.published_basis == "stated"
    }
    return {
        "published": month,
        "published_basis": "id_month",
        "published_precision": "month",
        "published_source": "arXiv id",
        "date_fault": max((fault for fault in faults if fault), default=None),
    }


def _date_rank(paper_id: str, record: PaperRecord) -> tuple[int, int]:
    """How far the record's date can be believed as the first version's, and its precision."""
    published, basis, precision = record.published, record.published_basis, record.published_precision
    if published is None:
        return _MISSING, 0
    month, fault = arxiv_month(paper_id), date_fault(published, precision, paper_id)
    # A year that is the id's own, or a later one, says less than the id; an earlier one is of earlier print.
    is_vague = precision == "year" and (month is None or published.year >= month.year)
    if basis == "stated":
        trust = _DOUBTED if fault == "after_id_month" or is_vague else _STATED
    elif basis == "id_month":
        trust = _ID_MONTH
    else:
        trust = _CONFIRMED if month is not None and fault is None else _INFERRED
    return trust, _PRECISION_RANK[precision]


def _abstract_rank(abstract: str) -> int:
    """2 for a whole abstract, 1 for one cut short, 0 for none or placeholder words."""
    if not abstract or _NO_ABSTRACT.fullmatch(abstract):
        return 0
    return 1 if abstract.endswith(_CUT_ENDS) else 2


def _withdrawn(pairs: Sequence[tuple[Sighting, PaperRecord]]) -> list[tuple[tuple[Any, ...], Sighting]]:
    """Sightings that show the work withdrawn, none where a later version stands again."""
    standing = max((record.version or 0 for _, record in pairs if not record.is_withdrawn), default=0)
    gone = [((record.version or 0, one.day), one) for one, record in pairs if record.is_withdrawn]
    newest = max((key[0] for key, _ in gone), default=0)
    return [] if 0 < newest < standing else gone


def _has_id(sighting: Sighting) -> bool:
    return sighting.stored.stated_id is not None


def _earlier(sighting: Sighting) -> int:
    return -sighting.day.toordinal()


def _ordinal(day: date | None) -> int:
    return (day or date.min).toordinal()


def _author_count(record: PaperRecord) -> int | None:
    return record.n_authors if record.n_authors is not None else (len(record.authors) or None)


def _distinct(texts: Iterable[str]) -> list[str]:
    return sorted(set(texts))
