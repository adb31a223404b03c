"""Files as bytes and as text: which are read, how large one may be, and what is said otherwise."""

from __future__ import annotations

import os
import stat
from functools import lru_cache
from pathlib import Path

from analytics.exceptions import InputError
from flows.sources.encodings import Encoding, detect_encoding

__all__ = [
    "MAX_FILE_BYTES",
    "compression_of",
    "decode_text",
    "encoding_of",
    "leads_out",
    "list_files",
    "read_head",
    "read_text",
    "refuse_compressed",
    "regular_size",
]

MAX_FILE_BYTES = 256 * 1024 * 1024
"""Larger files are refused before they are read."""

_CHUNK = 1024 * 1024
_BINARY_SAMPLE = 4_096
_COMPRESSED = {
    b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh91AY&SY": "bzip2", b"\xfd7zXZ\x00": "xz",
    b"PK\x05\x06": "zip", b"\x28\xb5\x2f\xfd": "zstd", b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!\x1a\x07": "rar",
}  # fmt: skip


def list_files(folder: Path) -> list[Path]:
    """Files of a folder and its subfolders, sorted by their path in it, hidden ones left out.

    Links to folders are not followed, so that a circle of links ends.

    Raises
    ------
    InputError
        When a folder cannot be read.
    """

    def refuse(error: OSError) -> None:
        raise InputError(f"cannot read the folder {error.filename}: {error.strerror}") from error

    found: list[Path] = []
    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent, name) for name in names if not name.startswith(".")]
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def leads_out(path: Path, folder: Path) -> bool:
    """Whether a file of a folder is a link to what lies outside of it.

    A folder of papers that somebody else filled must not choose what else is read.
    """
    return path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def refuse_compressed(head: bytes, *, location: str) -> None:
    r"""Refuse what is compressed, where nothing is unpacked.

    Raises
    ------
    InputError
        When the beginning of the file is that of gzip, zip, bzip2, xz, zstd or 7z.

    Examples
    --------
    >>> refuse_compressed(b"\x1f\x8b\x08", location="a.json.gz")
    Traceback (most recent call last):
    ...
    analytics.exceptions.InputError: a.json.gz is compressed (gzip), which is not read here; unpack it first
    """
    if name := compression_of(head):
        raise InputError(f"{location} is compressed ({name}), which is not read here; unpack it first")


def compression_of(head: bytes) -> str:
    r"""Name of the compression that a file's first bytes show, empty for none.

    Examples
    --------
    >>> compression_of(b"\x1f\x8b\x08"), compression_of(b"title,year")
    ('gzip', '')
    """
    return next((name for mark, name in _COMPRESSED.items() if head.startswith(mark)), "")


def regular_size(path: Path, *, location: str) -> int:
    """Size of a file in bytes.

    Raises
    ------
    InputError
        When it cannot be read or is no regular file: a pipe or a device would never end.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise InputError(f"cannot read {location}: {error.strerror}") from error
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{location} is not a regular file; give a file or a folder of them")
    return status.st_size


def read_head(path: Path, *, location: str, size: int = 65_536) -> bytes:
    """First bytes of a file.

    Raises
    ------
    InputError
        When it cannot be read or is no regular file.
    """
    regular_size(path, location=location)
    try:
        with path.open("rb") as content:
            return content.read(size)
    except OSError as error:
        raise InputError(f"cannot read {location}: {error.strerror}") from error


def encoding_of(path: Path, *, location: str) -> Encoding:
    """Encoding of a file of any size, see `flows.sources.encodings`."""
    head = read_head(path, location=location)
    status = path.stat()
    return _encoding_of(path, head, (status.st_ino, status.st_size, status.st_mtime_ns))


@lru_cache(maxsize=4)
def _encoding_of(path: Path, head: bytes, version: tuple[int, int, int]) -> Encoding:  # noqa: ARG001 - the key
    # Called to recognize a file, to read it and to report on it: a large one is read through once.
    with path.open("rb") as content:
        return detect_encoding(head, iter(lambda: content.read(_CHUNK), b""))


def read_text(path: Path, *, location: str) -> str:
    """Text of a file, in whatever encoding.

    Raises
    ------
    InputError
        When it cannot be read, is no regular file, is larger than 256 MB, or is binary.
    """
    size = regular_size(path, location=location)
    if size > MAX_FILE_BYTES:
        raise InputError(f"{location} has {size:,} bytes, more than the {MAX_FILE_BYTES:,} allowed; split it")
    try:
        return decode_text(path.read_bytes(), location=location)
    except OSError as error:
        raise InputError(f"cannot read {location}: {error.strerror}") from error


def decode_text(content: bytes, *, location: str) -> str:
    r"""Text of `content`, in whatever encoding, see `flows.sources.encodings`.

    Examples
    --------
    >>> decode_text(b"\xff\xfeA\x00", location="a.txt"), decode_text(b"na\xefve", location="a.txt")
    ('A', 'naïve')
    """
    encoding = detect_encoding(content[:65_536], (content,))
    if not encoding.name.startswith(("utf-16", "utf-32")) and b"\x00" in content[:_BINARY_SAMPLE]:
        raise InputError(
            f"{location} is binary, not text (byte 0x00 at position {content.index(0)}); give a text file"
        )
    return content.decode(encoding.name, encoding.errors).removeprefix("\ufeff")
