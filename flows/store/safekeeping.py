"""A copy of the store while others work on it, and a file without traces of what was deleted."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from flows.store.database import plain_errors

__all__ = ["copy_sqlite", "wipe_deleted"]

_PAGES_AT_ONCE = 4096


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database by SQLite's online backup: one state, whoever reads or writes meanwhile.

    Raises
    ------
    InputError, PapertrendsError
        When one of them is not a database or cannot be read or written.
    """
    with (
        plain_errors(str(source)),
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=60.0)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new, pages=_PAGES_AT_ONCE)
        # One file, whole without its log beside it.
        new.execute("PRAGMA journal_mode=DELETE")


def wipe_deleted(database: Path) -> None:
    """Write a database file again without the pages of deleted rows.

    Raises
    ------
    PapertrendsError
        When another process keeps it locked, or the disk is full.
    """
    with plain_errors(str(database)), closing(sqlite3.connect(database, timeout=60.0)) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
