"""Lock of a workspace: only one flow at a time changes it; others wait.

A schedule and an analyst may work on one workspace. Each ingest writes many parts, and each analysis reads
the store at its start and adds to the registry of topics later. With the lock, no run sees half of another's
ingest, and no two fits use the same topic numbers. The system releases the lock when its holder ends, even
after a crash. Commands that only read do not take the lock.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TextIO

from analytics.exceptions import InputError, PapertrendsError
from flows.runs.file_locks import try_lock
from flows.workers.progress import say_progress

__all__ = ["lock_workspace"]

logger = logging.getLogger(__name__)

_FILE = ".turn"
_PATIENCE_S = 12 * 3600.0
_held: ContextVar[frozenset[Path]] = ContextVar("held", default=frozenset())


@contextmanager
def lock_workspace(workspace: Path, *, patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Hold the lock of a workspace; nested blocks share it.

    Parameters
    ----------
    workspace : Path
        Made when absent, and removed again when nothing else came into it.
    patience_s : float
        How long to wait for whoever has the turn.

    Raises
    ------
    InputError
        When a file is in the place of the workspace.
    PapertrendsError
        When another run works on it for longer than the wait, or the folder cannot be written.
    """
    path = workspace.resolve() / _FILE
    if path in _held.get():
        yield
        return
    file = _take(workspace, path, patience_s)
    token = _held.set(_held.get() | {path})
    try:
        yield
    finally:
        _held.reset(token)
        with suppress(OSError):
            if os.listdir(path.parent) == [_FILE]:  # noqa: PTH208 - names are enough
                path.unlink()
                path.parent.rmdir()
        file.close()


def _take(workspace: Path, path: Path, patience_s: float) -> TextIO:
    """Open the lock file and lock it, waiting for another holder."""
    deadline, is_waiting = time.monotonic() + patience_s, False
    while True:
        file = _open(workspace, path)
        # An earlier holder may have removed an empty workspace, and this file with it.
        with suppress(FileNotFoundError):
            if try_lock(file) and os.fstat(file.fileno()).st_ino == path.stat().st_ino:
                return file
        file.close()
        if time.monotonic() >= deadline:
            raise PapertrendsError(
                f"another run has been working on the workspace {workspace} for {patience_s:g} s; "
                "wait for it to finish or stop it, then run again"
            )
        if not is_waiting:
            logger.warning(
                "another run is using the workspace %s; this run waits until it has finished", workspace
            )
            is_waiting = True
        say_progress("waiting for another run", 0, 1)
        time.sleep(0.1)


def _open(workspace: Path, path: Path) -> TextIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # For reading only, see `try_lock`.
        return os.fdopen(os.open(path, os.O_RDONLY | os.O_CREAT, 0o644))
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError(
            f"the workspace {workspace} is a file, not a folder; choose another --workspace"
        ) from error
    except OSError as error:
        raise PapertrendsError(
            f"the workspace {workspace} cannot be written ({error.strerror}); free disk space, allow this"
            " user to write there, or choose another --workspace"
        ) from error
