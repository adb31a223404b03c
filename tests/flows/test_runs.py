"""Run folders: whole or absent, the same bytes for the same run, and never changed afterwards."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import signal
import subprocess
import sys
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import flows.runs.publishing
from analytics.exceptions import InputError, PapertrendsError
from analytics.tables import ADDED_COLUMNS, TABLE_COLUMNS, RunTables, empty_table, validate_table
from flows.runs import (
    list_runs,
    make_run_id,
    previous_run,
    publish_run,
    read_assignments,
    read_manifest,
    read_run,
    resolve_run,
    run_fingerprint,
)
from flows.runs.tables import write_table

AS_OF = date(2025, 3, 4)


def make_tables(title: str = "Exploring «$x$» <script>") -> RunTables:
    tables = {name: empty_table(name) for name in TABLE_COLUMNS}
    papers = {
        "paper_id": ["arxiv:2503.00001", "title:0123456789abcdef"],
        "title": [title, "强化学习"],
        "abstract": ["Text.", ""],
        "published": [pd.Timestamp(2025, 3, 1), pd.NaT],
        "published_basis": ["stated", "missing"],
        "published_precision": ["day", "none"],
        "published_source": ["daily-papers", None],
        "date_fault": [None, None],
        "updated": pd.to_datetime(pd.Series(["2025-03-09", None])),
        "is_withdrawn": [False, True],
        "first_seen": [pd.Timestamp(AS_OF)] * 2,
        "authors": [["Ada", "Grace"], []],
        "n_authors": [2, None],
        "upvotes": [2**40, None],
        "organization": ["An Institute", None],
        "categories": [["cs.AI"], []],
        "venue": [None, "ICML"],
        "url": [None, None],
        "sources": [["daily-papers"], ["daily-papers", "page"]],
        "primary_theme": ["agents", None],
        "topic_id": ["T0001", "-1"],
    }
    tables["papers"] = pd.DataFrame(papers, index=[7, 3]).astype({"n_authors": "Int64", "upvotes": "Int64"})
    tables["theme_assignments"] = pd.DataFrame(
        {"paper_id": papers["paper_id"][:1], "theme_id": ["agents"], "score": [1 / 3], "probability": [0.75], "is_primary": [True], "phrase": ["agent"]}
    )  # fmt: skip
    verdict = {
        "kind": "theme",
        "series_id": "agents",
        "window": "long",
        "verdict": "insufficient",
        "n_papers": 1,
        "n_periods": 0,
        "is_fragile": False,
        "basis": "found",
    }
    floats = {c: np.nan for c, kind in TABLE_COLUMNS["verdicts"].items() if kind == "float"}
    tables["verdicts"] = pd.DataFrame([{**ADDED_COLUMNS["verdicts"], **verdict, **floats}])
    return RunTables(**tables)


def publish(workspace: Path, run_id: str = "r1", **manifest: object) -> Path:
    manifest = {"as_of": AS_OF, "fingerprint": "f1", **manifest}
    return publish_run(workspace, run_id, make_tables(), manifest, {"agents": "<svg/>"}, "<p>é</p>")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_folder_holds_the_files_of_the_design_and_nothing_else(tmp_path):
    folder = publish(tmp_path, warnings=["ü"])
    assert folder == tmp_path / "runs" / "r1"
    tables = {f"{name}.parquet" for name in TABLE_COLUMNS}
    assert set(contents(folder)) == {"manifest.json", "report.html", "charts/agents.svg", *tables}
    assert (folder / "report.html").read_text(encoding="utf-8") == "<p>é</p>"
    expected = {"as_of": "2025-03-04", "fingerprint": "f1", "run_id": "r1", "warnings": ["ü"]}
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    assert text == json.dumps(expected, indent=2, ensure_ascii=False) + "\n"
    assert {path.name for path in tmp_path.iterdir()} == {"runs", "latest"}
    assert {path.name for path in folder.parent.iterdir()} == {"r1", ".lock"}


def test_two_writes_of_one_run_are_the_same_bytes(tmp_path):
    given = make_tables()
    before = {field.name: getattr(given, field.name).copy() for field in fields(given)}
    written = [
        contents(publish_run(tmp_path / name, "r1", given, {"b": 1, "a": 2}, {}, ""))
        for name in ("one", "two")
    ]
    assert written[0] == written[1]
    for name, table in before.items():
        pd.testing.assert_frame_equal(getattr(given, name), table)


def test_what_is_read_is_what_was_written(tmp_path):
    tables, manifest = read_run(publish(tmp_path, counts={"papers": 2}))
    given = make_tables()
    for name in TABLE_COLUMNS:
        pd.testing.assert_frame_equal(getattr(tables, name), validate_table(name, getattr(given, name)))
        assert dict(getattr(tables, name).dtypes) == dict(empty_table(name).dtypes)
    assert manifest["counts"] == {"papers": 2}
    assert all(type(value) is list for value in tables.papers["authors"])


def test_parquet_files_are_friendly_to_others(tmp_path):
    path = publish(tmp_path) / "papers.parquet"
    schema = pq.read_schema(path)
    assert schema.metadata is None
    assert schema.names == list(TABLE_COLUMNS["papers"])
    assert not schema.field("paper_id").nullable
    plain = pd.read_parquet(path)
    assert isinstance(plain.index, pd.RangeIndex)
    assert str(plain["published"].dtype) == "datetime64[us]"


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("paper_id", ["a", None], "empty value"),
        ("authors", ["Ada Grace", ["B"]], "must hold lists"),
        ("authors", [None, ["B"]], "must hold lists"),
        ("authors", [[1, 2], []], "papers"),
        ("title", ["\ud800", "b"], "papers"),
        ("upvotes", ["many", "few"], "papers"),
    ],
)
def test_a_table_that_breaks_the_contract_publishes_nothing(tmp_path, column, values, message):
    good = publish(tmp_path)
    tables = make_tables()
    papers = tables.papers.astype({column: "object"})
    papers[column] = pd.Series(values, index=papers.index, dtype="object")
    with pytest.raises(PapertrendsError, match=message):
        publish_run(tmp_path, "r2", replace(tables, papers=papers), {}, {}, "")
    assert list_runs(tmp_path) == ["r1"]
    assert (tmp_path / "latest").resolve() == good.resolve()
    assert not list((tmp_path / "runs").glob(".building*"))


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(PapertrendsError, match="lacks topic_id"):
        write_table("papers", make_tables().papers.drop(columns="topic_id"), tmp_path / "papers.parquet")


def test_a_published_run_never_changes(tmp_path):
    folder = publish(tmp_path)
    before = contents(folder)
    with pytest.raises(PapertrendsError, match="already exists"):
        publish(tmp_path, fingerprint="other")
    publish(tmp_path, "r2")
    assert contents(folder) == before


def test_latest_follows_the_last_published_run(tmp_path):
    for run_id in ("r2", "r1"):
        publish(tmp_path, run_id)
        assert (tmp_path / "latest").readlink() == Path(
            "runs", run_id
        )  # relative: the workspace may be moved
        assert resolve_run(tmp_path) == resolve_run(tmp_path, "latest") == tmp_path / "runs" / run_id
    assert resolve_run(tmp_path, "r2") == tmp_path / "runs" / "r2"


@pytest.mark.parametrize("manifest", [{"x": float("nan")}, {"x": object()}, {1: "a", "b": 2}])
def test_a_manifest_that_is_not_json_publishes_nothing(tmp_path, manifest):
    with pytest.raises(PapertrendsError, match="manifest"):
        publish_run(tmp_path, "r1", make_tables(), manifest, {}, "")
    assert list_runs(tmp_path) == []


@pytest.mark.parametrize("name", ["../r1", "", ".hidden", "a/b", "a\x00", "x" * 101])
def test_names_cannot_leave_the_folder(tmp_path, name):
    with pytest.raises(PapertrendsError, match="is not a valid name for"):
        publish_run(tmp_path, name, make_tables(), {}, {}, "")
    with pytest.raises(PapertrendsError, match="is not a valid name for"):
        publish_run(tmp_path, "r1", make_tables(), {}, {name: "<svg/>"}, "")
    assert not (tmp_path / "runs").exists()


# --- kills, other publishers, disks ---


def publish_and_die(workspace: Path, fatal: int) -> None:
    """Publish in a process that gets SIGKILL just before its `fatal`-th change on the disk."""
    steps = 0
    changes = {"os.rename", "os.mkdir", "os.symlink", "os.remove", "os.rmdir"}

    def watch(what: str, args: tuple[object, ...]) -> None:
        nonlocal steps
        opens_to_write = (
            what == "open" and isinstance(args[2], int) and bool(args[2] & (os.O_WRONLY | os.O_RDWR))
        )
        if (what in changes or opens_to_write) and str(workspace) in str(args[0]) + str(args[1]):
            steps += 1
            if steps == fatal:
                os.kill(os.getpid(), signal.SIGKILL)

    write = flows.runs.publishing.write_table

    def write_seen(name: str, table: pd.DataFrame, path: Path) -> None:
        watch("os.rename", (path, path))  # pyarrow opens files unseen by Python
        write(name, table, path)

    flows.runs.publishing.write_table = write_seen
    sys.addaudithook(watch)
    publish(workspace, "r2")
    os._exit(0)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("apart", [17, pytest.param(1, marks=pytest.mark.slow)])
def test_a_kill_at_any_step_leaves_latest_valid_and_the_next_publish_clean(tmp_path, apart):
    fork = multiprocessing.get_context("fork")
    n_killed, codes = 0, set()
    for fatal in range(1, 60, apart):
        workspace = tmp_path / str(fatal)
        publish(workspace)
        victim = fork.Process(target=publish_and_die, args=(workspace, fatal))
        victim.start()
        victim.join()
        codes.add(victim.exitcode)
        n_killed += victim.exitcode == -signal.SIGKILL
        # Whatever is there under a run's name is whole, and latest is one of them.
        for run_id in list_runs(workspace):
            read_run(resolve_run(workspace, run_id))
        latest = resolve_run(workspace).name
        assert latest in list_runs(workspace)
        publish(workspace, "r3")
        assert {path.name for path in (workspace / "runs").iterdir()} <= {"r1", "r2", "r3", ".lock"}
        assert {path.name for path in workspace.iterdir()} == {"runs", "latest"}
        if victim.exitcode == 0:
            break
    assert codes == {0, -signal.SIGKILL}
    assert n_killed > 12 / apart


def hold_lock(workspace: Path, ready: object, release: object) -> None:
    def wait(*_: object) -> None:
        ready.set()
        release.wait(30)

    flows.runs.publishing.point_latest = wait
    publish(workspace, "other")
    os._exit(0)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_publisher_waits_for_another_and_says_so_when_it_takes_too_long(tmp_path):
    fork = multiprocessing.get_context("fork")
    ready, release = fork.Event(), fork.Event()
    other = fork.Process(target=hold_lock, args=(tmp_path, ready, release))
    other.start()
    assert ready.wait(30)
    with pytest.raises(PapertrendsError, match="another process has been publishing"):
        publish_run(tmp_path, "r1", make_tables(), {}, {}, "", lock_timeout_s=0.1)
    release.set()
    publish(tmp_path)  # waits until the other has ended
    other.join()
    assert list_runs(tmp_path) == ["other", "r1"]


def test_a_full_disk_is_one_clear_line_and_leaves_latest(tmp_path, monkeypatch):
    publish(tmp_path)

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(PapertrendsError, match="No space left on device") as caught:
        publish(tmp_path, "r2")
    assert "\n" not in str(caught.value)
    assert resolve_run(tmp_path).name == "r1"
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {"r1", ".lock"}


@pytest.mark.parametrize("hostile", ["workspace", "workspace/runs"])
def test_a_file_in_the_place_of_a_folder_is_one_clear_line(tmp_path, hostile):
    path = tmp_path / hostile
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    with pytest.raises(PapertrendsError, match="cannot be written"):
        publish(tmp_path / "workspace")
    assert path.read_text() == "mine"


def test_a_folder_named_latest_is_not_touched(tmp_path):
    (tmp_path / "latest").mkdir()
    with pytest.raises(PapertrendsError, match="not a link to a run"):
        publish(tmp_path)
    assert list_runs(tmp_path) == []


WITHOUT_LINKS = """
import os, sys
from datetime import date
from pathlib import Path
sys.modules["fcntl"] = None
def refuse(*_, **__):
    raise OSError("A required privilege is not held by the client")
os.symlink = refuse
import flows.commands.cli
import papertrends
from analytics.tables import TABLE_COLUMNS, RunTables, empty_table
from flows.orchestration.workspace_lock import lock_workspace
from flows.publication.cleanup import _latest
from flows.runs import publish_run, read_run, resolve_run
workspace = Path(sys.argv[1])
tables = RunTables(**{name: empty_table(name) for name in TABLE_COLUMNS})
for run_id in ("r1", "r2"):
    with lock_workspace(workspace):
        publish_run(workspace, run_id, tables, {"as_of": date(2025, 1, 2)}, {}, "")
assert resolve_run(workspace) == workspace / "runs" / "r2", resolve_run(workspace)
assert read_run(workspace / "latest")[1]["run_id"] == "r2"
assert papertrends.open_run(workspace / "latest").manifest["run_id"] == "r2"
assert _latest(workspace) == {"r2"}
"""


@pytest.mark.slow
def test_a_system_without_links_and_without_fcntl_publishes_and_reads(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_LINKS, str(tmp_path / "w")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "this system has no file locks" in done.stderr
    latest = tmp_path / "w" / "latest"
    assert not latest.is_symlink()
    assert latest.read_bytes() == b"runs/r2\n"
    publish(tmp_path / "w", "r3")  # and a system with links goes on from there
    assert latest.readlink() == Path("runs/r3")


@pytest.mark.parametrize("text", ["", "mine", "runs/../r1\n", "runs/r1", "runs/r1\nruns/r2\n"])
def test_a_file_named_latest_that_names_no_run_is_not_touched(tmp_path, text):
    (tmp_path / "latest").write_text(text)
    with pytest.raises(PapertrendsError, match="not a link to a run"):
        publish(tmp_path)
    with pytest.raises(InputError, match="there are no runs in"):
        resolve_run(tmp_path)
    assert (tmp_path / "latest").read_text() == text


def test_a_latest_file_whose_run_is_gone_says_what_exists(tmp_path):
    publish(tmp_path, "r1")
    (tmp_path / "latest").unlink()
    (tmp_path / "latest").write_text("runs/gone\n", newline="\n")
    with pytest.raises(InputError, match="points to 'gone', which is gone; .* newest first: r1"):
        resolve_run(tmp_path)


# --- reading ---


def test_an_unknown_run_lists_those_that_exist(tmp_path):
    with pytest.raises(InputError, match="no runs in .* yet; make one"):
        resolve_run(tmp_path)
    with pytest.raises(InputError, match="there are no runs yet; make one"):
        resolve_run(tmp_path, "r9")
    for number in range(12):
        (tmp_path / "runs" / f"r{number:02d}").mkdir(parents=True)
    with pytest.raises(InputError, match=r"no run '\.\./x' .* r11, r10, .*, r02 and 2 older"):
        resolve_run(tmp_path, "../x")


def test_a_dangling_latest_says_what_exists(tmp_path):
    publish(tmp_path, "r1")
    (tmp_path / "latest").unlink()
    (tmp_path / "latest").symlink_to("runs/gone")
    with pytest.raises(
        InputError, match="points to 'gone', which is gone; runs that exist, newest first: r1"
    ):
        resolve_run(tmp_path)


def test_a_folder_that_is_not_whole_names_what_it_lacks(tmp_path):
    folder = publish(tmp_path)
    (folder / "trends.parquet").unlink()
    (folder / "manifest.json").unlink()
    with pytest.raises(InputError, match=r"lacks manifest\.json, trends\.parquet"):
        read_run(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("papers.parquet", b"PAR1 nothing PAR1"),
        ("papers.parquet", b""),
        ("manifest.json", b"{"),
        ("manifest.json", b"[]"),
        ("manifest.json", b"\xff\xfe"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, name, content):
    folder = publish(tmp_path)
    (folder / name).write_bytes(content)
    with pytest.raises(InputError, match=name):
        read_run(folder)


def test_a_table_of_another_version_is_named(tmp_path):
    folder = publish(tmp_path)
    write_table("topic_assignments", empty_table("topic_assignments"), folder / "trends.parquet")
    with pytest.raises(InputError, match=r"trends\.parquet is not the table 'trends'"):
        read_run(folder)


# --- ids, fingerprints, predecessors ---


@given(st.lists(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), min_size=2, max_size=6))
def test_run_ids_sort_by_time_and_are_unique(times):
    ids: list[str] = []
    for time in sorted(times):
        ids.append(make_run_id(time.replace(tzinfo=UTC), "ab12cd34ef", taken=ids))
    assert ids == sorted(set(ids))


def test_run_ids_are_in_universal_time():
    here = datetime(2025, 3, 4, 1, tzinfo=timezone(timedelta(hours=5)))
    assert make_run_id(here, "ab12cd34ef") == "20250303T200000-000000-ab12cd34"
    with pytest.raises(ValueError, match="no time zone"):
        make_run_id(datetime(2025, 3, 4), "ab12cd34ef")


def test_fingerprint_depends_on_every_part_and_not_on_the_order_of_settings():
    base = run_fingerprint("h", AS_OF, {"a": 1, "b": None})
    assert base == run_fingerprint("h", AS_OF, {"b": None, "a": 1})
    others = [
        run_fingerprint("i", AS_OF, {"a": 1, "b": None}),
        run_fingerprint("h", date(2025, 3, 5), {"a": 1, "b": None}),
        run_fingerprint("h", AS_OF, {"a": 2, "b": None}),
        run_fingerprint("h", AS_OF, {"a": 1}),
    ]
    assert len({base, *others}) == 5


def manifest_only(workspace: Path, run_id: str, fingerprint: str, as_of: date = AS_OF) -> None:
    folder = workspace / "runs" / run_id
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(
        json.dumps({"fingerprint": fingerprint, "as_of": as_of.isoformat()})
    )


def previous(workspace: Path, fingerprint: str, as_of: date = AS_OF) -> str | None:
    found = previous_run(workspace, fingerprint, as_of)
    return found.name if found else None


def test_a_rerun_is_compared_with_what_its_original_was_compared_with(tmp_path):
    assert previous(tmp_path, "f1") is None
    history = []
    for number, fingerprint in enumerate(["f1", "f1", "f2", "f1", "f3", "f2", "f3"]):
        history.append(previous(tmp_path, fingerprint))
        manifest_only(tmp_path, f"r{number}", fingerprint)
    assert history == [None, None, "r1", None, "r3", "r1", "r3"]


def test_a_run_of_a_past_day_is_not_compared_with_a_later_day(tmp_path):
    manifest_only(tmp_path, "r1", "f1", date(2025, 1, 1))
    manifest_only(tmp_path, "r2", "f2", date(2025, 6, 1))
    assert previous(tmp_path, "f3", date(2025, 3, 1)) == "r1"
    assert previous(tmp_path, "f3", date(2025, 6, 1)) == "r2"
    assert previous(tmp_path, "f3", date(2024, 6, 1)) is None


def test_folders_without_a_manifest_are_passed_over(tmp_path):
    manifest_only(tmp_path, "r1", "f1")
    (tmp_path / "runs" / "r2").mkdir()
    (tmp_path / "runs" / "r3").mkdir()
    (tmp_path / "runs" / "r3" / "manifest.json").write_text('{"as_of": 3}')
    assert previous(tmp_path, "f9") == "r1"
    with pytest.raises(InputError, match="manifest"):
        read_manifest(tmp_path / "runs" / "r2")


def test_assignments_are_those_of_the_whole_run(tmp_path):
    folder = publish(tmp_path)
    whole, part = read_run(folder)[0], read_assignments(folder)
    for name in ("themes", "theme_assignments", "topics", "topic_assignments"):
        pd.testing.assert_frame_equal(getattr(part, name), getattr(whole, name))
    pd.testing.assert_frame_equal(part.papers, whole.papers[["paper_id", "published"]])
    (folder / "papers.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="not the table 'papers' of a run"):
        read_assignments(folder)
