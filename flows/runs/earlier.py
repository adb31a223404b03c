"""Earlier runs: the one to compare with, and those that the record lacks."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import date
from pathlib import Path

from analytics.exceptions import InputError
from flows.runs.facts import RunFacts, facts_of
from flows.runs.names import list_runs
from flows.runs.reading import read_manifest
from flows.runs.record import read_record

__all__ = ["earlier_runs", "previous_run"]

logger = logging.getLogger(__name__)


def previous_run(
    workspace: Path, fingerprint: str, as_of: date, *, but: Collection[Path] = ()
) -> Path | None:
    """Find the published run that a run with this fingerprint is compared with.

    It is the newest one with another fingerprint that pretends to be on no later day. A rerun takes
    the place of its original, the oldest run with its own fingerprint: it is compared with what stood
    before that, so that its tables come out as the original's.

    None when there is nothing to compare with. Folders whose manifest cannot be read are passed over.

    Folders of `but` are passed over.
    """
    indexed = read_record(workspace).runs
    before: list[Path] = []
    for run_id in list_runs(workspace):
        folder = workspace / "runs" / run_id
        facts = indexed.get(run_id) or _facts_in(folder)
        if facts is None:
            continue
        if facts.fingerprint == fingerprint:
            break
        if facts.as_of <= as_of and folder not in but:
            before.append(folder)
    return next((folder for folder in reversed(before) if _facts_in(folder) is not None), None)


def earlier_runs(workspace: Path, as_of: date, but: Collection[str] = ()) -> list[tuple[Path, RunFacts]]:
    """Published runs that pretend to be on an earlier day, the oldest day first.

    Of one day and one fingerprint only the oldest run is listed: a rerun adds nothing. Folders
    whose manifest cannot be read are passed over, and so are the runs of `but`.
    """
    found: dict[tuple[date, str | None], tuple[Path, RunFacts]] = {}
    for run_id in list_runs(workspace):
        folder = workspace / "runs" / run_id
        facts = None if run_id in but else _facts_in(folder)
        if facts is not None and facts.as_of < as_of:
            found.setdefault((facts.as_of, facts.fingerprint), (folder, facts))
    return sorted(found.values(), key=lambda one: (one[1].as_of, one[1].run_id))


def _facts_in(folder: Path) -> RunFacts | None:
    """Facts of a run from its manifest; None if it cannot be read."""
    try:
        return facts_of(folder.name, read_manifest(folder))
    except InputError as error:
        logger.warning("the run %s is left out: %s", folder.name, error)
        return None
