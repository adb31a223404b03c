"""The facts beside a theme's chart: its share, growth, evidence and papers; its marks in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from reports.claims import counts_of
from reports.marks import Burst, Forecast, LevelChange, Marks
from reports.series import Comparison, Series, Span
from reports.wording import NARROW, TIMES, count, odds, p_value, percent, plural, q_value

__all__ = ["Fact", "make_facts", "marks_told"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One number with its name and what it is made of.

    `basis` is ``found`` or ``checked`` for a share of the theme, empty for other numbers.
    """

    name: str
    value: str
    note: str = ""
    basis: str = ""


def make_facts(series: Series, marks: Marks, rows: pd.DataFrame, found: pd.DataFrame) -> tuple[Fact, ...]:
    """Facts of one theme, in the order of the questions that a reader asks.

    Parameters
    ----------
    series : Series
    marks : Marks
    rows : DataFrame
        Its rows of `theme_assignments`.
    found : DataFrame
        Its papers.
    """
    comparison = series.comparison()
    facts = [*_shares(comparison, series.basis)] if comparison is not None else []
    facts += [_next(series, marks.forecasts[0])] if marks.forecasts else []
    facts += _evidence(series)
    undated = int(found["published"].isna().sum())
    notes = [f"{count(int(rows['is_primary'].sum()))} have it as first theme"] if len(rows) else []
    notes += [f"{count(undated)} undated"] if undated else []
    return (*facts, Fact("Papers found", count(len(found)), ", ".join(notes)))


def _shares(comparison: Comparison, basis: str) -> list[Fact]:
    """Share now and before."""
    now, before = comparison.now, comparison.before
    facts = [Fact(f"Share in {now.label}", percent(now.share), _made_of(now), basis)]
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


def _evidence(series: Series) -> list[Fact]:
    """Growth and q of the whole span, and what the newest quarter says."""
    facts = []
    verdict, recent = series.verdict, series.recent
    if verdict.word != "insufficient":
        interval = f"95{NARROW}% interval {odds(verdict.growth_low)} to {odds(verdict.growth_high)}"
        facts.append(Fact("Growth of the odds", f"{TIMES}{odds(verdict.growth)} a year", interval))
        tested = f"over {plural(verdict.n_periods, f'complete {series.unit}')}"
        facts.append(Fact("Evidence", q_value(verdict.q), tested))
    if recent.word != "insufficient":
        name = "Newest year" if series.unit == "year" else "Newest quarter"
        value = f"{recent.word}, fragile" if recent.is_fragile else recent.word
        facts.append(Fact(name, value, f"against what preceded it, {q_value(recent.q)}"))
    return facts


def marks_told(marks: Marks) -> tuple[str, ...]:
    r"""Changes of level and bursts, each in a sentence.

    Examples
    --------
    >>> from datetime import date
    >>> from reports.periods import Period
    >>> march = Period(date(2024, 3, 1), "month", 9, 100, 0.09, 0.05, 0.16, True)
    >>> told = marks_told(Marks(changes=(LevelChange(march, 0.04, 0.09, 0.001, 0.012),)))
    >>> told[0].replace(NARROW, " ").replace("\u00a0", " ")
    'Level changed in Mar 2024: 4.0 % before, 9.0 % since, q = 0.012.'
    """
    return (*(_change(change) for change in marks.changes), *(_burst(burst) for burst in marks.bursts))


def _change(change: LevelChange) -> str:
    after = "since" if change.until is None else f"until it changed again in {change.until.named}"
    levels = f"{percent(change.before)} before, {percent(change.after)} {after}"
    return f"Level changed in {change.period.named}: {levels}, {q_value(change.q)}."


def _burst(burst: Burst) -> str:
    when = burst.label
    if burst.first.unit == "week":
        when = f"in the {'week' if burst.first == burst.last else 'weeks'} of {when}"
    return f"Burst {when}, {p_value(burst.p)} against random dates, {q_value(burst.q)}."
