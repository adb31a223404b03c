# ruff: noqa: E501
"""A thousand daily runs in one workspace: whether time, memory and space grow with the number of runs.

    python benchmarks/bench_age.py [--runs 1000] [--vectorizer student] [--work DIR] [--per-process 50]

Reads shared/corpora/hf_daily_papers: 415 saved days between 2024-05-27 and 2025-12-31. Every day from the first
on has one run, under a clock that says 20:00 of that day: on a day with a file the run ingests it, on others it
analyzes what there is, and after the last file the days go on without papers. One Prefect server serves all. A
process makes `--per-process` runs and gives way to a fresh one: a schedule starts one each day, which takes
longer than the run, and a process that makes many shows what `--per-process` runs leave behind in memory.

At checkpoints the same files go into a fresh workspace, which gets a run; then the aged workspace (a copy) and the
fresh one have the same two further days each, in processes of their own, by turns. Seconds, processor seconds
(which other work on the machine disturbs less) and peak memory of the second day are compared by the median of
the ratios. A regression of processor seconds on papers, topics and run number says the same of all runs.

Each run is noted when it is finished, so a benchmark that was stopped goes on where it was; after a change of the
code remove DIR. Writes benchmarks/results/age.json and age.md when all usual runs are there, otherwise into DIR.
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

import numpy as np

from flows.commands.temporary_server import answering, start_server

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).parent / "results"
FILES = ROOT.parent / "shared" / "corpora" / "hf_daily_papers"
WORKER = Path(__file__).with_name("aged_runs.py")
RUNS, VECTORIZER = 1000, "student"
FILES_END, FEWEST = 584, 50
CHECKPOINTS = (60, 100, 250, 500, 750, 1000)
PAIRS = 3
PACKAGES = ("prefect", "pandas", "scikit-learn", "bertopic", "matplotlib", "sqlalchemy", "pyarrow")
COLUMNS = (
    "papers",
    "topics",
    "seconds",
    "processor_seconds",
    "rss_mb",
    "peak_mb",
    "database_mb",
    "workspace_mb",
    "folders",
)
MOST_SECONDS, MOST_MEMORY, MOST_SLOPE = 1.15, 1.10, 0.10


def main() -> None:
    """Make the runs that are not there yet, compare at the checkpoints, write what came of it."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("--runs", type=int, default=RUNS)
    arguments.add_argument("--vectorizer", default=VECTORIZER)
    arguments.add_argument("--work", type=Path, default=ROOT / "build" / "bench_age")
    arguments.add_argument("--per-process", type=int, default=50)
    given = arguments.parse_args()
    if not FILES.is_dir():
        raise SystemExit(f"needs {FILES}, which is not there")
    work = given.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    os.environ["PREFECT_HOME"] = str(work / "prefect")  # its database has these runs alone
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")  # as the command line does
    with answering(start_server()):
        checkpoints = [one for one in CHECKPOINTS if one <= given.runs]
        for stop in sorted({*checkpoints, given.runs}):
            while (done := len(noted(work))) < stop:
                last = min(stop, done + given.per_process)
                worker("runs", work / "aged", work / "runs.jsonl", given.vectorizer, done, last)
            if stop in checkpoints and not (work / f"checkpoint-{stop}.json").is_file():
                found = compared(work, stop, given.vectorizer)
                (work / f"checkpoint-{stop}.json").write_text(json.dumps(found))
            results = described(work, given.vectorizer)
            write_results(results, work)
            print(f"{stop} runs: {json.dumps(results['targets'])}", flush=True)
    if given.runs == RUNS and given.vectorizer == VECTORIZER:
        write_results(results, RESULTS)
    print((work / "age.md").read_text(encoding="utf-8"))


def worker(*arguments: object) -> None:
    """Let a process of its own do something, see `aged_runs`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PAPERTRENDS_")}
    command = [sys.executable, WORKER, *map(str, arguments)]
    subprocess.run(command, check=True, cwd=ROOT, env=kept | {"PYTHONPATH": str(ROOT)})


def noted(work: Path) -> list[dict[str, Any]]:
    """Runs that are finished, in their order."""
    path = work / "runs.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def compared(work: Path, n_runs: int, vectorizer: str) -> dict[str, Any]:
    """Two further days of the aged workspace and of a fresh one with the same papers, by turns."""
    folders = {name: work / f"{name}-{n_runs}" for name in ("aged", "fresh")}
    for folder in folders.values():
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(work / "aged", folders["aged"], symlinks=True)
    worker("fresh", folders["fresh"], work / "warm.jsonl", vectorizer, 0, n_runs)
    os.sync()
    found: dict[str, list[dict[str, Any]]] = {"aged": [], "fresh": []}
    for pair in range(PAIRS):
        # Whichever goes first may find a colder machine.
        for name in ("aged", "fresh") if pair % 2 == 0 else ("fresh", "aged"):
            notes = work / f"{name}-{n_runs}.jsonl"
            notes.unlink(missing_ok=True)
            start = n_runs + 2 * pair
            worker("runs", folders[name], notes, vectorizer, start, start + 2)
            found[name].append([json.loads(line) for line in notes.read_text().splitlines()][-1])
            notes.unlink()
    for folder in folders.values():
        shutil.rmtree(folder)
    ratios = {
        key: statistics.median(a[key] / f[key] for a, f in zip(found["aged"], found["fresh"], strict=True))
        for key in ("seconds", "processor_seconds", "peak_mb")
    }
    return {"runs": n_runs, "ratios": ratios, **found}


def described(work: Path, vectorizer: str) -> dict[str, Any]:
    """Results with machine, versions and targets."""
    runs = noted(work)
    points = [
        json.loads(path.read_text())
        for path in sorted(work.glob("checkpoint-*.json"), key=lambda path: int(path.stem.split("-")[1]))
    ]
    slopes = regression(runs)
    held = {}
    if points:
        held = {
            "seconds, aged over fresh": most(max(one["ratios"]["seconds"] for one in points), MOST_SECONDS),
            "processor seconds, aged over fresh": most(
                max(one["ratios"]["processor_seconds"] for one in points), MOST_SECONDS
            ),
            "peak memory, aged over fresh": most(
                max(one["ratios"]["peak_mb"] for one in points), MOST_MEMORY
            ),
        }
    if slopes:
        held["part of a run's processor seconds that a thousand runs add"] = most(slopes["part"], MOST_SLOPE)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return {
        "about": {
            "machine": f"{os.cpu_count()} cores, {platform.machine()}, {memory:.0f} GB, {platform.system()} {platform.release()}",
            "python": platform.python_version(),
            "vectorizer": vectorizer,
            "versions": {name: version(name) for name in PACKAGES},
        },
        "targets": held,
        "regression": slopes,
        "growth_mb_a_run": growth(runs),
        "checkpoints": points,
        "runs": runs,
    }


def most(measured: float, allowed: float) -> dict[str, Any]:
    """A target and whether it holds."""
    return {"at most": allowed, "measured": round(measured, 3), "holds": measured <= allowed}


def regression(runs: list[dict[str, Any]]) -> dict[str, float]:
    """Processor seconds on papers, topics and run number, by least squares; without a process's first run and new fits."""
    usual = [run for run in runs if not run["fit_is_new"] and not run["is_first"]]
    if sum(run["run"] > FILES_END for run in usual) < FEWEST:
        return {}  # while files come papers and runs grow as one
    seconds = np.array([run["processor_seconds"] for run in usual])
    x = np.array([[1, run["papers"] / 1000, run["topics"], run["run"] / 1000] for run in usual])
    found, *_ = np.linalg.lstsq(x, seconds, rcond=None)
    rest = seconds - x @ found
    error = np.sqrt(np.linalg.inv(x.T @ x)[3, 3] * (rest @ rest) / (len(usual) - 4))
    return {
        "n": len(usual),
        "seconds": float(found[0]),
        "per_1000_papers": float(found[1]),
        "per_topic": float(found[2]),
        "per_1000_runs": float(found[3]),
        "standard_error": float(error),
        "part": float(found[3] / seconds.mean()),
    }


def growth(runs: list[dict[str, Any]]) -> float | None:
    """Resident memory that a process has more after each run, in MB: the median over processes, papers apart."""
    found = []
    for process in sorted({run["process"] for run in runs}):
        own = [run for run in runs if run["process"] == process][5:]
        # A fit of topics or of a student loads what stays loaded.
        if len(own) >= 10 and not any(run["fit_is_new"] for run in own):
            found.append((own[-1]["rss_mb"] - own[0]["rss_mb"]) / (len(own) - 1))
    return statistics.median(found) if found else None


def write_results(results: dict[str, Any], folder: Path) -> None:
    """Write results as JSON, runs by columns, and as a page."""
    runs = {name: [run[name] for run in results["runs"]] for name in COLUMNS}
    (folder / "age.json").write_text(json.dumps({**results, "runs": runs}) + "\n", encoding="utf-8")
    (folder / "age.md").write_text(page_of(results), encoding="utf-8")


def page_of(results: dict[str, Any]) -> str:
    """Results as a page."""
    about, runs, slopes = results["about"], results["runs"], results["regression"]
    shown = [run for run in runs if run["run"] % 100 == 0 or run is runs[-1]]
    rows = [
        f"| {run['run']:,} | {run['day']} | {run['papers']:,} | {typical(runs, run['run'], 'seconds'):.2f} | {typical(runs, run['run'], 'processor_seconds'):.2f} | {run['rss_mb']:,.0f} | {run['database_mb']:.1f} | {run['workspace_mb']:.0f} | {run['folders']} |"
        for run in shown
    ]
    points = [
        f"| {one['runs']:,} | {statistics.median(run['seconds'] for run in one['aged']):.2f} | {statistics.median(run['seconds'] for run in one['fresh']):.2f} | {one['ratios']['seconds']:.2f} | {one['ratios']['processor_seconds']:.2f} | {statistics.median(run['peak_mb'] for run in one['aged']):,.0f} | {statistics.median(run['peak_mb'] for run in one['fresh']):,.0f} | {one['ratios']['peak_mb']:.2f} |"
        for one in results["checkpoints"]
    ]
    targets = [
        f"| {name} | at most {one['at most']} | {one['measured']} | {'yes' if one['holds'] else 'NO'} |"
        for name, one in results["targets"].items()
    ]
    told = []
    if slopes:
        told.append(
            f"Processor seconds of the {slopes['n']} runs that took the topics of an earlier one, first runs of a process left out: {slopes['seconds']:.2f} + {slopes['per_1000_papers']:.2f} a thousand papers + {slopes['per_topic']:.3f} a topic + {slopes['per_1000_runs']:.2f} (standard error {slopes['standard_error']:.2f}) a thousand runs."
        )
    if results["growth_mb_a_run"] is not None:
        told.append(f"Memory that a process holds more after each run: {results['growth_mb_a_run']:.2f} MB.")
    refits = [run for run in runs if run["fit_is_new"]]
    if refits:
        seconds = statistics.median(run["seconds"] for run in refits)
        told.append(f"{len(refits)} runs looked for topics anew, in {seconds:.1f} seconds in the median.")
    return "\n".join(
        [
            "# Years of runs",
            "",
            f"Written by `make bench-age` on {about['machine']}; vectorizer {about['vectorizer']}; see `bench_age.py`. {len(runs):,} daily runs{'' if len(runs) >= RUNS else f' of {RUNS:,}: not finished'}.",
            "",
            "| target | rule | measured | holds |",
            "| --- | --- | ---: | --- |",
            *targets,
            "",
            "The same days in the aged workspace and in a fresh one with the same papers, medians:",
            "",
            "| after runs | aged, s | fresh, s | ratio | ratio of processor seconds | aged, peak MB | fresh, peak MB | ratio |",
            "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
            *points,
            "",
            "Seconds are the median of the ten runs up to it; memory is what the process holds after the run.",
            "",
            "| run | day | papers | seconds | processor seconds | memory, MB | database, MB | workspace, MB | run folders |",
            "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
            *rows,
            "",
            *(line for one in told for line in (one, "")),
        ]
    )


def typical(runs: list[dict[str, Any]], number: int, key: str) -> float:
    """Median of the ten runs up to one."""
    return statistics.median(run[key] for run in runs[max(0, number - 10) : number])


if __name__ == "__main__":
    main()
