"""An ingest that is killed at any moment and run again ends with the same database as a quiet one."""

from __future__ import annotations

import json
import os
import random
import signal
import time
import traceback
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from flows.ingest import ingest_source
from flows.store import Store
from flows.store.schema import metadata

DAY = date(2026, 1, 1)
KILLS = 20
N_PAPERS, PART = 1500, 600

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a quick file has three parts; the processes that are killed are forks and know it too."""
    monkeypatch.setattr("flows.sources.entries.BLOCK", PART)


def dump(workspace: Path) -> dict[str, list[str]]:
    """Every row of every table, sorted."""
    with Store.open(workspace) as store, store._engine.begin() as connection:
        return {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            for table in metadata.sorted_tables
        }


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of three parts and ten days that show its papers again, by id or by title alone; some rejects."""
    folder = tmp_path_factory.mktemp("sources")
    numbers = range(N_PAPERS)
    lines = [
        json.dumps({"id": f"2503.{n:05d}", "title": f"Paper number {n} of a long series", "abstract": "Its text.", "year": 2025})
        for n in numbers
    ]  # fmt: skip
    lines[::150] = ["{broken"] * len(lines[::150])
    (folder / "m.jsonl").write_text("\n".join(lines))
    chosen = random.Random(0)
    for day in range(1, 11):
        entries = [
            {"paper": {"id": f"2503.{n:05d}" if n % 2 else "", "title": f"Paper number {n} of a long series",
                       "summary": "A longer text of it.", "upvotes": day}}
            for n in chosen.sample(numbers, 40)
        ]  # fmt: skip
        (folder / f"{'a' if day % 2 else 'z'}-2025-04-{day:02d}.json").write_text(json.dumps(entries))
    return folder


def ingest_in_child(sources: Path, workspace: Path) -> int:
    """Start an ingest in a process of its own and give its id."""
    child = os.fork()
    if child == 0:
        try:
            ingest_source(str(sources), workspace, DAY)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child


def test_twenty_random_moments(sources, tmp_path):
    start = time.perf_counter()
    ingest_source(str(sources), tmp_path / "quiet", DAY)
    seconds = time.perf_counter() - start
    expected = dump(tmp_path / "quiet")
    # Ten lines are broken; two of their papers are shown by the days too.
    assert [len(expected[name]) for name in ("papers", "rejects", "feeds")] == [N_PAPERS - 8, 10, 11]
    moments, n_killed = random.Random(7), 0
    for number in range(KILLS):
        workspace = tmp_path / str(number)
        child = ingest_in_child(sources, workspace)
        time.sleep(moments.uniform(0, seconds))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        n_killed += os.WIFSIGNALED(status)
        ingest_source(str(sources), workspace, DAY)
        assert dump(workspace) == expected, f"kill {number}"
    # A child that had ended before says nothing; most must have been in the middle.
    assert n_killed > KILLS / 2


def test_one_workspace_killed_again_and_again(sources, tmp_path):
    ingest_source(str(sources), tmp_path / "quiet", DAY)
    moments = random.Random(8)
    for _ in range(6):
        child = ingest_in_child(sources, tmp_path / "w")
        time.sleep(moments.uniform(0, 0.5))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    ingest_source(str(sources), tmp_path / "w", DAY)
    assert dump(tmp_path / "w") == dump(tmp_path / "quiet")
