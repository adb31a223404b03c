"""Files that are replaced whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["replacing"]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Path next to a file to write to; it takes the file's place when the block ends without an error.

    Whatever happens, readers see the old file or the new one. What a killed process left is overwritten, so
    only one process at a time may replace a file. A link stays a link: the file that it names is replaced.
    """
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    part = target.with_name(f".{target.name}.part")
    try:
        yield part
        with part.open("r+b") as written:
            os.fsync(written.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
