"""Forecasts: which forecaster was used and why, and the backtest of each candidate."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics.forecasts.backtest import CHANCE, MIN_ORIGINS
from analytics.forecasts.forecasters import FORECASTERS, NAIVE
from analytics.forecasts.share_forecasts import MIN_HISTORY
from analytics.tables import RunTables
from reports.sections.track_record_rows import Record, make_record
from reports.values.formatting import NARROW, NO_VALUE, clip, count, p_value, percent, plural
from reports.values.periods import period_unit
from reports.view import Places

__all__ = ["Candidate", "ForecastSection", "make_forecast_section"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One row of the table of forecasters."""

    name: str
    is_chosen: bool
    over_last: str
    over_year: str
    coverage_50: str
    coverage_90: str


@dataclass(frozen=True, slots=True)
class ForecastSection:
    """The section: sentences on the forecasts, the candidates, and the record of earlier runs."""

    sentences: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    candidates_note: str
    record: Record | None


def make_forecast_section(
    tables: RunTables, manifest: Mapping[str, Any], places: Places
) -> ForecastSection | None:
    """Section on forecasts, from the manifest's ``forecasts`` and ``record`` and their tables.

    None for an older run, whose manifest has neither.
    """
    if "forecasts" not in manifest and "record" not in manifest:
        return None
    chosen = manifest.get("forecasts")
    record = make_record(tables, manifest["record"], places) if "record" in manifest else None
    if not chosen:
        return ForecastSection((_none_forecast(),), (), "", record)
    method = str(chosen["method"])
    tried = tables.backtests[tables.backtests["n_forecasts"] > 0]
    rows = {str(row["method"]): row for row in tried.to_dict("records")}
    n_forecasts, n_origins = (
        int(tried[name].max()) if rows else 0 for name in ("n_forecasts", "n_origins")
    )  # fmt: skip
    sentences = [_used(chosen, _unit(tables.forecasts))]
    if method == NAIVE and n_origins >= MIN_ORIGINS:
        sentences.append(
            "No forecaster beats the share of the last period, so the dashed lines are flat; their bands"
            " show how far from it the next shares may be."
        )
    if method in rows:
        sentences.append(_over_year(rows[method]))
    candidates = tuple(_candidate(row, method) for name in FORECASTERS if (row := rows.get(name)))
    return ForecastSection(tuple(sentences), candidates, _candidates_note(n_forecasts, n_origins), record)


def _none_forecast() -> str:
    return f"There is no forecast: it needs {MIN_HISTORY} complete periods with papers."


def _unit(forecasts: pd.DataFrame) -> str:
    """``period``, or what the periods are where one is forecast."""
    if forecasts.empty:
        return "period"
    first = forecasts.iloc[0]
    return period_unit(first["period_start"].date(), first["period_end"].date())


def _used(chosen: Mapping[str, Any], unit: str) -> str:
    """Name the forecaster and the reason that the run gave for it."""
    reason = re.sub(r"\d{4,}", lambda found: count(int(found[0])), clip(str(chosen["reason"]), 600))
    name, _, why = reason.strip().rstrip(".").partition(": ")
    horizon = int(chosen["horizon"])
    ahead = f"The next {unit} is" if horizon == 1 else f"The next {plural(horizon, unit)} are"
    return f"{ahead} forecast by \u201c{name}\u201d" + (f": {why}." if why else ".")


def _over_year(row: Mapping[Hashable, Any]) -> str:
    """Compare the chosen forecaster with the forecast “same as a year before”."""
    ratio, p = row["year_ratio"], row["p_over_year"]
    naive = "\u201csame as a year before\u201d"
    if math.isnan(ratio):
        return f"It could not be compared with {naive}: the history is too short."
    tested = "" if math.isnan(p) else f", {p_value(p)}"
    numbers = f"its error was {ratio:.2f} times as large{tested}"
    if ratio < 1 and p <= CHANCE:
        return f"It beats {naive}: {numbers}."
    return f"It does not beat {naive} significantly: {numbers}."


def _candidate(row: Mapping[Hashable, Any], chosen: str) -> Candidate:
    return Candidate(
        name=FORECASTERS[str(row["method"])].name,
        is_chosen=row["method"] == chosen,
        over_last=_ratio(row["error_ratio"]),
        over_year=_ratio(row["year_ratio"]),
        coverage_50=percent(row["coverage_50"]),
        coverage_90=percent(row["coverage_90"]),
    )


def _ratio(value: float) -> str:
    return NO_VALUE if math.isnan(value) else f"{value:.2f}"


def _candidates_note(n_forecasts: int, n_origins: int) -> str:
    if not n_forecasts:
        return "The history is too short for a backtest."
    return (
        f"Each candidate forecast the past {plural(n_forecasts, 'time')} from {plural(n_origins, 'date')},"
        " each time from what was known then. Its error is relative to that of the forecast named above"
        f" the column: below 1 is better. A good band contains about 50{NARROW}% or 90{NARROW}% of the"
        " actual shares, as its name says."
    )
