"""Files as text: which encodings are read, how large a file may be, and what is said otherwise."""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path

from analytics.exceptions import InputError

__all__ = ["MAX_FILE_BYTES", "decode_text", "leads_out", "list_files", "read_text", "refuse_compressed"]

MAX_FILE_BYTES = 256 * 1024 * 1024
"""Larger files are refused before they are read."""

_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BINARY_SAMPLE = 4_096
_COMPRESSED = {
    b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh91AY&SY": "bzip2", b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd", b"7z\xbc\xaf\x27\x1c": "7z",
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
    r"""Refuse what is compressed: nothing is unpacked, so nothing unpacks to more than there is room for.

    Raises
    ------
    InputError
        When the beginning of the file is that of gzip, zip, bzip2, xz, zstd or 7z.

    Examples
    --------
    >>> refuse_compressed(b"\x1f\x8b\x08", location="a.json.gz")
    Traceback (most recent call last):
    ...
    analytics.exceptions.InputError: a.json.gz is compressed (gzip), which is not read; unpack it first
    """
    for mark, name in _COMPRESSED.items():
        if head.startswith(mark):
            raise InputError(f"{location} is compressed ({name}), which is not read; unpack it first")


def read_text(path: Path, *, location: str) -> str:
    """Text of a file: UTF-8 with or without its mark, or UTF-16 with one.

    Raises
    ------
    InputError
        When it cannot be read, is no regular file, is larger than 256 MB, or is not such text.
    """
    try:
        status = path.stat()
        # A pipe or a device would never end.
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{location} is not a regular file; give a text file or a folder of them")
        if status.st_size > MAX_FILE_BYTES:
            size = f"{status.st_size:,} bytes, more than the {MAX_FILE_BYTES:,} allowed"
            raise InputError(f"{location} has {size}; split it")
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {location}: {error.strerror}") from error
    return decode_text(content, location=location)


def decode_text(content: bytes, *, location: str) -> str:
    r"""Text of `content`: UTF-8 with or without its mark, or UTF-16 with one.

    Raises
    ------
    InputError
        Names the first byte that is not such text.

    Examples
    --------
    >>> decode_text(b"\xff\xfeA\x00", location="a.txt")
    'A'
    >>> decode_text(b"na\xefve", location="a.txt")
    Traceback (most recent call last):
    ...
    analytics.exceptions.InputError: a.txt is not UTF-8 text (byte 0xef at position 2); save it as UTF-8
    """
    is_utf_16 = content.startswith(_UTF_16_MARKS)
    if not is_utf_16 and b"\x00" in content[:_BINARY_SAMPLE]:
        raise InputError(
            f"{location} is binary, not text (byte 0x00 at position {content.index(0)}); give a text file"
        )
    try:
        return content.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        # The decoder counts from behind the mark that it took off.
        start = error.start + (3 if content.startswith(codecs.BOM_UTF8) and not is_utf_16 else 0)
        byte = content[start] if start < len(content) else content[-1]
        encoding = "UTF-16" if is_utf_16 else "UTF-8"
        raise InputError(
            f"{location} is not {encoding} text (byte 0x{byte:02x} at position {start}); save it as UTF-8"
        ) from None
