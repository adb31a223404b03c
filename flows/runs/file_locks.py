"""Locks on files that the system releases when their holder ends, even after a crash."""

from __future__ import annotations

import errno
import logging
from typing import IO, Any

from filelock import lock_descriptor

__all__ = ["try_lock"]

logger = logging.getLogger(__name__)


def try_lock(file: IO[Any]) -> bool:
    """Lock an open file until it is closed; False when another holder has it.

    The file may be open for reading only, which `filelock.FileLock` does not offer: a file that is open for
    writing keeps its disk from being remounted read-only. Where the system has no such locks, a warning says
    so and True is returned.
    """
    try:
        return lock_descriptor(file.fileno(), blocking=False)
    except OSError as error:
        if error.errno != errno.ENOSYS:
            raise
        logger.warning("this system has no file locks; do not start two runs on one workspace at a time")
        return True
