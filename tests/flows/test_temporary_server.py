"""Prefect's temporary server is started early where nothing says which server it is, and only there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analytics.exceptions import PapertrendsError
from flows.commands import temporary_server
from flows.commands.temporary_server import TemporaryServer, answering, start_server

CODE = """
from flows.commands.temporary_server import answering, start_server
server = start_server()
from prefect import flow, get_client
from prefect.settings import get_current_settings
@flow
def told(): return str(get_client(sync_client=True).api_url).rstrip("/"), get_current_settings().flows.heartbeat_frequency
with answering(server):
    assert told() == (server.url, None), told()
import sys
assert "prefect.server.api.server" not in sys.modules, "half a server was imported"
print("done", server.process.pid)
"""


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return {**kept, "PREFECT_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])}


@pytest.mark.slow
def test_flows_use_it_and_it_ends_with_the_process(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", CODE], cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    word, pid = ran.stdout.split()[-2:]
    assert word == "done"
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


@pytest.mark.slow
def test_it_ends_with_a_process_that_is_killed(tmp_path):
    code = CODE + "import os, signal; sys.stdout.flush(); os.kill(os.getpid(), signal.SIGKILL)"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    pid = int(ran.stdout.split()[-1])
    deadline = time.monotonic() + 20
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.slow  # of the import of Prefect's server
def test_it_is_started_as_prefect_starts_its_own(monkeypatch):
    from prefect.server.api import server as prefect_server
    from prefect.server.api.server import SubprocessASGIServer

    started = []

    class Recorded:
        def __init__(self, args, env):
            started.append((args, env))

    monkeypatch.setattr(prefect_server.subprocess, "Popen", Recorded)
    theirs = SubprocessASGIServer(port=9)
    theirs._run_uvicorn_command()
    args, env = started[0]
    kept = [arg for at, arg in enumerate(args) if arg != "--app-dir" and args[at - 1] != "--app-dir"]
    # Ours tells the collector of cycles to be patient, then does what ``-m uvicorn`` does.
    python, _, start, *arguments = temporary_server._command(9)
    assert start.endswith("import uvicorn; uvicorn.main()")
    assert sorted([python, "-m", "uvicorn", *arguments]) == sorted(kept)
    assert temporary_server._ENVIRONMENT.items() <= env.items()


class TestWhereASettingDecides:
    @pytest.fixture(autouse=True)
    def nothing_configured(self, monkeypatch, tmp_path):
        for name in [name for name in os.environ if name.startswith("PREFECT_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "home"))
        monkeypatch.chdir(tmp_path)

    def test_nothing(self):
        import prefect  # noqa: F401

        assert not temporary_server._is_configured()
        assert start_server() is None  # where Prefect is imported it is too late

    @pytest.mark.parametrize("name", ["PREFECT_API_URL", "PREFECT_PROFILE"])
    def test_a_variable(self, monkeypatch, name):
        monkeypatch.setenv(name, "x")
        assert temporary_server._is_configured()

    @pytest.mark.parametrize(
        ("path", "text"),
        [
            ("home/profiles.toml", ""),
            ("prefect.toml", ""),
            (".env", "prefect_api_url=x"),
            ("pyproject.toml", "[tool.prefect]"),
        ],
    )
    def test_a_file(self, tmp_path, path, text):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
        assert temporary_server._is_configured()

    @pytest.mark.parametrize(
        ("path", "text"), [(".env", "A=1"), ("pyproject.toml", "[tool"), (".env", "\udcff")]
    )
    def test_a_file_that_says_nothing(self, tmp_path, path, text):
        (tmp_path / path).write_bytes(text.encode("utf-8", "surrogateescape"))
        assert not temporary_server._is_configured()


def ended_server(code: str, said=None) -> TemporaryServer:
    process, url = subprocess.Popen([sys.executable, "-c", code], stderr=said), "http://127.0.0.1:9/api"
    return TemporaryServer(process, url, temporary_server._first_answer(process, url), said)


def test_one_that_ends_is_reported(monkeypatch):
    monkeypatch.setenv(temporary_server._STARTUP_S, "60")
    with pytest.raises(PapertrendsError, match="ended with status 3.*PREFECT_API_URL"):
        answering(ended_server("raise SystemExit(3)")).__enter__()


def test_what_it_said_last_is_reported(monkeypatch, tmp_path):
    monkeypatch.setenv(temporary_server._STARTUP_S, "60")
    with (tmp_path / "said").open("w+b") as said:
        server = ended_server("raise OSError('no space\\n is left')", said)
        with pytest.raises(PapertrendsError, match=r"ended with status 1 \(is left\); try again"):
            answering(server).__enter__()


@pytest.mark.slow
def test_what_it_prints_itself_is_shown_only_when_asked(tmp_path):
    """A folder of Prefect's that is a file: the server says at length that it cannot start."""
    (tmp_path / "home").write_text("")
    for shown in (False, True):
        code = f"from flows.commands.temporary_server import *; s = start_server(shown={shown}); s.answered.result()"
        ran = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env=environment(tmp_path / "home") | {temporary_server._STARTUP_S: "60"},
            capture_output=True,
            text=True,
        )
        assert ("Traceback" in ran.stderr) == shown


def test_one_that_does_not_answer_is_reported(monkeypatch):
    monkeypatch.setenv(temporary_server._STARTUP_S, "0.2")
    silent = ended_server("import time; time.sleep(60)")
    with pytest.raises(PapertrendsError, match=r"did not respond within 0\.2 s"):
        answering(silent).__enter__()
    temporary_server._stop(silent.process)
    assert silent.process.returncode is not None


def test_prefects_own_choice_is_left_alone():
    with answering(None):
        pass
