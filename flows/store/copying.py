"""Copying a store into another database, table by table in blocks, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select
from sqlalchemy.exc import DBAPIError, StatementError

from analytics.exceptions import InputError, PapertrendsError
from flows.store.database import plain_errors
from flows.store.postgresql import refresh_statistics
from flows.store.schema import metadata, runs, schema_version, students
from flows.workers.progress import say_progress

__all__ = ["copy_tables"]

_ROWS_AT_ONCE = 1000
# A student is megabytes, a manifest up to some hundred kilobytes.
_FEWER_AT_ONCE = {students.name: 1, runs.name: 20}


def copy_tables(source: Connection, source_name: str, target: Connection, target_name: str) -> dict[str, int]:
    """Copy every row of every table, inside the caller's transactions; see `Store.copy_to`.

    Both databases have today's tables, so what is copied needs no change: values go through the types of
    `flows.store.schema`, which read back as they were written on either database.
    """
    # A table comes after those that its rows refer to.
    tables = [table for table in metadata.sorted_tables if table is not schema_version]
    _check_empty(target, target_name, tables)
    with plain_errors(source_name):
        expected = {table.name: _count(source, table) for table in tables}
    total, done = sum(expected.values()), 0
    for table in tables:
        for block in _blocks(source, source_name, table):
            _insert(target, table, block, source_name)
            done += len(block)
            say_progress("rows", done, total)
    refresh_statistics(target, *tables)
    arrived = {table.name: _count(target, table) for table in tables}
    for name, count in arrived.items():
        if count != expected[name]:
            raise PapertrendsError(
                f"{count} of {expected[name]} rows of the table {name!r} arrived in {target_name}; "
                "the copy was undone; try again"
            )
    return arrived


def _check_empty(target: Connection, name: str, tables: list[Table]) -> None:
    for table in tables:
        if target.execute(select(1).select_from(table).limit(1)).first() is not None:
            raise InputError(
                f"{name} is not empty: its table {table.name!r} has rows, and a copy would mix two stores;"
                " give an empty database, or move this one away"
            )


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _blocks(source: Connection, name: str, table: Table) -> Iterator[list[dict[str, Any]]]:
    size = _FEWER_AT_ONCE.get(table.name, _ROWS_AT_ONCE)
    with plain_errors(name):
        rows = source.execute(select(table).execution_options(yield_per=size)).mappings()
        for part in rows.partitions():
            yield [dict(row) for row in part]


def _insert(target: Connection, table: Table, block: list[dict[str, Any]], source_name: str) -> None:
    try:
        target.execute(insert(table), block)
    except (TypeError, ValueError, StatementError) as error:
        if isinstance(error, DBAPIError):
            raise
        # SQLite keeps a text in a column of numbers, where something wrote one.
        raise PapertrendsError(
            f"a row of the table {table.name!r} in {source_name} is damaged ({error}); "
            "nothing was copied: restore it from a backup first"
        ) from error
