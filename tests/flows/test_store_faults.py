"""The store when something goes wrong: a kill, another writer, a file that is no store, a full disk."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import sqlite3
import threading
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import event, inspect, select
from sqlalchemy.exc import OperationalError

import flows.store.migrations
from analytics.exceptions import InputError, PapertrendsError
from analytics.papers import Feed, PaperRecord, RejectedRecord
from flows.store import Store
from flows.store.corpus import read_corpus
from flows.store.database import plain_errors
from flows.store.migrations import FIRST_VERSION
from flows.store.schema import SCHEMA_VERSION, metadata

DAY = date(2025, 3, 4)
TITLE = "Learning to Explore Sparse Worlds by Asking"

on_both = pytest.mark.usefixtures("database")


def make_feed(name: str, *records: PaperRecord, **fields: object) -> Feed:
    return Feed("daily-papers", name, DAY, records, **fields)


FIRST = make_feed(
    "a.json", PaperRecord(TITLE, "By its title."), PaperRecord("Another Title of Some Length", "")
)
# Changes every table at once: new papers, a paper that moves to its identifier, a reject.
SECOND = make_feed(
    "b.json",
    PaperRecord(TITLE, "A longer abstract.", arxiv_id="2503.00001"),
    *(PaperRecord(f"Paper number {i} of a long series", "Text.") for i in range(60)),
    rejects=(RejectedRecord("line 2", "half an entry"),),
)


def dump(workspace: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, sorted, and of a file a check that it is sound itself."""
    with Store.open(workspace) as store, store._engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def ingest_and_die(workspace: Path, fatal: int) -> None:
    """Ingest SECOND in a process that gets SIGKILL before its `fatal`-th statement, for 0 after the last."""
    seen = 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    store = Store.open(workspace)
    if store._engine.dialect.name == "sqlite":
        with store._engine.connect() as connection:  # a small cache spills rows to disk before the commit
            connection.exec_driver_sql("PRAGMA cache_size=4")
    event.listen(store._engine, "before_cursor_execute", count)
    event.listen(store._engine, "commit", count)
    store.ingest_feed(SECOND, seen_on=DAY)
    if fatal == 0:  # all is done, but the store is not closed
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(0)


def count_statements(workspace: Path) -> int:
    statements = []
    with Store.open(workspace) as store:
        event.listen(store._engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        event.listen(store._engine, "commit", lambda _: statements.append("COMMIT"))
        store.ingest_feed(SECOND, seen_on=DAY)
    assert statements[-1] == "COMMIT"
    return len(statements)


@on_both
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("apart", [19, pytest.param(1, marks=pytest.mark.slow)])
def test_a_kill_at_any_statement_leaves_the_last_whole_state(tmp_path, apart):
    quiet = tmp_path / "quiet"
    with Store.open(quiet) as store:
        store.ingest_feed(FIRST, seen_on=DAY)
    before = dump(quiet)
    n_statements = count_statements(quiet)
    whole = dump(quiet)
    assert n_statements > 15
    fork = multiprocessing.get_context("fork")
    for fatal in range(0, n_statements + 1, apart):
        workspace = tmp_path / str(fatal)
        with Store.open(workspace) as store:
            store.ingest_feed(FIRST, seen_on=DAY)
        victim = fork.Process(target=ingest_and_die, args=(workspace, fatal))
        victim.start()
        victim.join()
        assert victim.exitcode == -signal.SIGKILL
        assert dump(workspace) == (whole if fatal == 0 else before)
        with Store.open(workspace) as store:
            store.ingest_feed(SECOND, seen_on=DAY)
        assert dump(workspace) == whole


@on_both
def test_an_error_in_the_middle_leaves_the_last_whole_state(tmp_path, monkeypatch):
    with Store.open(tmp_path) as store:
        store.ingest_feed(FIRST, seen_on=DAY)
        before = dump(tmp_path)

        def fail(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("flows.store.sightings._fold", fail)
        with pytest.raises(KeyboardInterrupt):
            store.ingest_feed(SECOND, seen_on=DAY)
    assert dump(tmp_path) == before


class PausedIngest:
    """An ingest in a thread that holds its transaction open, its rows written, until it is let go."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self._reached, self._go_on = threading.Event(), threading.Event()
        monkeypatch.setattr("flows.store.sightings.IngestCounts", self._pause)
        self._thread = threading.Thread(target=store.ingest_feed, args=(SECOND,), kwargs={"seen_on": DAY})

    def _pause(self, **_: int) -> None:
        self._reached.set()
        assert self._go_on.wait(30)

    def __enter__(self) -> None:
        self._thread.start()
        assert self._reached.wait(30)

    def __exit__(self, *_: object) -> None:
        self._go_on.set()
        self._thread.join()


@on_both
def test_readers_see_the_whole_old_state_while_one_writes(tmp_path, monkeypatch):
    with Store.open(tmp_path) as writer:
        writer.ingest_feed(FIRST, seen_on=DAY)
        old = writer.corpus_hash(DAY)
        with PausedIngest(writer, monkeypatch):
            hashes = []
            for _ in range(10):  # each opens the store anew, which must not wait for the writer
                with Store.open(tmp_path, busy_timeout_s=0.01) as reader:
                    hashes.append(reader.corpus_hash(DAY))
            assert hashes == [old] * 10
        assert writer.corpus_hash(DAY) != old
        assert len(writer.read_papers(DAY)) == 62


@on_both
def test_a_writer_does_not_wait_for_a_reader_whose_snapshot_stays(tmp_path):
    with Store.open(tmp_path) as reader, Store.open(tmp_path, busy_timeout_s=0.05) as writer:
        writer.ingest_feed(FIRST, seen_on=DAY)
        with reader._reading() as connection:
            before = read_corpus(connection, DAY).corpus_hash
            writer.ingest_feed(SECOND, seen_on=DAY)
            assert read_corpus(connection, DAY).corpus_hash == before
        assert reader.corpus_hash(DAY) == writer.corpus_hash(DAY) != before


@on_both
def test_a_second_writer_is_warned_when_the_first_does_not_end(tmp_path, monkeypatch):
    with Store.open(tmp_path) as first, Store.open(tmp_path, busy_timeout_s=0.05) as second:
        with (
            PausedIngest(first, monkeypatch),
            pytest.raises(PapertrendsError, match="stayed locked") as caught,
        ):
            second.ingest_feed(FIRST, seen_on=DAY)
        assert not isinstance(caught.value, InputError)
        assert "\n" not in str(caught.value)
        monkeypatch.undo()
        second.ingest_feed(FIRST, seen_on=DAY)
        assert len(first.read_papers(DAY)) == 62


def open_and_ingest(workspace: Path, number: int) -> None:
    with Store.open(workspace) as store:
        for part in range(5):
            records = [PaperRecord(f"Paper {i} of writer {number}, part {part}", "") for i in range(20)]
            store.ingest_feed(make_feed(f"{number}-{part}", PaperRecord(TITLE, ""), *records), seen_on=DAY)
    os._exit(0)  # Python's own end of a fork fails where an earlier test left threads of Dask


@pytest.mark.slow
@on_both
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_six_processes_make_and_fill_one_new_store_at_once(tmp_path):
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=open_and_ingest, args=(tmp_path / "new", n)) for n in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 6
    assert len(dump(tmp_path / "new")["papers"]) == 6 * 5 * 20 + 1


# --- workspaces that cannot be one ---


def check_refused(workspace: Path, message: str, kind: type[PapertrendsError]) -> None:
    with pytest.raises(PapertrendsError, match=message) as caught:
        Store.open(workspace, busy_timeout_s=0.05)
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("below", ["", "sub/folder"])
def test_a_file_in_the_place_of_the_workspace(tmp_path, below):
    (tmp_path / "file").write_text("mine")
    check_refused(tmp_path / "file" / below, "is a file, not a folder", InputError)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    "content", [b"not a database, but a long enough text" * 50, b"SQLite format 3\x00" + b"\xff" * 4096]
)
def test_a_file_that_is_not_a_database_is_left_alone(tmp_path, content):
    path = tmp_path / "corpus.sqlite"
    path.write_bytes(content)
    check_refused(tmp_path, "not a papertrends database", InputError)
    assert path.read_bytes() == content


def test_a_database_of_something_else_is_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / "corpus.sqlite") as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    check_refused(tmp_path, "is not a papertrends database: it has the table 'bookmarks'", InputError)


def test_a_folder_in_the_place_of_the_database(tmp_path):
    (tmp_path / "corpus.sqlite").mkdir()
    check_refused(tmp_path, "cannot be opened or written", PapertrendsError)


def test_a_database_cut_short_is_named_as_damaged(tmp_path):
    with Store.open(tmp_path) as store:
        store.ingest_feed(SECOND, seen_on=DAY)
    path = tmp_path / "corpus.sqlite"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match="damaged"), Store.open(tmp_path) as store:
        store.read_papers(DAY)


def test_a_workspace_that_cannot_be_made(tmp_path, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)
    check_refused(tmp_path / "new", "Read-only file system", PapertrendsError)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (sqlite3.SQLITE_FULL, "disk that holds .* is full"),
        (sqlite3.SQLITE_READONLY, "cannot be opened or written"),
        (sqlite3.SQLITE_IOERR_WRITE, "cannot be opened or written"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "stayed locked"),
        (sqlite3.SQLITE_ERROR, "refused a statement: what it said"),
    ],
)
def test_what_the_driver_reports_becomes_one_clear_line(code, message):
    reported = sqlite3.OperationalError("what it said")
    reported.sqlite_errorcode = code
    for error in (reported, OperationalError("SELECT 1", {}, reported)):
        with pytest.raises(PapertrendsError, match=message) as caught, plain_errors("w/corpus.sqlite"):
            raise error
        assert "w/corpus.sqlite" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_really_full_database_keeps_the_last_whole_state(tmp_path):
    with Store.open(tmp_path) as store:
        store.ingest_feed(FIRST, seen_on=DAY)
        before = dump(tmp_path)
        with store._engine.connect() as connection:  # the pool hands this same connection out again
            n_pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count={n_pages + 2}")
        with pytest.raises(PapertrendsError, match="is full"):
            store.ingest_feed(SECOND, seen_on=DAY)
    assert dump(tmp_path) == before


# --- versions of the schema ---


@on_both
def test_a_newer_database_is_refused_and_left_alone(tmp_path):
    with Store.open(tmp_path) as store, store._writer.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO schema_version VALUES ({SCHEMA_VERSION + 1})")
    check_refused(
        tmp_path,
        f"schema version {SCHEMA_VERSION + 1}; .* versions {FIRST_VERSION} to {SCHEMA_VERSION}",
        InputError,
    )


@on_both
def test_a_database_of_before_the_first_release_is_refused_and_left_alone(tmp_path):
    with Store.open(tmp_path) as store, store._writer.begin() as connection:
        connection.exec_driver_sql(f"UPDATE schema_version SET version = {FIRST_VERSION - 1}")
    check_refused(tmp_path, "from before the first release; .* ingest its sources", InputError)


@on_both
def test_an_older_database_is_taken_forward_step_by_step(tmp_path, monkeypatch):
    """Two steps, the second failing the first time: the first one stays, nothing is done twice."""
    with Store.open(tmp_path) as store:
        store.ingest_feed(FIRST, seen_on=DAY)
    done = []

    def add_column(connection):
        done.append("column")
        connection.exec_driver_sql("ALTER TABLE papers ADD COLUMN place TEXT")

    def add_table(connection):
        done.append("table")
        connection.exec_driver_sql("CREATE TABLE venues (name TEXT)")
        if done.count("table") == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(flows.store.migrations, "SCHEMA_VERSION", SCHEMA_VERSION + 2)
    steps = (*flows.store.migrations.MIGRATIONS, add_column, add_table)
    monkeypatch.setattr(flows.store.migrations, "MIGRATIONS", steps)
    with pytest.raises(KeyboardInterrupt):
        Store.open(tmp_path)
    with Store.open(tmp_path) as store:
        assert done == ["column", "table", "table"]
        assert len(store.read_papers(DAY)) == 2
        with store._engine.begin() as connection:
            assert connection.exec_driver_sql("SELECT place FROM papers").scalars().all() == [None, None]
            versions = (
                connection.exec_driver_sql("SELECT version FROM schema_version ORDER BY 1").scalars().all()
            )
    assert versions == [SCHEMA_VERSION, SCHEMA_VERSION + 1, SCHEMA_VERSION + 2]
    Store.open(tmp_path).close()
    assert done == ["column", "table", "table"]


def columns_of(store):
    """Type, default and order of text of each column of each table, and the primary keys."""
    with store._engine.connect() as connection:
        read = inspect(connection)
        named = metadata.tables.keys()
        columns = {
            table: {column["name"]: repr(column) for column in read.get_columns(table)} for table in named
        }
        return columns, {table: read.get_pk_constraint(table)["constrained_columns"] for table in named}


@on_both
def test_an_upgraded_database_is_like_a_new_one(tmp_path):
    """From the first release on: same columns, same rows, and what is new can be written."""
    with Store.open(tmp_path) as store:
        store.ingest_feed(FIRST, seen_on=DAY)
        new, papers = columns_of(store), store.read_papers(DAY)
        with store._writer.begin() as connection:
            for table in ("forgotten", "topic_names"):
                connection.exec_driver_sql(f"DROP TABLE {table}")
            for column in ("categories", "venue"):
                connection.exec_driver_sql(f"ALTER TABLE papers DROP COLUMN {column}")
            connection.exec_driver_sql(f"UPDATE schema_version SET version = {FIRST_VERSION}")
    with Store.open(tmp_path) as store:
        assert columns_of(store) == new
        pd.testing.assert_frame_equal(store.read_papers(DAY), papers)
        assert store.read_forgotten() == []
        stated = PaperRecord("A Third Title of Some Length", "", categories=("cs.LG",), venue="ICML")
        store.ingest_feed(make_feed("c.json", stated), seen_on=DAY)
        assert store.read_papers(DAY)["venue"].dropna().tolist() == ["ICML"]


def test_every_version_but_the_first_has_its_step():
    assert len(flows.store.migrations.MIGRATIONS) == SCHEMA_VERSION - FIRST_VERSION
