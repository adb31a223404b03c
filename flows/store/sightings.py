"""Writing feeds into the store: records, sightings, rejects, and the papers that they change.

Every function here runs inside the caller's transaction. Rows are keyed by what they say, so a
second fetch of the same feed finds them all there and moves nothing but `last_seen`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from analytics.papers import Feed
from flows.store.barred import without_forgotten
from flows.store.blocks import in_blocks
from flows.store.corpus import read_sightings
from flows.store.decisions import WorkDecision, write_decisions
from flows.store.merging import Sighting, merge_sightings
from flows.store.placing import distinct_values, place_again, place_all
from flows.store.schema import feeds, papers, records, rejects, sightings
from flows.store.stored_records import StoredRecord, encode_record, row_key
from flows.store.usable import UsableFeed, usable_feed

__all__ = ["FeedSoFar", "IngestCounts", "decide_works", "rebuild_of", "rebuild_papers", "write_feed"]


@dataclass(frozen=True, slots=True)
class IngestCounts:
    """What happened to a feed's records; the first three and `repeated` add up to the usable ones.

    Attributes
    ----------
    new : int
        Papers that the store did not hold.
    known : int
        Papers that it held.
    repeated : int
        Records that show a paper again that stands earlier in the same feed.
    rejected : int
        Records and other entries that cannot be papers.
    merged : int
        Records, of this feed or an earlier one, that were joined to another paper than their own
        identifier or title names.
    """

    new: int = 0
    known: int = 0
    repeated: int = 0
    rejected: int = 0
    merged: int = 0

    def __add__(self, other: IngestCounts) -> IngestCounts:
        """Add the counts of two feeds."""
        return IngestCounts(
            self.new + other.new,
            self.known + other.known,
            self.repeated + other.repeated,
            self.rejected + other.rejected,
            self.merged + other.merged,
        )


@dataclass(frozen=True, slots=True)
class FeedSoFar:
    """What the earlier parts of a feed held, for the one row that its last part writes.

    `content` holds a key for each part: together they say whether the feed is the same as another time.
    """

    n_records: int = 0
    n_rejects: int = 0
    warnings: tuple[str, ...] = ()
    content: tuple[str, ...] = ()


def write_feed(
    connection: Connection, feed: Feed, seen_on: date, so_far: FeedSoFar | None = None
) -> tuple[IngestCounts, FeedSoFar]:
    """Store all sightings of a feed, or of a part, and bring the papers that they change up to date."""
    usable = without_forgotten(connection, usable_feed(feed))
    stored = {shown.record_id: shown for shown, _ in usable.shown}
    fresh_records = stored.keys() - distinct_values(
        connection, records.c.record_id, records.c.record_id, stored
    )
    _insert(connection, records, [_record_row(stored[key]) for key in sorted(fresh_records)])
    shown, rejected = _sighting_rows(usable), _reject_rows(usable)
    changed_keys = _touch(connection, sightings, shown, seen_on)
    changed = {shown[key]["record_id"] for key in changed_keys}
    moves = place_again(connection, [stored[key] for key in sorted(fresh_records)])
    _touch(connection, rejects, rejected, seen_on)
    so_far = _with_part(so_far or FeedSoFar(), usable, shown, rejected)
    if feed.is_last:
        _touch(connection, feeds, _feed_row(usable, so_far), seen_on)

    paper_of = _paper_ids(connection, stored)
    before = distinct_values(connection, papers.c.paper_id, papers.c.paper_id, set(paper_of.values()))
    before |= {move.new for key, move in moves.items() if key not in fresh_records}
    moved = {paper_id for move in moves.values() for paper_id in (move.old, move.new)}
    _fold(connection, {paper_of[key] for key in changed} | moved)
    shown_papers = set(paper_of.values())
    counts = IngestCounts(
        new=len(shown_papers - before),
        known=len(shown_papers & before),
        repeated=len(usable.shown) - len(shown_papers),
        rejected=len(usable.rejects),
        merged=sum(move.is_join for move in moves.values()),
    )
    return counts, so_far


def decide_works(connection: Connection, decisions: Sequence[WorkDecision]) -> None:
    """Store a person's decisions about records, and update the affected papers."""
    write_decisions(connection, decisions)
    about = {record_id for decision in decisions for record_id in (decision.one, decision.other)}
    moves = place_again(
        connection, (), distinct_values(connection, records.c.record_id, records.c.record_id, about)
    )
    _fold(connection, {paper_id for move in moves.values() for paper_id in (move.old, move.new)})


def rebuild_papers(connection: Connection) -> None:
    """Place all records and fold all papers again, after a change of the rules."""
    place_all(connection)
    known = connection.execute(select(papers.c.paper_id)).scalars().all()
    held = connection.execute(select(records.c.paper_id).distinct()).scalars().all()
    _fold(connection, {*known, *held})


def rebuild_of(connection: Connection, paper_ids: Iterable[str]) -> None:
    """Place the records of some papers and fold the papers again, after other records of theirs went."""
    affected = set(paper_ids)
    held = distinct_values(connection, records.c.record_id, records.c.paper_id, affected)
    moves = place_again(connection, (), held) if held else {}
    _fold(connection, affected | {one for move in moves.values() for one in (move.old, move.new)})


def _with_part(
    so_far: FeedSoFar, usable: UsableFeed, shown: Iterable[str], rejected: Iterable[str]
) -> FeedSoFar:
    return FeedSoFar(
        so_far.n_records + len(usable.shown),
        so_far.n_rejects + len(usable.rejects),
        so_far.warnings + usable.warnings,
        (*so_far.content, row_key(sorted(shown), sorted(rejected), list(usable.warnings))),
    )


def _record_row(stored: StoredRecord) -> dict[str, Any]:
    return {
        "record_id": stored.record_id,
        "paper_id": stored.own_id,
        "stated_id": stored.stated_id,
        "doi": stored.doi,
        "title_key": stored.title_key,
        "record": encode_record(stored.record),
    }


def _sighting_rows(feed: UsableFeed) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for stored, upvotes in feed.shown:
        key = row_key(feed.source, feed.location, feed.day, stored.record_id, upvotes)
        rows[key] = {**_place(feed), "record_id": stored.record_id, "upvotes": upvotes}
    return rows


def _reject_rows(feed: UsableFeed) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for reject in feed.rejects:
        stored = {"position": reject.position, "reason": reject.reason, "excerpt": reject.excerpt}
        rows[row_key(feed.source, feed.location, feed.day, *stored.values())] = {**_place(feed), **stored}
    return rows


def _feed_row(feed: UsableFeed, whole: FeedSoFar) -> dict[str, dict[str, Any]]:
    start, end = feed.window or (None, None)
    counts = {"n_records": whole.n_records, "n_rejects": whole.n_rejects}
    asked = {"name": feed.name, "window_start": start, "window_end": end, "failure": feed.failure}
    key = row_key(
        feed.source, feed.location, feed.day, *asked.values(), list(whole.content), *counts.values()
    )
    return {key: {**_place(feed), **counts, **asked, "warnings": json.dumps(list(whole.warnings))}}


def _place(feed: UsableFeed) -> dict[str, Any]:
    return {"source": feed.source, "location": feed.location, "feed_day": feed.day}


def _touch(
    connection: Connection, table: Table, rows: Mapping[str, dict[str, Any]], seen_on: date
) -> set[str]:
    """Insert new rows and widen the days of existing ones.

    Gives the keys of the rows that are new, or were seen on an earlier day than known so far.
    """
    (key,) = table.primary_key
    earlier: set[str] = set()
    later: set[str] = set()
    there: set[str] = set()
    for block in in_blocks(rows):
        query = select(key, table.c.first_seen, table.c.last_seen).where(key.in_(block))
        for row_id, first, last in connection.execute(query):
            there.add(row_id)
            earlier |= {row_id} if seen_on < first else set()
            later |= {row_id} if seen_on > last else set()
    for column, keys in ((table.c.first_seen, earlier), (table.c.last_seen, later)):
        for block in in_blocks(sorted(keys)):
            connection.execute(update(table).where(key.in_(block)).values({column: seen_on}))
    days = {"first_seen": seen_on, "last_seen": seen_on}
    fresh = [row_id for row_id in rows if row_id not in there]
    _insert(connection, table, [{key.name: row_id, **rows[row_id], **days} for row_id in fresh])
    return earlier.union(fresh)


def _fold(connection: Connection, paper_ids: Iterable[str]) -> None:
    """Write the rows of these papers again from all their sightings; a paper without any loses its row."""
    for block in in_blocks(sorted(paper_ids)):
        groups: dict[str, list[Sighting]] = defaultdict(list)
        for paper_id, sighting in read_sightings(connection, records.c.paper_id.in_(block)):
            groups[paper_id].append(sighting)
        connection.execute(delete(papers).where(papers.c.paper_id.in_(block)))
        rows = [merge_sightings(paper_id, group) for paper_id, group in groups.items()]
        for row in rows:
            row.update(
                {
                    name: json.dumps(row[name], ensure_ascii=False)
                    for name in ("authors", "categories", "sources")
                }
            )
        _insert(connection, papers, rows)


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _paper_ids(connection: Connection, record_ids: Iterable[str]) -> dict[str, str]:
    """Paper that each record is held to show now."""
    found: dict[str, str] = {}
    for block in in_blocks(sorted(record_ids)):
        query = select(records.c.record_id, records.c.paper_id).where(records.c.record_id.in_(block))
        found.update((row.record_id, row.paper_id) for row in connection.execute(query))
    return found
