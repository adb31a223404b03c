"""Bodies of answers: decompressed within a bound, and what an answer of an error says."""

from __future__ import annotations

import json
import re
import zlib

import httpx

from flows.feeds.errors import FeedError
from flows.sources.plain_text import clean_text

__all__ = ["BodyDecoder", "read_body", "service_message", "start_of_body"]

_GZIP_OR_ZLIB = 47
_LONGEST_MESSAGE = 200
_ERROR_BODY_BYTES = 65_536
_MESSAGE_KEYS = ("message", "error", "detail", "msg")
# No run of "<" is scanned twice: 64 KB of them cost no more than 64 KB of text.
_TAG = re.compile(r"<[^<>]*>")
_SAID_IN = (re.compile(r"<summary[^<>]*>([^<]+)"), re.compile(r"<title[^<>]*>([^<]+)"))


class BodyDecoder:
    """Pieces of a body as they come, decompressed, up to a bound.

    Parameters
    ----------
    encoding : str
        The Content-Encoding: none, ``gzip`` or ``deflate``. One layer only, because every layer
        multiplies what a small body can become.
    max_bytes : int
        Of the decompressed body.

    Examples
    --------
    >>> decoder = BodyDecoder("gzip", 100)
    >>> decoder.feed(zlib.compress(b"papers"))
    >>> decoder.finish()
    b'papers'
    """

    def __init__(self, encoding: str, max_bytes: int) -> None:
        encoding = encoding.strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise FeedError(
                f"an answer is encoded as {clean_text(encoding)[:40]!r}; gzip and deflate can be read"
            )
        self._inflate = None if encoding in ("", "identity") else zlib.decompressobj(_GZIP_OR_ZLIB)
        self._max_bytes = max_bytes
        self._body = bytearray()

    @property
    def so_far(self) -> bytes:
        """What came of the body."""
        return bytes(self._body)

    def feed(self, piece: bytes) -> None:
        """Take one piece."""
        room = self._max_bytes + 1 - len(self._body)
        if self._inflate is not None:
            try:
                piece = self._inflate.decompress(piece, room)
            except zlib.error:
                raise EOFError("damaged compression") from None
        self._body += piece[:room]
        if len(self._body) > self._max_bytes:
            del self._body[self._max_bytes :]
            raise OverflowError

    def finish(self) -> bytes:
        """Give the whole body."""
        if self._inflate is not None and not self._inflate.eof and self._body:
            raise EOFError("its compression ends early")
        return bytes(self._body)


async def read_body(response: httpx.Response, max_bytes: int) -> bytes:
    """Whole body of an answer, decompressed.

    Raises
    ------
    OverflowError
        When it is larger than `max_bytes`.
    EOFError
        When its compression is damaged or ends early.
    FeedError
        When it is encoded in a way that cannot be read.
    """
    decoder = BodyDecoder(response.headers.get("content-encoding", ""), max_bytes)
    async for piece in response.aiter_raw():
        decoder.feed(piece)
    return decoder.finish()


async def start_of_body(response: httpx.Response) -> bytes:
    """As much of the body of an error as comes: that it is cut off must not hide the status."""
    content = b""
    try:
        decoder = BodyDecoder(response.headers.get("content-encoding", ""), _ERROR_BODY_BYTES)
        async for piece in response.aiter_raw():
            decoder.feed(piece)
            content = decoder.so_far
    except (OverflowError, EOFError, FeedError, httpx.HTTPError):
        pass
    return content


def service_message(text: str) -> str:
    """What the answer of an error says, on one line of at most 200 characters.

    Examples
    --------
    >>> service_message('{"error": "Unrecognized or unsupported fields: [unknown]"}')
    'Unrecognized or unsupported fields: [unknown]'
    >>> service_message("<html><title>502 Bad Gateway</title><body>x</body></html>")
    '502 Bad Gateway'
    >>> service_message('{"error": {"message": "model not found", "type": "api_error"}}')
    'model not found'
    """
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        answer = None
    if isinstance(answer, dict):
        if isinstance(answer.get("error"), dict):
            answer = answer["error"]
        texts = [answer[key] for key in _MESSAGE_KEYS if isinstance(answer.get(key), str)]
        text = max(texts, key=len, default="")
    elif answer is not None:
        text = answer if isinstance(answer, str) else ""
    else:
        found = next((match[1] for pattern in _SAID_IN if (match := pattern.search(text))), None)
        text = _TAG.sub(" ", text) if found is None else found
    return clean_text(text)[:_LONGEST_MESSAGE]
