"""The numbers behind a verdict: odds per year, p, q, and what was tested."""

from __future__ import annotations

import math
from dataclasses import dataclass

from reports.values.durations import newest_words, span_words
from reports.values.formatting import NARROW, TIMES, long_day, odds, p_value, plural, q_value
from reports.values.series import Series, Verdict

__all__ = ["Exact", "make_numbers", "window_name"]


@dataclass(frozen=True, slots=True)
class Exact:
    """One line: which question, and its numbers."""

    name: str
    text: str


def make_numbers(series: Series) -> tuple[Exact, ...]:
    """Numbers of each tested question about a series, and what the tests rest on; empty without a test."""
    verdict = series.verdict
    if not verdict.is_tested:
        return ()
    lines = [Exact(window_name(verdict, series), _tests(verdict))]
    if series.recent.is_tested:
        lines.append(Exact(window_name(series.recent, series), _tests(series.recent)))
    if series.lasting.is_tested and verdict.is_move:
        lines.append(Exact("Keeps moving", f"{series.lasting.word}: {_tests(series.lasting)}"))
    return (*lines, Exact("Tested on", _basis(verdict, series)))


def window_name(verdict: Verdict, series: Series) -> str:
    """Name of what a verdict compares.

    Examples
    --------
    >>> from datetime import date
    >>> long = Verdict("rising", since=date(2025, 1, 6), until=date(2025, 8, 18))
    >>> recent = Verdict("rising", window="recent", parted=date(2025, 5, 19), until=date(2025, 8, 18))
    >>> one = Series("theme", "agents", (), long, recent)
    >>> window_name(long, one), window_name(recent, one)
    ('Over 32 weeks', 'Newest 3 months')
    """
    if verdict.window == "long":
        known = verdict.since and verdict.until
        return f"Over {span_words(verdict.days)}" if known else "Over the whole span"
    if verdict.until and verdict.parted:
        return f"Newest {newest_words((verdict.until - verdict.parted).days)}"
    return "Newest year" if series.unit == "year" else "Newest quarter"


def _tests(verdict: Verdict) -> str:
    r"""Odds a year with their interval, p and q.

    Examples
    --------
    >>> text = _tests(Verdict("rising", 1.9, 1.5, 2.4, 0.0004, 0.001, 900, 7))
    >>> text.replace("\u00a0", " ").replace("\u202f", " ").replace(TIMES, "x")
    'odds x1.9 a year (95 % interval 1.5 to 2.4), p < 0.001, q = 0.001'
    """
    interval = f"95{NARROW}% interval {odds(verdict.growth_low)} to {odds(verdict.growth_high)}"
    text = (
        f"odds {TIMES}{odds(verdict.growth)} a year ({interval}), {p_value(verdict.p)}, {q_value(verdict.q)}"
    )
    if not math.isnan(verdict.steady_p):
        text += f"; steady: {p_value(verdict.steady_p)}"
    return text


def _basis(verdict: Verdict, series: Series) -> str:
    """Periods, days and papers that the tests rest on, and the shape that was fitted."""
    text = plural(verdict.n_periods, f"complete {verdict.period or series.unit}")
    if verdict.since and verdict.until:
        text += f" from {long_day(verdict.since)}, up to {long_day(verdict.until)}"
    text += f", {plural(verdict.n_papers, 'paper')}"
    if verdict.period:
        text += "; a curve" if verdict.is_curved else "; a straight line of the log odds"
    return text
