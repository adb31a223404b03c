"""The main flow: from sources to a report."""

from __future__ import annotations

import logging
from datetime import date
from functools import partial
from typing import Literal

from prefect import flow

from analytics.exceptions import PapertrendsError
from flows.analysis.run_analysis import analysis_inputs, run_analysis
from flows.clock import today
from flows.config.settings import load_settings
from flows.ingest import ingest_sources
from flows.orchestration.flow_run_names import name_of_run
from flows.orchestration.missed_runs import later_run
from flows.orchestration.notifications import NOTICES
from flows.orchestration.run_logs import forward_logs
from flows.orchestration.states import GAPS, SKIPPED, STALE, finished, staleness
from flows.orchestration.tasks import run_as_task, show_encoding_progress
from flows.orchestration.workspace_lock import lock_workspace
from flows.publication.failed_runs import record_failures
from flows.publication.publish import publish
from flows.runs import read_manifest
from flows.workers.dask_runner import parallel_runner

__all__ = ["papertrends"]

logger = logging.getLogger(__name__)


def _run_name() -> str:
    return name_of_run("papertrends")


# Prefect shows parameter descriptions in its form if they are in this style.
@flow(name="papertrends", flow_run_name=_run_name, **NOTICES)
def papertrends(  # noqa: PLR0913 - the form that Prefect shows
    sources: list[str],
    workspace: str = "data/workspace",
    as_of: date | None = None,
    themes: str | None = None,
    vectorizer: str | None = None,
    by: list[str] | None = None,
    command: str = "",
    columns: dict[str, str] | None = None,
    refit: bool = False,
    runner: Literal["local", "dask"] | None = None,
    dask_address: str | None = None,
) -> str:
    """Ingest sources, analyze the corpus and publish a report.

    Args:
        sources: Paths of files or folders, and names of feeds; empty to analyze only the store.
        workspace: Folder that holds the store and the runs.
        as_of: Run as if today were this day; today by default.
        themes: Themes file; by default that of the settings.
        vectorizer: How abstracts become vectors: auto, minilm, minilm-128, minilm-256, student, lexical,
            sentence-transformers:NAME-OR-FOLDER or openai:MODEL; by default as in the settings.
        by: What papers are grouped by: organization, category, venue, source; by default as in the settings.
        command: Command line that reproduces this run, shown in the report.
        columns: Fields by the column names of a table, such as {"Heading": "title"}.
        refit: Fit the topics again, even if no rule asks for it.
        runner: Where parallel work runs; by default as in the settings.
        dask_address: Scheduler of a Dask cluster; by default that of the settings.

    Raises
    ------
        PapertrendsError: When all sources failed.

    Returns
    -------
        Path of the run folder.
    """
    if later := later_run():
        return finished("", f"skipped; the run of {later} covers it", name=SKIPPED)
    settings = load_settings(
        {
            "workspace": workspace,
            "as_of": as_of,
            "themes": themes,
            "vectorizer": vectorizer,
            "by": by,
            "runner": runner,
            "dask_address": dask_address,
        }
    )
    root, day = settings.workspace, settings.as_of or today()
    failures: list[str] = []
    with forward_logs(), lock_workspace(root), record_failures(root, day, settings.site):
        if sources:
            counts = ingest_sources(sources, settings, as_of, columns)
            failures = counts["failures"]
            if failures and not counts["records"]:
                raise PapertrendsError(f"no source could be read; {failures[0]}")
            for failure in failures:
                logger.warning("%s; its days are marked incomplete", failure)
        inputs = analysis_inputs(settings, refit=refit, command=command)
        with show_encoding_progress():
            analysis = run_analysis(
                inputs,
                run_step=run_as_task,
                parallel_runner=partial(parallel_runner, settings.runner, settings.dask_address),
            )
        folder = publish(analysis, settings, run_step=run_as_task)
    manifest = read_manifest(folder)
    stale = staleness(manifest["sources"], day)
    parts = [str(manifest["summary"]["lead"]), *failures, *([stale] if stale else [])]
    name = GAPS if failures else STALE if stale else "Completed"
    return finished(str(folder), " | ".join(parts), name=name)
