"""The whole way from sources to a report, as one flow."""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path
from typing import Literal

from prefect import flow

from analytics.exceptions import PapertrendsError
from flows.analyze import analyze
from flows.catching_up import later_run
from flows.clock import today
from flows.failures import remembering_failure
from flows.ingest import ingest
from flows.notices import NOTICES
from flows.outcomes import GAPS, SKIPPED, STALE, finished, staleness, value_of
from flows.publish import publish
from flows.run_names import name_of_run
from flows.runs import read_manifest
from flows.settings import load_settings
from flows.turns import taking_turn

__all__ = ["papertrends"]

logger = logging.getLogger(__name__)


def _run_name() -> str:
    return name_of_run("papertrends")


# Prefect shows the descriptions of parameters in its form where they stand in this style.
@flow(name="papertrends", flow_run_name=_run_name, **NOTICES)
def papertrends(  # noqa: PLR0913 - the form that Prefect shows
    sources: list[str],
    workspace: str = "data/workspace",
    as_of: date | None = None,
    themes: str | None = None,
    vectorizer: str | None = None,
    command: str = "",
    columns: dict[str, str] | None = None,
    refit: bool = False,
    runner: Literal["local", "dask"] | None = None,
    dask_address: str | None = None,
) -> str:
    """Ingest sources, analyze the corpus and publish a report.

    Args:
        sources: Paths of files or folders and names of feeds; none analyzes what the store holds.
        workspace: Folder of the store and the runs.
        as_of: The day to pretend to be; today by default.
        themes: File of the themes; that of the settings by default.
        vectorizer: How abstracts become vectors: auto, minilm, minilm-128, minilm-256, student, lexical,
            sentence-transformers:NAME-OR-FOLDER or openai:MODEL; as the settings say by default.
        command: The command line that makes this run again, for the report.
        columns: Own names of a table's columns, such as {"Heading": "title"}.
        refit: Look for topics anew, whatever the rules say.
        runner: Where work in parts is done; as the settings say by default.
        dask_address: Scheduler of a Dask cluster; that of the settings by default.

    Raises
    ------
        PapertrendsError: When nothing came of any source because all of them failed.

    Returns
    -------
        Path of the run folder.
    """
    if later := later_run():
        return finished("", f"missed; the run of {later} does its work", name=SKIPPED)
    root, day = Path(workspace), as_of or today()
    failures: list[str] = []
    with taking_turn(root), remembering_failure(root, day, load_settings({"workspace": workspace}).site):
        if sources:
            counts = value_of(ingest, sources, workspace, as_of, columns)
            failures = counts["failures"]
            if failures and not counts["records"]:
                raise PapertrendsError(f"no source could be read; {failures[0]}")
            for failure in failures:
                logger.warning("%s; its days are marked incomplete", failure)
        run_id = value_of(analyze, workspace, as_of, themes, vectorizer, refit, command, runner, dask_address)
        folder = value_of(publish, workspace, run_id)
    manifest = read_manifest(Path(folder))
    stale = staleness(manifest["sources"], day)
    told = [str(manifest["summary"]["lead"]), *failures, *([stale] if stale else [])]
    name = GAPS if failures else STALE if stale else "Completed"
    return finished(folder, " | ".join(told), name=name)
