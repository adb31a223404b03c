"""Copy runs to an object store or any other fsspec location.

The manifest of a run is copied last, so a run with a manifest is complete. Object stores have no links:
``latest.json`` replaces ``latest`` and names the newest run. Copied files are never removed or changed,
except for that file, ``index.html``, ``feed.xml`` and the feeds in ``feeds``.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.publication.archive_files import ARCHIVE_PAGE, FEED, latest_run
from flows.publication.paper_feeds import list_feeds
from flows.runs import canonical_json, list_runs
from reports.values.report_place import report_place

__all__ = ["copy_to_mirror", "mirror_failure", "mirror_run"]

_LATEST = "latest.json"
RETRY_DELAYS = (5.0, 30.0)
_MANIFEST = "manifest.json"
_NOTE = ".mirror-failed"
_LONGEST = 300

logger = logging.getLogger(__name__)


def mirror_run(workspace: Path, url: str) -> None:
    """Copy what the mirror lacks; errors are only recorded and logged, because the run is published.

    Nothing is done where `url`, the setting `mirror`, is empty.
    """
    note = workspace / _NOTE
    note.unlink(missing_ok=True)
    if not url:
        return
    state = copy_task(workspace, url, return_state=True)
    if not state.is_failed():
        return
    error: Any = state.result(raise_on_failure=False)
    what = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST]
    message = (
        f"the run is published here, but could not be copied completely to {url} (setting mirror): {what}; "
        "check the address and its credentials; the next run copies what is missing"
    )
    logger.warning("%s", message)
    note.write_text(message, encoding="utf-8")


def mirror_failure(workspace: Path) -> str | None:
    """Error of the last copy to the mirror; None if it succeeded."""
    note = workspace / _NOTE
    return note.read_text(encoding="utf-8") if note.is_file() else None


def copy_to_mirror(workspace: Path, url: str) -> int:
    """Copy the runs that a mirror lacks, then the page of all runs, the feed and ``latest.json``.

    `url` is as fsspec takes it; credentials come from where it takes them, such as the environment.
    """
    import fsspec  # a tenth of a second that only a mirror costs

    options = {"auto_mkdir": True} if url.startswith("file:") else {}
    place, root = fsspec.core.url_to_fs(url, **options)
    root = root.rstrip("/")
    place.invalidate_cache()
    there = {str(path).split("/")[-2] for path in place.glob(f"{root}/runs/*/{_MANIFEST}")}
    runs = list_runs(workspace)
    missing = [run_id for run_id in runs if run_id not in there]
    for run_id in missing:
        folder = workspace / "runs" / run_id
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        for path in sorted(files, key=lambda path: path == folder / _MANIFEST):
            place.put_file(str(path), f"{root}/runs/{run_id}/{path.relative_to(folder).as_posix()}")
    feeds = [path for _, path in list_feeds(workspace)]
    for name in (ARCHIVE_PAGE, FEED, *feeds):
        if (workspace / name).is_file():
            place.put_file(str(workspace / name), f"{root}/{name}")
    if runs:
        latest = latest_run(workspace, runs)
        newest = {"run_id": latest, "report": report_place(latest)}
        place.pipe_file(f"{root}/{_LATEST}", (canonical_json(newest) + "\n").encode())
    return len(missing)


copy_task = task(
    name="copy to mirror",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=len(RETRY_DELAYS),
    retry_delay_seconds=list(RETRY_DELAYS),
)(copy_to_mirror)
