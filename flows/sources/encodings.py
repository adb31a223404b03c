"""Which encoding a text is in: by its mark, by what it declares, as UTF-8 where it can be, else by its bytes.

A text that is nearly all UTF-8 is read as that, and its few other bytes as Windows-1252, the way browsers
mend them. Where no UTF-8 is to be seen, each usual encoding is tried on the lines beyond ASCII, and the one
whose letters look most like writing is taken: names and a few words decide, too few for charset-normalizer,
which is asked where none looks like any.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from typing import NamedTuple

from charset_normalizer import from_bytes

from flows.sources.encoding_guess import NAMES, likeliest_encoding

__all__ = ["Encoding", "detect_encoding"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"^[^<]{0,20}<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")
_SAMPLE = 64 * 1024
_ODD_BYTES = 3
"""Most invalid bytes per character of UTF-8: text in East Asian encodings would have a dozen."""
_LONGEST_LINE = 1024 * 1024
_BEYOND_ASCII = re.compile(rb"[\x80-\xff][^\n]*")
_MENDED = "papertrends-windows-1252"
"""Name of the handler of errors that reads a byte which is not UTF-8 as Windows-1252."""


class Encoding(NamedTuple):
    """An encoding as Python names it, how its errors are dealt with, and what is to be said of the choice."""

    name: str
    errors: str = "strict"
    note: str = ""


def _mend(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.start + 1]
    return bad.decode("cp1252", "replace"), error.start + 1


codecs.register_error(_MENDED, _mend)


def _named_encoding(name: str) -> str | None:
    """Python's name of a declared encoding, None for an unknown one; Latin-1 is Windows-1252, as on the web.

    Examples
    --------
    >>> _named_encoding("ISO-8859-1"), _named_encoding("GB2312"), _named_encoding("klingon")
    ('cp1252', 'gb18030', None)
    """
    try:
        found = codecs.lookup(name).name
    except LookupError:
        return None
    wider = {
        "iso8859-1": "cp1252",
        "ascii": "utf-8",
        "gb2312": "gb18030",
        "gbk": "gb18030",
        "shift_jis": "cp932",
    }
    # Codecs that are no encodings of text: "rot13", "hex".
    return (
        wider.get(found, found)
        if found in _SAFE or found.startswith(("iso8859", "cp", "koi8", "mac"))
        else None
    )


_SAFE = {
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "ascii", "gb2312", "gbk", "gb18030"),
    *("shift_jis", "euc_jp", "euc_kr", "big5", "iso2022_jp"),
}


def _encoding_of_mark(head: bytes) -> str | None:
    r"""Encoding of a mark of byte order, or of the zeros of UTF-16 without one; None without either.

    Examples
    --------
    >>> _encoding_of_mark(b"\xff\xfeA\x00"), _encoding_of_mark(b"A\x00g\x00e\x00n\x00")
    ('utf-16', 'utf-16-le')
    """
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if marked:
        return marked
    sample = head[: len(head) // 2 * 2][:4_096]
    if len(sample) >= 8:
        for name, zeros, others in (
            ("utf-16-le", sample[1::2], sample[::2]),
            ("utf-16-be", sample[::2], sample[1::2]),
        ):
            if zeros.count(0) > 0.7 * len(zeros) and others.count(0) < 0.05 * len(others):
                return name
    return None


def detect_encoding(head: bytes, chunks: Iterable[bytes]) -> Encoding:
    r"""Encoding of a text.

    Parameters
    ----------
    head : bytes
        Its first 64 KB.
    chunks : iterable of bytes
        All of it, in pieces.

    Examples
    --------
    >>> detect_encoding(b"title\nJ\xfcrgen", [b"title\nJ\xfcrgen"]).name
    'cp1252'
    >>> text = "title\n张三; 李四".encode("gb18030")
    >>> detect_encoding(text, [text]).note
    'it is read as GB18030, as which its bytes make most sense; save it as UTF-8 if that is wrong'
    """
    if marked := _encoding_of_mark(head):
        return Encoding(marked, "replace" if marked != "utf-8-sig" else _MENDED)
    declared = _DECLARED.match(head)
    name = _named_encoding(declared[1].decode("ascii")) if declared else None
    is_utf_8 = name == "utf-8"
    if name and not is_utf_8:
        if name.startswith("utf-16") or name == "utf-32":
            name = "utf-8"  # an XML declaration that can be read as ASCII is not in UTF-16
        else:
            return Encoding(name, "replace")
    n_good, n_bad, n_bytes, n_signs, odd = _count_utf_8(chunks)
    if n_bad == 0:
        return Encoding("utf-8")
    # A feed may be one line: what its bytes are tells more than the line, where UTF-8 is declared.
    if (n_good and n_good >= n_bad) or (is_utf_8 and n_bytes <= _ODD_BYTES * n_signs):
        return Encoding("utf-8", _MENDED, f"{n_bytes:,} bytes that are not UTF-8 are read as Windows-1252")
    found = likeliest_encoding(odd) or _detected(odd)
    shown = NAMES.get(found, found)
    note = f"it is read as {shown}, as which its bytes make most sense; save it as UTF-8 if that is wrong"
    return Encoding(found, "replace", note)


def _count_utf_8(chunks: Iterable[bytes]) -> tuple[int, int, int, int, bytes]:
    """Count lines of UTF-8 and others; of these the bytes that are not, the signs that are, and the text."""
    n_good = n_bad = n_bytes = n_signs = 0
    odd = bytearray()
    rest = b""
    for chunk in (*chunks, b"\n"):
        if not rest and chunk.isascii():
            rest = chunk.rpartition(b"\n")[2]
            continue
        # Lines are whole, or a character could be cut in two.
        content, mark, rest = (rest + chunk).rpartition(b"\n")
        if not mark and len(rest) > _LONGEST_LINE:
            content, rest = rest[:-8], rest[-8:]
        if not content.isascii() and _is_utf_8(content):
            n_good += len(_BEYOND_ASCII.findall(content))
            continue
        for line in content.split(b"\n") if not content.isascii() else ():
            if line.isascii():
                continue
            text = line.decode("utf-8", "surrogateescape")
            bad = sum(1 for sign in text if "\udc80" <= sign <= "\udcff")
            n_good, n_bad, n_bytes = n_good + (not bad), n_bad + bool(bad), n_bytes + bad
            n_signs += sum(1 for sign in text if sign > "\x7f") - bad if bad else 0
            if bad and len(odd) < _SAMPLE:
                odd += line[:_SAMPLE] + b"\n"
    return n_good, n_bad, n_bytes, n_signs, bytes(odd)


def _is_utf_8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _detected(odd: bytes) -> str:
    """What charset-normalizer finds, Windows-1252 where it finds nothing."""
    found = from_bytes(odd).best()
    name = _named_encoding(found.encoding) if found else None
    return name if name and not name.startswith("utf") else "cp1252"
