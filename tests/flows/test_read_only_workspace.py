"""Commands that only read work where nothing may be written: a read-only mount, another user's folder."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

import flows.store.migrations
import flows.store.sqlite
from analytics.exceptions import InputError, PapertrendsError
from analytics.papers import Feed, PaperRecord
from flows.store import Store
from flows.store.schema import SCHEMA_VERSION

DAY = date(2025, 12, 10)
FEED = Feed("table", "a.csv", DAY, (PaperRecord("Agents that plan", "Text.", arxiv_id="2510.00001"),))
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.delenv("PAPERTRENDS_DATABASE", raising=False)
    with Store.open(tmp_path / "w") as store:
        store.ingest_feed(FEED, seen_on=DAY)
    return tmp_path / "w"


@pytest.fixture
def others_workspace(workspace):
    """The workspace where other users may look: pytest keeps them out of its own folders."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(shutil.copytree(workspace, Path(folder) / "w"))


@pytest.fixture
def read_only(workspace, monkeypatch):
    """Whoever may write everything, as root, is told that it may not."""
    monkeypatch.setattr(flows.store.sqlite, "_may_write", lambda path: False)
    return workspace


def test_it_is_read_and_nothing_is_left_beside_it(read_only):
    before = sorted(one.name for one in read_only.iterdir())
    with Store.open(read_only) as store:
        assert store.read_paper("2510.00001").paper["title"] == "Agents that plan"
        assert sorted(one.name for one in read_only.iterdir()) == before == ["corpus.sqlite"]


def test_writing_is_refused_in_one_line(read_only):
    with Store.open(read_only) as store, pytest.raises(PapertrendsError, match="cannot be opened or written"):
        store.ingest_feed(Feed("table", "b.csv", DAY, FEED.records), seen_on=DAY)


def test_an_older_store_says_that_it_has_to_be_written_once(read_only, monkeypatch):
    monkeypatch.setattr(flows.store.migrations, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    with pytest.raises(InputError, match="cannot be written, so it cannot be brought to version"):
        Store.open(read_only)


def test_what_another_user_is_writing_is_read_up_to_its_last_commit(workspace, monkeypatch):
    with Store.open(workspace) as writer:
        other = PaperRecord("Agents that act", "Text.", arxiv_id="2510.00002")
        writer.ingest_feed(Feed("table", "b.csv", DAY, (other,)), seen_on=DAY)
        assert (workspace / "corpus.sqlite-wal").stat().st_size
        monkeypatch.setattr(flows.store.sqlite, "_may_write", lambda path: False)
        with Store.open(workspace) as reader:
            assert len(reader.read_papers(DAY)) == 2


@pytest.mark.parametrize(
    "arguments", [["status"], ["paper", "2510.00001"], ["topics", "--history"], ["search", "plans"]]
)
@pytest.mark.slow
def test_commands_read_a_folder_of_another_user(others_workspace, arguments):
    workspace = others_workspace
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv to be another user")
    for path in (workspace, *workspace.iterdir()):
        path.chmod(0o555 if path.is_dir() else 0o444)
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--clear-groups", sys.executable, "-m", "flows.commands.cli", *arguments,
         "--workspace", workspace],
        cwd=ROOT, env={**os.environ, "HOME": "/nonexistent", "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if arguments[0] == "search":  # without a run there is nothing to search
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
    else:
        assert done.returncode == 0, done.stderr
    assert sorted(one.name for one in workspace.iterdir()) == ["corpus.sqlite"]
    with closing(sqlite3.connect(workspace / "corpus.sqlite")) as connection:
        assert connection.execute("SELECT count(*) FROM papers").fetchone() == (1,)
