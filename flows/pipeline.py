"""The whole way from sources to a report, as one flow."""

from __future__ import annotations

import logging
from datetime import date

from prefect import flow

from analytics.exceptions import PapertrendsError
from flows.analyze import analyze
from flows.ingest import ingest
from flows.publish import publish

__all__ = ["papertrends"]

logger = logging.getLogger(__name__)


@flow(name="papertrends", flow_run_name="papertrends {workspace}")
def papertrends(  # noqa: PLR0913 - the form that Prefect shows
    sources: list[str],
    workspace: str = "data/workspace",
    as_of: date | None = None,
    themes: str | None = None,
    vectorizer: str | None = None,
    command: str = "",
    columns: dict[str, str] | None = None,
    refit: bool = False,
    runner: str | None = None,
    dask_address: str | None = None,
) -> str:
    """Ingest sources, analyze the corpus and publish a report.

    Parameters
    ----------
    sources : list of str
        Paths of files or folders and names of feeds; none analyzes what the store holds.
    workspace : str
        Folder of the store and the runs.
    as_of : date, optional
        The day to pretend to be; today by default.
    themes : str, optional
        File of the themes; that of the settings by default.
    vectorizer : str, optional
        ``auto``, ``minilm``, ``student`` or ``lexical``; that of the settings by default.
    command : str
        The command line that makes this run again, for the report.
    columns : dict of str to str, optional
        Own names of a table's columns, see `ingest`.
    refit : bool
        Look for topics anew, whatever the rules say.
    runner : str, optional
        ``local`` or ``dask``, see `flows.spreading.spread`; that of the settings by default.
    dask_address : str, optional
        Scheduler of a Dask cluster; that of the settings by default.

    Raises
    ------
    PapertrendsError
        When nothing came of any source because all of them failed.

    Returns
    -------
    str
        Path of the run folder.
    """
    if sources:
        counts = ingest(sources, workspace, as_of, columns)
        if counts["failures"] and not counts["records"]:
            raise PapertrendsError(f"no source could be read; {counts['failures'][0]}")
        for failure in counts["failures"]:
            logger.warning("%s; its days are marked incomplete", failure)
    run_id = analyze(workspace, as_of, themes, vectorizer, refit, command, runner, dask_address)
    return publish(workspace, run_id)
