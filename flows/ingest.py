"""Ingest files and feeds into the store, one transaction per part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import deployment

from analytics.exceptions import PapertrendsError
from analytics.papers import Feed
from flows.clock import today
from flows.config.settings import Settings, load_settings
from flows.feeds.date_lookup import look_up_dates
from flows.feeds.names import FeedSpec, named_feed
from flows.feeds.network import task_reader
from flows.feeds.paging import Read, fetch_feeds
from flows.feeds.windows import default_window, remaining_windows
from flows.orchestration.flow_run_names import name_of_run
from flows.orchestration.missed_runs import later_run
from flows.orchestration.notifications import NOTICES
from flows.orchestration.states import GAPS, SKIPPED, finished
from flows.orchestration.workspace_lock import lock_workspace
from flows.sources.formats import UNKNOWN
from flows.sources.recognition import read_source
from flows.sources.unread import Unread, late_sentence
from flows.store import IngestCounts, Store
from flows.workers.progress import say_progress
from reports.values.formatting import plural

__all__ = ["fetch_into_store", "ingest", "ingest_source", "ingest_sources"]

_COUNTED = ("feeds", "records", "new", "known", "repeated", "rejected", "merged")
"""Counts of an ingest; all but the first two are those of `flows.store.IngestCounts`."""


def _run_name() -> str:
    return name_of_run("ingest")


# Prefect shows parameter descriptions in its form if they are in this style.
@flow(name="ingest", flow_run_name=_run_name, **NOTICES)
def ingest(
    sources: list[str],
    workspace: str = "data/workspace",
    as_of: date | None = None,
    columns: dict[str, str] | None = None,
    fill_dates: Literal["arxiv"] | None = None,
) -> dict[str, Any]:
    """Read files and feeds into the store of a workspace.

    Args:
        sources: Paths of files or folders, and names of feeds such as arxiv:cat:cs.AI.
        workspace: Folder of the store; created if missing.
        as_of: Run as if today were this day; today by default.
        columns: Fields by the column names of a table, such as {"Heading": "title"}.
        fill_dates: Service that looks up missing publication days after the ingest.

    Returns
    -------
        Counts over all sources; the lists ``warnings`` and ``failures`` (a feed that
        did not come whole, with the reason); ``dated``, the papers that a look-up gave a day.
    """
    if later := later_run():
        return finished({}, f"skipped; the run of {later} covers it", name=SKIPPED)
    with lock_workspace(Path(workspace)):
        counts = ingest_sources(sources, load_settings({"workspace": workspace}), as_of, columns, fill_dates)
    if deployment.id and counts["failures"] and not counts["records"]:
        raise PapertrendsError(f"no source could be read; {counts['failures'][0]}")
    parts = [
        f"{counts['records']} records of {plural(counts['feeds'], 'feed')}: {counts['new']} new papers",
        *counts["failures"],
    ]
    return finished(counts, " | ".join(parts), name=GAPS if counts["failures"] else "Completed")


def ingest_sources(
    sources: Sequence[str],
    settings: Settings,
    as_of: date | None = None,
    columns: dict[str, str] | None = None,
    fill_dates: str | None = None,
) -> dict[str, Any]:
    """Read files and feeds into the store, in the flow that runs; returns what `ingest` returns."""
    day = as_of or today()
    read = task_reader(settings.feed_settings)
    found = []
    for source in sources:
        spec = named_feed(source, day)
        if spec is None:
            found.append(read_into_store(source, str(settings.workspace), as_of, columns))
        else:
            found.append(fetch_into_store(spec, settings, day, read))
    dated = {"papers": 0, "asked": 0}
    if fill_dates is not None:
        counts, dated = fill_missing_dates(settings, day, read)
        found.append(counts)
    summed = {key: sum(counts[key] for counts in found) for key in _COUNTED}
    late = _late(settings, as_of)
    listed = {key: [line for counts in found for line in counts[key]] for key in ("warnings", "failures")}
    listed["warnings"] = [*late, *listed["warnings"]]
    return {**summed, **listed, "dated": dated}


def _late(settings: Settings, as_of: date | None) -> list[str]:
    if as_of is None or not Store.exists(settings.workspace):
        return []
    with Store.open(settings.workspace) as store:
        warning = late_sentence(*store.late_papers(as_of), as_of)
    return [warning] if warning else []


@task(name="read into store", task_run_name="read {source}", cache_policy=NO_CACHE)
def read_into_store(
    source: str, workspace: str, as_of: date | None, columns: dict[str, str] | None
) -> dict[str, Any]:
    """Read one file or folder into the store, see `ingest_source`."""
    return ingest_source(source, Path(workspace), as_of, columns)


def ingest_source(
    source: str,
    workspace: Path,
    as_of: date | None = None,
    columns: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Read one file or folder into the store; returns what `ingest` returns, for this source."""
    # The source is looked at before the store is made: a misspelled path leaves no empty workspace behind.
    feeds = read_source(source, as_of=as_of, columns=columns)
    with Store.open(workspace) as store:
        return _store_feeds(store, feeds, as_of or today())


def fetch_into_store(spec: FeedSpec, settings: Settings, day: date, read: Read) -> dict[str, Any]:
    """Fetch new records of a feed into the store.

    Days of the window that an earlier look has settled are not asked for again, see
    `flows.feeds.windows.remaining_windows`. A look of a later day settles none: the clock may have been
    ahead. What came before a failure is kept. Returns what `ingest` returns, for this feed.
    """
    with Store.open(settings.workspace) as store:
        looks = store.asked_windows(spec.identity, day)
        window = spec.window or default_window(looks, day, settings.first_days)
        windows = remaining_windows(window, looks, overlap_days=settings.overlap_days)
        return _store_feeds(store, fetch_feeds(spec, windows, settings.feed_settings, read), day)


def fill_missing_dates(settings: Settings, day: date, read: Read) -> tuple[dict[str, Any], dict[str, int]]:
    """Look up papers without a day, and count the dates found."""
    with Store.open(settings.workspace) as store:
        undated = _without_day(store, day)
        feeds = look_up_dates(undated, settings.feed_settings, read)
        counts = _store_feeds(store, feeds, day)
        left = len(_without_day(store, day))
    return counts, {"papers": len(undated) - left, "asked": len(undated)}


def _without_day(store: Store, day: date) -> pd.DataFrame:
    papers = store.read_papers(day)
    return papers[papers["published_precision"] != "day"]


def _store_feeds(store: Store, feeds: Iterable[Feed], day: date) -> dict[str, Any]:
    n_feeds, n_records, counts = 0, 0, IngestCounts()
    warnings: list[str] = []
    failures: list[str] = []
    unread = Unread()
    for feed, of_part in store.ingest_feeds(_report_records(feeds), seen_on=day):
        counts += of_part
        n_feeds += feed.is_last
        n_records += len(feed.records)
        warnings += [f"{feed.location}: {warning}" for warning in feed.warnings]
        unread.add_feed(feed)
        if feed.failure and feed.source != UNKNOWN:
            # The reason names a file by itself; an unusable one of a folder costs no other.
            failures.append(f"{feed.name}: {feed.failure}" if feed.name else feed.failure)
    return {
        "feeds": n_feeds,
        "records": n_records,
        **asdict(counts),
        "warnings": [*unread.sentences(), *warnings],
        "failures": failures,
    }


def _report_records(feeds: Iterable[Feed]) -> Iterator[Feed]:
    n_records = 0
    for feed in feeds:
        n_records += len(feed.records)
        say_progress("records", n_records, n_records)
        yield feed
