"""Papers left out of the topics' trends: in no topic, or without a date."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from analytics.tables import RunTables
from reports.charts.chart_values import Values
from reports.charts.sparklines import render_sparkline
from reports.values.formatting import NO_VALUE, count, percent, plural
from reports.values.periods import Period, period_unit

__all__ = ["UnassignedPapers", "make_unassigned_papers"]


@dataclass(frozen=True, slots=True)
class UnassignedPapers:
    """Sentences below the topics; if there is nothing to draw, `sparkline` is empty and `values` None."""

    sentence: str
    undated: str
    sparkline: str
    values: Values | None


def make_unassigned_papers(tables: RunTables) -> UnassignedPapers | None:
    """Unclustered and undated papers per period.

    None where the table `unassigned` is empty, as in older runs, or only says that there are no topics.
    """
    if tables.unassigned.empty:
        return None
    ordered = tables.unassigned.sort_values("period_start", kind="stable")
    periods = [
        _period(start.date(), end.date(), (int(n), int(total)), bool(complete))
        for start, end, n, total, complete in zip(
            ordered["period_start"], ordered["period_end"], ordered["n_unclustered"], ordered["n_total"],
            ordered["is_complete"], strict=True,
        )
    ]  # fmt: skip
    undated = [int(n) for n in ordered["n_undated"]]
    n_unclustered = sum(period.n_papers for period in periods)
    n_undated = int(tables.papers["published"].isna().sum())
    undated_sentence = _undated(periods, undated, n_undated)
    if tables.topics.empty:
        return UnassignedPapers("", undated_sentence, "", None) if any(undated) else None
    if not n_unclustered and not n_undated:
        return UnassignedPapers(
            "Every paper has a date and belongs to a topic.",
            "", "", None,
        )  # fmt: skip
    sentence = _unclustered(periods) if n_unclustered else "Every dated paper belongs to a topic."
    label = f"Share of each {periods[0].unit}'s papers in no topic. {sentence}"
    line = render_sparkline(periods, label, 132, 36)
    return UnassignedPapers(
        sentence, undated_sentence, line if n_unclustered else "", _values(periods, undated)
    )  # fmt: skip


def _period(start: date, end: date, counts: tuple[int, int], is_complete: bool) -> Period:
    """Period with its unclustered papers for papers."""
    n, total = counts
    share = n / total if total else math.nan
    unit = period_unit(start, end)
    return Period(start, unit, n, total, share, math.nan, math.nan, is_complete)


def _unclustered(periods: Sequence[Period]) -> str:
    """State the share in no topic in the newest and the first complete period."""
    complete = [period for period in periods if period.is_complete and not period.is_empty]
    if not complete:
        n_unclustered, total = (
            sum(n) for n in zip(*((one.n_papers, one.n_total) for one in periods), strict=True)
        )
        of = f"{count(n_unclustered)} of {plural(total, 'dated paper')}"
        return f"{of} belong to no topic; no period is complete yet."
    first, last = complete[0], complete[-1]
    counts = f"{count(last.n_papers)} of {count(last.n_total)}"
    now = f"{percent(last.share)} of the papers in {last.named} ({counts})"
    before = f", {percent(first.share)} in {first.named}" if first is not last else ""
    return f"In no topic: {now}{before}."


def _undated(periods: Sequence[Period], undated: Sequence[int], n_undated: int) -> str:
    """Say how many of the undated papers were first seen in these periods, and in which most."""
    seen = sum(undated)
    if not n_undated:
        return "No paper is undated."
    if not seen:
        none = (
            "The undated paper was not"
            if n_undated == 1
            else f"None of {count(n_undated)} undated papers was"
        )
        return f"{none} first seen in these periods."
    most = max(undated)
    peak = periods[undated.index(most)].named
    of = "The undated paper" if n_undated == 1 else f"{count(seen)} of {count(n_undated)} undated papers"
    subject = f"{of} {'was' if seen == 1 else 'were'} first seen"
    if seen == most:
        return f"{subject} in {peak}."
    return f"{subject} from {periods[0].label} to {periods[-1].label}, most in {peak} ({count(most)})."


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
