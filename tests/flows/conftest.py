"""A web server on 127.0.0.1 that behaves as a test tells it to, and the databases that a store can be in."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import URL, make_url

import flows.store.database
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
    body: bytes = b""


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

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def do_GET(self) -> None:
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        asked = AskedRequest(parts.path, dict(parse_qsl(parts.query)), dict(self.headers), body)
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


USER, PASSWORD = "keeper", "a-secret-word"


@dataclass
class PostgresqlServer:
    """A PostgreSQL server of this session, in a temporary folder; a store is a schema of its one database."""

    folder: Path
    port: int
    known: set[str] = field(default_factory=set)

    def url(
        self, schema: str = "public", *, user: str = USER, password: str = PASSWORD, name: str = "papers"
    ) -> str:
        path = f"?options=-csearch_path%3D{schema}"
        return f"postgresql+psycopg://{user}:{password}@127.0.0.1:{self.port}/{name}{path}"

    def url_of(self, workspace: Path) -> str:
        """Address of a schema that belongs to a workspace, made when first asked for."""
        schema = f"w_{hashlib.sha256(str(Path(workspace).resolve()).encode()).hexdigest()[:16]}"
        if schema not in self.known:
            # Processes of one test ask at once, and IF NOT EXISTS alone is not made for that.
            self.execute("SELECT pg_advisory_lock(1)", f"CREATE SCHEMA IF NOT EXISTS {schema}")
            self.known.add(schema)
        return self.url(schema)

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements as the owner of everything; gives the rows of the last one."""
        import psycopg

        where = f"host=127.0.0.1 port={self.port} dbname=papers user={USER} password={PASSWORD}"
        with psycopg.connect(where, autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


def _as_server_user() -> tuple[list[str], int | None]:
    """Words before a command that run it as a user who may run the server, and die with the tests."""
    words = ["setpriv", "--pdeathsig", "QUIT"]
    if os.geteuid() != 0:
        return words, None
    account = pwd.getpwnam("postgres")  # PostgreSQL's package makes it; root may not run the server
    return [
        *words,
        f"--reuid={account.pw_uid}",
        f"--regid={account.pw_gid}",
        "--clear-groups",
    ], account.pw_uid


def _programs() -> Path:
    """Folder of the server's programs; Debian keeps them off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres")) or [
        Path(path).resolve() for path in [shutil.which("postgres")] if path
    ]
    if not found:
        pytest.fail("these tests need PostgreSQL's server; install it with: apt-get install postgresql")
    return found[-1].parent


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _make_cluster(folder: Path, programs: Path) -> list[str]:
    """Make the files of a server and give the command that runs it."""
    words, owner = _as_server_user()
    (folder / "password").write_text(PASSWORD)
    if owner is not None:
        for path in (folder, folder / "password"):
            os.chown(path, owner, -1)
    # English by ICU: what is sorted by the rules of a language would come out otherwise than by code points.
    choices = [
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--locale-provider=icu",
        "--icu-locale=en-US",
        "--no-sync",
    ]
    made = subprocess.run(
        [*words, programs / "initdb", "-D", folder / "data", "-U", USER, f"--pwfile={folder / 'password'}",
         "--auth=scram-sha-256", *choices],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return [*words, str(programs / "postgres"), "-D", str(folder / "data")]


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """A real server on a free port of 127.0.0.1, stopped and removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="papertrends-postgresql-"))
    server = PostgresqlServer(folder, _free_port())
    settings = {
        "listen_addresses": "127.0.0.1", "port": server.port, "unix_socket_directories": folder,
        "max_connections": 60, "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
    }  # fmt: skip
    try:
        command = _make_cluster(folder, _programs())
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)
        try:
            _wait_until_it_answers(server, process)
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
            process.wait(timeout=30)
    finally:
        shutil.rmtree(folder)


def _wait_until_it_answers(server: PostgresqlServer, process: subprocess.Popen[bytes]) -> None:
    import psycopg

    where = f"host=127.0.0.1 port={server.port} dbname=postgres user={USER} password={PASSWORD}"
    for _ in range(300):
        try:
            with psycopg.connect(where, autocommit=True) as connection:
                connection.execute("CREATE DATABASE papers")
                return
        except psycopg.OperationalError:
            assert process.poll() is None, (server.folder / "log").read_text()
            time.sleep(0.1)
    pytest.fail(f"the server did not answer in 30 s: {(server.folder / 'log').read_text()}")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The test runs once a database; on PostgreSQL each workspace that it opens has a schema of its own.

    The setting is the variable, as a user gives it. It names one database, and many tests open several
    workspaces, so where it holds each of them gets another schema.
    """
    # Not the test's own monkeypatch: some undo theirs in the middle.
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PAPERTRENDS_DATABASE", raising=False)
        if request.param == "postgresql":
            server: PostgresqlServer = request.getfixturevalue("postgresql_server")
            by_settings = flows.store.database.find_database
            patch.setenv("PAPERTRENDS_DATABASE", server.url_of(tmp_path))

            def find(workspace: Path) -> URL:
                url = by_settings(workspace)
                return make_url(server.url_of(workspace)) if url.drivername == "postgresql+psycopg" else url

            patch.setattr("flows.store.store.find_database", find)
        yield request.param
