"""Dockerfile, compose.yaml and .dockerignore, as far as they can be checked without Docker."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from datetime import date
from functools import cache
from pathlib import Path

import pytest
import typer
import yaml

from flows.commands.cli import app
from flows.config.settings import Settings
from flows.feeds.names import parse_feed_name

ROOT = Path(__file__).resolve().parents[2]
VARIABLES = {f"PAPERTRENDS_{name.upper()}" for name in Settings.model_fields}
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
SECRET = re.compile(r"password|passwd|secret|token|key", re.IGNORECASE)


def instructions() -> list[tuple[str, str]]:
    """Name and arguments of each instruction of the Dockerfile, joined lines as one."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [
        (name, rest.strip()) for name, _, rest in (one.partition(" ") for one in joined.splitlines() if one)
    ]


def argument(name: str) -> str:
    """Argument of the last instruction of a name, the one that counts."""
    return [rest for one, rest in instructions() if one == name][-1]


@cache
def left_out_lines() -> tuple[str, ...]:
    """Patterns of .dockerignore."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def is_left_out(path: str) -> bool:
    """Whether .dockerignore keeps a file out: the last pattern that fits it or a folder above it decides."""
    parts = path.split("/")
    out = False
    for line in left_out_lines():
        pattern = line.removeprefix("!")
        # In Docker a star stops at a slash, and two of them do not.
        candidates = ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
        if any(_fits(one, pattern) for one in candidates):
            out = not line.startswith("!")
    return out


def _fits(path: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatch.fnmatchcase(path.rpartition("/")[2], pattern.removeprefix("**/"))
    return path.count("/") == pattern.count("/") and fnmatch.fnmatchcase(path, pattern)


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


class TestIgnored:
    @pytest.mark.parametrize(
        "path",
        [
            ".env", "papertrends.env", "papertrends.toml", ".git/config", "data/workspace/corpus.sqlite", ".venv/bin/python",
            "tests/conftest.py", "flows/__pycache__/cli.cpython-311.pyc", "analytics/a/__pycache__/b.pyc", "docs/images/report.png",
            "data/private.csv", "id_rsa", "pip.conf",
        ],
    )  # fmt: skip
    def test_what_is_private_or_of_no_use_stays_out(self, path):
        assert is_left_out(path)

    @pytest.mark.parametrize(
        "path",
        [
            "pyproject.toml",
            "flows/commands/cli.py",
            "flows/store/store.py",
            "data/themes.toml",
            "data/sample/daily_papers.txt",
        ],
    )
    def test_what_is_needed_comes_in(self, path):
        assert not is_left_out(path)


class TestDockerfile:
    def test_the_user_is_none_other_than_a_number_that_is_not_root(self):
        names = [name for name, _ in instructions()]
        user = argument("USER").partition(":")[0]
        assert user.isdecimal()
        assert int(user) >= 1000
        assert f"--uid {user} " in argument("RUN") or any(
            f"--uid {user} " in rest for _, rest in instructions()
        )
        last_user = max(at for at, name in enumerate(names) if name == "USER")
        assert last_user < names.index("ENTRYPOINT")
        assert not {"RUN", "COPY", "ADD"} & set(names[last_user:])

    def test_the_base_is_pinned(self):
        name, _, tag = argument("FROM").partition(":")
        assert name == "python"
        assert re.match(r"3\.\d+-slim", tag)
        wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
        assert tuple(map(int, tag.split("-")[0].split("."))) >= tuple(
            map(int, wanted.lstrip(">=").split("."))
        )

    def test_whatever_is_copied_is_there_and_not_left_out(self):
        for rest in (rest for name, rest in instructions() if name == "COPY"):
            *sources, _target = shlex.split(rest)
            for source in sources:
                path = ROOT / source
                inside = [one.relative_to(ROOT).as_posix() for one in path.rglob("*") if one.is_file()] or [
                    source
                ]
                assert path.exists(), source
                assert not all(map(is_left_out, inside)), source

    def test_commands_in_exec_form_that_the_command_line_takes(self):
        entry, command = json.loads(argument("ENTRYPOINT")), json.loads(argument("CMD"))
        assert entry == ["papertrends"]
        assert_taken(command)

    def test_the_workspace_is_the_volume(self):
        assert argument("VOLUME") == "/data"
        assert "PAPERTRENDS_WORKSPACE=/data" in argument("ENV").split()

    def test_no_secret_and_no_unknown_variable_is_baked_in(self):
        for name, rest in instructions():
            if name in ("ENV", "ARG"):
                for variable in (pair.partition("=")[0] for pair in shlex.split(rest)):
                    assert not SECRET.search(variable)
                    assert not variable.startswith("PAPERTRENDS_") or variable in VARIABLES

    def test_what_is_installed_is_constrained_and_exists(self):
        (install,) = [rest for name, rest in instructions() if name == "RUN" and "install.py" in rest]
        (extras,) = re.findall(r"python install\.py ([\w ]+) &&", install)
        assert set(extras.split()) <= set(EXTRAS)
        assert "://" not in (ROOT / "Dockerfile").read_text()


def assert_taken(arguments: list[str]) -> None:
    """The command line parses the arguments, and knows the feeds that they name."""
    group = typer.main.get_command(app)
    name, *rest = arguments
    context = group.commands[name].make_context(name, list(rest))
    for source in context.params["sources"]:
        assert parse_feed_name(source, today=date(2026, 1, 1)) is not None


class TestCompose:
    def test_services_and_what_they_wait_for(self, compose):
        services = compose["services"]
        assert set(services) == {"papertrends", "prefect", "postgres"}
        for service in services.values():
            for other, how in service.get("depends_on", {}).items():
                assert how["condition"] == "service_healthy"
                assert services[other]["healthcheck"]["test"][0] == "CMD"
            assert service["restart"] == "unless-stopped"

    def test_images_are_pinned_and_prefect_is_that_of_the_constraints(self, compose):
        version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
        pinned = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines())
        for service in compose["services"].values():
            name, _, tag = service["image"].partition(":")
            assert re.match(r"\d", tag)
            assert "/" not in name or name == "prefecthq/prefect"
            if name == "papertrends":
                assert (tag, service["build"]) == (version, ".")
            if name == "prefecthq/prefect":
                assert tag.startswith(f"{pinned['prefect']}-")
        # Its own image installs what constraints.txt pins.
        assert compose["services"]["prefect"]["image"] in (
            compose["services"]["papertrends"]["image"],
            f"prefecthq/prefect:{pinned['prefect']}-python3.11",
        )
        assert compose["services"]["postgres"]["image"].startswith("postgres:15")

    def test_variables_are_settings_and_secrets_come_from_outside(self, compose):
        for service in compose["services"].values():
            for variable, value in service.get("environment", {}).items():
                assert not variable.startswith("PAPERTRENDS_") or variable in VARIABLES
                if SECRET.search(variable):
                    assert value.startswith("${POSTGRES_PASSWORD:?")
                assert not re.search(r"://[^/@]*:[^/@]*@", value), "a password in an address"

    def test_commands(self, compose):
        assert_taken(compose["services"]["papertrends"]["command"])
        assert compose["services"]["papertrends"]["command"] == json.loads(argument("CMD"))
        assert compose["services"]["prefect"]["entrypoint"] == ["prefect"]

    def test_ports_are_of_this_machine_and_none_is_a_database(self, compose):
        ports = {name: one.get("ports", []) for name, one in compose["services"].items()}
        assert ports["postgres"] == ports["papertrends"] == []
        assert all(port.startswith("127.0.0.1:") for port in ports["prefect"])

    def test_volumes(self, compose):
        used = [one.partition(":") for service in compose["services"].values() for one in service["volumes"]]
        assert {name for name, _, _ in used} == set(compose["volumes"])
        assert {name: place for name, _, place in used}["workspace"] == argument("VOLUME")

    def test_files_with_secrets_are_not_committed(self, compose):
        ignored = (ROOT / ".gitignore").read_text().split()
        (named,) = compose["services"]["papertrends"]["env_file"]
        assert {".env", named["path"]} <= set(ignored)


@pytest.mark.slow
def test_what_is_copied_is_enough(tmp_path):
    """The files that the image gets, in an empty folder: metadata is built, the command line starts, the sample is found."""
    for rest in (rest for name, rest in instructions() if name == "COPY"):
        *sources, target = shlex.split(rest)
        for source in sources:
            path = ROOT / source
            files = [one for one in path.rglob("*") if one.is_file()] if path.is_dir() else [path]
            for file in files:
                if is_left_out(file.relative_to(ROOT).as_posix()):
                    continue
                within = file.relative_to(path) if path.is_dir() else Path(file.name)
                (tmp_path / target / within).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, tmp_path / target / within)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}

    def python(*arguments: str, cwd: Path = elsewhere) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    metadata = python(
        "-c",
        "import setuptools.build_meta as b; print(b.prepare_metadata_for_build_wheel('.'))",
        cwd=tmp_path,
    )
    assert "papertrends" in metadata
    assert "serve" in python("-m", "flows.commands.cli", "--help")
    where = python(
        "-c",
        "import flows.commands.cli as c, flows.config.settings as s; print(c.__file__); assert s.DEFAULT_THEMES.is_file();"
        "assert all(one.is_file() for one in c.DEFAULT_SOURCES)",
    )
    assert where.startswith(str(tmp_path))
    python(
        "-m",
        "flows.commands.cli",
        "ingest",
        str(tmp_path / "data/sample/daily_papers.txt"),
        "--workspace",
        "w",
    )
    assert (elsewhere / "w" / "corpus.sqlite").is_file()
