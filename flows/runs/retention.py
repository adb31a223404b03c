"""Retention rule of run folders, based on their facts alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta

from flows.runs.facts import RunFacts

__all__ = ["runs_to_remove"]


def runs_to_remove(
    runs: Collection[RunFacts], today: date, keep_days: int, *, needed: Collection[str] = ()
) -> list[str]:
    """Runs whose folders may be removed, ordered by id.

    *Rule.* These stay whatever comes: runs that were started at most `keep_days` days ago; of every
    calendar month (by `as_of`) the run of its newest day; the first run of all, after which the feed is
    named; those of `needed`. With each of these stays the run that it is compared with, and with each of all
    these the first run with its fingerprint, whose rerun it is. All others go.

    *What follows.* A run that stays for its own sake can be made again byte for byte, for all that it read
    is still there. The day of a removed run is afterwards like a day on which nothing ran. More days keep
    more, a later `today` keeps less, and the rule over what stayed removes nothing.

    *Ties.* Of several runs of a month's newest day the last stays, but a rerun counts as its original.

    Parameters
    ----------
    keep_days : int
        0 keeps all.
    needed : collection of str
        Ids of runs that something else refers to.

    Examples
    --------
    Runs of three days of January, in April:

    >>> runs = [RunFacts(f"r{day}", date(2025, 1, day), date(2025, 1, day)) for day in (1, 2, 3)]
    >>> runs_to_remove(runs, date(2025, 4, 30), 90)
    ['r2']
    >>> runs_to_remove(runs, date(2025, 4, 2), 90)
    []
    >>> runs_to_remove(runs, date(2025, 4, 30), 0)
    []
    """
    if not keep_days or not runs:
        return []
    ordered = sorted(runs, key=lambda run: run.run_id)
    originals: dict[str, str] = {}
    for run in ordered:
        originals.setdefault(run.fingerprint or run.run_id, run.run_id)
    known = {run.run_id: run for run in ordered}
    oldest_young = today - timedelta(days=keep_days)
    regular = {
        ordered[0].run_id,
        *(run.run_id for run in ordered if run.started_on >= oldest_young),
        *_newest_of_months(known[one] for one in originals.values()),
        *(one for one in needed if one in known),
    }
    kept = regular | {against for one in regular if (against := known[one].against) in known}
    kept |= {originals[known[one].fingerprint or one] for one in kept}
    return [run.run_id for run in ordered if run.run_id not in kept]


def _newest_of_months(runs: Iterable[RunFacts]) -> set[str]:
    """The run of the newest day of each calendar month; the last one if there are several."""
    newest: dict[tuple[int, int], RunFacts] = {}
    for run in sorted(runs, key=lambda run: (run.as_of, run.run_id)):
        newest[(run.as_of.year, run.as_of.month)] = run
    return {run.run_id for run in newest.values()}
