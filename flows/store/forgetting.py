"""Forgetting papers and sources: everything about them goes, and a later ingest does not bring it back.

What stays is one row per identifier: that something was removed, on which day, by whom, without its text.
A title is kept as its hash only.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, delete, or_, select, update

from analytics.papers import content_hash, paper_text
from flows.store.barred import forgotten_papers, remember_forgotten
from flows.store.blocks import in_blocks
from flows.store.compaction import kept_of_manifest
from flows.store.history import find_paper
from flows.store.keys import stored_record
from flows.store.schema import (
    feeds,
    label_draws,
    labels,
    papers,
    record_joins,
    record_keys,
    records,
    rejects,
    runs,
    sightings,
    topic_events,
    topic_members,
    vectors,
    work_decisions,
)  # fmt: skip
from flows.store.sightings import rebuild_of
from flows.store.stored_records import StoredRecord

__all__ = ["Forgotten", "forget"]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed.

    Attributes
    ----------
    kind : str
        ``"paper"`` or ``"source"``.
    paper_ids : tuple of str
        Papers that are gone; a paper that another source shows too stays.
    n_records, n_sightings, n_vectors, n_labels : int
        Rows that were removed.
    """

    kind: Literal["paper", "source"]
    paper_ids: tuple[str, ...]
    n_records: int
    n_sightings: int
    n_vectors: int
    n_labels: int


def forget(connection: Connection, asked: str, *, day: date, person: str) -> Forgotten:
    """Remove a source with this name or location, else the paper with this id or exact title.

    What was forgotten before gives its papers again, so that their run folders can still be found.

    Raises
    ------
    InputError
        When there is neither.
    """
    # Files of one kind share a name, which is that of their format: nobody means all tables.
    by_name = (feeds.c.name == asked) & (feeds.c.name != feeds.c.source)
    of_source = or_(feeds.c.location == asked, by_name)
    places = connection.execute(select(feeds.c.source, feeds.c.location).where(of_source).distinct()).all()
    by = (day, person)
    if places:
        found = _forget_places(connection, places)
        remember_forgotten(connection, "source", [asked], asked, by)
        remember_forgotten(connection, "gone", found.paper_ids, asked, by)
        return found
    if before := forgotten_papers(connection, asked):
        return Forgotten("paper", before, 0, 0, 0, 0)
    paper_id = find_paper(connection, asked)
    said = _said(connection, records.c.paper_id == paper_id)
    stated = {one.stated_id for one in said} | {f"doi:{one.doi}" for one in said if one.doi}
    addresses = {paper_id, *(one for one in stated if one), *(one.title_key for one in said)}
    remember_forgotten(connection, "paper", addresses, paper_id, by)
    n_sightings = _delete(connection, sightings, sightings.c.record_id, [one.record_id for one in said])
    for one in {one.record.title for one in said}:
        connection.execute(delete(rejects).where(rejects.c.excerpt.contains(one, autoescape=True)))
    return _forget_records(connection, "paper", said, n_sightings)


def _forget_places(connection: Connection, places: Iterable[Any]) -> Forgotten:
    """Remove what was seen at some places, and the records that are seen nowhere else."""
    seen: set[str] = set()
    n_sightings = 0
    for source, location in places:
        of_place = (sightings.c.source == source) & (sightings.c.location == location)
        seen.update(connection.execute(select(sightings.c.record_id).where(of_place)).scalars())
        n_sightings += int(connection.execute(delete(sightings).where(of_place)).rowcount)
        for table in (rejects, feeds):
            connection.execute(delete(table).where(table.c.source == source, table.c.location == location))
    elsewhere: set[str] = set()
    for block in in_blocks(sorted(seen)):
        query = select(sightings.c.record_id).where(sightings.c.record_id.in_(block)).distinct()
        elsewhere.update(connection.execute(query).scalars())
    said: list[StoredRecord] = []
    for block in in_blocks(sorted(seen - elsewhere)):
        said += _said(connection, records.c.record_id.in_(block))
    return _forget_records(connection, "source", said, n_sightings, changed=_papers_of(connection, elsewhere))


def _forget_records(
    connection: Connection,
    kind: Literal["paper", "source"],
    said: list[StoredRecord],
    n_sightings: int,
    changed: Collection[str] = (),
) -> Forgotten:
    """Remove records, and the papers that have no other."""
    record_ids = [one.record_id for one in said]
    before = {*_papers_of(connection, record_ids), *changed}
    texts = _texts(connection, before) | {paper_text(one.record.title, one.record.abstract) for one in said}
    for table, columns in (
        (record_keys, (record_keys.c.record_id,)),
        (record_joins, (record_joins.c.one, record_joins.c.other)),
        (work_decisions, (work_decisions.c.one, work_decisions.c.other)),
    ):
        for column in columns:
            _delete(connection, table, column, record_ids)
    n_records = _delete(connection, records, records.c.record_id, record_ids)
    rebuild_of(connection, before)
    gone = sorted(before - _there(connection, before))
    hashes = {content_hash(text) for text in texts - _texts(connection, before)}
    n_vectors = _delete(connection, vectors, vectors.c.content_hash, sorted(hashes))
    n_labels = _delete(connection, labels, labels.c.paper_id, gone)
    _delete(connection, label_draws, label_draws.c.paper_id, gone)
    _delete(connection, topic_members, topic_members.c.paper_id, gone)
    _forget_in_events(connection, set(gone))
    _forget_in_manifests(connection)
    return Forgotten(kind, tuple(gone), n_records, n_sightings, n_vectors, n_labels)


def _forget_in_events(connection: Connection, gone: set[str]) -> None:
    """Take papers out of the examples of what happened to topics."""
    rows = connection.execute(select(topic_events.c.fit_id, topic_events.c.position, topic_events.c.papers))
    for fit_id, position, text in rows.all():
        named = json.loads(text)
        if not gone.isdisjoint(named):
            left = json.dumps([one for one in named if one not in gone])
            at = (topic_events.c.fit_id == fit_id) & (topic_events.c.position == position)
            connection.execute(update(topic_events).where(at).values(papers=left))


def _forget_in_manifests(connection: Connection) -> None:
    """Drop the lists of manifests that name papers; the run folders have them."""
    for run_id, text in connection.execute(select(runs.c.run_id, runs.c.manifest)).all():
        kept = json.dumps(kept_of_manifest(json.loads(text)), sort_keys=True)
        if kept != text:
            connection.execute(update(runs).where(runs.c.run_id == run_id).values(manifest=kept))


def _said(connection: Connection, where: ColumnElement[bool]) -> list[StoredRecord]:
    return [stored_record(row) for row in connection.execute(select(records).where(where))]


def _papers_of(connection: Connection, record_ids: Collection[str]) -> set[str]:
    found: set[str] = set()
    for block in in_blocks(sorted(record_ids)):
        query = select(records.c.paper_id).where(records.c.record_id.in_(block))
        found.update(connection.execute(query).scalars())
    return found


def _texts(connection: Connection, paper_ids: Collection[str]) -> set[str]:
    found: set[str] = set()
    for block in in_blocks(sorted(paper_ids)):
        query = select(papers.c.title, papers.c.abstract).where(papers.c.paper_id.in_(block))
        found.update(paper_text(*row) for row in connection.execute(query))
    return found


def _there(connection: Connection, paper_ids: Collection[str]) -> set[str]:
    found: set[str] = set()
    for block in in_blocks(sorted(paper_ids)):
        found.update(
            connection.execute(select(papers.c.paper_id).where(papers.c.paper_id.in_(block))).scalars()
        )
    return found


def _delete(connection: Connection, table: Any, column: Any, values: Collection[str]) -> int:
    return sum(
        int(connection.execute(delete(table).where(column.in_(block))).rowcount)
        for block in in_blocks(sorted(values))
    )
