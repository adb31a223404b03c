"""Compressed files and zip archives, unpacked into a temporary folder within bounds of size and ratio.

A few kilobytes can stand for more than any disk holds, so what comes out is counted while it comes. One layer
is unpacked: an archive in an archive is refused.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa

from analytics.exceptions import InputError
from flows.sources.files import compression_of, read_head
from flows.sources.formats import SourceFile

__all__ = ["is_workbook", "members", "unpacked"]

_MB = 1024 * 1024
_MOST_BYTES = 2_048 * _MB
_FREE, _MOST_TIMES = 64 * _MB, 200
_MOST_MEMBERS = 10_000
_CHUNK = _MB
_TAR = slice(257, 262)
"""Where a tar archive has its mark."""
_XZ_MEMORY = 256 * _MB
_SUFFIXES = {"gzip": (".gz", ".gzip"), "bzip2": (".bz2",), "xz": (".xz",), "zstd": (".zst", ".zstd")}
# What damaged archives raise; zlib's errors are its own.
_DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    zipfile.BadZipFile,
    lzma.LZMAError,
    zlib.error,
)


def is_workbook(file: SourceFile) -> bool:
    """Tell whether a file is a zip archive that holds a workbook of Excel."""
    if compression_of(read_head(file.path, location=file.location, size=16)) != "zip":
        return False
    try:
        with zipfile.ZipFile(file.path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except _DAMAGE:
        return False


@contextmanager
def unpacked(file: SourceFile, kind: str) -> Iterator[SourceFile]:
    """Give a compressed file unpacked, under the name that it has without the compression.

    Raises
    ------
    InputError
        When it is damaged, unpacks to more than 2 GB or to over 64 MB and 200 times its size, or is of a
        compression that is not read.
    """
    if kind not in _SUFFIXES or file.is_unpacked:
        layer = "within another archive, " if file.is_unpacked else ""
        raise InputError(f"{file.location} is compressed ({kind}), {layer}which is not read; unpack it first")
    end = next((end for end in _SUFFIXES[kind] if file.location.lower().endswith(end)), "")
    name = file.location[: len(file.location) - len(end)]
    with tempfile.TemporaryDirectory(prefix="papertrends-") as folder:
        path = Path(folder, f"file{PurePosixPath(name).suffix[:20]}")
        bounds = _Bounds(file.location, file.path.stat().st_size)
        try:
            with _opened(file.path, kind) as content:
                bounds.copy(content, path)
        except _DAMAGE as error:
            raise _damaged(file.location, kind, error) from None
        if read_head(path, location=name, size=512)[_TAR.start : _TAR.stop] == b"ustar":
            raise InputError(f"{file.location} is a tar archive, which is not read; unpack it first")
        yield replace(file, path=path, is_unpacked=True)


def members(file: SourceFile) -> Iterator[SourceFile]:
    """Files of a zip archive, one at a time: each is gone when the next is asked for.

    Raises
    ------
    InputError
        When it is damaged or encrypted, has more than 10,000 files or unpacks to too much.
    """
    if file.is_unpacked:
        raise InputError(f"{file.location} is an archive within another, which is not read; unpack it first")
    bounds = _Bounds(file.location, file.path.stat().st_size)
    try:
        with (
            zipfile.ZipFile(file.path) as archive,
            tempfile.TemporaryDirectory(prefix="papertrends-") as folder,
        ):
            names = sorted(
                (one for one in archive.infolist() if not one.is_dir() and not _is_hidden(one.filename)),
                key=lambda one: one.filename,
            )
            if any(one.filename == "word/document.xml" for one in names):
                raise InputError(
                    f"{file.location} is a Word document; save the list in it as text, or as CSV"
                )
            if len(names) > _MOST_MEMBERS:
                raise InputError(
                    f"{file.location} holds {len(names):,} files, more than the {_MOST_MEMBERS:,} allowed"
                )
            for one in names:
                path = Path(folder, f"file{PurePosixPath(one.filename).suffix[:20]}")
                with archive.open(one) as content:
                    bounds.copy(content, path)
                yield replace(file, path=path, location=f"{file.location}/{one.filename}", is_unpacked=True)
                path.unlink()
    except InputError:
        raise
    except _DAMAGE as error:
        raise _damaged(file.location, "zip", error) from None


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _damaged(location: str, kind: str, error: Exception) -> InputError:
    what = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return InputError(
        f"{location} cannot be unpacked ({kind}: {what}); it may be cut short, damaged or encrypted"
    )


def _opened(path: Path, kind: str) -> Any:
    if kind == "gzip":
        return gzip.open(path)
    if kind == "bzip2":
        return bz2.open(path)
    if kind == "xz":
        return _Xz(path)
    return pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")


class _Xz:
    """A file of xz, read with a bound on what its dictionary takes; Python's own reader has none."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._decoder = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)

    def __enter__(self) -> _Xz:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        """Next bytes, empty at the end."""
        while not self._decoder.eof:
            given = self._file.read(size // 8) if self._decoder.needs_input else b""
            if not given and self._decoder.needs_input:
                raise EOFError("the end is missing")
            if piece := self._decoder.decompress(given, size):
                return piece
        return b""


class _Bounds:
    """What may still be unpacked of one file."""

    def __init__(self, location: str, n_bytes: int) -> None:
        self._location = location
        self._most = min(_MOST_BYTES, max(_FREE, _MOST_TIMES * n_bytes))
        self._n_unpacked = 0

    def copy(self, content: Any, path: Path) -> None:
        with path.open("wb") as target:
            while piece := content.read(_CHUNK):
                self._n_unpacked += len(piece)
                if self._n_unpacked > self._most:
                    raise InputError(
                        f"{self._location} unpacks to more than {self._most // _MB:,} MB, over {_MOST_TIMES} "
                        "times its size or 2 GB; unpack it yourself and split it"
                    )
                target.write(piece)
