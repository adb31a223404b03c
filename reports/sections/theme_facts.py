"""The facts next to a theme's chart: changes, share, papers; its marks in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from reports.values.claims import change_cell, counts_of
from reports.values.exact_numbers import Exact, window_name
from reports.values.formatting import NARROW, count, p_value, percent, plural, q_value
from reports.values.marks import Burst, Forecast, LevelChange, Marks
from reports.values.series import Comparison, Series, Span
from reports.values.verdict_sentences import ICONS

__all__ = ["Fact", "make_facts", "marks_in_words", "marks_numbers"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One number with its name and what it is made of.

    `basis` is ``found`` or ``checked`` for a share of the theme, empty for other numbers. With an `icon`
    the value is a verdict.
    """

    name: str
    value: str
    note: str = ""
    basis: str = ""
    icon: str = ""
    is_fragile: bool = False


def make_facts(series: Series, marks: Marks, rows: pd.DataFrame, found: pd.DataFrame) -> tuple[Fact, ...]:
    """Facts of one theme, in reading order.

    `rows` are the theme's rows of `theme_assignments`, `found` its papers.
    """
    comparison = series.comparison()
    facts = _verdicts(series)
    facts += [*_shares(comparison, series.basis)] if comparison is not None else []
    facts += [_next(series, marks.forecasts[0])] if marks.forecasts else []
    undated = int(found["published"].isna().sum())
    notes = [f"{count(int(rows['is_primary'].sum()))} have it as primary theme"] if len(rows) else []
    notes += [f"{count(undated)} undated"] if undated else []
    return (*facts, Fact("Papers found", count(len(found)), ", ".join(notes)))


def _shares(comparison: Comparison, basis: str) -> list[Fact]:
    """Share of the newest period and of the one before."""
    now, before = comparison.now, comparison.before
    name = f"{'Share' if now.is_checked else 'Counted'} in {now.label}"
    facts = [Fact(name, percent(now.share), _made_of(now), basis)]
    if before is not None:
        name = f"A year before, {before.label}" if comparison.is_year else f"Share in {before.label}"
        facts.append(Fact(name, percent(before.share), _made_of(before), basis))
    return facts


def _made_of(span: Span) -> str:
    """Counts of a share found; interval and papers of a share checked."""
    if not span.is_checked or math.isnan(span.low):
        return f"{counts_of(span)} papers"
    return f"{counts_of(span)}, of {plural(span.n_total, 'paper')}"


def _next(series: Series, one: Forecast) -> Fact:
    """Forecast of the first period after the newest complete one."""
    begun = any(period.start == one.period.start for period in series.periods)
    note = f"forecast, 90{NARROW}% band {percent(one.low_90)} to {percent(one.high_90)}"
    note += f"; the {one.period.unit} so far is not used" if begun else ""
    return Fact(f"Next {one.period.unit}, {one.period.label}", percent(one.share), note)


def _verdicts(series: Series) -> list[Fact]:
    """Words of the whole span, of the newest months, and whether a series that moved goes on."""
    facts = []
    for verdict in (series.verdict, series.recent):
        if verdict.is_tested:
            name, note = window_name(verdict, series), change_cell(verdict, series)
            icon, is_fragile = ICONS[verdict.word], verdict.is_fragile
            facts.append(Fact(name, verdict.word, note, icon=icon, is_fragile=is_fragile))
    goes_on = change_cell(series.lasting, series)
    return [*facts, Fact("Keeps moving", goes_on)] if goes_on else facts


def marks_in_words(marks: Marks) -> tuple[str, ...]:
    r"""Level changes and bursts, one sentence each.

    Examples
    --------
    >>> from datetime import date
    >>> from reports.values.periods import Period
    >>> march = Period(date(2024, 3, 1), "month", 9, 100, 0.09, 0.05, 0.16, True)
    >>> sentences = marks_in_words(Marks(changes=(LevelChange(march, 0.04, 0.09, 0.001, 0.012),)))
    >>> sentences[0].replace(NARROW, " ").replace("\u00a0", " ")
    'Level changed in Mar 2024: 4.0 % before, 9.0 % since.'
    """
    return (
        *(f"{_change_name(change)}: {_levels(change)}." for change in marks.changes),
        *(f"{_burst_name(burst)}." for burst in marks.bursts),
    )


def marks_numbers(marks: Marks) -> tuple[Exact, ...]:
    """Tests behind the marks, one click below their sentences."""
    return (
        *(Exact(_change_name(one), f"{p_value(one.p)}, {q_value(one.q)}") for one in marks.changes),
        *(
            Exact(_burst_name(one), f"{p_value(one.p)} against random dates, {q_value(one.q)}")
            for one in marks.bursts
        ),
    )


def _change_name(change: LevelChange) -> str:
    return f"Level changed in {change.period.named}"


def _levels(change: LevelChange) -> str:
    after = "since" if change.until is None else f"until it changed again in {change.until.named}"
    return f"{percent(change.before)} before, {percent(change.after)} {after}"


def _burst_name(burst: Burst) -> str:
    when = burst.label
    if burst.first.unit == "week":
        when = f"in the {'week' if burst.first == burst.last else 'weeks'} of {when}"
    return f"Burst {when}"
