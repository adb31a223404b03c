"""Versions of the schema: a fresh database gets today's tables, an older one is taken there step by step."""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlalchemy import Connection, Engine, func, insert, inspect, select, text

from analytics.exceptions import InputError
from flows.store.schema import SCHEMA_VERSION, metadata, schema_version

__all__ = ["MIGRATIONS", "migrate"]

_TO_2 = (
    "ALTER TABLE feeds ADD COLUMN name TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE feeds ADD COLUMN window_start DATE",
    "ALTER TABLE feeds ADD COLUMN window_end DATE",
    "ALTER TABLE feeds ADD COLUMN failure TEXT",
    "UPDATE feeds SET name = source",
    "CREATE INDEX ix_feeds_name ON feeds (name)",
    "ALTER TABLE papers ADD COLUMN published_source TEXT",
    "ALTER TABLE papers ADD COLUMN date_fault VARCHAR(16)",
    "ALTER TABLE papers ADD COLUMN updated DATE",
    "ALTER TABLE papers ADD COLUMN version INTEGER",
    "ALTER TABLE papers ADD COLUMN is_withdrawn BOOLEAN NOT NULL DEFAULT FALSE",
    "ALTER TABLE records ADD COLUMN doi TEXT",
    "CREATE INDEX ix_records_doi ON records (doi)",
)


def _to_2(connection: Connection) -> None:
    """Feeds with names, windows and failures; records with their DOI; papers with more of their dates."""
    for statement in _TO_2:
        connection.execute(text(statement))
    stating = text("SELECT record_id, record FROM records WHERE record LIKE '%\"doi\":%'")
    for record_id, record in connection.execute(stating).all():
        doi = json.loads(record).get("doi")
        if doi:
            change = text("UPDATE records SET doi = :doi WHERE record_id = :record_id")
            connection.execute(change, {"doi": doi.lower(), "record_id": record_id})


_TO_3 = """
CREATE TABLE topic_fits (fit_id INTEGER NOT NULL PRIMARY KEY, as_of DATE NOT NULL,
    vectorizer_id TEXT NOT NULL, settings TEXT NOT NULL, parameters TEXT NOT NULL, cause TEXT NOT NULL);
CREATE INDEX ix_topic_fits_as_of ON topic_fits (as_of);
CREATE TABLE topic_centers (fit_id INTEGER NOT NULL REFERENCES topic_fits (fit_id),
    topic_id TEXT NOT NULL, center {blob} NOT NULL, reach DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (fit_id, topic_id));
CREATE TABLE topic_members (fit_id INTEGER NOT NULL REFERENCES topic_fits (fit_id),
    paper_id TEXT NOT NULL, topic_id TEXT NOT NULL, strength DOUBLE PRECISION NOT NULL,
    basis VARCHAR(16) NOT NULL, PRIMARY KEY (fit_id, paper_id));
CREATE TABLE topic_events (fit_id INTEGER NOT NULL REFERENCES topic_fits (fit_id),
    position INTEGER NOT NULL, event VARCHAR(16) NOT NULL, topic_id TEXT NOT NULL, other_id TEXT,
    papers TEXT NOT NULL, PRIMARY KEY (fit_id, position))
"""


def _to_3(connection: Connection) -> None:
    """Add the registry of topics, empty: the topics of older runs were numbered anew each time."""
    blob = "BYTEA" if connection.dialect.name == "postgresql" else "BLOB"
    for statement in _TO_3.format(blob=blob).split(";"):
        connection.execute(text(statement))


_TO_4 = (
    "ALTER TABLE topic_centers ADD COLUMN label TEXT",
    "ALTER TABLE topic_centers ADD COLUMN top_terms TEXT",
    "ALTER TABLE topic_centers ADD COLUMN coherence DOUBLE PRECISION",
    "ALTER TABLE topic_centers ADD COLUMN group_id TEXT",
    "ALTER TABLE topic_centers ADD COLUMN group_label TEXT",
    """CREATE TABLE students (vectorizer_id TEXT NOT NULL PRIMARY KEY, as_of DATE NOT NULL,
        n_texts INTEGER NOT NULL, teacher_id TEXT NOT NULL, random_state BIGINT NOT NULL,
        arrays {blob} NOT NULL)""",
)


def _to_4(connection: Connection) -> None:
    """Descriptions of topics with their fit (fits that are there already have none), and students."""
    blob = "BYTEA" if connection.dialect.name == "postgresql" else "BLOB"
    for statement in _TO_4:
        connection.execute(text(statement.format(blob=blob)))


def _to_5(connection: Connection) -> None:
    """Mails of runs, none yet."""
    connection.execute(
        text(
            "CREATE TABLE mails (run_id TEXT NOT NULL, recipient TEXT NOT NULL, claimed_at TEXT NOT NULL, "
            "is_sent BOOLEAN NOT NULL, PRIMARY KEY (run_id, recipient))"
        )
    )


_TO_6 = (
    """CREATE TABLE label_draws (draw INTEGER NOT NULL, paper_id TEXT{c} NOT NULL, position INTEGER NOT NULL,
        draw_probability DOUBLE PRECISION NOT NULL, day DATE NOT NULL, random_state BIGINT NOT NULL,
        PRIMARY KEY (draw, paper_id))""",
    """CREATE TABLE labels (paper_id TEXT{c} NOT NULL, theme_id TEXT{c} NOT NULL, labeller TEXT{c} NOT NULL,
        day DATE NOT NULL, answer VARCHAR(8){c} NOT NULL, draw INTEGER, draw_probability DOUBLE PRECISION,
        definition VARCHAR(16){c} NOT NULL, PRIMARY KEY (paper_id, theme_id, labeller, day))""",
)


def _to_6(connection: Connection) -> None:
    """Labels and the draws of papers for them, none yet."""
    collation = ' COLLATE "C"' if connection.dialect.name == "postgresql" else ""
    for statement in _TO_6:
        connection.execute(text(statement.format(c=collation)))


_TO_7 = (
    """CREATE TABLE record_keys (key BIGINT NOT NULL, record_id VARCHAR(32){c} NOT NULL
        REFERENCES records (record_id), PRIMARY KEY (key, record_id)){without_rowid}""",
    """CREATE TABLE record_joins (one VARCHAR(32){c} NOT NULL REFERENCES records (record_id),
        other VARCHAR(32){c} NOT NULL REFERENCES records (record_id), bits DOUBLE PRECISION NOT NULL,
        reasons TEXT{c} NOT NULL, PRIMARY KEY (one, other))""",
    "CREATE INDEX ix_record_joins_other ON record_joins (other)",
    "CREATE INDEX ix_record_joins_bits ON record_joins (bits)",
    """CREATE TABLE work_decisions (one VARCHAR(32){c} NOT NULL, other VARCHAR(32){c} NOT NULL,
        day DATE NOT NULL, is_one_work BOOLEAN NOT NULL, person TEXT{c} NOT NULL,
        PRIMARY KEY (one, other, day))""",
)


def _to_7(connection: Connection) -> None:
    """Keys and joins of records, which the rebuild that follows fills, and decisions about works."""
    is_postgresql = connection.dialect.name == "postgresql"
    collation = ' COLLATE "C"' if is_postgresql else ""
    for statement in _TO_7:
        create = statement.format(c=collation, without_rowid="" if is_postgresql else " WITHOUT ROWID")
        connection.execute(text(create))


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (_to_2, _to_3, _to_4, _to_5, _to_6, _to_7)
"""Step i takes a database of version i + 1 to version i + 2, by its own DDL, never by `schema.metadata`.

Stores on PostgreSQL begin with version 5. Later steps give text columns ``COLLATE "C"`` there, see the end
of `flows.store.schema`.
"""


def migrate(engine: Engine, writer: Engine, name: str, rebuild: Callable[[Connection], None]) -> None:
    """Bring a database to today's schema; each step is one transaction.

    Parameters
    ----------
    engine, writer : Engine
        For reading, and for transactions that take the write lock at once. A database that is up to
        date is only read, so opening one never waits for another process that writes.
    name : str
        What to call the database in a message.
    rebuild : callable
        Brings the rows that follow from others to today's rules; called with the last step.

    Raises
    ------
    InputError
        When the database is newer than this program, or belongs to another one.
    """
    with engine.begin() as connection:
        version = _read_version(connection, name)
    if version == SCHEMA_VERSION:
        return
    if version is None:
        with writer.begin() as connection:
            # Another process may have been faster while this one waited for the lock.
            if _read_version(connection, name) is None:
                metadata.create_all(connection)
                connection.execute(insert(schema_version).values(version=SCHEMA_VERSION))
    for step in range(version or SCHEMA_VERSION, SCHEMA_VERSION):
        with writer.begin() as connection:
            if _read_version(connection, name) == step:
                MIGRATIONS[step - 1](connection)
                if step + 1 == SCHEMA_VERSION:
                    rebuild(connection)
                connection.execute(insert(schema_version).values(version=step + 1))


def _read_version(connection: Connection, name: str) -> int | None:
    """Version of the database, None for one without any table."""
    tables = inspect(connection).get_table_names()
    if schema_version.name not in tables:
        if tables:
            raise InputError(
                f"{name} is a database of something else: it has the table {min(tables)!r} and no "
                f"{schema_version.name!r}; choose another --workspace or database, or move this one away"
            )
        return None
    version = connection.execute(select(func.max(schema_version.c.version))).scalar_one()
    if version is None or version > SCHEMA_VERSION:
        raise InputError(
            f"{name} has schema version {version}; this papertrends knows versions 1 to {SCHEMA_VERSION}; "
            "use the newer papertrends that wrote it, or another --workspace"
        )
    return int(version)
