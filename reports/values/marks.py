"""Marks of a series: bursts, level changes and forecasts.

Read from the tables `bursts`, `change_points` and `forecasts`; nothing is estimated again.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from analytics.tables import RunTables
from analytics.trends.verdicts import STEADY_WITHIN
from reports.values.periods import Period, period_unit, range_label
from reports.values.series import Series

__all__ = [
    "NO_MARKS",
    "Burst",
    "Forecast",
    "LevelChange",
    "Marks",
    "allowed_rate",
    "make_marks",
    "steady_bound",
]

_USUAL_RATE = 0.05


@dataclass(frozen=True, slots=True)
class Burst:
    """Consecutive periods in which the share of the series was markedly higher than usual."""

    first: Period
    last: Period
    p: float
    q: float

    @property
    def label(self) -> str:
        """Name of the periods."""
        return range_label(self.first, self.last)


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A period from which on the share is at another level; `until` is the start of the next level."""

    period: Period
    before: float
    after: float
    p: float
    q: float
    until: Period | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """Forecast share of a period, with the ends of its bands; the period itself has no counts."""

    period: Period
    share: float
    low_50: float
    high_50: float
    low_90: float
    high_90: float


@dataclass(frozen=True, slots=True)
class Marks:
    """All marks of one series, each kind in order of time."""

    bursts: tuple[Burst, ...] = ()
    changes: tuple[LevelChange, ...] = ()
    forecasts: tuple[Forecast, ...] = ()

    def axis(self, series: Series) -> tuple[Period, ...]:
        """Periods of the series, then those that are forecast and have not begun."""
        known = {period.start for period in series.periods}
        ahead = tuple(one.period for one in self.forecasts if one.period.start not in known)
        return (*series.periods, *ahead)


NO_MARKS = Marks()
"""Marks of a series without any."""


def allowed_rate(manifest: Mapping[str, Any]) -> float:
    """False discovery rate that the run allowed itself, 0.05 where its settings do not say.

    Examples
    --------
    >>> allowed_rate({"settings": {"false_discovery_rate": 0.1}}), allowed_rate({"settings": {}})
    (0.1, 0.05)
    """
    return float(manifest["settings"].get("false_discovery_rate") or _USUAL_RATE)


def steady_bound(manifest: Mapping[str, Any]) -> float:
    """Factor within which the run called a share steady, 1.25 where its settings do not say.

    Examples
    --------
    >>> steady_bound({"settings": {"steady_within": 1.5}}), steady_bound({"settings": {}})
    (1.5, 1.25)
    """
    return float(manifest["settings"].get("steady_within") or STEADY_WITHIN)


def make_marks(
    tables: RunTables, series: Mapping[tuple[str, str], Series], rate: float
) -> dict[tuple[str, str], Marks]:
    """Marks of every series that has a mark, by kind and id.

    Left out are rows of other series, bursts and changes in periods that a series lacks, bursts with a q
    value above `rate`, and forecasts without a share or of periods up to the newest complete one.
    """
    bursts, changes, forecasts = (
        _by_series(table) for table in (tables.bursts, tables.change_points, tables.forecasts)
    )
    found = {}
    for key, one in series.items():
        marks = Marks(
            tuple(_bursts(bursts.get(key, []), one, rate)),
            _changes(changes.get(key, []), one),
            tuple(_forecasts(forecasts.get(key, []), one)),
        )
        if marks != NO_MARKS:
            found[key] = marks
    return found


def _by_series(table: pd.DataFrame) -> dict[tuple[str, str], list[dict[Hashable, Any]]]:
    """Rows of each series in order of time."""
    found: dict[tuple[str, str], list[dict[Hashable, Any]]] = {}
    for row in table.sort_values("period_start", kind="stable").to_dict("records"):
        found.setdefault((row["kind"], row["series_id"]), []).append(row)
    return found


def _bursts(rows: list[dict[Hashable, Any]], series: Series, rate: float) -> list[Burst]:
    found = []
    for row in rows:
        start, end = row["period_start"].date(), row["period_end"].date()
        inside = [period for period in series.periods if start <= period.start < end]
        if inside and row["q_value"] <= rate:
            found.append(Burst(inside[0], inside[-1], row["p_value"], row["q_value"]))
    return found


def _changes(rows: list[dict[Hashable, Any]], series: Series) -> tuple[LevelChange, ...]:
    periods = {period.start: period for period in series.periods}
    pairs = [(row, periods.get(row["period_start"].date())) for row in rows]
    kept = [(row, period) for row, period in pairs if period is not None]
    following = [*(period for _, period in kept[1:]), None]
    return tuple(
        LevelChange(
            period, row["share_before"], row["share_after"], row["p_value"], row["q_value"], until
        )
        for (row, period), until in zip(kept, following, strict=False)
    )  # fmt: skip


def _forecasts(rows: list[dict[Hashable, Any]], series: Series) -> list[Forecast]:
    known_until = series.latest.start if series.latest else date.min
    found = []
    for row in rows:
        start, end = row["period_start"].date(), row["period_end"].date()
        numbers = [row[name] for name in ("share", "low_50", "high_50", "low_90", "high_90")]
        if start <= known_until or any(math.isnan(number) for number in numbers):
            continue
        period = Period(start, period_unit(start, end), 0, 0, math.nan, math.nan, math.nan, False)
        found.append(Forecast(period, *numbers))
    return found
