"""What `serve` prints and how it ends; what Prefect's console shows."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest
from prefect.states import Failed

from flows.commands import console, prefect_logging
from flows.commands.prefect_logging import chose_level, silence_console
from flows.orchestration.outcome_lines import SERVED, tell_outcome

CONSOLE = "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"
PATIENCE_S = 240


@pytest.fixture
def nothing_chosen(tmp_path, monkeypatch):
    for name in ("PREFECT_LOGGING_LEVEL", CONSOLE):
        monkeypatch.setenv(name, "")  # so that whatever is set here goes with the test
        monkeypatch.delenv(name)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").mkdir()
    return tmp_path


def test_prefect_prints_nothing_where_nobody_asked(nothing_chosen):
    silence_console()
    assert os.environ[CONSOLE] == "CRITICAL"
    assert "PREFECT_LOGGING_LEVEL" not in os.environ


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("home/profiles.toml", 'active = "a"\n[profiles.a]\nPREFECT_LOGGING_LEVEL = "DEBUG"\n'),
        ("prefect.toml", '[logging]\nlevel = "DEBUG"\n'),
        ("pyproject.toml", '[tool.prefect.logging]\nlevel = "DEBUG"\n'),
        (".env", "PREFECT_LOGGING_LEVEL=DEBUG\n"),
    ],
)
def test_a_level_that_the_user_chose_holds(nothing_chosen, file, text):
    assert not chose_level()
    (nothing_chosen / file).write_text(text)
    silence_console()
    assert chose_level()
    assert CONSOLE not in os.environ


def test_a_variable_holds_through_a_command(nothing_chosen, monkeypatch):
    monkeypatch.setenv("PREFECT_LOGGING_LEVEL", "INFO")
    with console.one_line_errors(False):
        pass
    assert os.environ["PREFECT_LOGGING_LEVEL"] == "INFO"
    assert CONSOLE not in os.environ


@pytest.mark.parametrize("text", ["[profiles.a\n", "\xff", "[logging]\nextra = 1\n"])
def test_other_files_choose_nothing(nothing_chosen, text):
    for name in ("prefect.toml", "pyproject.toml", ".env"):
        (nothing_chosen / name).write_text(text, encoding="latin-1")
    assert not prefect_logging.chose_level()


def test_an_outcome_is_one_line_of_serve_and_of_nothing_else(monkeypatch, capsys):
    run, state = SimpleNamespace(parent_task_run_id=None), Failed(message="no source\ncould be read")
    monkeypatch.delenv(SERVED, raising=False)
    tell_outcome(SimpleNamespace(name="ingest"), run, state)
    assert capsys.readouterr().out == ""
    monkeypatch.setenv(SERVED, "1")
    tell_outcome(SimpleNamespace(name="ingest"), run, state)
    assert re.fullmatch(r"\S+ \S+  ingest: Failed: no source could be read\n", capsys.readouterr().out)


def children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
        except OSError:
            continue
    return found


def wait_until(found, process, what):
    deadline = time.monotonic() + PATIENCE_S
    while not (value := found()):
        assert process is None or process.poll() is None, what
        assert time.monotonic() < deadline, what
        time.sleep(0.2)
    return value


@pytest.fixture
def served(tmp_path, sample_path):
    """`serve` with a server of its own, once that answers: the process, its address and what it printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment = {
        **kept, "PREFECT_HOME": str(tmp_path / "home"), "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PYTHONPATH": str(Path(__file__).parents[2]), "NO_PROXY": "127.0.0.1", "PAPERTRENDS_VECTORIZER": "lexical",
    }  # fmt: skip
    command = [sys.executable, "-m", "flows.commands.cli", "serve", str(sample_path), "--workspace", "w"]
    printed = tmp_path / "printed.txt"
    with printed.open("w") as out:
        process = subprocess.Popen(
            [*command, "--ingest-cron", "* * * * *"], cwd=tmp_path, env=environment, stdout=out
        )
    try:
        address = wait_until(lambda: re.search(r"http://[\d.:]+", printed.read_text()), process, "no address")
        yield process, address[0], printed
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.xdist_group("prefect server")
def test_serve_shows_its_runs_and_ends_cleanly(served):
    process, address, printed = served
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(f"{address}/ui-settings", timeout=30) as answer:
        assert json.load(answer)["api_url"] == f"{address}/api"
    with direct.open(urllib.request.Request(address, headers={"Accept": "text/html"}), timeout=30) as answer:
        assert b"<html" in answer.read()
    wait_until(lambda: "  ingest: Completed: 47 records" in printed.read_text(), process, "no outcome")
    started = children(process.pid)
    assert started
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE_S) == 0
    wait_until(lambda: not any(Path(f"/proc/{one}").exists() for one in started), None, "a child is left")
