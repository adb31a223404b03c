"""Merge all looks at a paper into one row: a pure fold, independent of the order of looks.

Every choice below is the maximum under a total order over what the looks say, so the same set of
looks gives the same paper whichever came first, and a look that says less never wins over one that
says more. `winning_looks` names the look behind each field.
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

__all__ = ["Look", "merge_looks", "winning_looks"]

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
class Look:
    """One source showing one paper on one day.

    Attributes
    ----------
    day : date
        The feed's own day, else `first_seen`: from then on the look may be known.
    first_seen : date
        The earliest day on which this workspace read it.
    """

    said: StoredRecord
    source: str
    location: str
    day: date
    first_seen: date
    upvotes: int | None


def winning_looks(paper_id: str, looks: Sequence[Look]) -> dict[str, Look]:
    """Find the look that each field of the merged paper comes from.

    ============== ========================================================================
    text           title and abstract together, so that they fit: a real abstract before one
                   that is cut short and one that only says that there is none, then the
                   longest, then a record with an identifier, then the latest look
    published      what is stated, then a day of inferred year that the arXiv id confirms, then
                   the month of that id, then a stated year, then an inferred one. A date later
                   than the arXiv id allows is not that of the first version and comes after the
                   id's month. Then the finer precision, a record with an identifier, the earlier
                   day
    updated        the latest day that a look states
    version        the highest
    withdrawn      the highest version that is withdrawn, unless a later version is not
    authors        the longest list, then a record with an identifier, then the earliest look
    n_authors      the largest number: a cut list counts too few
    organization   the earliest look that names one
    url            a record with an identifier, then the earliest look
    upvotes        the latest look that states them, the largest number of that day
    ============== ========================================================================

    Remaining ties go by the text of the value itself, so equal keys mean equal values. A field that
    no look states has no entry; `text` and `published` always have one.
    """
    said = [(look, look.said.record) for look in looks]
    ranked: dict[str, list[tuple[tuple[Any, ...], Look]]] = {
        "text": [
            ((_abstract_rank(r.abstract), len(r.abstract), _has_id(k), k.day, r.abstract, r.title), k)
            for k, r in said
        ],
        "published": [((*_date_rank(paper_id, r), _has_id(k), -_ordinal(r.published)), k) for k, r in said],
        "updated": [((r.updated,), k) for k, r in said if r.updated],
        "version": [((r.version,), k) for k, r in said if r.version is not None],
        "withdrawn": _withdrawn(said),
        "authors": [((len(r.authors), _has_id(k), _earlier(k), r.authors), k) for k, r in said if r.authors],
        "n_authors": [((n,), k) for k, r in said if (n := _author_count(r)) is not None],
        "organization": [((_earlier(k), r.organization), k) for k, r in said if r.organization],
        "url": [((_has_id(k), _earlier(k), r.url), k) for k, r in said if r.url],
        "upvotes": [((k.day, k.upvotes), k) for k in looks if k.upvotes is not None],
    }
    # The source breaks what ties are left, so that the look itself, not only its value, is the same one.
    return {
        name: max(entries, key=lambda entry: (*entry[0], entry[1].source, entry[1].location))[1]
        for name, entries in ranked.items()
        if entries
    }


def merge_looks(paper_id: str, looks: Sequence[Look]) -> dict[str, Any]:
    """One row of `papers` from all looks at the paper, at least one; see `winning_looks`.

    It has a value for each column of the store's table `papers`, lists as lists. `date_fault` tells what
    speaks against the stated date, also where the arXiv id's month was taken in its place.
    """
    best = winning_looks(paper_id, looks)
    text = best["text"].said
    said = {name: look.said.record for name, look in best.items()}
    return {
        "paper_id": paper_id,
        "title": text.record.title,
        "title_key": text.title_key,
        "abstract": text.record.abstract,
        **_publication(paper_id, best["published"], looks),
        "updated": said["updated"].updated if "updated" in said else None,
        "version": said["version"].version if "version" in said else None,
        "is_withdrawn": "withdrawn" in said,
        "first_seen": min(look.first_seen for look in looks),
        "authors": list(said["authors"].authors) if "authors" in said else [],
        "n_authors": _author_count(said["n_authors"]) if "n_authors" in said else None,
        "upvotes": best["upvotes"].upvotes if "upvotes" in best else None,
        "organization": said["organization"].organization if "organization" in said else None,
        "url": said["url"].url if "url" in said else None,
        "sources": _distinct(look.source for look in looks),
    }


def _publication(paper_id: str, look: Look, looks: Sequence[Look]) -> dict[str, Any]:
    """Date of the paper: that of the winning look, or the month of the arXiv id where it beats all stated."""
    record, month = look.said.record, arxiv_month(paper_id)
    if month is None or _date_rank(paper_id, record)[0] >= _CONFIRMED:
        fault = date_fault(record.published, record.published_precision, paper_id)
        return {
            "published": record.published,
            "published_basis": record.published_basis,
            "published_precision": record.published_precision,
            "published_source": look.source if record.published else None,
            "date_fault": fault,
        }
    faults = {
        date_fault(one.said.record.published, one.said.record.published_precision, paper_id)
        for one in looks
        if one.said.record.published_basis == "stated"
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


def _withdrawn(said: Sequence[tuple[Look, PaperRecord]]) -> list[tuple[tuple[Any, ...], Look]]:
    """Looks that show the work withdrawn, none where a later version stands again."""
    standing = max((record.version or 0 for _, record in said if not record.is_withdrawn), default=0)
    gone = [((record.version or 0, look.day), look) for look, record in said if record.is_withdrawn]
    newest = max((key[0] for key, _ in gone), default=0)
    return [] if 0 < newest < standing else gone


def _has_id(look: Look) -> bool:
    return look.said.stated_id is not None


def _earlier(look: Look) -> int:
    return -look.day.toordinal()


def _ordinal(day: date | None) -> int:
    return (day or date.min).toordinal()


def _author_count(record: PaperRecord) -> int | None:
    return record.n_authors if record.n_authors is not None else (len(record.authors) or None)


def _distinct(texts: Iterable[str]) -> list[str]:
    return sorted(set(texts))
