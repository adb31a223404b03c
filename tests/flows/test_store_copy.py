"""Copying a store between SQLite and PostgreSQL: everything, or nothing, and the same runs afterwards."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shutil
import signal
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import insert, select, text
from typer.testing import CliRunner

import flows.store.copying
from analytics.exceptions import PapertrendsError
from analytics.papers import Feed, PaperRecord, RejectedRecord
from analytics.tables import TABLE_COLUMNS
from analytics.topics.identity import TopicEvent
from analytics.topics.topic_regions import TopicRegions, TopicState
from flows.commands.cli import app
from flows.commands.store_commands import Side, copy_store
from flows.store import RunRow, Store
from flows.store.database import sqlite_database
from flows.store.decisions import WorkDecision
from flows.store.labels import LabelDraw
from flows.store.postgresql import postgresql_url
from flows.store.registry import FitRow
from flows.store.schema import metadata, students
from flows.store.stored_records import StoredRecord
from flows.store.topic_names import TopicName

DAY = date(2025, 3, 4)
ROOT = Path(__file__).resolve().parents[2]
PAGE = str(ROOT / "data" / "sample" / "daily_papers.txt")


TWICE = tuple(
    PaperRecord("One work that is in two lists of boats", "", authors=("Ada Example", "Bo Muster"), url=url)
    for url in (None, "https://example.org/1")
)


def fill(store: Store) -> None:
    """Something in every table, with values that a copy could change: floats, letters, nothing, long bytes."""
    records = [
        PaperRecord(f"Paper {i}: é 强化 \U0001f600 of a long series", "Text.", doi=f"10.1/{i}")
        for i in range(1203)
    ]
    dated = PaperRecord(
        "A title", "", date(2024, 2, 29), "stated", "day", authors=("Ada",), upvotes=2**31 - 1
    )
    feed = Feed(
        "x",
        "a.json",
        None,
        (*records, dated, *TWICE),
        (RejectedRecord("line 2", "half an entry"),),
        ("a doubt",),
    )
    store.ingest_feed(feed, seen_on=DAY)
    store.forget("doi:10.1/1202", day=DAY, person="Ada é")
    pair = [StoredRecord.of(record).record_id for record in records[:2]]
    store.decide_works([WorkDecision.of(pair, DAY, is_one_work=False, person="Ada é")])
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((2503, 5)).astype(np.float32)
    vectors[0] = [np.float32(1e-45), np.finfo(np.float32).max, -0.0, 1 / 3, np.pi]
    store.write_vectors("v-1", [f"{i:064d}" for i in range(2503)], vectors)
    for number in range(43):
        store.write_run(
            RunRow(
                f"r{number:02}", DAY, "2025-03-04T06:00:00+00:00", "completed", None, None, {"π": [1.5, None]}
            )
        )
    store.claim_mail("r00", "ada@example.org", "now")
    store.claim_mail("r00", "bob@example.org", "now")
    store.confirm_mail("r00", "bob@example.org")
    members = pd.DataFrame(
        {"paper_id": ["a", "b"], "topic_id": ["T0001", "-1"], "strength": [1 / 3, 0.1 + 0.2]}
    )
    regions = TopicRegions(
        ("T0001",), rng.standard_normal((1, 4)).astype(np.float32), np.array([np.nextafter(1, 2)])
    )
    event = TopicEvent("born", "T0001", None, ("a",))
    store.write_fit(
        FitRow(
            0,
            DAY,
            "v-1",
            {"a": 1},
            {},
            "it",
            TopicState(members.assign(basis="clustered"), regions),
            (event,),
        )
    )
    store.write_topic_name(TopicName("a" * 64, "m:8b", "T0001", "é", DAY, ""))
    drawn = LabelDraw(1, DAY, 2**32 - 1, ("title:é", "gone"), (1 / 3, 1.0))
    said = [
        ("title:é", "a", "yes", "ann", DAY, 1, 1 / 3, "d" * 16),
        ("gone", "a", "no", "ann", DAY, None, None, ""),
    ]
    labels = pd.DataFrame(said, columns=list(TABLE_COLUMNS["labels"]))
    store.write_labels(labels.astype({"draw": "Int64"}), [drawn])
    student = {
        "vectorizer_id": "student-1",
        "as_of": DAY,
        "n_texts": 7,
        "teacher_id": "t",
        "random_state": 2**32 - 1,
    }
    with store._writing() as connection:
        connection.execute(insert(students), student | {"arrays": rng.bytes(3_000_000)})


def dump(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, sorted."""
    with store._reading() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def is_empty(store: Store) -> bool:
    return not any(rows for name, rows in dump(store).items() if name != "schema_version")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def workspace(folder: Path) -> Path:
    """A filled store in a file."""
    with in_file(folder / "w") as store:
        fill(store)
    return folder / "w"


@pytest.fixture
def url(tmp_path: Path, postgresql_server, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty database, named by the setting."""
    address = postgresql_server.url_of(tmp_path)
    monkeypatch.setenv("PAPERTRENDS_DATABASE", address)
    return address


def in_file(workspace: Path) -> Store:
    return Store.open(workspace, database=sqlite_database(workspace))


def on_server(workspace: Path, url: str) -> Store:
    return Store.open(workspace, database=postgresql_url(url))


def call(*arguments: object):
    return CliRunner().invoke(app, ["store", "copy", *map(str, arguments)])


# --- mistakes, without a server ---


@pytest.mark.parametrize("to", ["postgresql", "sqlite"])
def test_without_a_database_it_says_how_to_name_one(folder, to):
    told = call("--to", to, "--workspace", folder)
    assert (told.exit_code, told.stderr.count("\n")) == (2, 1)
    assert "set PAPERTRENDS_DATABASE to" in told.stderr


def test_a_database_of_another_kind_is_refused(folder):
    told = call("--to", "postgresql", "--database", "mysql://me:secret@h/n", "--workspace", folder)
    assert told.exit_code == 2
    assert "setting 'database' of the command line cannot be what is given" in told.stderr
    assert "secret" not in told.stderr


def test_a_workspace_without_a_store_has_nothing_to_copy(folder):
    told = call("--to", "postgresql", "--database", "postgresql://me@127.0.0.1:9/n", "--workspace", "new")
    assert told.exit_code == 2
    assert "has no store, so there is nothing to copy" in told.stderr
    assert not Path("new").exists()


# --- with one ---


@pytest.mark.postgres
class TestCopy:
    def test_there_and_back_all_tables_are_equal(self, workspace, url):
        with in_file(workspace) as store:
            expected = dump(store)
        assert all(expected.values()), [name for name, rows in expected.items() if not rows]
        there = call("--to", "postgresql", "--workspace", workspace)
        assert there.exit_code == 0, there.stderr
        n_rows = sum(map(len, expected.values())) - len(expected["schema_version"])
        assert (
            f"copied {n_rows} rows of 20 tables from {workspace / 'corpus.sqlite'} to postgresql"
            in there.stdout
        )
        assert "a-secret-word" not in there.stdout + there.stderr
        with on_server(workspace, url) as store:
            assert dump(store) == expected
        back = call("--to", "sqlite", "--workspace", workspace.parent / "back")
        assert back.exit_code == 0, back.stderr
        with in_file(workspace.parent / "back") as store:
            assert dump(store) == expected

    def test_the_option_names_a_database_too(self, workspace, url, monkeypatch):
        monkeypatch.delenv("PAPERTRENDS_DATABASE")
        monkeypatch.setenv("PGPASSWORD", "a-secret-word")
        told = call(
            "--to", "postgresql", "--database", url.replace(":a-secret-word", ""), "--workspace", workspace
        )
        assert told.exit_code == 0, told.stderr
        monkeypatch.delenv("PGPASSWORD")
        with on_server(workspace, url) as store:
            assert not is_empty(store)

    @pytest.mark.parametrize("to", list(Side))
    def test_a_target_that_holds_anything_is_refused_and_left_alone(self, workspace, url, to):
        with on_server(workspace, url) as store:
            store.write_run(RunRow("a", DAY, "now", "running"))
            before = dump(store)
        told = call("--to", to.value, "--workspace", workspace)
        assert (told.exit_code, told.stderr.count("\n")) == (2, 1)
        assert "is not empty: its table " in told.stderr
        with on_server(workspace, url) as store:
            assert dump(store) == before

    def test_an_empty_server_has_nothing_to_copy(self, workspace, url):
        told = call("--to", "sqlite", "--workspace", workspace.parent / "back")
        assert told.exit_code == 2
        assert "has no store, so there is nothing to copy" in told.stderr
        assert not (workspace.parent / "back").exists()

    def test_blocks_are_small(self, workspace, url, monkeypatch):
        sizes = []
        inserted = flows.store.copying._insert

        def watch(target, table, block, name):
            sizes.append((table.name, len(block)))
            inserted(target, table, block, name)

        monkeypatch.setattr("flows.store.copying._insert", watch)
        copy_store(Side.postgresql, None, workspace)
        assert max(n for _, n in sizes) == 1000
        assert [n for name, n in sizes if name == "runs"] == [20, 20, 3]

    def test_what_does_not_arrive_is_noticed(self, workspace, url, monkeypatch):
        inserted = flows.store.copying._insert
        monkeypatch.setattr(
            "flows.store.copying._insert",
            lambda t, table, b, n: inserted(t, table, b[:900] if table.name == "vectors" else b, n),
        )
        with pytest.raises(PapertrendsError, match="2303 of 2503 rows of the table 'vectors' arrived"):
            copy_store(Side.postgresql, None, workspace)
        with on_server(workspace, url) as store:
            assert is_empty(store)

    def test_a_damaged_row_is_named(self, workspace, url):
        with in_file(workspace) as store, store._writing() as connection:
            connection.execute(text("UPDATE feeds SET n_records = 'many'"))
        with pytest.raises(PapertrendsError) as caught:
            copy_store(Side.postgresql, None, workspace)
        assert "\n" not in str(caught.value)
        with on_server(workspace, url) as store:
            assert is_empty(store)

    def test_nobody_writes_into_the_source_meanwhile(self, workspace, url):
        with (
            in_file(workspace) as store,
            Store.open(workspace, database=sqlite_database(workspace), busy_timeout_s=0.05) as second,
            store._writing(),
            on_server(workspace, url) as target,
            pytest.raises(PapertrendsError, match="stayed locked"),
        ):
            second.copy_to(target)


def copy_and_die(to: Side, workspace: Path, fatal: int) -> None:
    seen = 0
    inserted = flows.store.copying._insert

    def die(target, table, block, name):
        nonlocal seen
        seen += 1
        if seen == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        inserted(target, table, block, name)

    flows.store.copying._insert = die
    copy_store(to, None, workspace)
    os._exit(0)


@pytest.mark.postgres
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("to", list(Side))
def test_a_copy_that_is_killed_leaves_the_target_empty(workspace, url, to):
    target = workspace
    if to is Side.sqlite:
        copy_store(Side.postgresql, None, workspace)
        target = workspace.parent / "back"
    opened = in_file if to is Side.sqlite else lambda folder: on_server(folder, url)
    for fatal in (1, 4, 8, 12, 15):
        child = multiprocessing.get_context("fork").Process(target=copy_and_die, args=(to, target, fatal))
        child.start()
        child.join()
        assert child.exitcode == -signal.SIGKILL
        with opened(target) as store:
            assert is_empty(store)
    copy_store(to, None, target)
    with in_file(workspace) as store, opened(target) as other:
        assert dump(other) == dump(store)


# --- runs afterwards ---


def digests(workspace: Path) -> dict[str, str]:
    """Digest of every table and chart of the latest run."""
    folder = workspace / "latest"
    files = [*folder.glob("*.parquet"), *folder.glob("charts/*.svg")]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.postgres
def test_runs_give_the_same_tables_on_both_and_after_copies(tmp_path, postgresql_server, night):
    """One workspace stays in its file, one is copied to the server after a run, one comes from there."""

    def papertrends(*arguments: str, database: str = "") -> None:
        done = night.run(*arguments, cwd=tmp_path, PAPERTRENDS_DATABASE=database)
        assert done.status == 0, done.err

    on = {name: postgresql_server.url_of(tmp_path / name) for name in ("moves-there", "comes-back")}
    lexical = ("--vectorizer", "lexical", "--as-of", "2025-12-10")
    papertrends("run", PAGE, "--workspace", "stays", *lexical)
    shutil.copytree(tmp_path / "stays", tmp_path / "moves-there", symlinks=True)
    papertrends("run", PAGE, "--workspace", "comes-back", *lexical, database=on["comes-back"])
    expected = digests(tmp_path / "stays")
    assert len(expected) > 20
    assert digests(tmp_path / "comes-back") == expected
    for name, to in (("moves-there", "postgresql"), ("comes-back", "sqlite")):
        papertrends("store", "copy", "--to", to, "--workspace", name, database=on[name])
    (tmp_path / "moves-there" / "corpus.sqlite").unlink()
    for name, database in (("stays", ""), ("moves-there", on["moves-there"]), ("comes-back", "")):
        papertrends("analyze", "--workspace", name, *lexical, database=database)
    expected = digests(tmp_path / "stays")
    assert digests(tmp_path / "moves-there") == expected
    assert digests(tmp_path / "comes-back") == expected
    assert not (tmp_path / "moves-there" / "corpus.sqlite").exists()
