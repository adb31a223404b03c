"""Synthetic series with known truth, with and without a trend.

Tests and benchmarks measure the project's claims against these. Nothing here is taken from real
papers, and the same arguments always give the same values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betaincinv, expit, logit
from scipy.stats import norm

from analytics.exceptions import InputError
from analytics.labels.checked_series import CheckedSeries, with_checked

__all__ = ["SeriesNoise", "make_checked_series", "make_series"]


@dataclass(frozen=True, slots=True)
class SeriesNoise:
    """How counts scatter beyond a fixed share.

    Attributes
    ----------
    dispersion : float
        Variance of a count over that of a binomial one, from 1 (none) to the period's papers.
    autocorrelation : float
        Autocorrelation of neighboring periods' noise, from 0 (independent) to below 1;
        without effect at a dispersion of 1.
    """

    dispersion: float = 1.0
    autocorrelation: float = 0.0


def make_series(
    n_series: int,
    n_periods: int,
    *,
    papers_per_period: int = 100,
    share: float = 0.05,
    doubling_months: float | None = None,
    noise: SeriesNoise | None = None,
    random_state: int = 0,
) -> pd.DataFrame:
    """Monthly counts of independent series that all have one planted share and trend.

    With noise, the share that a month's papers are drawn with is itself drawn from a beta
    distribution around the planted one (a beta-binomial count, whose mean and variance are exact);
    successive draws are tied by a Gaussian copula over AR(1) noise.

    Returns what `analytics.trends.verdicts.trend_verdicts` takes: `kind` (``"topic"``), `series_id`
    (``"S0001"``), `period_start`, `n_papers`, `n_total`, `is_complete` (True).

    Parameters
    ----------
    n_series, n_periods : int
        At least 1 each; months from January 2000.
    papers_per_period : int
        `n_total` of every month.
    share : float
        Share in the first month, between 0 and 1.
    doubling_months : float, optional
        The share doubles in the first so many months, by a constant factor of its odds per month;
        below 0 the odds fall at that pace; None keeps them constant.
    noise : SeriesNoise, optional
        By default none but the binomial's own.

    Raises
    ------
    InputError
        When `share` (or twice it, for a doubling) is not between 0 and 1, or the noise is impossible.

    References
    ----------
    Beta-binomial counts: Williams (1982), doi:10.2307/2347977.

    Examples
    --------
    >>> make_series(2, 3, papers_per_period=1_000_000, share=0.2).round({"n_papers": -4})["n_papers"].tolist()
    [200000, 200000, 200000, 200000, 200000, 200000]
    """
    noise = noise or SeriesNoise()
    highest = share if doubling_months is None else 2 * share
    if not 0 < share <= highest < 1:
        raise InputError(f"share is {share}, at its highest {highest}; both must lie between 0 and 1")
    if not (1 <= noise.dispersion < papers_per_period and 0 <= noise.autocorrelation < 1):
        raise InputError(
            f"{noise} is impossible with {papers_per_period} papers a period; "
            "dispersion is at least 1 and below their number, autocorrelation at least 0 and below 1"
        )
    rng = np.random.default_rng(random_state)
    slope = 0.0 if doubling_months is None else (logit(2 * share) - logit(share)) / doubling_months
    planted = expit(logit(share) + slope * np.arange(n_periods))
    shares = np.broadcast_to(planted, (n_series, n_periods))
    if noise.dispersion > 1:
        within = (noise.dispersion - 1) / (papers_per_period - 1)  # correlation of two papers of a month
        size = (1 - within) / within
        quantiles = norm.cdf(_autoregressive_noise(n_series, n_periods, noise.autocorrelation, rng))
        shares = betaincinv(planted * size, (1 - planted) * size, quantiles)
    counts = rng.binomial(papers_per_period, shares)
    return pd.DataFrame(
        {
            "kind": "topic",
            "series_id": np.repeat([f"S{number:04d}" for number in range(1, n_series + 1)], n_periods),
            "period_start": np.tile(pd.date_range("2000-01-01", periods=n_periods, freq="MS"), n_series),
            "n_papers": counts.ravel(),
            "n_total": papers_per_period,
            "is_complete": True,
        }
    )


def make_checked_series(
    n_series: int,
    n_periods: int,
    *,
    level: float,
    slope: float,
    freedom: float = 40.0,
    random_state: int = 0,
    **planted: Any,
) -> tuple[pd.DataFrame, dict[str, CheckedSeries]]:
    """Monthly counts of themes of which phrases find a part, and shares that labels correct.

    The share checked is the true one of each month's papers with an error that is a straight line in time, as
    of a correction whose level and slope were estimated from few labels. Of the true papers each is found
    with probability 0.4. Returns the table `trends` of kind ``"theme"``, without intervals of the papers
    found, and the checked series.

    Parameters
    ----------
    n_series, n_periods, random_state, **planted
        See `make_series`.
    level, slope : float
        Standard errors of the correction's level, and of its difference from the first to the last month;
        shares.
    freedom : float
        Degrees of freedom with which these are known: each series is given an estimate of their squares.

    Examples
    --------
    >>> trends, checked = make_checked_series(2, 24, level=0.02, slope=0.05, share=0.3)
    >>> len(trends), list(checked)
    (48, ['S0001', 'S0002'])
    """
    true = make_series(n_series, n_periods, random_state=random_state, **planted).assign(kind="theme")
    rng = np.random.default_rng([random_state, n_series])
    line = np.stack([np.ones(n_periods), np.linspace(-0.5, 0.5, n_periods)])
    checked = {}
    for series_id, own in true.groupby("series_id"):
        error = rng.normal(0, (level, slope)) @ line
        share = np.clip(own["n_papers"].to_numpy() / own["n_total"].to_numpy() + error, 0.001, 0.999)
        known = rng.chisquare(freedom) / freedom
        covariance = known * (line.T * np.square((level, slope))) @ line
        starts = own["period_start"].to_numpy()
        checked[str(series_id)] = CheckedSeries(
            str(series_id), starts, share, share, share, covariance, freedom
        )
    found = true.assign(
        n_papers=rng.binomial(true["n_papers"], 0.4),
        period_end=true["period_start"] + pd.DateOffset(months=1),
        checked_share=np.nan,
        checked_low=np.nan,
        checked_high=np.nan,
    )
    return with_checked(found, checked), checked


def _autoregressive_noise(
    n_series: int, n_periods: int, autocorrelation: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Stationary standard normal AR(1) noise, shape (n_series, n_periods)."""
    noise = rng.standard_normal((n_series, n_periods))
    fresh = np.sqrt(1 - autocorrelation**2)
    for period in range(1, n_periods):
        noise[:, period] = autocorrelation * noise[:, period - 1] + fresh * noise[:, period]
    return noise
