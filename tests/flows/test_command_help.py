"""What the command line says of itself: version, help, defaults, examples, completion; and no emoji."""

from __future__ import annotations

import io
import logging
import shlex
from importlib.metadata import version

import pytest
import typer
from prefect.logging.handlers import PrefectConsoleHandler
from typer.testing import CliRunner

from flows.commands.cli import app
from flows.commands.examples import EXAMPLES
from flows.commands.store_commands import store_commands
from flows.config.settings import load_settings
from flows.orchestration.run_logs import forward_logs

COMMANDS = typer.main.get_command(app).commands


def call(*arguments):
    return CliRunner().invoke(app, list(arguments))


def words(*arguments):
    return " ".join(call(*arguments).output.split())


def test_the_version_is_that_of_the_package():
    done = call("--version")
    assert (done.exit_code, done.output) == (0, f"papertrends {version('papertrends')}\n")


@pytest.mark.parametrize("arguments", [[], ["run"], ["store", "copy"]])
def test_h_is_help(arguments):
    short, long = call(*arguments, "-h"), call(*arguments, "--help")
    assert short.exit_code == 0
    assert short.output == long.output != ""


def test_completion_can_be_installed():
    assert "--install-completion" in words("--help")


@pytest.mark.parametrize("name", ["run", "ingest", "serve", "forget", "backup"])
def test_examples_are_in_the_help_line_by_line(name):
    shown = call(name, "--help").output
    lines = [line.strip() for line in EXAMPLES[name].splitlines() if "papertrends" in line]
    assert lines
    for line in lines:
        assert f"{line}\n" in shown
        command, *arguments = shlex.split(line)[1:]
        known = {one for option in COMMANDS[command].params for one in option.opts}
        assert {one for one in arguments if one.startswith("--")} <= known


@pytest.mark.parametrize(
    ("command", "option", "setting"),
    [
        ("run", "--vectorizer", "vectorizer"),
        ("run", "--workspace", "workspace"),
        ("run", "--runner", "runner"),
        ("serve", "--ingest-cron", "ingest_cron"),
        ("serve", "--analysis-cron", "analysis_cron"),
        ("serve", "--digest-cron", "digest_cron"),
        ("serve", "--timezone", "timezone"),
    ],
)
def test_the_help_shows_the_default_of_the_setting(command, option, setting, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (parameter,) = (one for one in COMMANDS[command].params if option in one.opts)
    assert f"[default: {getattr(load_settings(), setting)}]" in parameter.help


def test_feeds_are_written_as_they_are_everywhere(monkeypatch):
    assert "arxiv:cat:cs.AI" in words("run", "--help")
    assert "arxiv:cat:cs.AI" in words("ingest", "none")
    for one in (app, store_commands):
        assert one.rich_markup_mode is None
    handler = PrefectConsoleHandler(io.StringIO())
    logger = logging.getLogger("prefect.flow_runs")
    monkeypatch.setattr(logger, "handlers", [handler])
    with forward_logs():
        logger.critical("read arxiv:cat:cs.AI")
    assert "arxiv:cat:cs.AI" in handler.stream.getvalue()
