"""`install.py` asks for all that papertrends needs, and for torch only where that is asked for."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import install

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def names(lines: list[str]) -> set[str]:
    """Normalized names of the packages of requirements."""
    return {canonicalize_name(Requirement(line).name) for line in lines}


def closure(lines: list[str]) -> set[str]:
    """Packages that requirements bring along on this machine, `WITHOUT_TORCH` not followed."""
    found: set[str] = set()
    todo = list(map(Requirement, lines))
    while todo:
        one = todo.pop()
        extras = {"", *one.extras}
        name = canonicalize_name(one.name)
        if name in found and not one.extras:
            continue
        found.add(name)
        for line in requires(name) or []:
            further = Requirement(line)
            if further.marker is None or any(further.marker.evaluate({"extra": extra}) for extra in extras):
                todo.append(further)
    return found


def test_nothing_brings_torch():
    assert not {"torch", "sentence-transformers", "transformers"} & closure(install.requirements([]))


def test_all_that_is_required_is_installed():
    asked = names(install.requirements([])) | set(install.WITHOUT_TORCH)
    assert names(PROJECT["dependencies"]) <= asked
    needed = names([line for line in requires("bertopic") or [] if "extra" not in line])
    assert needed - {"sentence-transformers"} <= asked


def test_the_extra_torch_brings_it():
    assert {"torch", "sentence-transformers"} <= names(install.requirements(["torch"]))
    assert "prefect-dask" in names(install.requirements(["dask"]))


def test_an_unknown_extra_is_answered_with_the_known_ones():
    with pytest.raises(SystemExit, match=r"there is no extra 'gpu'; the extras are: .*dask"):
        install.requirements(["gpu"])


@pytest.mark.slow
def test_a_run_without_torch_is_possible():
    """The modules of an analysis do not import it; where it is missing, its encoders say how to get it."""
    code = (
        "from analytics.skipped_imports import skipping\n"
        "with skipping('torch', 'sentence_transformers', 'transformers'):\n"
        "    import flows.pipeline, flows.commands.cli\n"
        "    from analytics.topics.clustering import precompile; precompile()\n"
        "    from analytics.vectors.minilm import MiniLMVectorizer as M\n"
        "    from analytics.exceptions import PapertrendsError\n"
        "    try: M(256, 'f32').transform(['a text'])\n"
        "    except PapertrendsError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "python install.py torch" in done.stdout
