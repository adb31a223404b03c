"""Makes daily runs of `bench_age` in this process, under a clock that says 20:00 of each day.

python benchmarks/aged_runs.py runs|fresh WORKSPACE NOTES VECTORIZER FIRST STOP

``runs`` makes the runs FIRST to STOP (counted from 0) and notes each as a line of JSON; ``fresh`` ingests
the files of these days and makes one run of the last.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import flows.clock

FIRST = date(2024, 5, 27)
FILES = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "hf_daily_papers"
_started = time.perf_counter()
_moment = [datetime(2024, 5, 27, 20, tzinfo=UTC)]


def now() -> datetime:
    """The simulated moment; it goes on while a run does."""
    return _moment[0] + timedelta(seconds=time.perf_counter() - _started)


flows.clock.now = now  # before anything takes it from there


def main() -> None:
    """Make the runs."""
    what, workspace, notes, vectorizer, first, stop = sys.argv[1:]
    gc.set_threshold(100_000, 20, 100)  # as the command line does
    from prefect.settings import temporary_settings

    with temporary_settings(
        {"flows.heartbeat_frequency": None}
    ):  # as `flows.commands.temporary_server.answering`
        if what == "fresh":
            make_fresh(Path(workspace), vectorizer, int(stop))
            return
        for number in range(int(first), int(stop)):
            sources = [str(file)] if (file := file_of(number)).is_file() and not is_further(notes) else []
            line = make_run(Path(workspace), vectorizer, number, sources)
            with Path(notes).open("a", encoding="utf-8") as written:
                written.write(json.dumps({**line, "is_first": number == int(first)}) + "\n")


def is_further(notes: str) -> bool:
    """Whether these are the further days of a comparison, which bring no papers."""
    return Path(notes).name != "runs.jsonl"


def file_of(number: int) -> Path:
    """Saved answer of a run's day."""
    return FILES / f"{FIRST + timedelta(days=number)}.json"


def make_fresh(workspace: Path, vectorizer: str, stop: int) -> None:
    """Put the files of all days into a workspace, each on its day, and make a run of the last."""
    from flows.ingest import ingest_source

    for number in range(stop):
        if file_of(number).is_file():
            ingest_source(str(file_of(number)), workspace, FIRST + timedelta(days=number))
    make_run(workspace, vectorizer, stop - 1, [])


def make_run(workspace: Path, vectorizer: str, number: int, sources: list[str]) -> dict[str, Any]:
    """Make one run, and say what it took and what the workspace has become."""
    from flows.pipeline import papertrends

    global _started
    day = FIRST + timedelta(days=number)
    _moment[0], _started = datetime(day.year, day.month, day.day, 20, tzinfo=UTC), time.perf_counter()
    Path("/proc/self/clear_refs").write_text("5")  # the peak is this run's
    start, processor = time.perf_counter(), time.process_time()
    folder = Path(papertrends(sources, str(workspace), day, None, vectorizer, "papertrends run"))
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    status = Path("/proc/self/status").read_text()
    peak, held = (int(status.partition(name)[2].split()[0]) / 1e3 for name in ("VmHWM:", "VmRSS:"))
    return {
        "run": number + 1,
        "day": day.isoformat(),
        "process": os.getpid(),
        "papers": manifest["counts"]["papers"],
        "topics": _n_topics(folder),
        "fit_is_new": manifest["topics"]["fit"]["is_new"],
        "encoded": manifest["counts"]["encoded"],
        "seconds": round(seconds, 3),
        "processor_seconds": round(processor, 3),
        "stages": manifest["seconds"],
        "peak_mb": round(peak * 1.024, 1),
        "rss_mb": round(held * 1.024, 1),
        "database_mb": round(sum(one.stat().st_size for one in workspace.glob("corpus.sqlite*")) / 1e6, 2),
        "workspace_mb": round(_bytes_under(workspace) / 1e6, 1),
        "folders": sum(one.is_dir() for one in (workspace / "runs").iterdir()),
    }


def _n_topics(folder: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.ParquetFile(folder / "topics.parquet").metadata.num_rows)


def _bytes_under(folder: Path) -> int:
    return sum((Path(root) / name).lstat().st_size for root, _, names in os.walk(folder) for name in names)


if __name__ == "__main__":
    main()
