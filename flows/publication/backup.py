"""A backup of a workspace: one tar file with the store, the record, the runs and the settings."""

from __future__ import annotations

import tarfile
import tempfile
from pathlib import Path

from analytics.exceptions import InputError, PapertrendsError
from flows.config.settings import SETTINGS_FILE
from flows.config.topics_file import TOPICS_FILE
from flows.replacing import replacing
from flows.runs import list_runs
from flows.runs.publishing import publishing
from flows.store.safekeeping import copy_sqlite

__all__ = ["back_up"]

_STORE = "corpus.sqlite"
_FILES = ("record.parquet", SETTINGS_FILE, "themes.toml", TOPICS_FILE, "index.html", "feed.xml", "latest")


def back_up(workspace: Path, target: Path, *, with_store: bool) -> tuple[int, bool]:
    """Write a backup while others may work on the workspace.

    Parameters
    ----------
    workspace : Path
    target : Path
        A new file; compressed where its name ends in ``.gz`` or ``.tgz``.
    with_store : bool
        False where the store is a PostgreSQL database, which has its own tools.

    Returns
    -------
    (int, bool)
        How many runs it holds, and whether it holds the store.

    Raises
    ------
    InputError
        When the target exists.
    PapertrendsError
        When it cannot be written; nothing is left of it then.
    """
    if target.exists():
        raise InputError(f"{target} exists; give the name of a new file")
    try:
        with (
            publishing(workspace),
            replacing(target) as building,
            tempfile.TemporaryDirectory(dir=target.resolve().parent) as folder,
        ):
            runs = list_runs(workspace)
            # The settings may hold a password: the file is for its owner alone.
            building.touch(mode=0o600)
            with _opened(building, is_packed=target.suffix in (".gz", ".tgz")) as archive:
                has_store = with_store and (workspace / _STORE).exists()
                if has_store:
                    copy = Path(folder) / _STORE
                    copy_sqlite(workspace / _STORE, copy)
                    archive.add(copy, _STORE)
                for name in _FILES:
                    path = workspace / name
                    if path.is_symlink() or path.exists():
                        archive.add(path, name, recursive=False)
                for run_id in runs:
                    archive.add(workspace / "runs" / run_id, f"runs/{run_id}")
    except OSError as error:
        raise PapertrendsError(
            f"{target} cannot be written ({error.strerror or error}); free space or choose another file"
        ) from error
    return len(runs), has_store


def _opened(path: Path, *, is_packed: bool) -> tarfile.TarFile:
    return tarfile.open(path, "w:gz") if is_packed else tarfile.open(path, "w")
