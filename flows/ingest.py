"""Ingest: sources into the store, one transaction a feed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.clock import today
from flows.progress import say_progress
from flows.sources.recognition import read_source
from flows.store import IngestCounts, Store

__all__ = ["COUNTED", "ingest", "ingest_source"]

COUNTED = ("feeds", "records", "new", "known", "repeated", "rejected", "merged")
"""Counts of an ingest; all but the first two are those of `flows.store.IngestCounts`."""


@flow(name="ingest", flow_run_name="ingest {sources}")
def ingest(
    sources: list[str], workspace: str = "data/workspace", as_of: date | None = None
) -> dict[str, Any]:
    """Read sources into the store of a workspace.

    Parameters
    ----------
    sources : list of str
        Paths of files or folders.
    workspace : str
        Folder of the store, made when absent.
    as_of : date, optional
        The day to pretend to be; today by default.

    Returns
    -------
    dict
        Counts over all sources, see `COUNTED`, and the list ``warnings``.
    """
    found = [read_into_store(source, workspace, as_of) for source in sources]
    summed = {key: sum(counts[key] for counts in found) for key in COUNTED}
    return {**summed, "warnings": [warning for counts in found for warning in counts["warnings"]]}


@task(name="read into store", task_run_name="read {source}", cache_policy=NO_CACHE)
def read_into_store(source: str, workspace: str, as_of: date | None) -> dict[str, Any]:
    """Read one source into the store, see `ingest_source`."""
    return ingest_source(source, Path(workspace), as_of)


def ingest_source(source: str, workspace: Path, as_of: date | None = None) -> dict[str, Any]:
    """Read one source into the store.

    Returns
    -------
    dict
        As `ingest`, for this source.
    """
    # The source is read before the store is made: a misspelled path leaves no empty workspace behind.
    feeds = list(read_source(source, as_of=as_of))
    n_records, counts, warnings = 0, IngestCounts(), []
    with Store.open(workspace) as store:
        for number, feed in enumerate(feeds):
            say_progress("ingest", number, len(feeds))
            counts += store.ingest_feed(feed, seen_on=as_of or today())
            n_records += len(feed.records)
            warnings += [f"{feed.location}: {warning}" for warning in feed.warnings]
    say_progress("ingest", len(feeds), len(feeds))
    return {"feeds": len(feeds), "records": n_records, **asdict(counts), "warnings": warnings}
