"""Length of the periods over which shares are counted: for a chart, and for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.exceptions import InputError
from analytics.trends.coverage import CoverageSpan

__all__ = [
    "PANDAS_FREQ",
    "TESTED",
    "Period",
    "PeriodChoice",
    "choose_period",
    "finest_period",
]

Period = Literal["day", "week", "month", "quarter", "year"]

TESTED: tuple[Period, ...] = get_args(Period)  # shortest first
_PERIODS = TESTED[1:]  # of a chart
PANDAS_FREQ = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q-DEC", "year": "Y-DEC"}  # from Monday
# Periods that a date of each precision can fill.
_RESOLVES = {"day": TESTED, "month": TESTED[2:], "year": TESTED[4:]}
_MOST_TESTED = {"day": 160, "week": 160, "month": 400, "quarter": 400}
"""Periods above which a test gains nothing from shorter ones."""
_FEWEST_A_PERIOD = 10
"""Papers of the median period below which a longer one is tested."""
_DAY = pd.Timedelta(days=1)
_TESTABLE_PERIODS = 5  # what growth.trend_verdicts asks for
_RESOLVED_FRACTION = 0.9  # of the dates that must be fine enough for a period


@dataclass(frozen=True, slots=True)
class PeriodChoice:
    """Length of the periods, and a sentence with the reason."""

    freq: Period
    reason: str


def choose_period(
    published: pd.Series,
    span: CoverageSpan | None = None,
    *,
    precision: pd.Series | None = None,
    min_papers: int = 20,
    min_periods: int = 8,
    max_periods: int = 60,
) -> PeriodChoice | None:
    """Length of the periods for a corpus, or None when no paper is dated.

    The first rule that applies decides, counting only periods that lie whole inside the span:

    1. the shortest length whose median period holds at least `min_papers` papers, and of which
       there are `min_periods` to `max_periods`: fewer cannot show a course, more cannot be read;
    2. the longest length of which there are at least 5, the fewest that a verdict asks for;
    3. the shortest length.

    Lengths finer than the dates of more than a tenth of the papers are out of the question: a date
    known to the year says nothing about months.

    Parameters
    ----------
    published : Series of datetime64, shape (n_papers,)
        NaT where undated.
    span : CoverageSpan, optional
        See `coverage_span`; by default from the first paper to the last.
    precision : Series of str, shape (n_papers,), optional
        `published_precision` of each paper; by default every date is known to the day.
    min_papers, min_periods, max_periods : int
        See the first rule.

    Raises
    ------
    InputError
        When a dated paper has a precision other than day, month or year.

    Examples
    --------
    Ten papers on each of 700 days are 99 whole weeks: too many points for one line.

    >>> days = pd.Series(pd.date_range("2024-01-01", periods=700).repeat(10))
    >>> choose_period(days).reason
    'months: the shortest period whose median holds at least 20 papers (310), in 8 to 60 periods (23)'
    """
    dates = published.dropna()
    if dates.empty:
        return None
    span = span or CoverageSpan(dates.min(), dates.max())
    allowed = _allowed_periods(dates, precision)
    whole = {freq: _whole_period_counts(dates, freq, span) for freq in allowed}
    median = {freq: float(np.median(counts)) if len(counts) else 0.0 for freq, counts in whole.items()}
    fits = f"{min_papers} papers ({{:g}}), in {min_periods} to {max_periods} periods ({{}})"
    for freq, counts in whole.items():
        if median[freq] >= min_papers and min_periods <= len(counts) <= max_periods:
            why = "the shortest period whose median holds at least " + fits
            return PeriodChoice(freq, f"{freq}s: {why.format(median[freq], len(counts))}")
    for freq in reversed(allowed):
        if len(whole[freq]) >= _TESTABLE_PERIODS:
            return PeriodChoice(
                freq,
                f"{freq}s: the longest period of which there are at least {_TESTABLE_PERIODS} "
                f"({len(whole[freq])}, median {median[freq]:g} papers); "
                f"no length gives {min_periods} to {max_periods} periods of {min_papers} papers",
            )
    freq = allowed[0]
    return PeriodChoice(
        freq, f"{freq}s: the dates cover fewer than {_TESTABLE_PERIODS} whole periods of any length"
    )


def finest_period(
    published: pd.Series, span: CoverageSpan | None = None, *, precision: pd.Series | None = None
) -> Period | None:
    """Length of the periods that tests count in: the shortest that the corpus bears, whatever is drawn.

    How the axis of a chart is cut must not decide what is claimed, and short periods show best how papers
    scatter. The shortest of days, weeks, months, quarters and years that the dates of nine papers in ten can
    fill, whose median holds ten papers, and of which there are at most 160 (months and quarters: 400); else
    that of `choose_period`. For arguments see `choose_period`. None when no paper is dated.

    Examples
    --------
    >>> days = pd.Series(pd.date_range("2024-01-01", periods=700).repeat(10))
    >>> finest_period(days), finest_period(days[:1000]), finest_period(days.iloc[::10])
    ('week', 'day', 'month')
    """
    dates = published.dropna()
    if dates.empty:
        return None
    span = span or CoverageSpan(dates.min(), dates.max())
    for freq in _allowed_periods(dates, precision, TESTED):
        counts = _whole_period_counts(dates, freq, span)
        most = _MOST_TESTED.get(freq, len(counts))
        if _TESTABLE_PERIODS <= len(counts) <= most and np.median(counts) >= _FEWEST_A_PERIOD:
            return freq
    choice = choose_period(published, span, precision=precision)
    return None if choice is None else choice.freq


def _allowed_periods(
    dates: pd.Series, precision: pd.Series | None, of: tuple[Period, ...] = _PERIODS
) -> tuple[Period, ...]:
    """Lengths that the dates of at least nine papers in ten can fill, shortest first."""
    if precision is None:
        return of
    grains = precision[dates.index]
    unknown = sorted(set(grains) - set(_RESOLVES))
    if unknown:
        raise InputError(f"a dated paper has precision {unknown[0]!r}; allowed are {', '.join(_RESOLVES)}")
    fine = {freq: [grain for grain, fills in _RESOLVES.items() if freq in fills] for freq in of}
    return tuple(freq for freq in of if grains.isin(fine[freq]).mean() >= _RESOLVED_FRACTION)


def _whole_period_counts(dates: pd.Series, freq: Period, span: CoverageSpan) -> NDArray[np.int64]:
    """Papers in each period that lies whole inside the span, empty periods included."""
    code = PANDAS_FREQ[freq]
    # The period before the one that holds the next day is the last that has ended.
    first = (span.start - _DAY).to_period(code).ordinal + 1
    n_whole = max(0, (span.end + _DAY).to_period(code).ordinal - first)
    position = pd.PeriodIndex(dates, freq=code).asi8 - first
    inside = position[(position >= 0) & (position < n_whole)]
    return np.bincount(inside, minlength=n_whole).astype(np.int64)
