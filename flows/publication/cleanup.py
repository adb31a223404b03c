"""Cleanup after a run: remove old run folders and obsolete rows of the store."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path

from analytics.exceptions import InputError
from flows.runs import list_runs, read_manifest
from flows.runs.facts import RunFacts, facts_of
from flows.runs.latest import latest_run
from flows.runs.publishing import publishing, remove_runs
from flows.runs.record import RunRecord, update_record
from flows.runs.retention import runs_to_remove
from flows.store import Store

__all__ = ["tidy_up", "tidy_workspace"]

logger = logging.getLogger(__name__)


def tidy_up(workspace: Path, today: date, keep_days: int, vectorizer_id: str) -> tuple[str, ...]:
    """As `tidy_workspace`, but errors are only logged: the run is published, and the next run tries again."""
    try:
        return tidy_workspace(workspace, today, keep_days, vectorizer_id)
    except Exception as error:  # whatever it is, no run fails by it
        logger.error(
            "old runs of %s could not be cleaned up (%s); the next run tries again", workspace, error
        )
        return ()


def tidy_workspace(workspace: Path, today: date, keep_days: int, vectorizer_id: str) -> tuple[str, ...]:
    """Remove run folders by the rule of `runs_to_remove`, and compact the store.

    What a run forecast and claimed is in the record before its folder goes, so that no later run comes out
    otherwise. A run that is not in the record stays.
    """
    with publishing(workspace), Store.open(workspace) as store:
        record = update_record(workspace)
        others = _unrecorded(workspace, record)
        needed = store.unsure_mails() | _latest(workspace) | {one.against for one in others if one.against}
        going = runs_to_remove(list(record.runs.values()), today, keep_days, needed=needed)
        staying = [*others, *(facts for one, facts in record.runs.items() if one not in set(going))]
        unused = _used_by(record.runs[one] for one in going) - _used_by(staying)
        # Before the folders: should this end here, the rule lets the same runs go next time.
        store.compact(vectorizer_id=vectorizer_id, unused=unused)
        remove_runs(workspace, going)
    return tuple(going)


def _used_by(runs: Iterable[RunFacts]) -> set[int | str]:
    named = {one for facts in runs for one in (facts.fit_id, facts.vectorizer_id)}
    return {one for one in named if one is not None}


def _latest(workspace: Path) -> set[str]:
    latest = latest_run(workspace)
    return set() if latest is None else {latest}


def _unrecorded(workspace: Path, record: RunRecord) -> list[RunFacts]:
    """Facts of runs that are there and not in the record, as far as they can be read."""
    found = []
    for run_id in list_runs(workspace):
        if run_id not in record.runs:
            with suppress(InputError):
                found.append(facts_of(run_id, read_manifest(workspace / "runs" / run_id)))
    return [facts for facts in found if facts is not None]
