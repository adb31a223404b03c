"""Publish: a staged run's tables into charts, a report and a run folder."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_link_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from analytics.tables import RunTables
from flows.archive import update_archive
from flows.clock import now
from flows.mirror import mirror_run
from flows.papers_csv import write_papers_csv
from flows.runs import publish_run
from flows.settings import load_settings
from flows.staging import read_staged, remove_staged, staged_folder
from flows.store import RunRow, Store
from reports.charts import plot_charts
from reports.context import make_report_context
from reports.render import render_report
from reports.summary import make_summary

__all__ = ["publish", "render_page"]


@flow(name="publish", flow_run_name="publish {run_id}")
def publish(workspace: str, run_id: str) -> str:
    """Publish a run that `flows.analyze.analyze` staged.

    Parameters
    ----------
    workspace : str
        Folder of the store and the runs.
    run_id : str

    Returns
    -------
    str
        Path of the run folder.
    """
    root = Path(workspace)
    tables, manifest = read_staged(root, run_id)
    folder = publish_tables(root, run_id, tables, manifest)
    remember_run(root, run_id, manifest)
    renew_archive(root, str(manifest["settings"].get("site", "")))
    remove_staged(root, run_id)
    show_artifacts(folder, tables)
    mirror_run(root, load_settings({"workspace": workspace}).mirror)
    return str(folder)


@task(name="publish tables", cache_policy=NO_CACHE, persist_result=False)
def publish_tables(root: Path, run_id: str, tables: RunTables, manifest: dict[str, Any]) -> Path:
    """Draw charts and page, then put the run folder in place."""
    start = time.perf_counter()
    staged = staged_folder(root, run_id)
    with ThreadPoolExecutor(1) as beside:
        listing = beside.submit(write_papers_csv, tables, staged / "papers.csv")
        charts, page, summary = render_page(tables, manifest)
        listing.result()
    manifest["summary"] = summary
    manifest["seconds"] = {**manifest["seconds"], "report": round(time.perf_counter() - start, 2)}
    return publish_run(root, run_id, staged, manifest, charts, page)


renew_archive = task(name="renew archive", cache_policy=NO_CACHE, persist_result=False)(update_archive)


@task(name="remember run", cache_policy=NO_CACHE, persist_result=False)
def remember_run(root: Path, run_id: str, manifest: dict[str, Any]) -> None:
    """Write the run into the store."""
    with Store.open(root) as store:
        store.write_run(
            RunRow(
                run_id=run_id,
                as_of=date.fromisoformat(manifest["as_of"]),
                started_at=manifest["started_at"],
                status="completed",
                finished_at=now().isoformat(timespec="seconds"),
                fingerprint=manifest["fingerprint"],
                manifest=manifest,
            )
        )


@task(name="show artifacts", cache_policy=NO_CACHE, persist_result=False)
def show_artifacts(folder: Path, tables: RunTables) -> None:
    """Show what moved, and a link to the report, in Prefect."""
    moved = tables.verdicts[tables.verdicts["verdict"].isin(["rising", "falling"])].sort_values("q_value")
    rows = moved.head(50).round(4).astype(object).where(moved.notna(), None).to_dict("records")
    create_table_artifact(
        rows or [{"verdict": "nothing moved"}], key="what-moved", description="Tested verdicts"
    )
    create_link_artifact((folder / "report.html").resolve().as_uri(), key="report", link_text="Report")


def render_page(tables: RunTables, manifest: dict[str, Any]) -> tuple[dict[str, str], str, dict[str, Any]]:
    """Charts by name as SVG text, the page as HTML text, and its summary for the manifest."""
    charts = plot_charts(tables, manifest)
    context = make_report_context(tables, manifest, charts)
    svgs = {name: chart.svg for name, chart in charts.items()}
    return svgs, render_report(context), make_summary(context)
