"""One paper with its past: which sighting gave each field, and every sighting there was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, or_, select

from analytics.exceptions import InputError
from analytics.matching.joins import Join
from analytics.papers import paper_id_for
from flows.sources.identifiers import read_identifiers
from flows.store.corpus import read_sightings
from flows.store.joins import read_joins
from flows.store.merging import Sighting, merge_sightings, winning_sightings
from flows.store.schema import papers, records

__all__ = ["PaperHistory", "find_paper", "read_history"]

_FIELDS_OF = {
    "title": "text",
    "abstract": "text",
    "published": "published",
    "updated": "updated",
    "version": "version",
    "is_withdrawn": "withdrawn",
    "authors": "authors",
    "n_authors": "n_authors",
    "organization": "organization",
    "categories": "categories",
    "venue": "venue",
    "url": "url",
    "upvotes": "upvotes",
}
"""Which entry of `winning_sightings` gives each field."""


@dataclass(frozen=True, slots=True)
class PaperHistory:
    """A paper and where it comes from.

    Attributes
    ----------
    paper : mapping
        Its row, see `merge_sightings`.
    origin : mapping of str to Sighting
        The sighting that each field comes from; a field that no sighting states has none.
    sightings : tuple of Sighting
        All of them, the earliest first.
    identifiers : tuple of str
        Every id under which it was shown.
    joins : tuple of Join
        Why its records are one, the surest first; records that state one arXiv id need no reason.
    """

    paper: Mapping[str, Any]
    origin: Mapping[str, Sighting]
    sightings: tuple[Sighting, ...]
    identifiers: tuple[str, ...]
    joins: tuple[Join, ...] = ()


def read_history(connection: Connection, asked: str) -> PaperHistory:
    """History of the paper with an id, which may be written without its prefix, or as the exact title."""
    paper_id = find_paper(connection, asked)
    found = read_sightings(connection, records.c.paper_id == paper_id)
    sightings = sorted(
        (sighting for _, sighting in found),
        key=lambda one: (one.day, one.first_seen, one.source, one.location, one.stored.record_id),
    )
    paper = merge_sightings(paper_id, sightings)
    best = winning_sightings(paper_id, sightings)
    origin = {field: best[key] for field, key in _FIELDS_OF.items() if key in best}
    stated = {sighting.stored.own_id for sighting in sightings}
    stated |= {f"doi:{sighting.stored.doi}" for sighting in sightings if sighting.stored.doi}
    joins = read_joins(connection, {sighting.stored.record_id for sighting in sightings})
    return PaperHistory(paper, origin, tuple(sightings), tuple(sorted(stated)), joins)


def find_paper(connection: Connection, asked: str) -> str:
    """Id of the paper that is asked for, by an id of one of its records or its exact title.

    Raises
    ------
    InputError
        When there is none, or when several papers have the title.
    """
    text = asked.strip()
    ids = read_identifiers(text)
    stated = [text, *([f"arxiv:{ids.arxiv_id}"] if ids.arxiv_id else [])]
    dois = [ids.doi] if ids.doi else []
    is_it = or_(records.c.paper_id.in_(stated), records.c.stated_id.in_(stated), records.c.doi.in_(dois))
    hit = connection.execute(
        select(records.c.paper_id).where(is_it).order_by(records.c.paper_id).limit(1)
    ).scalar()
    if hit is None and text:
        same_title = select(papers.c.paper_id).where(papers.c.title_key == paper_id_for(text))
        titled = connection.execute(same_title.order_by(papers.c.paper_id)).scalars().all()
        if len(titled) > 1:
            raise InputError(f"{len(titled)} papers have the title {text!r}: {', '.join(titled)}; give an id")
        hit = titled[0] if titled else None
    if hit is None:
        n_papers = connection.execute(select(func.count()).select_from(papers)).scalar_one()
        raise InputError(
            f"no paper {asked!r} among the {n_papers} of this workspace; give an id such as"
            " arxiv:2503.02130, doi:10.1000/182 or title:..., or the exact title"
        )
    return str(hit)
