# ruff: noqa: E501
"""How soon a report can be used after it was opened from disk, and how large it is.

    python benchmarks/bench_page.py [--work DIR] [--only sample,daily-papers,arxiv]

Makes a run of the sample, of the Daily Papers corpus and of the arXiv corpus by the command line, or takes the
one that stands in DIR already, and opens its report in headless chromium, each time in a new profile without a
network. *Painted* is the first text or picture, *usable* when the script has unpacked the papers, listed them
and drawn the map; both in seconds after the address was given, the median of five. *Found* is the time in which
a typed word has its list, in milliseconds.

Nothing else should run. Writes benchmarks/results/page.json and page.md when all three were measured.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from arxiv_sample import CORPUS
from playwright.sync_api import Browser, sync_playwright

from flows.clock import today

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).parent / "results"
SHARED = ROOT.parent / "shared"
CORPORA = {
    "sample": (ROOT / "data" / "sample" / "daily_papers.txt", "2025-12-31"),
    "daily-papers": (SHARED / "corpora" / "hf_daily_papers", "2025-12-31"),
    "arxiv": (CORPUS, "2019-12-31"),
}
MOST_SECONDS, MOST_BYTES = 2.0, 2_500_000
TIMES = 5
FIND = """async () => {
  const field = document.querySelector("[name=words]"), start = performance.now();
  field.value = "learning";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  document.body.getBoundingClientRect();
  return performance.now() - start;
}"""
PAINTED = "() => performance.getEntriesByName('first-contentful-paint').map(one => one.startTime)[0] ?? null"


def main() -> None:
    """Measure what was asked for; write the results when that was everything."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("--work", type=Path, default=ROOT / "build" / "bench_page")
    arguments.add_argument("--only", default=",".join(CORPORA))
    given = arguments.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit(
            "needs chromium on the path, a whole browser as readers have it: apt-get install chromium"
        )
    found: dict[str, Any] = {}
    for name in given.only.split(","):
        report = report_of(name, given.work)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            found[name] = measure(browser, report)
            browser.close()
        print(name, found[name], flush=True)
    if set(found) == set(CORPORA):
        RESULTS.joinpath("page.json").write_text(json.dumps(described(found), indent=2) + "\n")
        RESULTS.joinpath("page.md").write_text(page_of(described(found)))


def report_of(name: str, work: Path) -> Path:
    """Report of a corpus, made where it is not there yet."""
    source, day = CORPORA[name]
    report = work / name / "latest" / "report.html"
    if not report.is_file():
        if not source.exists():
            raise SystemExit(f"needs {source}, which is not there")
        command = ["run", str(source), "--workspace", str(work / name), "--as-of", day]
        subprocess.run(
            [sys.executable, "-c", "from flows.commands.cli import main; main()", *command],
            check=True,
            cwd=ROOT,
        )
    return report.resolve()


def measure(browser: Browser, report: Path) -> dict[str, Any]:
    """Size and times of one report."""
    painted, usable, searched = [], [], []
    for _ in range(TIMES):
        context = browser.new_context(viewport={"width": 1280, "height": 800}, offline=True)
        page = context.new_page()
        page.goto(report.as_uri(), wait_until="commit")
        page.wait_for_selector("html[data-ready]", state="attached")
        usable.append(float(page.evaluate("document.documentElement.dataset.ready")) / 1000)
        painted.append(page.evaluate(PAINTED) / 1000)
        searched.append(page.evaluate(FIND))
        counts = page.evaluate("document.getElementById('found').textContent")
        context.close()
    return {
        "bytes": report.stat().st_size,
        "painted_s": round(statistics.median(painted), 2),
        "usable_s": round(statistics.median(usable), 2),
        "found_ms": round(statistics.median(searched)),
        "searched": counts,
    }


def described(found: dict[str, Any]) -> dict[str, Any]:
    """Results with machine, versions and targets."""
    largest, slowest = (
        max(one["bytes"] for one in found.values()),
        max(one["usable_s"] for one in found.values()),
    )
    return {
        "day": today().isoformat(),
        "machine": {"cores": os.cpu_count(), "system": platform.platform(terse=True)},
        "versions": {name: version(name) for name in ("playwright",)} | {"chromium": _chromium()},
        "targets": {
            "usable_s": {"at most": MOST_SECONDS, "measured": slowest, "holds": slowest <= MOST_SECONDS},
            "bytes": {"at most": MOST_BYTES, "measured": largest, "holds": largest <= MOST_BYTES},
        },
        "reports": found,
    }


def page_of(results: dict[str, Any]) -> str:
    """Results as a page."""
    rows = [
        f"| {name} | {one['bytes'] / 1e6:.2f} | {one['painted_s']:.2f} | {one['usable_s']:.2f} | {one['found_ms']} |"
        for name, one in results["reports"].items()
    ]
    return "\n".join(
        [
            "# Reports in the browser",
            "",
            f"Written by `make bench-page` ({results['machine']['cores']} cores, {results['versions']['chromium']}).",
            "Opened from disk without a network in a new profile, the median of five; see `bench_page.py`.",
            "",
            "| corpus | megabytes | painted, s | usable, s | a word is found in, ms |",
            "| --- | ---: | ---: | ---: | ---: |",
            *rows,
            "",
        ]
    )


def _chromium() -> str:
    return subprocess.run(
        ["chromium", "--version"], capture_output=True, text=True, check=True
    ).stdout.strip()


if __name__ == "__main__":
    main()
