"""Write run folders: built in a temporary folder, renamed into place when complete, never changed.

Publishers of one workspace hold a lock on ``runs/.lock`` that the system releases when its holder ends,
even after a crash. Hence every ``.building-`` or ``.removing-`` folder that the holder finds is left over
from a killed process, and no process ids are needed.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from analytics.exceptions import PapertrendsError
from analytics.tables import RunTables
from flows.runs.file_locks import try_lock
from flows.runs.latest import check_latest, point_latest
from flows.runs.names import NAME, canonical_json
from flows.runs.tables import write_table

__all__ = ["new_run_folder", "publish_run", "publishing", "remove_runs", "write_pages", "write_tables"]

_BUILDING, _REMOVING = ".building-", ".removing-"


def publish_run(
    workspace: Path,
    run_id: str,
    tables: RunTables,
    manifest: Mapping[str, Any],
    charts: Mapping[str, str],
    report_html: str,
    *,
    lock_timeout_s: float = 120.0,
) -> Path:
    """Write a run folder and point ``latest`` to it.

    Parameters
    ----------
    manifest : mapping
        Plain values and dates; `run_id` is set here.
    charts : mapping of str to str
        SVG text by name without suffix.

    Raises
    ------
    PapertrendsError
        As `new_run_folder`, and when a table breaks the contract.
    """
    for name in charts:
        _check_name(name)
    with new_run_folder(workspace, run_id, lock_timeout_s=lock_timeout_s) as building:
        write_tables(building, tables)
        write_pages(building, {**manifest, "run_id": run_id}, charts, report_html)
    return workspace / "runs" / run_id


@contextmanager
def new_run_folder(workspace: Path, run_id: str, *, lock_timeout_s: float = 120.0) -> Iterator[Path]:
    """Build a run folder in the block; at its end it is renamed into place and ``latest`` points to it.

    The folder that the block writes to is removed when the block fails.

    Raises
    ------
    PapertrendsError
        When the run exists, the disk does not take it, or another process publishes for longer than the
        wait. ``latest`` stays where it was then.
    """
    _check_name(run_id)
    folder = workspace / "runs" / run_id
    building = folder.with_name(f"{_BUILDING}{run_id}")
    try:
        with publishing(workspace, lock_timeout_s):
            _check_free(workspace, folder)
            try:
                building.mkdir()
                yield building
                for path in (*sorted(building.rglob("*")), building):
                    _sync(path)
                building.rename(folder)
                _sync(folder.parent)
            finally:
                shutil.rmtree(building, ignore_errors=True)
            point_latest(workspace, run_id)
            _sync(workspace)
    except OSError as error:
        raise PapertrendsError(
            f"run {run_id} cannot be written under {workspace} ({error.strerror or error}); "
            "free space or choose another --workspace, then run again"
        ) from error


def write_tables(folder: Path, tables: RunTables) -> None:
    """Write every table of a run."""
    for table in fields(RunTables):
        write_table(table.name, getattr(tables, table.name), folder / f"{table.name}.parquet")


def write_pages(
    folder: Path, manifest: Mapping[str, Any], charts: Mapping[str, str], report_html: str
) -> None:
    """Write the report, each chart and the manifest.

    Raises
    ------
    PapertrendsError
        When a chart's name is not a file name, or the manifest holds what JSON cannot.
    """
    for name in charts:
        _check_name(name)
    texts = {
        "manifest.json": _manifest_text(manifest),
        "report.html": report_html,
        **{f"charts/{name}.svg": svg for name, svg in charts.items()},
    }
    (folder / "charts").mkdir()
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode("utf-8", "replace"))


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise PapertrendsError(
            f"{name!r} is not a valid name for a run or chart; use letters, digits, '.', '_', '-'"
        )


def _check_free(workspace: Path, folder: Path) -> None:
    if os.path.lexists(folder):
        raise PapertrendsError(
            f"run {folder.name} already exists in {folder.parent}; a published run never changes"
        )
    check_latest(workspace)


def _sync(path: Path) -> None:
    """Flush a file or folder to disk."""
    if os.name == "nt":  # Windows opens no folder, and flushes no file that is open for reading only
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def publishing(workspace: Path, timeout_s: float = 120.0) -> Iterator[None]:
    """Hold the publishing lock of a workspace and remove leftovers of killed processes.

    Raises
    ------
    PapertrendsError
        When another process holds it for longer than the wait.
    """
    runs = workspace / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    with (runs / ".lock").open("a") as lock:
        deadline = time.monotonic() + timeout_s
        while not try_lock(lock):
            if time.monotonic() >= deadline:
                raise PapertrendsError(
                    f"another process has been publishing into {runs} for {timeout_s:.0f} s; "
                    "wait for it to finish or stop it, then run again"
                )
            time.sleep(0.05)
        for kind in (_BUILDING, _REMOVING):
            for left_over in runs.glob(f"{kind}*"):
                shutil.rmtree(left_over)
        yield


def remove_runs(workspace: Path, run_ids: Iterable[str]) -> None:
    """Remove run folders, each renamed first so that a run is complete or absent; the caller holds the lock.

    Raises
    ------
    OSError
        When a folder cannot be renamed or removed; what was renamed is cleared by the next publisher.
    """
    for run_id in run_ids:
        folder = workspace / "runs" / run_id
        away = folder.with_name(f"{_REMOVING}{run_id}")
        folder.rename(away)
        shutil.rmtree(away)


def _manifest_text(manifest: Mapping[str, Any]) -> str:
    try:
        return canonical_json(manifest, indent=2) + "\n"
    except (TypeError, ValueError) as error:
        raise PapertrendsError(f"the manifest contains a value that JSON cannot hold: {error}") from error
