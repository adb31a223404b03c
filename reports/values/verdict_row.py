"""One verdict: a row of the table `verdicts`."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from analytics.exceptions import PapertrendsError
from reports.values.formatting import odds

__all__ = ["VERDICTS", "Verdict", "verdict_of"]

VERDICTS = ("rising", "falling", "steady", "unclear", "insufficient")

_NUMBERS = {
    "growth": "growth_per_year",
    "growth_low": "growth_low",
    "growth_high": "growth_high",
    "p": "p_value",
    "q": "q_value",
    "start": "start_share",
    "end": "end_share",
    "change": "change",
    "change_low": "change_low",
    "change_high": "change_high",
    "steady_p": "steady_p",
    "papers_to_tell": "papers_to_tell",
    "days_to_tell": "days_to_tell",
}
"""Fields of a verdict by their columns."""
_NO_LEAN = 0.8
"""p value above which a change leans neither way."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One row of `verdicts`; floats are NaN, and days None, where nothing could be estimated.

    `change` is the share at the end over that at the start. A fragile verdict would be another word with the
    unclustered and undated papers spread. `period` is what was tested, which need not be what is drawn; it is
    empty in a run from before the five words, whose ``steady`` meant "not shown" and is ``unclear`` here.
    """

    word: str
    growth: float = math.nan
    growth_low: float = math.nan
    growth_high: float = math.nan
    p: float = math.nan
    q: float = math.nan
    n_papers: int = 0
    n_periods: int = 0
    is_fragile: bool = False
    basis: str = "found"
    window: str = "long"
    period: str = ""
    since: date | None = None
    parted: date | None = None
    until: date | None = None
    start: float = math.nan
    end: float = math.nan
    change: float = math.nan
    change_low: float = math.nan
    change_high: float = math.nan
    steady_p: float = math.nan
    papers_to_tell: float = math.nan
    days_to_tell: float = math.nan
    is_curved: bool = False

    @property
    def is_move(self) -> bool:
        """Whether the verdict claims a change."""
        return self.word in {"rising", "falling"}

    @property
    def is_tested(self) -> bool:
        """Whether there were papers and periods enough to test."""
        return self.word != "insufficient"

    @property
    def has_change(self) -> bool:
        """Whether start, end and their ratio are known: not in older runs."""
        return self.is_tested and not math.isnan(self.change)

    @property
    def days(self) -> float:
        """Days from the first to the last that was tested; NaN where they are not known."""
        return (self.until - self.since).days if self.since and self.until else math.nan

    @property
    def lean(self) -> str:
        """``up`` or ``down``, the likelier way of a change; empty where neither is likelier."""
        ratio = self.change if self.has_change else self.growth
        if math.isnan(ratio) or self.p > _NO_LEAN or odds(ratio) == "1.0":
            return ""
        return "up" if ratio > 1 else "down"


def verdict_of(row: Mapping[Hashable, Any]) -> Verdict:
    """Row of `verdicts` as a value.

    Raises
    ------
    PapertrendsError
        When its verdict is not one of the five words.
    """
    if row["verdict"] not in VERDICTS:
        raise PapertrendsError(
            f"verdict {row['verdict']!r} of {row['series_id']!r}; allowed are {', '.join(VERDICTS)}"
        )
    word, period = str(row["verdict"]), str(row["period"])
    numbers = {field: float(row[column]) for field, column in _NUMBERS.items()}
    days = {name: None if pd.isna(row[name]) else row[name].date() for name in ("since", "parted", "until")}
    values: dict[str, Any] = numbers | days
    return Verdict(
        word="unclear" if word == "steady" and not period else word,
        window=str(row["window"]),
        basis=str(row["basis"]),
        period=period,
        n_papers=int(row["n_papers"]),
        n_periods=int(row["n_periods"]),
        is_fragile=bool(row["is_fragile"]),
        is_curved=bool(row["is_curved"]),
        **values,
    )
