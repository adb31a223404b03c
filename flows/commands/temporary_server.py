"""Prefect's temporary server, started before Prefect is imported.

Prefect starts a server itself if none is configured, but only when a flow begins, and imports half of its
server's code to do so. Started here, the server needs these seconds while the flows are imported.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO

from analytics.exceptions import PapertrendsError

__all__ = ["TemporaryServer", "answering", "in_background", "start_server"]

_LONGEST = 200
_STARTUP_S = "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"
_DECIDING = (
    "PREFECT_API_URL",
    "PREFECT_PROFILE",
    "PREFECT_PROFILES_PATH",
    "PREFECT_SERVER_EPHEMERAL_ENABLED",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE",
    "PREFECT_TEST_MODE",
    "PREFECT_UNIT_TEST_MODE",
)
"""Variables by which a user says which server it is, or that there shall be none."""
# A process that is killed ends no other one; its end of a pipe is closed.
_END_WITH_STARTER = (
    "import os, threading; threading.Thread(target=lambda: (os.read(0, 1), os._exit(0)), daemon=True).start()"
)
# As Prefect starts its own: no pages, no services, settings that nothing changes any more.
_ENVIRONMENT = {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1"}


@dataclass(frozen=True)
class TemporaryServer:
    """A temporary server, its address, and whether it has responded yet.

    What it says on stderr goes to the file `said`, where it is not shown to the user.
    """

    process: subprocess.Popen[bytes]
    url: str
    answered: Future[bool]
    stderr_file: IO[bytes] | None = None


def start_server(*, scheduling: bool = False, shown: bool = False) -> TemporaryServer | None:
    """Start the server in the background; it ends with this process.

    None where the user configured anything that decides about a server, or Prefect is imported already: then
    the choice is left to Prefect.

    Parameters
    ----------
    scheduling : bool
        With the services that start scheduled runs, and with Prefect's pages; a single run needs neither.
    shown : bool
        Whether what it says is shown. One that ends while it still writes down what a run did says so at
        length, and that is nothing to the user.
    """
    if "prefect" in sys.modules or _is_configured():
        return None
    port = _free_port()
    environment = {**os.environ, **({} if scheduling else _ENVIRONMENT)}
    stderr_file = None if shown else tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the server
    # The pipe is closed when this process ends, however it does; nothing is ever written to it.
    process = subprocess.Popen(_command(port), env=environment, stdin=subprocess.PIPE, stderr=stderr_file)  # noqa: S603 - our own words
    atexit.register(_stop, process)
    url = f"http://127.0.0.1:{port}/api"
    os.environ["PREFECT_API_URL"] = url
    return TemporaryServer(process, url, _first_answer(process, url), stderr_file)


@contextmanager
def answering(server: TemporaryServer | None) -> Iterator[None]:
    """Wait until a server of `start_server` answers; flows in the block send it no heartbeats.

    It watches over no run that crashed, and to end its heartbeat takes each flow a second.

    Raises
    ------
    PapertrendsError
        When the server does not answer in time, or ended.
    """
    if server is None:
        yield
        return
    # What runs flows and tasks is imported by the first of them, if not here, while the server starts.
    import prefect.flow_engine
    import prefect.task_engine  # noqa: F401
    from prefect.settings import temporary_settings

    _wait(server)

    with temporary_settings({"flows.heartbeat_frequency": None}):
        yield


def in_background(work: Callable[[], None]) -> None:
    """Run work in a background thread; errors are raised where the result is needed."""

    def quietly() -> None:
        with suppress(Exception):
            work()

    threading.Thread(target=quietly, daemon=True).start()


def _is_configured() -> bool:
    """Whether a variable or a file of Prefect's may say which server is used."""
    if any(name in os.environ for name in _DECIDING):
        return True
    home = Path(os.environ.get("PREFECT_HOME", Path.home() / ".prefect"))
    if (home / "profiles.toml").exists() or Path("prefect.toml").exists():
        return True
    with suppress(OSError, UnicodeDecodeError):
        if "PREFECT_" in Path(".env").read_text(encoding="utf-8").upper():
            return True
    with suppress(OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return "prefect" in tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8")).get("tool", {})
    return False


def _command(port: int) -> list[str]:
    where = ["--host", "127.0.0.1", "--port", str(port), "--log-level", "error", "--lifespan", "on"]
    # To look for cycles again and again among what is imported takes a seventh of the start.
    start = "import gc; gc.set_threshold(100_000, 20, 100); import uvicorn; uvicorn.main()"
    return [
        sys.executable,
        "-c",
        f"{_END_WITH_STARTER}; {start}",
        "--factory",
        "prefect.server.api.server:create_app",
        *where,
    ]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _first_answer(process: subprocess.Popen[bytes], url: str) -> Future[bool]:
    answered: Future[bool] = Future()
    in_background(lambda: answered.set_result(_answers(process, url)))
    return answered


def _answers(process: subprocess.Popen[bytes], url: str) -> bool:
    deadline = time.monotonic() + float(os.environ[_STARTUP_S])
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy leads to this machine
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError, HTTPException), direct.open(f"{url}/admin/version", timeout=5):
            return True
        time.sleep(0.05)
    return False


def _wait(server: TemporaryServer) -> None:
    if server.answered.result():
        return
    ended = server.process.poll()
    what = (
        f"did not respond within {os.environ[_STARTUP_S]} s"
        if ended is None
        else f"ended with status {ended}"
    )
    raise PapertrendsError(
        f"Prefect's temporary server {what}{_last_words(server.stderr_file)}; "
        "try again, or start a server (prefect server start) and set PREFECT_API_URL to it"
    )


def _last_words(stderr_file: IO[bytes] | None) -> str:
    if stderr_file is None:
        return ""
    stderr_file.seek(0)
    lines = [
        line.strip() for line in stderr_file.read().decode(errors="replace").splitlines() if line.strip()
    ]
    return f" ({lines[-1][:_LONGEST]})" if lines else ""


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
