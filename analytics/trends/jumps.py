"""Sudden changes of all series of a run: bursts, which end, and change points, which stay."""

from __future__ import annotations

import pandas as pd

from analytics.trends.change_points import change_points
from analytics.trends.run_bursts import series_bursts

__all__ = ["find_jumps"]


def find_jumps(series: pd.DataFrame, *, q: float, random_state: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables `bursts` and `change_points` of a run: see `series_bursts` and `change_points`.

    Most of the time of a run's statistics: one function, so that another process can do it meanwhile.
    """
    return (
        series_bursts(series, random_state=random_state),
        change_points(series, q=q, random_state=random_state),
    )
