"""SQLite: one file in the workspace.

It runs in WAL mode, so readers keep their snapshot while one process writes. Writers take the lock
when they begin (``BEGIN IMMEDIATE``): a transaction that read first and wrote later could otherwise
fail halfway because another writer came between. A file that may only be read is opened so.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from analytics.exceptions import InputError, PapertrendsError

__all__ = ["make_sqlite_engine", "plain_sqlite_error"]


def make_sqlite_engine(url: URL, *, busy_timeout_s: float, writes: str) -> Engine:
    """Engine for a database file in WAL mode that waits `busy_timeout_s` seconds for another's lock.

    Transactions of engines with the execution option `writes` take the write lock when they begin.
    """

    def begin(connection: Connection) -> None:
        takes_lock = connection.get_execution_options().get(writes, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if takes_lock else "BEGIN")

    path = Path(str(url.database))
    if path.exists() and not _may_write(path):
        address = _read_only_address(path)
        engine = create_engine(
            url,
            creator=lambda: sqlite3.connect(
                address, uri=True, timeout=busy_timeout_s, check_same_thread=False
            ),
        )
        event.listen(engine, "connect", _prepare_reading)
    else:
        engine = create_engine(url, connect_args={"timeout": busy_timeout_s})
        event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", begin)
    return engine


def _may_write(path: Path) -> bool:
    """Whether this user may write a database file, and the log beside it."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _read_only_address(path: Path) -> str:
    """Address of a database file that may only be read.

    Without a log beside it nobody writes, and SQLite need not make one, which it could not.
    """
    log = Path(f"{path}-wal")
    is_still = not (log.exists() and log.stat().st_size)
    return f"{path.resolve().as_uri()}?{'immutable=1' if is_still else 'mode=ro'}"


def _prepare_reading(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only=ON")  # by which `flows.store.migrations` sees it


def _prepare_connection(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # The driver's own transaction control starts too late (before the first write, not the first read).
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    # FULL, not NORMAL: a power cut must not take back papers that a published report counts.
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def plain_sqlite_error(name: str, error: BaseException) -> PapertrendsError:
    """One clear line about the database file `name` for an error of the driver."""
    # Extended codes carry the primary one in their low byte (SQLITE_IOERR_WRITE is an SQLITE_IOERR).
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return InputError(
            f"{name} is not a papertrends database, or a damaged one ({error}); "
            "restore it from a backup, or move it away and ingest again"
        )
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return PapertrendsError(
            f"{name} stayed locked by another process ({error}); wait for that run to finish, then try again"
        )
    if code == sqlite3.SQLITE_FULL:
        return PapertrendsError(f"the disk that holds {name} is full; free some space, then try again")
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR}:
        return PapertrendsError(
            f"{name} cannot be opened or written ({error}); "
            "check that its folder exists and may be written, or choose another --workspace"
        )
    return PapertrendsError(f"the database {name} refused a statement: {error}")
