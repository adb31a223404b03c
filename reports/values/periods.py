"""Periods of a series: how long they are, and what they are called."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from analytics.exceptions import PapertrendsError
from reports.values.formatting import long_day, month_name

__all__ = ["Period", "period_label", "period_unit", "range_label", "unbroken"]

_UNITS = ((8, "week"), (32, "month"), (93, "quarter"), (367, "year"))


@dataclass(frozen=True, slots=True)
class Period:
    """One row of `trends`; `share` and its interval are NaN where no paper is dated in it.

    `smooth` is the model's share, with its 95 % band; NaN where the series was not tested.
    """

    start: date
    unit: str
    n_papers: int
    n_total: int
    share: float
    low: float
    high: float
    is_complete: bool
    smooth: float = math.nan
    smooth_low: float = math.nan
    smooth_high: float = math.nan

    @property
    def label(self) -> str:
        """Name of the period: ``Q4 2025``, ``Mar 2024``, ``2025``, or a week's Monday."""
        return period_label(self.start, self.unit)

    @property
    def named(self) -> str:
        """Name of the period that can follow "in": a week is called one."""
        return f"the week of {self.label}" if self.unit == "week" else self.label

    @property
    def has_smooth(self) -> bool:
        """Whether the model's share and its band are known."""
        return not any(math.isnan(one) for one in (self.smooth, self.smooth_low, self.smooth_high))

    @property
    def is_empty(self) -> bool:
        """Whether no paper of the corpus is dated in the period."""
        return self.n_total == 0


def period_unit(start: date, end: date) -> str:
    """Tell the unit of a period from its length, whether `end` is its last day or the day after.

    Raises
    ------
    PapertrendsError
        When the period is longer than a year or ends before it starts.

    Examples
    --------
    >>> period_unit(date(2025, 10, 1), date(2026, 1, 1)), period_unit(date(2025, 2, 1), date(2025, 2, 28))
    ('quarter', 'month')
    """
    days = (end - start).days
    for longest, unit in _UNITS:
        if 0 <= days < longest:
            return unit
    raise PapertrendsError(f"a period of {days} days ({start} to {end}); a period is a week to a year")


def period_label(start: date, unit: str) -> str:
    """Name of the period of `unit` that starts at `start`.

    Examples
    --------
    >>> [period_label(date(2025, 10, 1), unit) for unit in ("week", "month", "quarter", "year")]
    ['1 Oct 2025', 'Oct 2025', 'Q4 2025', '2025']
    """
    if unit == "week":
        return long_day(start)
    if unit == "month":
        return f"{month_name(start.month)} {start.year}"
    if unit == "quarter":
        return f"Q{(start.month - 1) // 3 + 1} {start.year}"
    return str(start.year)


def range_label(first: Period, last: Period) -> str:
    """Name of the periods from `first` to `last`, the year said once where it is the same.

    Examples
    --------
    >>> def quarter(year, month):
    ...     return Period(date(year, month, 1), "quarter", 0, 0, 0.0, 0.0, 0.0, True)
    >>> range_label(quarter(2025, 1), quarter(2025, 7)), range_label(quarter(2024, 10), quarter(2025, 1))
    ('Q1 to Q3 2025', 'Q4 2024 to Q1 2025')
    """
    if first.start == last.start:
        return first.label
    start = first.label
    if first.start.year == last.start.year and first.unit != "year":
        start = start.rsplit(" ", 1)[0]
    return f"{start} to {last.label}"


def unbroken(places: Iterable[int]) -> list[list[int]]:
    """Ascending places in runs without a gap.

    Examples
    --------
    >>> unbroken([0, 1, 3])
    [[0, 1], [3]]
    """
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs
