"""The whole way from sources to a report, as one flow."""

from __future__ import annotations

from datetime import date

from prefect import flow

from flows.analyze import analyze
from flows.ingest import ingest
from flows.publish import publish

__all__ = ["papertrends"]


@flow(name="papertrends", flow_run_name="papertrends {workspace}")
def papertrends(
    sources: list[str],
    workspace: str = "data/workspace",
    as_of: date | None = None,
    themes: str | None = None,
    vectorizer: str | None = None,
    command: str = "",
) -> str:
    """Ingest sources, analyze the corpus and publish a report.

    Parameters
    ----------
    sources : list of str
        Paths of files or folders; none analyzes what the store holds.
    workspace : str
        Folder of the store and the runs.
    as_of : date, optional
        The day to pretend to be; today by default.
    themes : str, optional
        File of the themes; that of the settings by default.
    vectorizer : str, optional
        ``minilm`` or ``lexical``; that of the settings by default.
    command : str
        The command line that makes this run again, for the report.

    Returns
    -------
    str
        Path of the run folder.
    """
    if sources:
        ingest(sources, workspace, as_of)
    return publish(workspace, analyze(workspace, as_of, themes, vectorizer, command))
