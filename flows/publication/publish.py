"""Publish: a staged run's tables into charts, a report and a run folder."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from analytics.tables import RunTables
from flows.analysis.staging import Staged, read_staged, remove_staged, staged_folder
from flows.clock import now, today
from flows.config.settings import load_settings
from flows.orchestration.artifacts import make_artifacts
from flows.orchestration.states import finished
from flows.orchestration.workspace_lock import taking_turn
from flows.publication import cleanup
from flows.publication.archive_files import update_archive
from flows.publication.mirror import mirror_run
from flows.publication.papers_csv import write_papers_csv
from flows.runs import publish_run
from flows.store import RunRow, Store
from flows.store.compaction import kept_of_manifest
from reports.charts.run_charts import Chart
from reports.context import make_report_context
from reports.render import render_report
from reports.summary import make_summary

__all__ = ["publish", "render_page"]


# Prefect shows the descriptions of parameters in its form where they stand in this style.
@flow(name="publish", flow_run_name="publish {run_id}")
def publish(workspace: str, run_id: str) -> str:
    """Publish a run that `flows.analysis.run_analysis.analyze` staged.

    Args:
        workspace: Folder of the store and the runs.
        run_id: What `analyze` gave.

    Returns
    -------
        Path of the run folder.
    """
    root = Path(workspace)
    with taking_turn(root):
        staged = read_staged(root, run_id)
        tables, manifest = staged.tables, staged.manifest
        folder = publish_tables(root, run_id, staged)
        remember_run(root, run_id, manifest)
        remove_staged(root, run_id)  # before what may still fail: on a full disk it would stand in the way
        keep_days = int(manifest["settings"].get("keep_runs_days", 0))
        tidy_up(root, today(), keep_days, str(manifest["vectorizer_id"]))
        site = str(manifest["settings"].get("site", ""))
        renew_archive(root, site)
    show_artifacts(folder, site, tables, manifest)
    mirror_run(root, load_settings({"workspace": workspace}).mirror)
    return finished(str(folder), str(manifest["summary"]["lead"]))


@task(name="publish tables", cache_policy=NO_CACHE, persist_result=False)
def publish_tables(root: Path, run_id: str, staged: Staged) -> Path:
    """Draw charts and page, then put the run folder in place."""
    start = time.perf_counter()
    folder, manifest = staged_folder(root, run_id), staged.manifest
    with ThreadPoolExecutor(1) as beside:
        listing = beside.submit(write_papers_csv, staged.tables, folder / "papers.csv")
        charts = staged.charts()
        page, summary = render_page(staged.tables, manifest, charts)
        listing.result()
    manifest["summary"] = summary
    manifest["seconds"] = {**manifest["seconds"], "report": round(time.perf_counter() - start, 2)}
    svgs = {name: chart.svg for name, chart in charts.items()}
    return publish_run(root, run_id, folder, manifest, svgs, page)


tidy_up = task(name="tidy up", cache_policy=NO_CACHE, persist_result=False)(cleanup.tidy_up)
show_artifacts = task(name="show artifacts", cache_policy=NO_CACHE, persist_result=False)(make_artifacts)
renew_archive = task(name="renew archive", cache_policy=NO_CACHE, persist_result=False)(update_archive)


@task(name="remember run", cache_policy=NO_CACHE, persist_result=False)
def remember_run(root: Path, run_id: str, manifest: dict[str, Any]) -> None:
    """Write the run into the store, which keeps no lists of its manifest: they stand in the run folder.

    Where the clock was set back meanwhile, it ends when it began.
    """
    with Store.open(root) as store:
        store.write_run(
            RunRow(
                run_id=run_id,
                as_of=date.fromisoformat(manifest["as_of"]),
                started_at=manifest["started_at"],
                status="completed",
                finished_at=max(now().isoformat(timespec="seconds"), manifest["started_at"]),
                fingerprint=manifest["fingerprint"],
                manifest=kept_of_manifest(manifest),
            )
        )


def render_page(
    tables: RunTables, manifest: dict[str, Any], charts: dict[str, Chart] | None = None
) -> tuple[str, dict[str, Any]]:
    """Page as HTML text and summary for the manifest; the charts are drawn where none are given."""
    context = make_report_context(tables, manifest, charts)
    return render_report(context), make_summary(context)
