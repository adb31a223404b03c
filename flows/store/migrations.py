"""Versions of the schema: a fresh database gets today's tables, an older one is taken there step by step."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, Engine, func, insert, inspect, select

from analytics.exceptions import InputError
from flows.store.schema import SCHEMA_VERSION, metadata, schema_version

__all__ = ["FIRST_VERSION", "MIGRATIONS", "migrate"]

FIRST_VERSION = 7
"""That of papertrends 0.1.0; stores of earlier versions were never released."""


def _add_forgotten(connection: Connection) -> None:
    collation = ' COLLATE "C"' if connection.dialect.name == "postgresql" else ""
    connection.exec_driver_sql(
        f"CREATE TABLE forgotten (kind VARCHAR(8){collation} NOT NULL, address TEXT{collation} NOT NULL,"
        f" removed_with TEXT{collation} NOT NULL,"
        f" day DATE NOT NULL, person TEXT{collation} NOT NULL, PRIMARY KEY (kind, address))"
    )


def _add_categories(connection: Connection) -> None:
    """Add what papers are grouped by; it is empty until a source that states it is read again."""
    collation = ' COLLATE "C"' if connection.dialect.name == "postgresql" else ""
    connection.exec_driver_sql(
        f"ALTER TABLE papers ADD COLUMN categories TEXT{collation} DEFAULT '[]' NOT NULL"
    )
    connection.exec_driver_sql(f"ALTER TABLE papers ADD COLUMN venue TEXT{collation}")


def _add_topic_names(connection: Connection) -> None:
    collation = ' COLLATE "C"' if connection.dialect.name == "postgresql" else ""
    connection.exec_driver_sql(
        f"CREATE TABLE topic_names (asked VARCHAR(64){collation} NOT NULL, model TEXT{collation} NOT NULL,"
        f" topic_id TEXT{collation} NOT NULL, label TEXT{collation} NOT NULL,"
        f" day DATE NOT NULL, name TEXT{collation} NOT NULL, PRIMARY KEY (asked))"
    )


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (_add_forgotten, _add_categories, _add_topic_names)
"""Step i takes a database of version `FIRST_VERSION` + i to the next one, by its own DDL, never by
`schema.metadata`: that is the schema of today. Text columns are ``COLLATE "C"`` on PostgreSQL, see the end of
`flows.store.schema`.
"""


def migrate(engine: Engine, writer: Engine, name: str, rebuild: Callable[[Connection], None]) -> None:
    """Bring a database to today's schema; each step is one transaction.

    Parameters
    ----------
    engine, writer : Engine
        For reading, and for transactions that take the write lock at once. A database that is up to
        date is only read, so opening one never waits for another process that writes.
    rebuild : callable
        Brings the rows that follow from others to today's rules; called with the last step.

    Raises
    ------
    InputError
        When the database is newer than this program, older and cannot be written, older than papertrends
        0.1.0, or another program's.
    """
    with engine.begin() as connection:
        version = _read_version(connection, name)
        is_readable_only = (
            connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA query_only").scalar()
        )
    if version == SCHEMA_VERSION:
        return
    if is_readable_only:
        raise InputError(
            f"{name} has schema version {version} and cannot be written, so it cannot be brought to version "
            f"{SCHEMA_VERSION}; run papertrends status once as a user who may write it"
        )
    if version is None:
        with writer.begin() as connection:
            # Another process may have been faster while this one waited for the lock.
            if _read_version(connection, name) is None:
                metadata.create_all(connection, checkfirst=False)  # it has none
                connection.execute(insert(schema_version).values(version=SCHEMA_VERSION))
    for step in range(version or SCHEMA_VERSION, SCHEMA_VERSION):
        with writer.begin() as connection:
            if _read_version(connection, name) == step:
                MIGRATIONS[step - FIRST_VERSION](connection)
                if step + 1 == SCHEMA_VERSION:
                    rebuild(connection)
                connection.execute(insert(schema_version).values(version=step + 1))


def _read_version(connection: Connection, name: str) -> int | None:
    """Version of the database, None for one without any table."""
    tables = inspect(connection).get_table_names()
    if schema_version.name not in tables:
        if tables:
            raise InputError(
                f"{name} is not a papertrends database: it has the table {min(tables)!r} and no "
                f"{schema_version.name!r}; choose another --workspace or database, or move this one away"
            )
        return None
    version = connection.execute(select(func.max(schema_version.c.version))).scalar_one()
    known = f"this papertrends knows versions {FIRST_VERSION} to {SCHEMA_VERSION}"
    if version is None or version > SCHEMA_VERSION:
        raise InputError(
            f"{name} has schema version {version}; {known}; use the newer papertrends that wrote it, or "
            "another --workspace"
        )
    if version < FIRST_VERSION:
        raise InputError(
            f"{name} has schema version {version}, from before the first release; {known}; ingest its sources"
            " into another --workspace"
        )
    return int(version)
