"""Why the records of papers are one: kept with them, read, and taken apart at the least certain place."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select

from analytics.exceptions import InputError
from analytics.matching.joins import STATED, Join
from flows.store.blocks import in_blocks
from flows.store.corpus import known_by
from flows.store.keys import stored_record
from flows.store.matching import Matched
from flows.store.schema import record_joins, records, sightings
from flows.store.stored_records import StoredRecord

__all__ = [
    "LeastCertain",
    "least_certain_parts",
    "read_joins",
    "read_least_certain",
    "read_records",
    "read_titles",
    "replace_joins",
    "write_joins",
]


@dataclass(frozen=True, slots=True)
class LeastCertain:
    """A paper with a join that is not very certain, and the two records that it hangs on."""

    paper_id: str
    join: Join
    one: StoredRecord
    other: StoredRecord


def read_records(connection: Connection, paper_id: str) -> dict[str, StoredRecord]:
    """Read the records of a paper, by their ids."""
    rows = connection.execute(select(records).where(records.c.paper_id == paper_id))
    return {row.record_id: stored_record(row) for row in rows}


def read_titles(connection: Connection, record_ids: Collection[str]) -> dict[str, str]:
    """Read the titles of records by id; missing records are left out."""
    found: dict[str, str] = {}
    for block in in_blocks(sorted(record_ids)):
        rows = connection.execute(select(records).where(records.c.record_id.in_(block)))
        found.update((row.record_id, stored_record(row).record.title) for row in rows)
    return found


def write_joins(connection: Connection, matched: Matched) -> None:
    """Keep why the records of works are one."""
    rows = [
        {"one": min(join.one, join.other), "other": max(join.one, join.other), "bits": join.bits,
         "reasons": json.dumps(join.reasons, ensure_ascii=False)}
        for work in matched.works.values()
        for join in work.joins
    ]  # fmt: skip
    if rows:
        connection.execute(insert(record_joins), rows)


def replace_joins(connection: Connection, record_ids: Collection[str], matched: Matched) -> None:
    """Replace the stored joins of these works."""
    for block in in_blocks(sorted(record_ids)):
        about = or_(record_joins.c.one.in_(block), record_joins.c.other.in_(block))
        connection.execute(delete(record_joins).where(about))
    write_joins(connection, matched)


def read_joins(connection: Connection, record_ids: Collection[str]) -> tuple[Join, ...]:
    """Why the records of a paper are one, the surest join first; none for those of one arXiv id alone."""
    found: list[Join] = []
    for block in in_blocks(sorted(record_ids)):
        found += map(_join, connection.execute(select(record_joins).where(record_joins.c.one.in_(block))))
    return tuple(sorted(found, key=lambda join: (-join.bits, join.one, join.other)))


def read_least_certain(connection: Connection, as_of: date, most: int) -> list[LeastCertain]:
    """Read the joins that are least certain, of records that were known on a day; the least certain first.

    What people stated is certain.
    """
    known = known_by(connection, sightings, as_of)
    # Not `in`: SQLite would seek each pair of records that were seen, the square of a corpus.
    seen = [
        select(sightings.c.record_id).where(sightings.c.record_id == end, known).exists()
        for end in (record_joins.c.one, record_joins.c.other)
    ]
    query = (
        select(record_joins)
        .where(record_joins.c.bits < STATED, *seen)
        .order_by(record_joins.c.bits, record_joins.c.one, record_joins.c.other)
        .limit(most)
    )
    joins = [_join(row) for row in connection.execute(query)]
    keys = {key for join in joins for key in (join.one, join.other)}
    rows = connection.execute(select(records).where(records.c.record_id.in_(keys)))
    of_record = {row.record_id: (row.paper_id, stored_record(row)) for row in rows}
    return [
        LeastCertain(of_record[join.one][0], join, *(of_record[key][1] for key in (join.one, join.other)))
        for join in joins
    ]


def _join(row: Any) -> Join:
    return Join(row.one, row.other, row.bits, tuple(json.loads(row.reasons)))


def least_certain_parts(
    stored: Mapping[str, StoredRecord], joins: Sequence[Join]
) -> tuple[list[str], list[str], Join]:
    """Divide the records of a paper at the join that is least certain.

    Gives the ids of the records of either part, sorted, the larger part first; and the join that held them.

    Raises
    ------
    InputError
        When there is none: all records state one arXiv id, or there is but one.
    """
    if not joins:
        raise InputError(
            "there is nothing to split: all records of the paper state the same arXiv id, or it has only one"
        )
    *kept, weakest = joins
    linked = [(join.one, join.other) for join in kept]
    by_id: dict[str, str] = {}
    linked += [
        (by_id.setdefault(str(one.stated_id), key), key)
        for key, one in stored.items()
        if one.record.arxiv_id is not None
    ]
    part = _reachable(weakest.one, linked)
    parts = sorted((sorted(part), sorted(stored.keys() - part)), key=lambda keys: (-len(keys), keys))
    return parts[0], parts[1], weakest


def _reachable(start: str, linked: Sequence[tuple[str, str]]) -> set[str]:
    found = {start}
    grows = True
    while grows:
        more = {key for pair in linked if found.intersection(pair) for key in pair}
        grows = not more <= found
        found |= more
    return found
