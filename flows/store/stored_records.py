"""Records as stored: one canonical text per record, keyed by its hash."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from analytics.papers import PaperRecord, paper_id_for

__all__ = ["StoredRecord", "decode_record", "encode_record", "row_key"]


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A source's record of a paper, without its dates and counts of sightings.

    Attributes
    ----------
    record_id : str
        Hash of the record without its position and upvotes, which belong to the sighting.
    stated_id : str or None
        ``"arxiv:..."``, else ``"doi:..."``, when the record states one.
    doi : str or None
        The DOI that the record states, with an arXiv id too; lower case, without a prefix.
    title_key : str
        The id that the title alone would give (``"title:<hash>"``): short, however long the title.
    """

    record_id: str
    stated_id: str | None
    doi: str | None
    title_key: str
    record: PaperRecord

    @classmethod
    def of(cls, record: PaperRecord) -> StoredRecord:
        """Keys of a record."""
        stored = replace(record, position="", upvotes=None)
        title_key = paper_id_for(record.title)
        has_id = record.arxiv_id is not None or record.doi is not None
        doi = stored.doi.lower() if stored.doi else None
        return cls(
            row_key(encode_record(stored)), stored.paper_id if has_id else None, doi, title_key, stored
        )

    @property
    def own_id(self) -> str:
        """The paper id that the record gives by itself."""
        return self.stated_id or self.title_key


def row_key(*parts: object) -> str:
    """Hash of the parts, 32 hexadecimal digits, used as a row key.

    Examples
    --------
    >>> row_key("ab", "c") == row_key("a", "bc"), row_key(None) == row_key("None")
    (False, False)
    """
    text = json.dumps([part.isoformat() if isinstance(part, date) else part for part in parts])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def encode_record(record: PaperRecord) -> str:
    """Canonical JSON of a record without position, upvotes and empty fields."""
    fields = {
        "title": record.title,
        "abstract": record.abstract,
        "published": record.published.isoformat() if record.published else None,
        "published_basis": record.published_basis,
        "published_precision": record.published_precision,
        "updated": record.updated.isoformat() if record.updated else None,
        "authors": list(record.authors),
        "n_authors": record.n_authors,
        "organization": record.organization,
        "categories": list(record.categories),
        "venue": record.venue,
        "url": record.url,
        "arxiv_id": record.arxiv_id,
        "doi": record.doi,
        "version": record.version,
        "is_withdrawn": record.is_withdrawn or None,
    }
    stored = {name: value for name, value in fields.items() if value not in (None, "", [])}
    return json.dumps(stored, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def decode_record(text: str) -> PaperRecord:
    """Inverse of `encode_record`.

    Examples
    --------
    >>> record = PaperRecord("A title", "", authors=("Ada",), published=None)
    >>> decode_record(encode_record(record)) == record
    True
    """
    fields: dict[str, Any] = {"abstract": "", **json.loads(text)}
    for name in ("published", "updated"):
        if name in fields:
            fields[name] = date.fromisoformat(fields[name])
    for name in ("authors", "categories"):
        if name in fields:
            fields[name] = tuple(fields[name])
    return PaperRecord(**fields)
