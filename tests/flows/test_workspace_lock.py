"""Runs on one workspace take turns, whatever becomes of the holder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextvars import Context
from pathlib import Path

import pytest

from analytics.exceptions import InputError, PapertrendsError
from flows.orchestration import workspace_lock
from flows.orchestration.workspace_lock import lock_workspace
from flows.runs import list_runs, read_manifest
from flows.store import Store

HOLDER = """
import sys, time
from pathlib import Path
from flows.runs import list_runs, read_manifest
from flows.store import Store
from flows.orchestration.workspace_lock import lock_workspace
with lock_workspace(Path(sys.argv[1])):
    print("mine", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "w")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "mine\n"
    yield process
    process.kill()
    process.wait()


@pytest.mark.slow
def test_a_second_run_waits_and_says_so_when_its_patience_ends(holder, tmp_path):
    with pytest.raises(
        PapertrendsError, match=r"another run has been working on the workspace .* for 0\.3 s"
    ):
        lock_workspace(tmp_path / "w", patience_s=0.3).__enter__()


@pytest.mark.slow
def test_a_killed_holder_keeps_nobody_waiting(holder, tmp_path, caplog):
    caplog.set_level("WARNING", "flows")
    threading.Timer(0.5, os.kill, (holder.pid, signal.SIGKILL)).start()
    with lock_workspace(tmp_path / "w", patience_s=60):
        assert holder.wait(timeout=10) == -signal.SIGKILL
    assert "this run waits until it has finished" in caplog.text


def test_a_lock_within_a_lock_is_the_same(tmp_path):
    with lock_workspace(tmp_path), lock_workspace(Path(os.path.relpath(tmp_path))):
        assert (tmp_path / ".turn").exists()


def test_threads_take_turns_too(tmp_path):
    (tmp_path / "kept").touch()
    inside, most = 0, 0

    def work():
        nonlocal inside, most
        for _ in range(5):
            with lock_workspace(tmp_path):
                inside += 1
                most = max(most, inside)
                time.sleep(0.005)
                inside -= 1

    threads = [threading.Thread(target=Context().run, args=(work,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert most == 1


def test_a_workspace_that_nothing_came_into_is_not_left_behind(tmp_path):
    with lock_workspace(tmp_path / "misspelled"):
        pass
    assert list(tmp_path.iterdir()) == []
    with lock_workspace(tmp_path / "used"):
        (tmp_path / "used" / "corpus.sqlite").touch()
    assert (tmp_path / "used" / ".turn").exists()


def test_whoever_waited_for_a_removed_workspace_takes_a_new_turn(tmp_path, monkeypatch):
    """The lock of a removed file holds nobody off: it is taken again on the file that others see."""
    opened, real = [], workspace_lock._open

    def opening(workspace, path):
        file = real(workspace, path)
        if not opened:
            path.unlink()  # as a holder does that leaves an empty workspace
        opened.append(file)
        return file

    monkeypatch.setattr(workspace_lock, "_open", opening)
    with lock_workspace(tmp_path / "w"):
        assert len(opened) == 2
        assert os.fstat(opened[1].fileno()).st_ino == (tmp_path / "w" / ".turn").stat().st_ino


def test_a_file_in_its_place_is_reported(tmp_path):
    (tmp_path / "w").touch()
    with pytest.raises(InputError, match="is a file, not a folder"), lock_workspace(tmp_path / "w"):
        pass


@pytest.mark.slow
def test_two_runs_at_once_both_end_well_and_see_whole_ingests(tmp_path, sample_path):
    """A schedule and an analyst: whoever comes second sees all of the first one's papers or waits for them."""
    rows = [
        {"title": f"Agents that learn of subject {n}", "published": f"2025-{1 + n % 11:02}-03"}
        for n in range(40)
    ]
    (tmp_path / "own.jsonl").write_text("\n".join(map(json.dumps, rows)))
    environment = {
        **os.environ,
        "PAPERTRENDS_VECTORIZER": "lexical",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "flows.commands.cli", "run", str(source), "--workspace", "w", "--as-of", "2025-12-10"],
            cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True,
        )
        for source in (sample_path, tmp_path / "own.jsonl")
    ]  # fmt: skip
    said = [process.communicate(timeout=400)[1] for process in runs]
    assert [process.returncode for process in runs] == [0, 0], said
    manifests = [read_manifest(tmp_path / "w" / "runs" / run_id) for run_id in list_runs(tmp_path / "w")]
    assert [one["counts"]["papers"] for one in manifests] in ([47, 87], [40, 87])
    assert (tmp_path / "w" / "latest").resolve().name == manifests[-1]["run_id"]
    with Store.open(tmp_path / "w") as store:
        assert [row.status for row in store.read_runs()] == ["completed"] * 2
