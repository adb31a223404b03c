"""A web server on 127.0.0.1 that behaves as a test tells it to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.flows.night import Night, started_night


@dataclass
class LoopbackAnswer:
    """One answer: a whole body, or pieces that are sent in chunks as they come."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pieces: Iterator[bytes] | None = None
    cut: bool = False
    """The connection is closed before the body that was promised is whole."""


@dataclass
class AskedRequest:
    path: str
    params: dict[str, str]
    headers: dict[str, str]


@dataclass
class LoopbackServer:
    """What was asked, how many bytes of bodies went out, and who answers."""

    url: str = ""
    asked: list[AskedRequest] = field(default_factory=list)
    sent: int = 0
    answer: Callable[[AskedRequest], LoopbackAnswer] = lambda asked: LoopbackAnswer(b"{}")
    gone: threading.Event = field(default_factory=threading.Event)
    """Set when a client closed its connection before it had everything."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    loopback: LoopbackServer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = AskedRequest(parts.path, dict(parse_qsl(parts.query)), dict(self.headers))
        self.loopback.asked.append(asked)
        answer = self.loopback.answer(asked)
        self.close_connection = True
        try:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.pieces is None:
                self._send_body(answer)
            else:
                self._send_pieces(answer.pieces, cut=answer.cut)
        except OSError:
            self.loopback.gone.set()

    def _send_body(self, answer: LoopbackAnswer) -> None:
        if "Content-Length" not in answer.headers:
            self.send_header("Content-Length", str(len(answer.body) + (100 if answer.cut else 0)))
        self.end_headers()
        self._write(answer.body)

    def _send_pieces(self, pieces: Iterator[bytes], *, cut: bool) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            self._write(b"%x\r\n%s\r\n" % (len(piece), piece))
        if not cut:
            self.wfile.write(b"0\r\n\r\n")

    def _write(self, content: bytes) -> None:
        self.wfile.write(content)
        self.loopback.sent += len(content)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing on the terminal."""


@pytest.fixture
def loopback_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    """A server of this test alone; its traffic never leaves the machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    loopback = LoopbackServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"loopback": loopback}))
    server.daemon_threads = True
    server.block_on_close = False
    loopback.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield loopback
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """Commands that may die, see `tests.flows.night`; tests that use it stay on one worker by their group."""
    with started_night(tmp_path_factory.mktemp("night")) as started:
        yield started
