"""Scales of the charts: the upper end of the share axis, and the labels of the time axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from reports.values.marks import Marks
from reports.values.periods import Period
from reports.values.series import Series

__all__ = ["Scale", "share_scale", "time_ticks"]

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
# Tick distances in periods, and which count from January, so that ticks fall on the same dates every year.
_DISTANCES = {
    "week": (1, 2, 4, 13, 26, 52, 104, 260, 520),
    "month": (1, 2, 3, 6, 12, 24, 60, 120, 240),
    "quarter": (1, 2, 4, 8, 20, 40, 80),
    "year": (1, 2, 5, 10, 20, 50, 100),
}


@dataclass(frozen=True, slots=True)
class Scale:
    """Share axis from zero to `top`, with lines at `ticks`."""

    top: float
    ticks: tuple[float, ...]


def share_scale(series: Sequence[Series], steps: int, marks: Sequence[Marks] = ()) -> Scale:
    """One scale for all of `series`, of at most `steps` equal steps of a round size.

    It holds the line of every series and nine in ten ends of the bands and raw shares. A period with fewer
    than a tenth of the usual number of papers has no say: its interval may reach from 1 % to 80 %, and a
    scale that held it would flatten all the others. Without the model's shares the raw ones are the line. Of
    forecasts it holds the shares, and the bands as far as they do not reach beyond half as much again.

    Examples
    --------
    >>> from datetime import date
    >>> from reports.values.series import Verdict
    >>> periods = [Period(date(2025, m, 1), "month", 20, 100, 0.2, 0.13, 0.29, True) for m in (1, 2, 3)]
    >>> share_scale([Series("theme", "agents", tuple(periods), Verdict("steady"))], steps=3)
    Scale(top=0.3, ticks=(0.0, 0.1, 0.2, 0.3))
    """
    filled = [period for one in series for period in one.periods if not period.is_empty]
    usual = median([period.n_total for period in filled]) if filled else 0
    heard = [period for period in filled if period.n_total >= usual / 10]
    smooth = [period for period in filled if period.has_smooth and period.is_complete]
    lines = [period.smooth for period in smooth] or [period.share for period in heard]
    highs = [period.smooth_high for period in smooth] or [period.high for period in heard]
    need = max(
        [0.001, *(1.1 * share for share in lines), *_most(highs), *_most([one.share for one in heard])]
    )
    ahead = [one for each in marks for one in each.forecasts]
    need = max([need] + [1.1 * one.share for one in ahead])
    need = max(need, min(1.5 * need, max((one.high_90 for one in ahead), default=0.0)))
    need = min(need, 1.0)
    magnitude = 10.0 ** math.floor(math.log10(need / steps))
    step = next(size * magnitude for size in _STEPS if need / (size * magnitude) <= steps + 1e-9)
    n = math.ceil(need / step - 1e-9)
    ticks = tuple(round(i * step, 10) for i in range(n + 1))
    return Scale(ticks[-1], ticks)


def _most(values: Sequence[float]) -> list[float]:
    """The 90 % quantile, as a list; empty without values."""
    ordered = sorted(values)
    return ordered[: math.ceil(0.9 * len(ordered))][-1:]


def time_ticks(periods: Sequence[Period], apart: int) -> list[int]:
    """Positions of the labelled periods: evenly spaced, on the same dates every year.

    There is at least one period; `apart` is the fewest periods from one name to the next. Where the calendar
    offers fewer than two positions, the first and last are labelled, or the first where those are too close.

    Examples
    --------
    >>> from datetime import date
    >>> months = [Period(date(2025, m, 1), "month", 0, 0, 0.0, 0.0, 0.0, True) for m in range(2, 13)]
    >>> [months[i].label for i in time_ticks(months, apart=3)]
    ['Apr 2025', 'Jul 2025', 'Oct 2025']
    >>> time_ticks(months, apart=10), time_ticks(months, apart=11)
    ([0, 10], [0])
    """
    for distance in _DISTANCES[periods[0].unit]:
        chosen = [i for i, period in enumerate(periods) if _ordinal(period) % distance == 0]
        if distance >= apart and len(chosen) > 1:
            return chosen
    last = len(periods) - 1
    return [0, last] if last >= apart else [0]


def _ordinal(period: Period) -> int:
    """Count the period in its unit, so that a year starts at a multiple."""
    start = period.start
    if period.unit == "week":
        return start.toordinal() // 7
    if period.unit == "month":
        return start.year * 12 + start.month - 1
    if period.unit == "quarter":
        return start.year * 4 + (start.month - 1) // 3
    return start.year
