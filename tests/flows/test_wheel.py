"""The wheel holds all that a run needs: built, installed apart from the checkout, and run there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAPERS = "title,abstract,date\n" + "".join(
    f"Paper {n},Agents with sparse rewards explore by curiosity.,2025-{1 + n % 9:02}-11\n" for n in range(30)
)


@pytest.mark.slow
def test_the_wheel_is_whole(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    source = tmp_path / "source"
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, tracked.decode().split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    wheels, site = tmp_path / "wheels", tmp_path / "site"
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels), str(source)]
    subprocess.run([*pip, *build], check=True)
    (wheel,) = wheels.glob("papertrends-*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", str(site), str(wheel)], check=True)

    sample = site / "flows" / "resources" / "sample"
    assert sorted(one.name for one in sample.iterdir()) == ["daily_papers.txt", "daily_papers_2024_2025.csv"]

    where = {**os.environ, "PYTHONPATH": str(site), "PYTHONSAFEPATH": "1"}
    cwd = tmp_path / "elsewhere"
    cwd.mkdir()
    (cwd / "papers.csv").write_text(PAPERS)
    code = "import flows, reports, papertrends as p; print(flows.__file__, reports.__file__, p.__file__)"
    told = subprocess.run([sys.executable, "-c", code], env=where, cwd=cwd, capture_output=True, text=True)
    assert all(Path(name).is_relative_to(site) for name in told.stdout.split()), told.stdout
    command = [sys.executable, "-c", "from flows.commands.cli import main; main()", "run", "papers.csv"]
    options = ["--workspace", "w", "--vectorizer", "lexical", "--as-of", "2025-12-10"]
    done = subprocess.run([*command, *options], env=where, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (cwd / "w" / "latest" / "report.html").stat().st_size > 50_000
