"""Run folders that contain forgotten papers: finding them, and removing them when asked."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from analytics.exceptions import InputError
from flows.publication.archive_files import update_archive
from flows.runs import list_runs
from flows.runs.latest import latest_run, point_latest
from flows.runs.publishing import publishing, remove_runs
from flows.runs.record import update_record
from flows.runs.tables import read_columns

__all__ = ["purge_runs", "runs_with_papers"]


def runs_with_papers(workspace: Path, paper_ids: Collection[str]) -> list[str]:
    """Ids of the runs whose papers include one of these; a run that cannot be read counts as one."""
    wanted, found = set(paper_ids), []
    for run_id in list_runs(workspace) if wanted else []:
        with suppress(InputError):
            table = read_columns("papers", workspace / "runs" / run_id / "papers.parquet", ["paper_id"])
            if wanted.isdisjoint(table["paper_id"]):
                continue
        found.append(run_id)
    return found


def purge_runs(workspace: Path, run_ids: Collection[str], site: str) -> None:
    """Remove run folders; what they forecast and claimed stays in the record, which names no paper.

    ``latest`` then leads to the newest run that is left, or is gone with the last one.
    """
    with publishing(workspace):
        update_record(workspace)
        left = [one for one in list_runs(workspace) if one not in set(run_ids)]
        if latest_run(workspace) in set(run_ids):
            if left:
                point_latest(workspace, left[-1])
            else:
                (workspace / "latest").unlink()
        remove_runs(workspace, [one for one in list_runs(workspace) if one in set(run_ids)])
    update_archive(workspace, site)
