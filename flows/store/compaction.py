"""Compaction of the database: remove what no later run can need, and free space.

What would grow with the runs and not with the papers goes. The manifests of runs name every source; each
stands whole in its run folder. Vectors by word weights are of one state of the corpus alone, and are made
again from it in seconds, the same to the bit. With word weights every day that brought papers makes a fit
of topics; once no run folder uses it, its members and centers go, while it stays known with what happened to
the topics. A student that no run folder uses goes with its vectors. And an SQLite file keeps the space of
what was deleted. Everything here may be cut off anywhere: each step is a few short transactions, and the
next run goes on.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Engine, and_, delete, exists, func, select, update

from flows.store.blocks import in_blocks
from flows.store.registry import FORGOTTEN
from flows.store.schema import runs, students, topic_centers, topic_events, topic_fits, topic_members, vectors

__all__ = ["compact_store", "kept_of_manifest"]

_OF_CORPUS = "lexical-"
"""How ids of vectorizers begin that each state of the corpus has again."""
_LISTS = ("sources", "rejects_sample", "date_faults_sample", "least_certain", "gaps", "warnings")
_ROWS_AT_ONCE = 2_000  # in one transaction, so that other writers get a turn
_MANIFESTS_AT_ONCE = 200
_LEAST_FREE, _MOST_KEPT = 16 * 2**20, 512 * 2**20
_LOCK_MS = 1_000


def kept_of_manifest(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest without its long lists, as kept in the store.

    Examples
    --------
    >>> kept_of_manifest({"title": "Papers", "sources": [{"location": "a.txt"}]})
    {'title': 'Papers'}
    """
    return {name: value for name, value in manifest.items() if name not in _LISTS}


def compact_store(
    engine: Engine, writer: Engine, *, vectorizer_id: str, unused: Collection[int | str] = ()
) -> None:
    """Remove rows that no later run can need, see the module.

    Parameters
    ----------
    engine, writer : Engine
        For reading, and for transactions that take the write lock at once.
    vectorizer_id : str
        Whose vectors stay even if they are of one state of the corpus: the newest run's.
    unused : collection of int or str
        Fits and vectorizers that no run folder uses any more. The newest fit and the newest student stay in
        any case, and so do MiniLM's vectors, which take the longest to make.
    """
    _trim_manifests(engine, writer)
    for superseded in _superseded(engine, vectorizer_id):
        _forget_vectors(writer, superseded)
    for one in unused:
        if isinstance(one, str):
            _forget_student(engine, writer, one)
            continue
        with writer.begin() as connection:
            _forget_fit(connection, one)
    if engine.dialect.name == "sqlite":
        _give_space_back(engine)


def _trim_manifests(engine: Engine, writer: Engine) -> None:
    is_whole = runs.c.manifest.like(f'%"{_LISTS[0]}": %')
    with engine.begin() as connection:
        found = connection.execute(select(runs.c.run_id).where(is_whole)).scalars().all()
    for block in in_blocks(found, _MANIFESTS_AT_ONCE):
        with writer.begin() as connection:
            rows = select(runs.c.run_id, runs.c.manifest).where(runs.c.run_id.in_(block))
            for run_id, text in connection.execute(rows).all():
                kept = json.dumps(kept_of_manifest(json.loads(text)), sort_keys=True)
                connection.execute(update(runs).where(runs.c.run_id == run_id).values(manifest=kept))


def _superseded(engine: Engine, vectorizer_id: str) -> list[str]:
    """Vectorizers of earlier states of the corpus that have vectors; one look-up in the index per id."""
    found: list[str] = []
    with engine.begin() as connection:
        last = connection.execute(select(func.min(vectors.c.vectorizer_id))).scalar_one()
        while last is not None:
            found.append(last)
            after = select(func.min(vectors.c.vectorizer_id)).where(vectors.c.vectorizer_id > last)
            last = connection.execute(after).scalar_one()
    return [one for one in found if one.startswith(_OF_CORPUS) and one != vectorizer_id]


def _forget_vectors(writer: Engine, vectorizer_id: str) -> None:
    of_vectorizer = vectors.c.vectorizer_id == vectorizer_id
    some = select(vectors.c.content_hash).where(of_vectorizer).limit(_ROWS_AT_ONCE)
    n_left = _ROWS_AT_ONCE
    while n_left == _ROWS_AT_ONCE:
        with writer.begin() as connection:
            hashes = connection.execute(some).scalars().all()
            for block in in_blocks(hashes):
                connection.execute(delete(vectors).where(of_vectorizer, vectors.c.content_hash.in_(block)))
        n_left = len(hashes)


def _forget_student(engine: Engine, writer: Engine, vectorizer_id: str) -> None:
    """Remove a student and its vectors, unless it is the newest or not a student."""
    ranked = select(students.c.vectorizer_id).order_by(
        students.c.as_of.desc(), students.c.n_texts.desc(), students.c.vectorizer_id
    )
    with engine.begin() as connection:
        known = connection.execute(ranked).scalars().all()
    if vectorizer_id in known[1:]:
        _forget_vectors(writer, vectorizer_id)
        with writer.begin() as connection:
            connection.execute(delete(students).where(students.c.vectorizer_id == vectorizer_id))


def _forget_fit(connection: Connection, fit_id: int) -> None:
    """Remove members and centers of a fit, and the papers of topics that only continued."""
    newest = select(topic_fits.c.fit_id).order_by(topic_fits.c.as_of.desc(), topic_fits.c.fit_id.desc())
    if connection.execute(newest.limit(1)).scalar_one_or_none() in {None, fit_id}:
        return
    # Numbers of topics are never reused: each must be in the events of its topic.
    listed = exists().where(
        and_(topic_events.c.fit_id == fit_id, topic_events.c.topic_id == topic_centers.c.topic_id)
    )
    unlisted = (
        select(func.count()).select_from(topic_centers).where(topic_centers.c.fit_id == fit_id, ~listed)
    )
    if connection.execute(unlisted).scalar_one():
        return
    for table in (topic_members, topic_centers):
        connection.execute(delete(table).where(table.c.fit_id == fit_id))
    went_on = (topic_events.c.fit_id == fit_id) & (topic_events.c.event == "continued")
    connection.execute(update(topic_events).where(went_on).values(papers="[]"))
    connection.execute(update(topic_fits).where(topic_fits.c.fit_id == fit_id).values(parameters=FORGOTTEN))


def _give_space_back(engine: Engine) -> None:
    """Rewrite an SQLite file of which over half is free, where that takes a second or two.

    A file that holds more than half a gigabyte is left alone, for writers would wait for long: its
    free space is used again. Where another process has the lock the next run tries.
    """
    pooled = engine.raw_connection()
    try:
        connection = pooled.driver_connection
        if not isinstance(connection, sqlite3.Connection):
            return
        size, n_pages, n_free = (
            int(connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_size", "page_count", "freelist_count")
        )
        free, kept = size * n_free, size * (n_pages - n_free)
        if free < max(_LEAST_FREE, kept) or kept > _MOST_KEPT:
            return
        before = connection.execute("PRAGMA busy_timeout").fetchone()[0]
        connection.execute(f"PRAGMA busy_timeout = {_LOCK_MS}")
        try:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise
        finally:
            connection.execute(f"PRAGMA busy_timeout = {int(before)}")
    finally:
        pooled.close()
