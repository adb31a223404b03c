"""Tables of an analysis that is not published yet, kept on disk between the flows.

Flow parameters travel through Prefect's API, so `analyze` hands `publish` a run id and not tables.
A staged run is removed once it is published. One that a killed process left is removed by the next
analysis, after a day where it was not published.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from analytics.exceptions import PapertrendsError
from analytics.tables import RunTables
from flows.runs import canonical_json, read_run, write_table
from flows.runs.names import NAME
from reports.charts.run_charts import Chart, plot_charts

__all__ = ["Charts", "Staged", "read_staged", "remove_staged", "stage_run", "staged_folder"]

_KEPT_S = 24 * 3600

Charts = Callable[[], dict[str, Chart]]
"""Gives the charts of a run, see `plot_charts`; another process may be drawing them."""


@dataclass(frozen=True)
class Staged:
    """A run to be published; its charts may be asked for once."""

    tables: RunTables
    manifest: dict[str, Any]
    charts: Charts


_LAST: dict[Path, Staged] = {}


def stage_run(
    workspace: Path,
    run_id: str,
    tables: RunTables,
    manifest: Mapping[str, Any],
    charts: Charts | None = None,
) -> Path:
    """Write tables and manifest of a run to be published.

    Parameters
    ----------
    workspace : Path
    run_id : str
    tables : RunTables
    manifest : mapping
    charts : Charts, optional
        Kept for a `read_staged` of this process; drawn when it asks otherwise.

    Raises
    ------
    PapertrendsError
        When the disk does not take them.
    """
    folder = staged_folder(workspace, run_id)
    text = canonical_json({**manifest, "run_id": run_id}, indent=2)
    try:
        _remove_old(workspace)
        folder.mkdir(parents=True)
        for table in fields(RunTables):
            write_table(table.name, getattr(tables, table.name), folder / f"{table.name}.parquet")
        (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    except BaseException as error:
        remove_staged(workspace, run_id)  # half a run is of no use, and may be what fills the disk
        if not isinstance(error, OSError):
            raise
        raise PapertrendsError(
            f"run {run_id} cannot be written under {workspace} ({error.strerror or error}); "
            "free space or choose another --workspace, then run again"
        ) from error
    read = json.loads(text)
    _LAST.clear()
    _LAST[folder] = Staged(tables, read, charts or partial(plot_charts, tables, read))
    return folder


def read_staged(workspace: Path, run_id: str) -> Staged:
    """Read a staged run; what this process staged last it need not read again."""
    folder = staged_folder(workspace, run_id)
    if folder in _LAST:
        return _LAST.pop(folder)
    tables, manifest = read_run(folder)
    return Staged(tables, manifest, partial(plot_charts, tables, manifest))


def remove_staged(workspace: Path, run_id: str) -> None:
    """Remove a staged run, and the folder of them when it was the last."""
    shutil.rmtree(staged_folder(workspace, run_id), ignore_errors=True)
    try:
        staged_folder(workspace, run_id).parent.rmdir()
    except OSError:
        return  # another run is staged


def staged_folder(workspace: Path, run_id: str) -> Path:
    """Folder of a staged run's tables.

    Raises
    ------
    PapertrendsError
        When the id is none: it comes through Prefect's API, and the folder is removed in the end.
    """
    if not NAME.fullmatch(run_id):
        raise PapertrendsError(f"{run_id!r} is no id of a run; use letters, digits, '.', '_', '-'")
    return workspace / ".staged" / run_id


def _remove_old(workspace: Path) -> None:
    for folder in (workspace / ".staged").glob("*"):
        is_published = (workspace / "runs" / folder.name).exists()
        if is_published or time.time() - folder.stat().st_mtime > _KEPT_S:
            shutil.rmtree(folder, ignore_errors=True)
