"""Reading published runs: by name, or the latest; whole, or some of their tables."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from analytics.exceptions import InputError
from analytics.tables import ADDED_TABLES, TABLE_COLUMNS, RunTables, empty_table
from flows.runs.latest import latest_run, run_folder
from flows.runs.names import list_runs
from flows.runs.tables import read_columns, read_table

__all__ = [
    "read_assignments",
    "read_manifest",
    "read_run",
    "read_tables",
    "resolve_run",
]

_LISTED = 10


def resolve_run(workspace: Path, name: str | None = None) -> Path:
    """Folder of the run `name`, or of the latest one.

    Raises
    ------
    InputError
        When there is no such run; the message lists those that exist.
    """
    known = list_runs(workspace)
    if name in (None, "latest"):
        name = latest_run(workspace)
        if name is None:
            raise InputError(f"there are no runs in {workspace} yet; make one with: papertrends run")
        if name not in known:
            raise InputError(f"{workspace / 'latest'} points to {name!r}, which is gone; {_existing(known)}")
    if name not in known:
        raise InputError(f"there is no run {name!r} in {workspace}; {_existing(known)}")
    return workspace / "runs" / str(name)


def _existing(known: list[str]) -> str:
    if not known:
        return "there are no runs yet; make one with: papertrends run"
    more = f" and {len(known) - _LISTED} older" if len(known) > _LISTED else ""
    return f"runs that exist, newest first: {', '.join(known[::-1][:_LISTED])}{more}"


def read_manifest(folder: Path) -> dict[str, Any]:
    """Manifest of a run folder.

    Raises
    ------
    InputError
        When it is absent or not a JSON object.
    """
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read as a run's manifest ({error}); choose another run"
        ) from error
    if not isinstance(manifest, dict):
        raise InputError(f"{path} must hold a JSON object; choose another run")
    return manifest


def read_run(folder: Path) -> tuple[RunTables, dict[str, Any]]:
    """Tables and manifest of a run folder, or of the run that a file ``latest`` names.

    Raises
    ------
    InputError
        When a file is missing or is not what it should be.
    """
    folder = run_folder(folder)
    _check_whole(folder, ["manifest.json", *(f"{name}.parquet" for name in TABLE_COLUMNS)])
    return RunTables(**read_tables(folder, TABLE_COLUMNS)), read_manifest(folder)


def read_assignments(folder: Path) -> RunTables:
    """Tables that `analytics.trends.change_decomposition.share_changes` needs; the others have no rows."""
    needed = ("themes", "theme_assignments", "theme_quality", "labels", "topics", "topic_assignments")
    papers = read_columns("papers", folder / "papers.parquet", ("paper_id", "published"))
    empty = {name: empty_table(name) for name in TABLE_COLUMNS}
    return RunTables(**{**empty, **read_tables(folder, needed), "papers": papers})


def read_tables(folder: Path, names: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Some tables of a run folder by name; those that a run of an older version lacks have no rows."""
    paths = {name: folder / f"{name}.parquet" for name in names}
    _check_whole(folder, [path.name for path in paths.values()])
    return {
        name: read_table(name, path) if path.is_file() else empty_table(name) for name, path in paths.items()
    }


def _check_whole(folder: Path, files: Iterable[str]) -> None:
    later = {f"{name}.parquet" for name in ADDED_TABLES}
    missing = [name for name in files if name not in later and not (folder / name).is_file()]
    if missing:
        raise InputError(
            f"the run folder {folder} is incomplete: it lacks {', '.join(missing)}; choose another run"
        )
