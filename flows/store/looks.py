"""What one paper is, given every look at it: a pure fold that no order of the looks can change.

Every choice below is the maximum under a total order over what the looks say, so the same set of
looks gives the same paper whichever came first, and a look that says less never wins over one that
says more. `winning_looks` names the look behind each field.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from analytics.papers import PaperRecord, paper_id_for

__all__ = [
    "Look",
    "StoredRecord",
    "decode_record",
    "encode_record",
    "merge_looks",
    "row_key",
    "winning_looks",
]

_BASIS_RANK = {"missing": 0, "year_inferred": 1, "id_month": 2, "stated": 3}
_PRECISION_RANK = {"none": 0, "year": 1, "month": 2, "day": 3}


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """What a source said of a paper, apart from when it was shown and how often.

    Attributes
    ----------
    record_id : str
        Hash of the record without its position and upvotes, which belong to the look.
    stated_id : str or None
        ``"arxiv:..."`` or ``"doi:..."`` when the record states one.
    title_key : str
        The id that the title alone would give (``"title:<hash>"``): short, however long the title.
    record : PaperRecord
    """

    record_id: str
    stated_id: str | None
    title_key: str
    record: PaperRecord

    @classmethod
    def of(cls, record: PaperRecord) -> StoredRecord:
        """Keys of a record.

        Raises
        ------
        ValueError
            When its arXiv id is not one.
        """
        said = replace(record, position="", upvotes=None)
        title_key = paper_id_for(record.title)
        has_id = record.arxiv_id is not None or record.doi is not None
        return cls(row_key(encode_record(said)), said.paper_id if has_id else None, title_key, said)

    @property
    def own_id(self) -> str:
        """The paper id that the record gives by itself."""
        return self.stated_id or self.title_key


@dataclass(frozen=True, slots=True)
class Look:
    """One source showing one paper on one day.

    Attributes
    ----------
    said : StoredRecord
    source, location : str
    day : date
        The feed's own day, else `first_seen`: from then on the look may be known.
    first_seen : date
        The earliest day on which this workspace read it.
    upvotes : int or None
    """

    said: StoredRecord
    source: str
    location: str
    day: date
    first_seen: date
    upvotes: int | None


def row_key(*parts: object) -> str:
    """Hash of the parts, 32 hexadecimal digits: the key of a row that says just this.

    Examples
    --------
    >>> row_key("ab", "c") == row_key("a", "bc"), row_key(None) == row_key("None")
    (False, False)
    """
    text = json.dumps([part.isoformat() if isinstance(part, date) else part for part in parts])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def encode_record(record: PaperRecord) -> str:
    """Canonical JSON of a record; position, upvotes and what is empty are left out."""
    fields = {
        "title": record.title,
        "abstract": record.abstract,
        "published": record.published.isoformat() if record.published else None,
        "published_basis": record.published_basis,
        "published_precision": record.published_precision,
        "authors": list(record.authors),
        "n_authors": record.n_authors,
        "organization": record.organization,
        "url": record.url,
        "arxiv_id": record.arxiv_id,
        "doi": record.doi,
    }
    said = {name: value for name, value in fields.items() if value not in (None, "", [])}
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def decode_record(text: str) -> PaperRecord:
    """Inverse of `encode_record`.

    Examples
    --------
    >>> record = PaperRecord("A title", "", authors=("Ada",), published=None)
    >>> decode_record(encode_record(record)) == record
    True
    """
    fields: dict[str, Any] = {"abstract": "", **json.loads(text)}
    if "published" in fields:
        fields["published"] = date.fromisoformat(fields["published"])
    if "authors" in fields:
        fields["authors"] = tuple(fields["authors"])
    return PaperRecord(**fields)


def winning_looks(looks: Sequence[Look]) -> dict[str, Look]:
    """Find the look that each field of the merged paper comes from.

    ============== ========================================================================
    text           title and abstract together, so that they fit: the longest abstract, then a
                   record with an identifier, then the latest look (a renamed paper)
    published      basis (stated, id_month, year_inferred, missing), then the finer precision, then
                   a record with an identifier, then the earlier day (that of the first version)
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
        "text": [((len(r.abstract), _has_id(k), k.day, r.abstract, r.title), k) for k, r in said],
        "published": [
            (
                (
                    _BASIS_RANK[r.published_basis],
                    _PRECISION_RANK[r.published_precision],
                    _has_id(k),
                    -(r.published or date.min).toordinal(),
                ),
                k,
            )
            for k, r in said
        ],
        "authors": [((len(r.authors), _has_id(k), _earlier(k), r.authors), k) for k, r in said if r.authors],
        "n_authors": [((n,), k) for k, r in said if (n := _author_count(r)) is not None],
        "organization": [((_earlier(k), r.organization), k) for k, r in said if r.organization],
        "url": [((_has_id(k), _earlier(k), r.url), k) for k, r in said if r.url],
        "upvotes": [((k.day, k.upvotes), k) for k in looks if k.upvotes is not None],
    }
    return {name: max(entries, key=lambda entry: entry[0])[1] for name, entries in ranked.items() if entries}


def merge_looks(paper_id: str, looks: Sequence[Look]) -> dict[str, Any]:
    """One row of `papers` from all looks at the paper, see `winning_looks`.

    Parameters
    ----------
    paper_id : str
    looks : sequence of Look
        At least one, in any order.

    Returns
    -------
    dict
        A value for each column of the store's table `papers`, lists as lists.
    """
    best = winning_looks(looks)
    text, dated = best["text"].said, best["published"].said.record
    authors, counted = best.get("authors"), best.get("n_authors")
    organization, url, upvotes = best.get("organization"), best.get("url"), best.get("upvotes")
    return {
        "paper_id": paper_id,
        "title": text.record.title,
        "title_key": text.title_key,
        "abstract": text.record.abstract,
        "published": dated.published,
        "published_basis": dated.published_basis,
        "published_precision": dated.published_precision,
        "first_seen": min(look.first_seen for look in looks),
        "authors": list(authors.said.record.authors) if authors else [],
        "n_authors": _author_count(counted.said.record) if counted else None,
        "upvotes": upvotes.upvotes if upvotes else None,
        "organization": organization.said.record.organization if organization else None,
        "url": url.said.record.url if url else None,
        "sources": _distinct(look.source for look in looks),
    }


def _has_id(look: Look) -> bool:
    return look.said.stated_id is not None


def _earlier(look: Look) -> int:
    return -look.day.toordinal()


def _author_count(record: PaperRecord) -> int | None:
    return record.n_authors if record.n_authors is not None else (len(record.authors) or None)


def _distinct(texts: Iterable[str]) -> list[str]:
    return sorted(set(texts))
