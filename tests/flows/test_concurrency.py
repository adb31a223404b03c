"""Readers while another process writes: each sees a whole state, and none waits for the writer."""

from __future__ import annotations

import json
import multiprocessing
import os
import time
import traceback
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.commands.cli import app
from flows.ingest import ingest_source
from flows.runs import list_runs
from flows.store import Store
from tests.flows.night import write_papers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("disasters"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]

DAY = date(2026, 1, 1)
PART, N_PARTS = 50, 25


HELD_S, PATIENCE_S = 0.3, 0.15


def wait_no_time() -> None:
    """A reader that had to wait until the writer's transaction ends would fail.

    For a moment a reader may wait: whoever closes the database asks whether he is the last, under a lock.
    """
    Store.open.__func__.__kwdefaults__["busy_timeout_s"] = PATIENCE_S


def read_corpus(workspace: Path) -> int:
    with Store.open(workspace) as store:
        papers = store.read_papers(DAY)
    assert papers["paper_id"].is_unique
    # The text that a part brings for its papers came with all of them.
    assert papers["abstract"].str.len().gt(0).all()
    return len(papers)


def status(workspace: Path) -> int:
    done = CliRunner().invoke(app, ["status", "--workspace", str(workspace)])
    assert done.exit_code == 0, done.output
    assert list_runs(workspace)[0] in done.output
    return int(done.output.split()[0])


def report(workspace: Path) -> int:
    target = workspace.parent / f"page-{os.getpid()}.html"
    done = CliRunner().invoke(app, ["report", "--workspace", str(workspace), "--output", str(target)])
    assert done.exit_code == 0, done.output
    assert target.read_text().rstrip().endswith("</html>")
    return read_corpus(workspace)


def search(workspace: Path) -> int:
    done = CliRunner().invoke(app, ["search", "sparse rewards", "--workspace", str(workspace), "--json"])
    assert done.exit_code == 0, done.output
    assert len(json.loads(done.stdout)) == 20
    return read_corpus(workspace)


def read_again_and_again(
    read: Callable[[Path], int], workspace: Path, begin: Path, end: Path, told: Path
) -> None:
    """Read from when the writer holds the database open until it has ended; tell how many papers each look saw."""
    seen: list[int] = []
    try:
        while not begin.exists():
            time.sleep(0.01)
        wait_no_time()
        while not end.exists():
            seen.append(read(workspace))
        told.write_text(json.dumps(seen))
    except BaseException:
        told.write_text(traceback.format_exc())
        os._exit(1)
    os._exit(0)


def ingest_slowly(source: Path, workspace: Path, begin: Path, end: Path, told: list[Path]) -> None:
    """Ingest a file of many parts, each transaction held open for a while with its rows written."""
    import flows.sources.entries
    import flows.store.store

    flows.sources.entries.BLOCK = PART
    write = flows.store.store.write_feed

    def slowly(*arguments: object) -> object:
        written = write(*arguments)
        time.sleep(HELD_S)
        return written

    flows.store.store.write_feed = slowly
    # Whoever closes the database last tidies its log, under a lock: no reader is that one while this is open.
    with Store.open(workspace):
        begin.touch()
        ingest_source(str(source), workspace, DAY)
        end.touch()
        for _ in range(600):  # a reader that failed has told it too
            if all(path.exists() for path in told):
                break
            time.sleep(0.1)
    os._exit(0)


@pytest.fixture
def workspace(night, tmp_path: Path) -> Path:
    """A workspace with a run that can be searched, of as many papers as a part has."""
    write_papers(tmp_path / "early.jsonl", PART)
    run = ("run", "early.jsonl", "--workspace", "w", "--vectorizer", "lexical", "--as-of", "2025-12-10")
    done = night.run(*run, cwd=tmp_path)
    assert done.status == 0, done.err
    return tmp_path / "w"


def test_ten_readers_during_a_long_ingest(workspace, tmp_path):
    source = tmp_path / "papers.jsonl"
    source.write_text(
        "\n".join(
            json.dumps(
                {
                    "id": f"2601.{n:05d}",
                    "title": f"Paper number {n} of a long series",
                    "abstract": "Its text.",
                }
            )
            for n in range(PART * N_PARTS)
        )
    )
    begin, end = tmp_path / "begin", tmp_path / "end"
    told = [tmp_path / f"told-{n}" for n in range(10)]
    reads = [*[read_corpus] * 4, *[status] * 2, *[report] * 2, *[search] * 2]
    fork = multiprocessing.get_context("fork")
    readers = [
        fork.Process(target=read_again_and_again, args=(read, workspace, begin, end, path))
        for read, path in zip(reads, told, strict=True)
    ]
    writer = fork.Process(target=ingest_slowly, args=(source, workspace, begin, end, told))
    for process in (*readers, writer):
        process.start()
    for process in (*readers, writer):
        process.join(120)
    assert [reader.exitcode for reader in readers] == [0] * 10, [path.read_text() for path in told]
    assert writer.exitcode == 0
    looks = [json.loads(path.read_text()) for path in told]
    for seen in looks:
        assert seen == sorted(seen)  # nothing that was there went away
        assert all(n % PART == 0 and PART <= n <= PART * (N_PARTS + 1) for n in seen)
    # They did look meanwhile, and not only before and after.
    assert len({n for seen in looks for n in seen}) > N_PARTS / 2
