"""The database of a workspace: where it is, engines for it, and its errors in plain words.

It is the file ``corpus.sqlite`` in the workspace, or a PostgreSQL database where the setting
`database` names one. Both promise the same: a reader sees one snapshot and never waits for a writer,
a second writer waits for the first, and a transaction is written whole or not at all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Engine, inspect
from sqlalchemy.exc import DBAPIError

from flows.config.settings import load_settings
from flows.store.postgresql import (
    make_postgresql_engine,
    plain_postgresql_error,
    postgresql_name,
    postgresql_url,
)
from flows.store.schema import schema_version
from flows.store.sqlite import make_sqlite_engine, plain_sqlite_error

__all__ = [
    "database_name",
    "find_database",
    "holds_store",
    "make_engine",
    "plain_errors",
    "sqlite_database",
    "writing_engine",
]

_WRITES = "papertrends_writes"


def find_database(workspace: Path) -> URL:
    """Database of a workspace, by the settings that hold there; it need not exist yet.

    Raises
    ------
    InputError
        When the settings are faulty, or `database` is not an address of a PostgreSQL database.
    """
    given = load_settings({"workspace": workspace}).database
    return sqlite_database(workspace) if given is None else postgresql_url(given.get_secret_value())


def sqlite_database(workspace: Path) -> URL:
    """Database file of a workspace, whatever the settings say."""
    return URL.create("sqlite", database=str(Path(workspace) / "corpus.sqlite"))


def database_name(url: URL) -> str:
    """What messages call a database: its file, or host and name; never a password."""
    return str(url.database) if _is_sqlite(url) else postgresql_name(url)


def make_engine(url: URL, *, busy_timeout_s: float) -> Engine:
    """Engine for a database that waits `busy_timeout_s` seconds for another's lock."""
    make = make_sqlite_engine if _is_sqlite(url) else make_postgresql_engine
    return make(url, busy_timeout_s=busy_timeout_s, writes=_WRITES)


def writing_engine(engine: Engine) -> Engine:
    """Give the same engine and connections, for transactions that take the write lock when they begin."""
    return engine.execution_options(**{_WRITES: True})


def holds_store(url: URL) -> bool:
    """Whether there is a store: a file, or a database with its tables."""
    if _is_sqlite(url):
        return Path(str(url.database)).exists()
    engine = make_engine(url, busy_timeout_s=1.0)
    try:
        with plain_errors(database_name(url)), engine.begin() as connection:
            return inspect(connection).has_table(schema_version.name)
    finally:
        engine.dispose()


@contextmanager
def plain_errors(name: str) -> Iterator[None]:
    """Turn errors of the driver into one clear line about the database `name`.

    Raises
    ------
    InputError
        When a file is not a database, or a damaged one; when a server knows no such user or database.
    PapertrendsError
        When it is locked, cannot be reached, opened or written, or the disk is full.
    """
    try:
        yield
    except DBAPIError as error:
        cause = error.orig or error
        plain = plain_sqlite_error if isinstance(cause, sqlite3.Error) else plain_postgresql_error
        raise plain(name, cause) from error
    except sqlite3.Error as error:
        raise plain_sqlite_error(name, error) from error


def _is_sqlite(url: URL) -> bool:
    return url.drivername == "sqlite"
