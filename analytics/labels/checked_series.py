"""Checked series: shares of themes as labels correct them, and the error of that correction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.exceptions import InputError

__all__ = ["CheckedSeries", "correction_variances", "with_checked"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CheckedSeries:
    """Share of a theme in each period, estimated from labels.

    Attributes
    ----------
    period_start : ndarray of datetime64, shape (n_periods,)
        Each period once.
    share, low, high : ndarray, shape (n_periods,)
        Share from 0 to 1 with its interval; NaN in a period without papers.
    covariance : ndarray, shape (n_periods, n_periods)
        Covariance of the correction's errors in the shares: errors of classification, and the chance that
        chose the labelled papers. Not of the chance by which papers appear; that comes on top.
    freedom : float
        Degrees of freedom of the covariance, above 0; infinite where it is known.

    Raises
    ------
    InputError
        When shapes differ, a share is not between 0 and 1, or the covariance is not finite.
    """

    theme_id: str
    period_start: NDArray[np.datetime64]
    share: Floats
    low: Floats
    high: Floats
    covariance: Floats
    freedom: float

    def __post_init__(self) -> None:
        n = len(self.period_start)
        shapes = [np.shape(one) for one in (self.share, self.low, self.high, self.covariance)]
        if shapes != [(n,), (n,), (n,), (n, n)]:
            raise InputError(
                f"the checked series {self.theme_id!r} has {n} periods, but share, low, high and covariance "
                f"of shapes {shapes}; give one share per period and a square covariance"
            )
        if ((self.share < 0) | (self.share > 1)).any():
            raise InputError(f"the checked series {self.theme_id!r} has a share outside 0..1")
        if not (np.isfinite(self.covariance).all() and self.freedom > 0):
            raise InputError(
                f"the checked series {self.theme_id!r} has a covariance that is not finite or {self.freedom} "
                "degrees of freedom; they must be above 0"
            )

    def covariance_at(self, starts: NDArray[np.datetime64]) -> Floats:
        """Covariance of the correction's errors in some of the periods, shape (n_starts, n_starts).

        Raises
        ------
        InputError
            When a period is missing.
        """
        place = pd.Index(self.period_start).get_indexer(pd.Index(starts))
        if (place < 0).any():
            missing = pd.Timestamp(starts[int(np.argmax(place < 0))])
            raise InputError(
                f"the checked series {self.theme_id!r} lacks the period of {missing:%Y-%m-%d}; "
                "estimate it for all periods of the trends"
            )
        return self.covariance[np.ix_(place, place)]


def with_checked(trends: pd.DataFrame, checked: Mapping[str, CheckedSeries]) -> pd.DataFrame:
    """Fill in the checked shares of themes.

    Returns `trends` with `checked_share`, `checked_low` and `checked_high`; themes that are not in the trends
    are left out. All tests and forecasts count such a series by its checked shares, see
    `analytics.trends.series_grids.counted_papers`.

    Raises
    ------
    InputError
        When a checked series has no share for a period that holds papers.

    Examples
    --------
    >>> starts = pd.to_datetime(["2024-01-01", "2024-02-01"])
    >>> trends = pd.DataFrame({"kind": "theme", "series_id": "agents", "period_start": starts,
    ...     "n_papers": [5, 0], "n_total": [50, 0], "checked_share": np.nan, "checked_low": np.nan,
    ...     "checked_high": np.nan})
    >>> share = np.array([0.3, np.nan])
    >>> one = CheckedSeries("agents", starts.to_numpy(), share, share, share, np.zeros((2, 2)), 9.0)
    >>> with_checked(trends, {"agents": one})["checked_share"].tolist()
    [0.3, nan]
    """
    filled = trends.copy()
    for theme_id, one in checked.items():
        own = ((trends["kind"] == "theme") & (trends["series_id"] == theme_id)).to_numpy()
        place = pd.Index(one.period_start).get_indexer(pd.Index(trends.loc[own, "period_start"]))
        values = np.stack([one.share, one.low, one.high])
        values = np.where(place >= 0, values[:, place], np.nan)
        unknown = np.isnan(values[0]) & (trends.loc[own, "n_total"] > 0).to_numpy()
        if unknown.any():
            start = trends.loc[own, "period_start"].iloc[int(np.argmax(unknown))]
            raise InputError(
                f"the checked series {theme_id!r} has no share for the period of {start:%Y-%m-%d}, "
                "which holds papers; estimate it for all periods of the trends"
            )
        filled.loc[own, ["checked_share", "checked_low", "checked_high"]] = values.T
    return filled


def correction_variances(
    theme_ids: Iterable[str],
    is_checked: NDArray[np.bool_],
    starts: NDArray[np.datetime64],
    pull: Floats,
    checked: Mapping[str, CheckedSeries],
) -> tuple[Floats, Floats]:
    """Variance that errors of the correction give to a weighted sum of each series' shares.

    Returns variances, at least 0, and their degrees of freedom, infinite without a correction; shape
    (n_series,).

    Parameters
    ----------
    is_checked : ndarray of bool, shape (n_series,)
        A series that is counted as found has variance 0.
    starts : ndarray of datetime64, shape (n_periods,)
    pull : ndarray, shape (n_series, n_periods)
        Weight of each period's share in the sum.

    Raises
    ------
    InputError
        When the series of a checked theme, or one of its periods, is missing.

    Examples
    --------
    An error of the level alone, with variance 0.01, does not move the difference of two periods:

    >>> starts = np.array(["2024-01-01", "2024-02-01"], dtype="datetime64[us]")
    >>> one = CheckedSeries("agents", starts, *np.full((3, 2), 0.5), np.full((2, 2), 0.01), 9.0)
    >>> variance, freedom = correction_variances(["agents", "agents", "T0001"], np.array([True, True, False]),
    ...     starts, np.array([[-1.0, 1.0], [0.5, 0.5], [1.0, 1.0]]), {"agents": one})
    >>> variance.round(12).tolist(), freedom.tolist()
    ([0.0, 0.01, 0.0], [9.0, 9.0, inf])
    """
    variance, freedom = np.zeros(len(pull)), np.full(len(pull), np.inf)
    for row, theme_id in enumerate(theme_ids):
        if not is_checked[row]:
            continue
        if theme_id not in checked:
            raise InputError(
                f"the theme {theme_id!r} has checked shares, but its correction is not given; "
                "pass the checked series that the shares came from"
            )
        one = checked[theme_id]
        # Rounding must not make a variance of 0 negative.
        variance[row] = max(float(pull[row] @ one.covariance_at(starts) @ pull[row]), 0.0)
        freedom[row] = one.freedom
    return variance, freedom
