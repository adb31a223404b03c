"""What happens at night: full and read-only disks, locks, clocks, damage. One line, nothing lost, and on it goes.

Each disaster is told in one line with the right exit status, `latest` stays as it was, and the same command works
again once the cause is gone, with the tables of a workspace that nothing happened to.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from flows.runs import list_runs, read_manifest, read_run, resolve_run
from flows.store import Store
from tests.flows.night import Ended, Night, Point, write_papers

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("disasters")]

BEFORE, TONIGHT = "2025-12-01", "2025-12-10"
FEED = "papers.jsonl"
NOBODY = 65534


def command(day: str | None = TONIGHT) -> tuple[str, ...]:
    asked = ("run", FEED, "--workspace", "w", "--vectorizer", "lexical")
    return asked if day is None else (*asked, "--as-of", day)


ANALYZE = ("analyze", "--workspace", "w", "--vectorizer", "lexical", "--as-of", TONIGHT)


@pytest.fixture(scope="module")
def before(night: Night, tmp_path_factory) -> Path:
    """A folder with a workspace of one run, and the feed of the next night in place of the last one's."""
    cwd = tmp_path_factory.mktemp("before")
    write_papers(cwd / FEED, 45)
    done = night.run(*command(BEFORE), cwd=cwd)
    assert done.status == 0, done.err
    write_papers(cwd / FEED, 60)
    return cwd


@pytest.fixture(scope="module")
def quiet(night: Night, before, tmp_path_factory) -> dict[str, bytes]:
    """What the next night gives where nothing happens."""
    cwd = copied(before, tmp_path_factory.mktemp("quiet"))
    done = night.run(*command(), cwd=cwd)
    assert (done.status, done.err) == (0, "")
    return contents(cwd / "w")


def copied(before: Path, cwd: Path) -> Path:
    shutil.copytree(before, cwd, symlinks=True, dirs_exist_ok=True)
    return cwd


@pytest.fixture
def cwd(before, tmp_path) -> Path:
    return copied(before, tmp_path)


def contents(workspace: Path) -> dict[str, bytes]:
    folder = resolve_run(workspace)
    files = [*folder.glob("*.parquet"), *folder.glob("charts/*.svg"), folder / "papers.csv"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def check_refused(done: Ended, *says: str, status: int = 1) -> None:
    """One line, and the status of a failure; that old runs could not be removed then is another matter."""
    assert done.status == status, done.err
    (line,) = (one for one in done.err.splitlines() if not one.startswith("warning: old runs of "))
    assert line.startswith("papertrends: ")
    for one in says:
        assert one in line


def check_clean(workspace: Path, *more: str) -> None:
    """Nothing half-made stands about."""
    expected = {
        "corpus.sqlite",
        "record.parquet",
        ".turn",
        "latest",
        "runs",
        "index.html",
        "feed.xml",
        "feeds",
        *more,
    }
    assert {path.name for path in workspace.iterdir()} <= expected
    assert {path.name for path in (workspace / "runs").iterdir()} == {*list_runs(workspace), ".lock"}
    for run_id in list_runs(workspace):
        read_run(workspace / "runs" / run_id)


def statements(workspace: Path, *told: str) -> None:
    with closing(sqlite3.connect(workspace / "corpus.sqlite")) as connection, connection:
        for statement in told:
            connection.execute(statement)


# --- disks ---

STAGES = {
    "ingest": ("flows.store.sightings:_fold", "corpus.sqlite"),
    "vectors": ("flows.store:Store.write_vectors", "corpus.sqlite"),
    "registry": ("flows.store:Store.write_fit", "corpus.sqlite"),
    "tables": ("flows.runs.publishing:write_table", "cannot be written under w"),
    "papers.csv": ("flows.publication.publish:write_papers_csv", "papers.csv cannot be written"),
    "pages": ("flows.publication.publish:write_pages", "cannot be written under w"),
    "run list": ("flows.store:Store.write_run", "corpus.sqlite"),
    "archive": ("flows.publication.archive_files:_replace", "the run itself is published"),
}
PUBLISHED = ("run list", "archive")


@pytest.fixture
def small_disk(before, tmp_path) -> Iterator[Path]:
    """The folder on a disk of its own that can be filled."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"a disk of its own needs the right to mount one ({mounted.stderr.strip()})")
    try:
        yield copied(before, place)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def check_disaster(night: Night, cwd: Path, quiet: dict[str, bytes], name: str, done: Ended) -> None:
    workspace = cwd / "w"
    check_refused(done, STAGES[name][1])
    assert "space" in done.err or "disk" in done.err or "large" in done.err
    (evening,) = list_runs(workspace)[:1]
    assert len(list_runs(workspace)) == 1 + (name in PUBLISHED)
    assert resolve_run(workspace).name == (list_runs(workspace)[-1] if name in PUBLISHED else evening)
    check_clean(workspace, "corpus.sqlite-wal", "corpus.sqlite-shm")


def check_recovery(night: Night, cwd: Path, quiet: dict[str, bytes]) -> None:
    again = night.run(*command(), cwd=cwd)
    assert (again.status, again.err) == (0, "")
    assert contents(cwd / "w") == quiet


@pytest.mark.parametrize("name", STAGES)
def test_a_full_disk(night, small_disk, quiet, name):
    ballast = small_disk / "ballast"
    full = Point(STAGES[name][0], action=("fill", str(ballast)))
    done = night.run(*command(), cwd=small_disk, points=(full,))
    check_disaster(night, small_disk, quiet, name, done)
    ballast.unlink()
    check_recovery(night, small_disk, quiet)


@pytest.mark.parametrize("name", ["ingest", "tables", "pages", "archive"])
def test_files_that_may_not_grow(night, cwd, quiet, name):
    done = night.run(*command(), cwd=cwd, points=(Point(STAGES[name][0], action=("limit", 4096)),))
    check_disaster(night, cwd, quiet, name, done)
    check_recovery(night, cwd, quiet)


READ_ONLY = {
    "start": (("w/corpus.sqlite cannot be opened", "may be written"), ""),
    "tables": (
        ("cannot be written under w", "Read-only file system"),
        "flows.analysis.run_analysis:canonical_json",
    ),
    "archive": (
        ("the run itself is published", "Read-only file system"),
        "flows.publication.publish:tidy_up",
    ),
}
"""Such a disk is made so by the system only while no file of it is open."""


@pytest.mark.parametrize("name", READ_ONLY)
def test_a_disk_that_becomes_read_only(night, small_disk, quiet, name):
    says, where = READ_ONLY[name]
    point = Point(where, "after" if where else "before", action=("read only", str(small_disk)))
    done = night.run(*command(), cwd=small_disk, points=(point,))
    check_refused(done, *says)
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert len(list_runs(small_disk / "w")) == 1 + (name == "archive")
    check_recovery(night, small_disk, quiet)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can go on as somebody else")
def test_a_workspace_of_somebody_else(night, before):
    with tempfile.TemporaryDirectory() as folder:
        cwd = copied(before, Path(folder))
        cwd.chmod(0o755)
        files = {
            path: path.stat().st_mtime_ns for path in (cwd / "w").rglob("*") if "sqlite-" not in path.name
        }
        point = Point("flows.ingest:ingest_source", action=("become", NOBODY))
        done = night.run(*command(), cwd=cwd, points=(point,))
        check_refused(done, "w/corpus.sqlite cannot be opened or written", "may be written")
        now = {path: path.stat().st_mtime_ns for path in (cwd / "w").rglob("*") if "sqlite-" not in path.name}
        assert now == files


# --- locks ---


def test_a_database_that_another_process_keeps_locked(night, cwd, quiet):
    with closing(sqlite3.connect(cwd / "w" / "corpus.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = night.run(*command(), cwd=cwd, points=(Point(action=("wait less", 0.2)),))
        check_refused(done, "w/corpus.sqlite stayed locked by another process", "try again")
        assert night.run("status", "--workspace", "w", cwd=cwd).out.startswith("45 papers")
    check_recovery(night, cwd, quiet)


# --- clocks ---


def clock(moment: str) -> tuple[Point, ...]:
    return (Point(action=("clock", moment)),)


def test_a_clock_that_is_set_back_and_forth(night, tmp_path):
    """Ids sort by the clock, `latest` is the run that was published last, days follow the clock of their run."""
    write_papers(tmp_path / FEED, 60)
    moments = ["2026-03-02T06:00:00+00:00", "2026-03-01T06:00:00+00:00", "2027-06-01T06:00:00+00:00", "2026-03-03T06:00:00+00:00"]  # fmt: skip
    published = []
    for moment in moments:
        done = night.run(*command(None), cwd=tmp_path, points=clock(moment))
        assert (done.status, done.err) == (0, "")
        published.append(resolve_run(tmp_path / "w").name)
    by_clock = [published[i] for i in (1, 0, 3, 2)]
    assert list_runs(tmp_path / "w") == sorted(set(published)) == by_clock
    against = []
    for moment, run_id in zip(moments, published, strict=True):
        tables, manifest = read_run(tmp_path / "w" / "runs" / run_id)
        assert (manifest["as_of"], len(tables.papers)) == (moment[:10], 60)
        assert all(seconds >= 0 for seconds in manifest["seconds"].values())
        against.append(manifest["against"])
    # A run is compared with the newest of no later day than its own.
    assert against == [None, None, published[0], published[0]]
    with Store.open(tmp_path / "w") as store:
        assert [run.run_id for run in store.read_runs()] == by_clock
        assert all(run.started_at <= run.finished_at for run in store.read_runs())


def test_a_clock_that_is_set_back_during_a_run(night, cwd, quiet):
    point = Point("flows.store:Store.read_corpus", action=("clock", "2001-01-01T00:00:00+00:00"))
    done = night.run(*command(), cwd=cwd, points=(point,))
    assert (done.status, done.err) == (0, "")
    assert contents(cwd / "w") == quiet
    with Store.open(cwd / "w") as store:
        assert all(run.started_at <= run.finished_at for run in store.read_runs())


# --- damage ---

# A flip in the last digits of a number cannot be told from another number, and changes as little.
VECTORS = {
    "flipped bytes": "UPDATE vectors SET vector = CAST(substr(vector, 1, 10) || x'ff7f' || substr(vector, 13) AS BLOB)",
    "a large number": "UPDATE vectors SET vector = CAST(substr(vector, 1, 8) || x'00007f7f' || substr(vector, 13) AS BLOB)",
    "zeros": "UPDATE vectors SET vector = zeroblob(length(vector))",
    "cut off": "UPDATE vectors SET vector = substr(vector, 1, 40)",
}


@pytest.mark.parametrize("damage", VECTORS)
def test_damaged_vectors_are_made_again(night, cwd, quiet, damage):
    assert night.run(*command(), cwd=cwd).status == 0
    some = " WHERE content_hash IN (SELECT content_hash FROM vectors ORDER BY content_hash LIMIT 7)"
    statements(cwd / "w", VECTORS[damage] + some)
    done = night.run(*command(), cwd=cwd)
    assert done.status == 0
    assert "stored vectors of lexical-" in done.err
    assert "are damaged" in done.err
    assert " 0 texts encoded" not in done.out
    assert contents(cwd / "w") == quiet


REGISTRY = {
    "no topic left": ("DELETE FROM topic_centers",),
    "a topic lost": ("DELETE FROM topic_centers WHERE topic_id = 'T0001'",),
    "a paper lost": ("DELETE FROM topic_members WHERE paper_id = (SELECT min(paper_id) FROM topic_members)",),
    "no paper left": ("DELETE FROM topic_members",),
    "events lost": ("DELETE FROM topic_events",),
    "a center cut off": ("UPDATE topic_centers SET center = substr(center, 1, 8)",),
    "the fit lost": ("DELETE FROM topic_fits",),
    "all of it lost": tuple(
        f"DELETE FROM {table}" for table in ("topic_centers", "topic_members", "topic_events", "topic_fits")
    ),
}


@pytest.mark.parametrize("damage", REGISTRY)
def test_a_damaged_registry_stops_the_run(night, cwd, damage):
    evening = resolve_run(cwd / "w").name
    statements(cwd / "w", *REGISTRY[damage])
    done = night.run(*command(), cwd=cwd)
    check_refused(done, "fit 1 in the registry of topics cannot be read", "restore the store from a backup")
    assert list_runs(cwd / "w") == [evening]


def test_a_store_that_was_created_again_gives_no_id_twice(night, cwd):
    old = read_run(resolve_run(cwd / "w"))[0].topics
    assert len(old)
    for path in (cwd / "w").glob("corpus.sqlite*"):
        path.unlink()
    done = night.run(*command(), cwd=cwd)
    assert (done.status, done.err) == (0, "")
    new = read_run(resolve_run(cwd / "w"))[0].topics
    assert len(new)
    assert new["topic_id"].min() > old["topic_id"].max()


def test_a_latest_that_leads_nowhere(night, cwd, quiet):
    latest = cwd / "w" / "latest"
    latest.unlink()
    latest.symlink_to("runs/gone")
    shown = night.run("report", "--workspace", "w", cwd=cwd)
    check_refused(shown, "points to 'gone', which is gone; runs that exist", status=2)
    check_recovery(night, cwd, quiet)


MISSING = {
    "no topics": (("topics.parquet", None), "it lacks topics.parquet"),
    "half a table": (("papers.parquet", 100), "papers.parquet is not the table 'papers'"),
    "half a manifest": (("manifest.json", 100), "manifest.json cannot be read"),
    # What it forecast and claimed stands in the record, and nothing else of it is read.
    "no forecasts' table": (("trends.parquet", None), ""),
}


@pytest.mark.parametrize("damage", MISSING)
def test_an_earlier_run_that_is_damaged_is_left_out(night, cwd, damage):
    workspace = cwd / "w"
    (first,) = list_runs(workspace)
    assert night.run(*command("2025-12-05"), cwd=cwd).status == 0
    second = list_runs(workspace)[-1]
    (name, kept), says = MISSING[damage]
    path = workspace / "runs" / second / name
    path.write_bytes(path.read_bytes()[:kept]) if kept else path.unlink()
    done = night.run(*command(), cwd=cwd)
    assert done.status == 0, done.err
    if says:
        assert second in done.err
        assert says in done.err
    else:
        assert done.err == ""
    manifest = read_manifest(resolve_run(workspace))
    # Forecasts are of no use to what changed.
    assert manifest["against"] == (second if name == "trends.parquet" else first)
    assert manifest["record"]["n_runs"] <= 1
