"""Forecasts of every series with a long enough history, and a ranking of topics by likely growth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics.forecasts.backtest import backtest, choose_forecaster
from analytics.forecasts.share_forecasts import forecast_shares
from analytics.labels.checked_series import CheckedSeries
from analytics.tables import empty_table
from analytics.trends.emerging import emerging_topics, masked_precision
from analytics.trends.periods import Period
from analytics.trends.shares import CorpusTrends

__all__ = ["HORIZONS", "ForecastTables", "forecast_series"]

HORIZONS: dict[Period, int] = {"week": 8, "month": 6, "quarter": 4, "year": 1}
"""Periods that are forecast: at most a year."""

_MOST_CUTOFFS = 10
_YEARS_BEFORE = 2  # that a cut-off needs: the year before it is compared with the one before that


@dataclass(frozen=True)
class ForecastTables:
    """Forecast tables of a run; `chosen` goes into the manifest, None without a forecast."""

    forecasts: pd.DataFrame
    backtests: pd.DataFrame
    emerging: pd.DataFrame
    emerging_scores: pd.DataFrame
    chosen: dict[str, Any] | None


def forecast_series(
    found: CorpusTrends, checked: Mapping[str, CheckedSeries] | None = None
) -> ForecastTables:
    """Forecast all series with the forecaster that did best in the backtest, and rank the topics.

    The tables have no rows where no paper is dated.

    `checked` holds the series of the themes that have checked shares in the trends.
    """
    if found.choice is None or found.trends.empty:
        names = ("forecasts", "backtests", "emerging", "emerging_scores")
        return ForecastTables(**{name: empty_table(name) for name in names}, chosen=None)
    horizon = HORIZONS[found.choice.freq]
    tried = backtest(found.trends, horizon=horizon)
    method, reason = choose_forecaster(tried)
    forecasts = forecast_shares(found.trends, horizon=horizon, method=method, corrections=checked)
    topics = found.trends[found.trends["kind"] == "topic"]
    return ForecastTables(
        forecasts=forecasts,
        backtests=tried,
        emerging=emerging_topics(topics) if len(topics) else empty_table("emerging"),
        emerging_scores=masked_precision(topics, cutoffs=_cutoffs(topics)),
        chosen={"method": method, "reason": reason, "horizon": horizon} if len(forecasts) else None,
    )


def _cutoffs(series: pd.DataFrame) -> Sequence[pd.Timestamp]:
    """Past days a year apart, the oldest first, that have a whole year after them and two before."""
    complete = series[series["is_complete"] & (series["n_total"] > 0)]
    if complete.empty:
        return []
    first, end = complete["period_start"].min(), complete["period_end"].max()
    days = [end - pd.DateOffset(years=years) for years in range(1, _MOST_CUTOFFS + 1)]
    return [day for day in reversed(days) if day - pd.DateOffset(years=_YEARS_BEFORE) >= first]
