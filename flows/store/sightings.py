"""Writing one feed into the store: records, sightings, rejects, and the papers that they change.

Every function here runs inside the caller's transaction. Rows are keyed by what they say, so a
second look at the same feed finds them all there and moves nothing but `last_seen`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Column, Connection, Table, bindparam, delete, insert, select, update

from analytics.papers import Feed
from flows.store.corpus import in_blocks, read_looks
from flows.store.looks import Look, StoredRecord, decode_record, encode_record, merge_looks, row_key
from flows.store.schema import feeds, papers, records, rejects, sightings
from flows.store.titles import match_titles
from flows.store.usable import UsableFeed, usable_feed

__all__ = ["IngestCounts", "write_feed"]


@dataclass(frozen=True, slots=True)
class IngestCounts:
    """What became of a feed's records; the first three and `repeated` add up to the usable ones.

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
        Of all, records without an identifier that were joined to a paper with one by their title.
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


def write_feed(connection: Connection, feed: Feed, seen_on: date) -> IngestCounts:
    """Store all looks of a feed and bring the papers that they change up to date."""
    usable = usable_feed(feed)
    said = {shown.record_id: shown for shown, _ in usable.shown}
    fresh_records = said.keys() - _present(connection, records.c.record_id, said)
    _insert(connection, records, [_record_row(said[key]) for key in sorted(fresh_records)])
    looks = _sighting_rows(usable)
    changed_looks = _touch(connection, sightings, looks, seen_on)
    changed = {looks[key]["record_id"] for key in changed_looks}
    moves = _match_again(connection, [said[key] for key in changed])
    _touch(connection, rejects, _reject_rows(usable), seen_on)
    _touch(connection, feeds, _feed_row(usable, looks), seen_on)

    paper_of = _paper_ids(connection, said)
    before = _present(connection, papers.c.paper_id, set(paper_of.values()))
    before |= {new for key, (_, new) in moves.items() if key not in fresh_records}
    moved = {paper_id for move in moves.values() for paper_id in move}
    _fold(connection, {paper_of[key] for key in changed} | moved)
    shown_papers = set(paper_of.values())
    return IngestCounts(
        new=len(shown_papers - before),
        known=len(shown_papers & before),
        repeated=len(usable.shown) - len(shown_papers),
        rejected=len(usable.rejects),
        merged=sum(not new.startswith("title:") for _, new in moves.values()),
    )


def _record_row(said: StoredRecord) -> dict[str, Any]:
    return {
        "record_id": said.record_id,
        "paper_id": said.own_id,
        "stated_id": said.stated_id,
        "title_key": said.title_key,
        "record": encode_record(said.record),
    }


def _sighting_rows(feed: UsableFeed) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for said, upvotes in feed.shown:
        key = row_key(feed.source, feed.location, feed.day, said.record_id, upvotes)
        rows[key] = {**_place(feed), "record_id": said.record_id, "upvotes": upvotes}
    return rows


def _reject_rows(feed: UsableFeed) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for reject in feed.rejects:
        said = {"position": reject.position, "reason": reject.reason, "excerpt": reject.excerpt}
        rows[row_key(feed.source, feed.location, feed.day, *said.values())] = {**_place(feed), **said}
    return rows


def _feed_row(feed: UsableFeed, looks: Iterable[str]) -> dict[str, dict[str, Any]]:
    content = [sorted(looks), sorted(_reject_rows(feed)), list(feed.warnings)]
    counts = {"n_records": len(feed.shown), "n_rejects": len(feed.rejects)}
    key = row_key(feed.source, feed.location, feed.day, content, *counts.values())
    return {key: {**_place(feed), **counts, "warnings": json.dumps(list(feed.warnings))}}


def _place(feed: UsableFeed) -> dict[str, Any]:
    return {"source": feed.source, "location": feed.location, "feed_day": feed.day}


def _touch(
    connection: Connection, table: Table, rows: Mapping[str, dict[str, Any]], seen_on: date
) -> set[str]:
    """Insert what is new and widen the days of what is there.

    Returns
    -------
    set of str
        Keys of the rows that are new, or were seen on an earlier day than known so far.
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


def _match_again(connection: Connection, changed: Collection[StoredRecord]) -> dict[str, tuple[str, str]]:
    """Place the records without an identifier that the changed ones may concern.

    Returns
    -------
    dict
        For each record that moved: the paper it was held to show, and the one it is now.
    """
    stated = {said.stated_id for said in changed if said.stated_id}
    titles = {said.title_key for said in changed}
    # A new look may contradict, or confirm, what was joined to the paper under an older title.
    titles |= _values(connection, records.c.title_key, records.c.stated_id, stated)
    placed_now: dict[str, str] = {}
    concerned: dict[str, StoredRecord] = {}
    lonely = _values(
        connection, records.c.title_key, records.c.title_key, titles, records.c.stated_id.is_(None)
    )
    rivals = _values(
        connection, records.c.stated_id, records.c.title_key, lonely, records.c.stated_id.is_not(None)
    )
    for column, keys in ((records.c.title_key, lonely), (records.c.stated_id, rivals)):
        for block in in_blocks(sorted(keys)):
            for row in connection.execute(select(records).where(column.in_(block))):
                record = decode_record(row.record)
                concerned[row.record_id] = StoredRecord(row.record_id, row.stated_id, row.title_key, record)
                placed_now[row.record_id] = row.paper_id
    wanted = match_titles(concerned.values())
    moves = {
        key: (placed_now[key], paper_id)
        for key, paper_id in wanted.items()
        if concerned[key].title_key in lonely and paper_id != placed_now[key]
    }
    if moves:
        statement = update(records).where(records.c.record_id == bindparam("moved"))
        to = [{"moved": key, "paper_id": paper_id} for key, (_, paper_id) in moves.items()]
        connection.execute(statement.values(paper_id=bindparam("paper_id")), to)
    return moves


def _fold(connection: Connection, paper_ids: Iterable[str]) -> None:
    """Write the rows of these papers anew from all their looks; a paper without any loses its row."""
    for block in in_blocks(sorted(paper_ids)):
        groups: dict[str, list[Look]] = defaultdict(list)
        for paper_id, look in read_looks(connection, records.c.paper_id.in_(block)):
            groups[paper_id].append(look)
        connection.execute(delete(papers).where(papers.c.paper_id.in_(block)))
        rows = [merge_looks(paper_id, looks) for paper_id, looks in groups.items()]
        for row in rows:
            row.update({name: json.dumps(row[name], ensure_ascii=False) for name in ("authors", "sources")})
        _insert(connection, papers, rows)


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _present(connection: Connection, column: Column[str], keys: Collection[str]) -> set[str]:
    """Those of the keys that stand in the column."""
    return _values(connection, column, column, keys)


def _values(
    connection: Connection, wanted: Column[Any], column: Column[Any], keys: Collection[str], *conditions: Any
) -> set[str]:
    """Distinct values of `wanted` in rows whose `column` is one of the keys."""
    found: set[str] = set()
    for block in in_blocks(sorted(keys)):
        query = select(wanted).where(column.in_(block), *conditions).distinct()
        found.update(connection.execute(query).scalars())
    return found


def _paper_ids(connection: Connection, record_ids: Collection[str]) -> dict[str, str]:
    """Paper that each record is held to show now."""
    found: dict[str, str] = {}
    for block in in_blocks(sorted(record_ids)):
        query = select(records.c.record_id, records.c.paper_id).where(records.c.record_id.in_(block))
        found.update((row.record_id, row.paper_id) for row in connection.execute(query))
    return found
