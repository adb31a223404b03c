"""Why the records of papers are one: read from the store, and taken apart at the least certain place."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, select

from analytics.exceptions import InputError
from analytics.matching.joins import Join
from flows.store.blocks import in_blocks
from flows.store.keys import stored_record
from flows.store.matching import ComparedRecords, match_records
from flows.store.neighborhood import Neighborhood
from flows.store.schema import records
from flows.store.stored_records import StoredRecord

__all__ = ["least_certain_parts", "read_joins", "read_records", "read_titles"]


def read_records(connection: Connection, paper_id: str) -> dict[str, StoredRecord]:
    """Read the records of a paper, by their ids."""
    rows = connection.execute(select(records).where(records.c.paper_id == paper_id))
    return {row.record_id: stored_record(row) for row in rows}


def read_titles(connection: Connection, record_ids: Collection[str]) -> dict[str, str]:
    """Read the titles of records by their ids; those that are not there are left out."""
    found: dict[str, str] = {}
    for block in in_blocks(sorted(record_ids)):
        rows = connection.execute(select(records).where(records.c.record_id.in_(block)))
        found.update((row.record_id, stored_record(row).record.title) for row in rows)
    return found


def read_joins(connection: Connection, record_ids: Collection[str]) -> tuple[Join, ...]:
    """Why some records of one paper are one, the surest join first; empty for those of one arXiv id alone."""
    near = Neighborhood(connection, ComparedRecords(()))
    near.grow((), record_ids)
    matched = match_records(near.compared(), near.pairs, near.decided(), near.crowded)
    wanted = set(record_ids)
    joins = [join for work in matched.works.values() for join in work.joins if wanted.issubset(work.records)]
    return tuple(sorted(joins, key=lambda join: (-join.bits, join.one, join.other)))


def least_certain_parts(
    said: Mapping[str, StoredRecord], joins: Sequence[Join]
) -> tuple[list[str], list[str], Join]:
    """Divide the records of a paper at the join that is least certain.

    Returns
    -------
    tuple of (list of str, list of str, Join)
        Ids of the records of either part, sorted, the larger part first; and the join that held them.

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
        for key, one in said.items()
        if one.record.arxiv_id is not None
    ]
    part = _reachable(weakest.one, linked)
    parts = sorted((sorted(part), sorted(said.keys() - part)), key=lambda keys: (-len(keys), keys))
    return parts[0], parts[1], weakest


def _reachable(start: str, linked: Sequence[tuple[str, str]]) -> set[str]:
    found = {start}
    grows = True
    while grows:
        more = {key for pair in linked if found.intersection(pair) for key in pair}
        grows = not more <= found
        found |= more
    return found
