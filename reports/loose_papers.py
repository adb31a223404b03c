"""Papers that the topics' trends leave out: in no topic, or without a date."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from reports.chart_values import Values
from reports.drawing import render_sparkline
from reports.periods import Period, period_unit
from reports.wording import NO_VALUE, count, percent, plural

__all__ = ["LoosePapers", "make_loose_papers"]


@dataclass(frozen=True, slots=True)
class LoosePapers:
    """What stands beside the topics; without anything to draw `sparkline` is empty and `values` None."""

    sentence: str
    undated: str
    sparkline: str
    values: Values | None


def make_loose_papers(unassigned: pd.DataFrame, *, has_topics: bool) -> LoosePapers | None:
    """Unclustered and undated papers per period.

    Parameters
    ----------
    unassigned : DataFrame
        The table of that name.
    has_topics : bool
        Without topics every paper is unclustered, which is said elsewhere.

    Returns
    -------
    LoosePapers or None
        None where the table is empty, as in older runs, or only says that there are no topics.
    """
    if unassigned.empty:
        return None
    ordered = unassigned.sort_values("period_start", kind="stable")
    periods = [
        _period(start.date(), end.date(), (int(n), int(total)), bool(complete))
        for start, end, n, total, complete in zip(
            ordered["period_start"], ordered["period_end"], ordered["n_unclustered"], ordered["n_total"],
            ordered["is_complete"], strict=True,
        )
    ]  # fmt: skip
    undated = [int(n) for n in ordered["n_undated"]]
    loose = sum(period.n_papers for period in periods)
    if not has_topics:
        return LoosePapers("", _undated(periods, undated), "", None) if any(undated) else None
    if not loose and not any(undated):
        return LoosePapers(
            "Every dated paper stands in a topic, and no undated paper was first seen in these periods.",
            "", "", None,
        )  # fmt: skip
    sentence = _unclustered(periods) if loose else "Every dated paper stands in a topic."
    label = f"Part of each {periods[0].unit}'s papers in no topic. {sentence}"
    line = render_sparkline(periods, label, 132, 36)
    return LoosePapers(
        sentence, _undated(periods, undated), line if loose else "", _values(periods, undated)
    )  # fmt: skip


def _period(start: date, end: date, counts: tuple[int, int], is_complete: bool) -> Period:
    """Period with its unclustered papers for papers."""
    n, total = counts
    share = n / total if total else math.nan
    unit = period_unit(start, end)
    return Period(start, unit, n, total, share, math.nan, math.nan, is_complete)


def _unclustered(periods: Sequence[Period]) -> str:
    """Say the newest complete part that stands in no topic, and what it was at first."""
    complete = [period for period in periods if period.is_complete and not period.is_empty]
    if not complete:
        loose, total = (sum(n) for n in zip(*((one.n_papers, one.n_total) for one in periods), strict=True))
        of = f"{count(loose)} of {plural(total, 'dated paper')}"
        return f"{of} stand in no topic; no period is complete yet."
    first, last = complete[0], complete[-1]
    counts = f"{count(last.n_papers)} of {count(last.n_total)}"
    now = f"{percent(last.share)} of the papers in {last.named} ({counts})"
    before = f", {percent(first.share)} in {first.named}" if first is not last else ""
    return f"In no topic: {now}{before}."


def _undated(periods: Sequence[Period], undated: Sequence[int]) -> str:
    """Say how many undated papers were first seen, and in which period most."""
    total = sum(undated)
    if not total:
        return "No undated paper was first seen in these periods."
    most = max(undated)
    peak = periods[undated.index(most)].named
    seen = f"{plural(total, 'undated paper')} {'was' if total == 1 else 'were'} first seen"
    if sum(n > 0 for n in undated) == 1:
        return f"{seen} in {peak}."
    return f"{seen} from {periods[0].label} to {periods[-1].label}, most in {peak} ({count(most)})."


def _values(periods: Sequence[Period], undated: Sequence[int]) -> Values:
    columns = (
        periods[0].unit.capitalize(), "In no topic", "Of all dated", "Share", "Complete",
        "Undated, first seen",
    )  # fmt: skip
    rows = [
        (
            period.label,
            count(period.n_papers),
            count(period.n_total),
            NO_VALUE if period.is_empty else percent(period.share),
            "yes" if period.is_complete else "no",
            count(n),
        )
        for period, n in zip(periods, undated, strict=True)
    ]
    return Values(columns, tuple(rows))
