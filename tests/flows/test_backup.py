"""A backup holds a workspace whole, also while others write; a restored or older one opens as it was."""

from __future__ import annotations

import sqlite3
import tarfile
from contextlib import closing
from datetime import date

import pytest
from typer.testing import CliRunner

from analytics.papers import Feed, PaperRecord
from flows.commands.cli import app
from flows.store import Store
from flows.store.migrations import FIRST_VERSION
from flows.store.schema import SCHEMA_VERSION

DAY = date(2025, 12, 10)


def feed(n):
    return Feed("table", f"{n}.csv", DAY, (PaperRecord(f"Paper {n} about agents", "Text."),))


def call(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PAPERTRENDS_DATABASE", raising=False)
    made = tmp_path / "w"
    with Store.open(made) as store:
        store.ingest_feed(feed(1), seen_on=DAY)
    run = made / "runs" / "20250101T000000-000000-aaaaaaaa"
    run.mkdir(parents=True)
    (run / "report.html").write_text("a report")
    (made / "latest").symlink_to(f"runs/{run.name}")
    (made / "papertrends.toml").write_text('title = "Mine"\n')
    return made


@pytest.mark.parametrize("name", ["b.tar", "b.tar.gz"])
def test_what_was_backed_up_is_restored(workspace, tmp_path, name):
    with Store.open(workspace) as writer, writer._writing() as connection:
        connection.exec_driver_sql("DELETE FROM mails")  # somebody is in the middle of writing
        done = call("backup", name, "--workspace", "w")
    assert done.exit_code == 0, done.output
    assert f"backup  {name}: the store and 1 runs" in done.stdout
    assert [one.name for one in tmp_path.iterdir() if "part" in one.name] == []
    with tarfile.open(tmp_path / name) as archive:
        archive.extractall(tmp_path / "restored", filter="data")
    with Store.open(tmp_path / "restored") as store:
        assert store.read_papers(DAY)["title"].tolist() == ["Paper 1 about agents"]
    assert (tmp_path / "restored" / "latest" / "report.html").read_text() == "a report"
    assert (tmp_path / "restored" / "papertrends.toml").read_text() == 'title = "Mine"\n'


def test_a_backup_replaces_no_file_and_changes_no_run(workspace, tmp_path):
    (tmp_path / "b.tar").write_text("mine")
    for target, says in (("b.tar", "exists"), ("w/runs/b.tar", "never changes")):
        done = call("backup", target, "--workspace", "w")
        assert done.exit_code == 2
        assert says in done.stderr
    assert (tmp_path / "b.tar").read_text() == "mine"


def test_a_backup_that_cannot_be_written_leaves_nothing(workspace, tmp_path):
    done = call("backup", "nowhere/b.tar", "--workspace", "w")
    assert done.exit_code == 1
    assert "cannot be written" in done.stderr
    assert done.stderr.count("\n") == 1


def test_opening_upgrades_a_store_of_the_first_version(workspace):
    """An upgrade is to install the new version and to run any command."""
    with closing(sqlite3.connect(workspace / "corpus.sqlite")) as connection, connection:
        connection.execute("DROP TABLE forgotten")
        connection.execute("DROP TABLE topic_names")
        for column in ("categories", "venue"):
            connection.execute(f"ALTER TABLE papers DROP COLUMN {column}")
        connection.execute("DELETE FROM schema_version")
        connection.execute("INSERT INTO schema_version VALUES (?)", (FIRST_VERSION,))
    done = call("status", "--workspace", "w")
    assert done.exit_code == 0, done.output
    assert "1 papers" in done.stdout
    with Store.open(workspace) as store:
        assert store.read_forgotten() == []
        assert store.read_papers(DAY)["title"].tolist() == ["Paper 1 about agents"]
    with closing(sqlite3.connect(workspace / "corpus.sqlite")) as connection:
        found = connection.execute("SELECT max(version) FROM schema_version").fetchone()
    assert found == (SCHEMA_VERSION,)
