"""Publish the tables of an analysis as charts, a report and a run folder."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

from flows.analysis.run_analysis import Analysis, RunStep, call_step
from flows.clock import now, today
from flows.config.settings import Settings
from flows.orchestration.artifacts import make_artifacts
from flows.publication.archive_files import update_archive
from flows.publication.cleanup import tidy_up
from flows.publication.mirror import mirror_run
from flows.publication.paper_feeds import update_feeds
from flows.publication.papers_csv import write_papers_csv
from flows.runs.publishing import new_run_folder, write_pages, write_tables
from flows.store import RunRow, Store
from flows.store.compaction import kept_of_manifest
from reports.charts.run_charts import Chart
from reports.context import make_report_context
from reports.render import render_report
from reports.summary import make_summary
from reports.view import RunView

__all__ = ["publish", "render_page"]


def publish(analysis: Analysis, settings: Settings, *, run_step: RunStep = call_step) -> Path:
    """Publish an analysis: its run folder, then the store's list of runs, the archive and the mirror."""
    root, site = settings.workspace, settings.site
    folder, manifest = run_step("write run", _write_run, root, analysis)
    run_step("remember run", _record_run, root, manifest)
    run_step("tidy up", tidy_up, root, today(), settings.keep_runs_days, str(manifest["vectorizer_id"]))
    run_step("renew feeds", update_feeds, root, site, analysis.tables, manifest)
    run_step("renew archive", update_archive, root, site)
    run_step("show artifacts", make_artifacts, folder, site, analysis.tables, manifest)
    mirror_run(root, settings.mirror)
    return folder


def _write_run(root: Path, analysis: Analysis) -> tuple[Path, dict[str, Any]]:
    """Draw charts and page and write the run folder; returns it and the manifest."""
    start, tables = time.perf_counter(), analysis.tables
    with new_run_folder(root, analysis.run_id) as building:
        write_tables(building, tables)
        with ThreadPoolExecutor(1) as background:
            listing = background.submit(write_papers_csv, tables, building / "papers.csv")
            charts = analysis.charts()
            page, summary = render_page(RunView(tables, analysis.manifest), charts)
            listing.result()
        report_s = round(time.perf_counter() - start, 2)
        seconds = {**analysis.manifest["seconds"], "report": report_s}
        manifest = {**analysis.manifest, "summary": summary, "seconds": seconds}
        write_pages(building, manifest, {name: chart.svg for name, chart in charts.items()}, page)
    return root / "runs" / analysis.run_id, manifest


def _record_run(root: Path, manifest: dict[str, Any]) -> None:
    """Write the run into the store, without the lists of its manifest, which are in the run folder.

    Where the clock was set back meanwhile, it ends when it began.
    """
    with Store.open(root) as store:
        store.write_run(
            RunRow(
                run_id=manifest["run_id"],
                as_of=date.fromisoformat(manifest["as_of"]),
                started_at=manifest["started_at"],
                status="completed",
                finished_at=max(now().isoformat(timespec="seconds"), manifest["started_at"]),
                fingerprint=manifest["fingerprint"],
                manifest=kept_of_manifest(manifest),
            )
        )


def render_page(view: RunView, charts: dict[str, Chart] | None = None) -> tuple[str, dict[str, Any]]:
    """Page as HTML text and summary for the manifest; draws the charts unless they are given."""
    context = make_report_context(view, charts)
    return render_report(context), make_summary(context)
