"""Connections to the database of a workspace, and its errors in plain words.

SQLite runs in WAL mode, so readers keep their snapshot while one process writes. Writers take the
lock when they begin (``BEGIN IMMEDIATE``): a transaction that read first and wrote later could
otherwise fail halfway because another writer came between.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from analytics.exceptions import InputError, PapertrendsError

__all__ = ["make_sqlite_engine", "plain_errors", "writing_engine"]

_WRITES = "papertrends_writes"


def make_sqlite_engine(path: Path, *, busy_timeout_s: float) -> Engine:
    """Engine for a database file in WAL mode that waits `busy_timeout_s` seconds for another's lock."""
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": busy_timeout_s})
    event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", _begin)
    return engine


def writing_engine(engine: Engine) -> Engine:
    """Give the same engine and connections, for transactions that take the write lock when they begin."""
    return engine.execution_options(**{_WRITES: True})


def _prepare_connection(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # The driver's own transaction control starts too late (before the first write, not the first read).
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    # FULL, not NORMAL: a power cut must not take back papers that a published report counts.
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def plain_errors(name: str) -> Iterator[None]:
    """Turn what the driver raises into one clear line about the database `name`.

    Raises
    ------
    InputError
        When the file is not a database, or a damaged one.
    PapertrendsError
        When it is locked, cannot be opened or written, or the disk is full.
    """
    try:
        yield
    except DBAPIError as error:
        raise _plain_error(name, error.orig or error) from error
    except sqlite3.Error as error:
        raise _plain_error(name, error) from error


def _plain_error(name: str, error: BaseException) -> PapertrendsError:
    # Extended codes carry the primary one in their low byte (SQLITE_IOERR_WRITE is an SQLITE_IOERR).
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return InputError(
            f"{name} is not a papertrends database, or a damaged one ({error}); "
            "restore it from a copy, or move it away and ingest again"
        )
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return PapertrendsError(
            f"{name} stayed locked by another process ({error}); wait for that run to end, then try again"
        )
    if code == sqlite3.SQLITE_FULL:
        return PapertrendsError(f"the disk that holds {name} is full; free some space, then try again")
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR}:
        return PapertrendsError(
            f"{name} cannot be opened or written ({error}); "
            "check that its folder exists and may be written, or choose another --workspace"
        )
    return PapertrendsError(f"the database {name} refused a statement: {error}")
