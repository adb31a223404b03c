"""Placing records at papers again when new ones came: which records are concerned, and which move.

`match_records` needs all records that may decide about one another. They are found by following
titles, DOIs and identifiers from what changed, but only where a record without an arXiv id is: a
corpus of arXiv papers alone asks three questions a block and reads nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, bindparam, or_, select, update

from flows.store.blocks import in_blocks
from flows.store.matching import match_records
from flows.store.schema import records
from flows.store.stored_records import StoredRecord, decode_record

__all__ = ["distinct_values", "place_again", "read_stored_records"]

_IS_OPEN = or_(records.c.stated_id.is_(None), records.c.stated_id.like("doi:%"))
"""Records without an arXiv id: the only ones whose paper others may decide."""


def place_again(connection: Connection, changed: Collection[StoredRecord]) -> dict[str, tuple[str, str]]:
    """Place every record that the changed ones may concern.

    Returns
    -------
    dict
        For each record that moved, by its `record_id`: the paper it was held to show, and the one it is now.
    """
    concerned, placed_now = _concerned(connection, changed)
    return _move(connection, concerned, placed_now)


def place_all(connection: Connection) -> dict[str, tuple[str, str]]:
    """Place every record of the store, as `place_again` for all."""
    rows = list(connection.execute(select(records)))
    return _move(connection, [_stored(row) for row in rows], {row.record_id: row.paper_id for row in rows})


def read_stored_records(
    connection: Connection, *conditions: ColumnElement[bool]
) -> Iterable[tuple[StoredRecord, str]]:
    """Read the records that meet the conditions, each with the paper that it is held to show."""
    for row in connection.execute(select(records).where(*conditions)):
        yield _stored(row), row.paper_id


def distinct_values(
    connection: Connection, wanted: Column[Any], column: Column[Any], keys: Collection[str], *conditions: Any
) -> set[str]:
    """Distinct values of `wanted`, None left out, in rows whose `column` is one of the keys."""
    found: set[str] = set()
    for block in in_blocks(sorted(keys)):
        query = select(wanted).where(column.in_(block), wanted.is_not(None), *conditions).distinct()
        found.update(connection.execute(query).scalars())
    return found


def _stored(row: Any) -> StoredRecord:
    return StoredRecord(row.record_id, row.stated_id, row.doi, row.title_key, decode_record(row.record))


def _concerned(
    connection: Connection, changed: Collection[StoredRecord]
) -> tuple[list[StoredRecord], dict[str, str]]:
    """Records that may decide about one another and about the changed ones, and where each stands now."""
    stated = {said.stated_id for said in changed if said.stated_id}
    dois = {said.doi for said in changed if said.doi}
    # A new look may contradict, or confirm, what was joined to its paper under an older title.
    titles = {said.title_key for said in changed}
    titles |= distinct_values(connection, records.c.title_key, records.c.stated_id, stated)
    known_titles: set[str] = set()
    known_dois: set[str] = set()
    known_ids: set[str] = set()
    while titles or dois:
        open_titles = distinct_values(connection, records.c.title_key, records.c.title_key, titles, _IS_OPEN)
        open_titles |= distinct_values(connection, records.c.title_key, records.c.doi, dois, _IS_OPEN)
        open_titles -= known_titles
        known_titles |= open_titles
        # Rivals for these titles, and the arXiv papers that state their DOIs.
        found_ids = distinct_values(connection, records.c.stated_id, records.c.title_key, open_titles)
        open_dois = distinct_values(connection, records.c.doi, records.c.title_key, open_titles) - known_dois
        known_dois |= open_dois
        found_ids |= distinct_values(connection, records.c.stated_id, records.c.doi, open_dois)
        found_ids -= known_ids
        known_ids |= found_ids
        titles = distinct_values(connection, records.c.title_key, records.c.stated_id, found_ids)
        titles -= known_titles
        dois = distinct_values(connection, records.c.doi, records.c.stated_id, found_ids) - known_dois
    concerned: dict[str, StoredRecord] = {}
    placed_now: dict[str, str] = {}
    for column, keys in ((records.c.title_key, known_titles), (records.c.stated_id, known_ids)):
        for block in in_blocks(sorted(keys)):
            for said, paper_id in read_stored_records(connection, column.in_(block)):
                concerned[said.record_id], placed_now[said.record_id] = said, paper_id
    return list(concerned.values()), placed_now


def _move(
    connection: Connection, concerned: Iterable[StoredRecord], placed_now: dict[str, str]
) -> dict[str, tuple[str, str]]:
    wanted = match_records(concerned)
    moves = {key: (placed_now[key], new) for key, new in wanted.items() if new != placed_now[key]}
    if moves:
        statement = update(records).where(records.c.record_id == bindparam("moved"))
        to = [{"moved": key, "paper_id": paper_id} for key, (_, paper_id) in moves.items()]
        connection.execute(statement.values(paper_id=bindparam("paper_id")), to)
    return moves
