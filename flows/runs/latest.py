"""The latest run of a workspace: a link named ``latest``, or a small file where links are not allowed."""

from __future__ import annotations

import os
import re
from pathlib import Path

from analytics.exceptions import PapertrendsError
from flows.runs.names import NAME

__all__ = ["check_latest", "latest_run", "point_latest", "run_folder"]

_POINTER = re.compile(rf"runs/({NAME.pattern})\n")
_MOST_BYTES = 200


def latest_run(workspace: Path) -> str | None:
    """Id of the run that ``latest`` names, even if that run is gone; None without such a link or file."""
    latest = workspace / "latest"
    return latest.readlink().name if latest.is_symlink() else _named_in(latest)


def run_folder(path: Path) -> Path:
    """Folder of the run that a file ``latest`` names; any other path as it is."""
    name = _named_in(path)
    return path if name is None else path.parent / "runs" / name


def check_latest(workspace: Path) -> None:
    """Refuse to publish where ``latest`` is something else."""
    latest = workspace / "latest"
    if os.path.lexists(latest) and latest_run(workspace) is None:
        raise PapertrendsError(f"{latest} is not a link to a run; move it away, then run again")


def point_latest(workspace: Path, run_id: str) -> None:
    """Let ``latest`` name a run, in one step."""
    new = workspace / ".latest-new"
    new.unlink(missing_ok=True)
    try:
        new.symlink_to(Path("runs") / run_id)
    except OSError:  # such as Windows for a user without that right
        new.write_text(f"runs/{run_id}\n", encoding="ascii", newline="\n")
    new.replace(workspace / "latest")


def _named_in(path: Path) -> str | None:
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _MOST_BYTES:
        return None
    named = _POINTER.fullmatch(path.read_bytes().decode("ascii", "replace"))
    return named and named[1]
