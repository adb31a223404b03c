"""The README tells the truth: its commands run, its settings table is the code's."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flows.config.settings import settings_table
from flows.config.themes_file import parse_themes

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```bash\n(.*?)```", README, flags=re.S)
COMMANDS = [line for block in BLOCKS for line in block.splitlines()]


def test_every_setting_stands_in_the_table():
    for name, variable, default, description in settings_table():
        shown = f"`{default}`" if default else ""
        assert f"| `{name}` | `{variable}` | {shown} | {description} |" in README


def test_the_themes_example_is_valid():
    (example,) = re.findall(r"```toml\n(.*?)```", README, flags=re.S)
    assert parse_themes(example, location="README")[0].theme_id == "robot-learning"


def test_pictures_and_files_it_names_exist():
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (ROOT / target).is_file(), target


@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("make ")])
def test_make_targets_exist(command):
    subprocess.run([*shlex.split(command), "--dry-run"], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.slow
def test_the_commands_run(tmp_path, sample_path):
    shutil.copy(sample_path, tmp_path / "my-papers.txt")
    example = re.findall(r"```toml\n(.*?)```", README, flags=re.S)[0]
    (tmp_path / "my-themes.toml").write_text(example, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ran = 0
    for line in COMMANDS:
        if line.startswith(("make ", "source ")):
            continue  # `make run` and `make test` are what runs this test
        name, *arguments = shlex.split(line)
        assert name == "papertrends"
        command = [sys.executable, "-m", "flows.commands.cli", *arguments]
        if arguments[0] == "serve":
            process = subprocess.Popen(command, cwd=tmp_path, env=environment, start_new_session=True)
            with pytest.raises(subprocess.TimeoutExpired):  # it stays until it is stopped
                process.wait(timeout=40)
            os.killpg(process.pid, signal.SIGKILL)  # its Prefect server goes with it
            process.wait()
        else:
            subprocess.run(command, cwd=tmp_path, env=environment, timeout=300, check=True)
        ran += 1
    assert ran == 11
    assert (tmp_path / "my-report.html").is_file()
