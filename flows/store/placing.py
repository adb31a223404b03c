"""Placing records at papers again when new ones came: which records are concerned, and which move.

`match_records` needs all records that may decide about one another. They are found by following block
keys, titles, DOIs and identifiers from what is new, but only where a record without an arXiv id is: a
corpus of arXiv papers alone asks one question a block and reads nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, bindparam, delete, select, update

from flows.store.blocks import in_blocks
from flows.store.decisions import newest_decisions, read_decisions
from flows.store.joins import replace_joins, write_joins
from flows.store.keys import read_keys, replace_keys, stored_record, write_keys
from flows.store.matching import ComparedRecords, Matched, match_all, match_records
from flows.store.neighborhood import Neighborhood
from flows.store.schema import record_joins, records
from flows.store.stored_records import StoredRecord

__all__ = ["Move", "distinct_values", "place_again", "place_all"]


class Move(NamedTuple):
    """A record that is held to show another paper than before.

    Attributes
    ----------
    old, new : str
        The paper before and the paper now.
    is_join : bool
        The paper now holds records of another paper too: the record joined, or was joined.
    """

    old: str
    new: str
    is_join: bool


def place_again(
    connection: Connection, fresh: Collection[StoredRecord], decided: Collection[str] = ()
) -> dict[str, Move]:
    """Place every record that new ones, or new decisions, may concern.

    Gives a `Move` for each record that moved, by its `record_id`.
    """
    compared = ComparedRecords(fresh)
    write_keys(connection, compared)
    near = Neighborhood(connection, compared)
    near.grow(fresh, decided)
    if not near.placed:
        return {}
    matched = match_records(near.compared(), near.pairs, near.decided(), near.crowded)
    replace_joins(connection, near.placed, matched)
    return _move(connection, near.placed, matched)


def place_all(connection: Connection) -> None:
    """Place every record of the store, as `place_again` for all."""
    rows = connection.execute(select(records)).all()
    compared = ComparedRecords(map(stored_record, rows))
    replace_keys(connection, compared)
    decided = newest_decisions(read_decisions(connection))
    matched = match_all(compared, decided, read_keys(connection))
    connection.execute(delete(record_joins))
    write_joins(connection, matched)
    _move(connection, {row.record_id: row.paper_id for row in rows}, matched)


def distinct_values(
    connection: Connection, wanted: Column[Any], column: Column[Any], keys: Collection[str], *conditions: Any
) -> set[str]:
    """Distinct values of `wanted`, None left out, in rows whose `column` is one of the keys."""
    found: set[str] = set()
    for block in in_blocks(sorted(keys)):
        query = select(wanted).where(column.in_(block), wanted.is_not(None), *conditions).distinct()
        found.update(connection.execute(query).scalars())
    return found


def _move(connection: Connection, placed_now: Mapping[str, str], matched: Matched) -> dict[str, Move]:
    moves: dict[str, Move] = {}
    for paper_id, work in matched.works.items():
        before = {placed_now[key] for key in work.records}
        moves |= {
            key: Move(placed_now[key], paper_id, is_join=len(before) > 1)
            for key in work.records
            if placed_now[key] != paper_id
        }
    if moves:
        statement = update(records).where(records.c.record_id == bindparam("moved"))
        to = [{"moved": key, "paper_id": move.new} for key, move in moves.items()]
        connection.execute(statement.values(paper_id=bindparam("paper_id")), to)
    return moves
