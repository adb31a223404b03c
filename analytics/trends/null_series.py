"""Null series without any change: one share and the run's noise, used by tests."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import betaincinv, factorial

from analytics.trends.logit_lines import Floats, LogitLines, fit_lines
from analytics.trends.noise import LARGEST_CARRY, PooledNoise, fit_noise
from analytics.trends.series_grids import NEWEST, SeriesGrids, centered_times

__all__ = ["null_counts", "run_noise"]

_QUANTILES = np.linspace(-4.5, 4.5, 181)  # of the standard normal, between which shares are interpolated
_PROBABILITIES = stats.norm.cdf(_QUANTILES)
_ORDERS = np.arange(1, 9)  # of Hermite polynomials
# Their values at the quantiles, each of unit variance, times the density.
_WAVES = (
    stats.norm.pdf(_QUANTILES)[:, None]
    * np.polynomial.hermite_e.hermevander(_QUANTILES, _ORDERS[-1])[:, 1:]
    / np.sqrt(factorial(_ORDERS))
)
_CARRIES = np.linspace(0, 1, 101)
_CARRY_POWERS = _CARRIES[:, None] ** _ORDERS


def run_noise(
    grids: SeriesGrids,
    rows: NDArray[np.intp],
    *,
    around_curves: bool = False,
    largest_carry: float = LARGEST_CARRY,
) -> tuple[LogitLines, PooledNoise]:
    """Lines of some series of a run, and the noise around them that all of them share.

    `rows` are at least one series with papers inside and outside; together they have four periods or more.
    For `around_curves` and `largest_carry` see `noise.fit_noise`; the newest months may then be on their own
    level, too.

    Returns
    -------
    lines : LogitLines
        Through the papers as they are counted.
    noise : PooledNoise
        See `noise.fit_noise`. Checked shares that are sums of probabilities scatter less than
        counts of papers, and would make the noise of all series too small; a small part of the papers, found
        by phrases, shows less noise than the whole. So each checked series enters by its papers found or by
        its checked shares, whichever scatter more.
    """
    totals = grids.totals[rows]
    held = np.any(totals > 0, axis=0)
    grids, totals = grids.within(held), totals[:, held]
    counts, found = grids.counts[rows], grids.found[rows]
    x, _ = centered_times(grids.years)
    lines = fit_lines(counts, totals, x)
    residual, weight = lines.residual.copy(), lines.weight.copy()
    twice = np.flatnonzero(grids.is_checked[rows] & (found > 0).any(axis=1) & (found < totals).any(axis=1))
    if len(twice):
        papers = fit_lines(found[twice], totals[twice], x)
        wider = (papers.residual**2).sum(axis=1) > (residual[twice] ** 2).sum(axis=1)
        residual[twice[wider]], weight[twice[wider]] = papers.residual[wider], papers.weight[wider]
    if not around_curves:
        return lines, fit_noise(residual, weight, x, grids.steps)
    apart = grids.recent == NEWEST
    noise = fit_noise(
        residual, weight, x, grids.steps, around_curves=True, largest_carry=largest_carry, apart=apart
    )
    return lines, noise


def null_counts(
    counts: Floats,
    totals: Floats,
    steps: NDArray[np.int64],
    noise: PooledNoise,
    size: int,
    rng: np.random.Generator,
) -> Floats:
    """Counts of `size` series with this one's share and totals and the run's noise.

    Each draws the noise from its posterior. Counts are beta-binomial, their probabilities joined over time by
    an AR(1) normal copula whose autocorrelation gives the probabilities the noise's own. `counts`, `totals`
    and the positions `steps`, ascending, are those of periods that hold papers. Returns shape (size,
    n_periods).
    """
    share = counts.sum() / totals.sum()
    point = rng.choice(len(noise.weight), size, p=noise.weight)
    excess, carry = noise.excess[point], noise.carry[point].copy()
    tables = {}
    for value in np.unique(excess[excess > 0]):
        # Correlation of two papers of a period that gives counts this dispersion.
        within = min(value / max(totals.mean() - 1, 1), 0.9)
        ends = (share * (1 / within - 1), (1 - share) * (1 / within - 1))
        tables[value] = _shares_at_quantiles(*ends)
        carry[excess == value] = _normal_carry(carry[excess == value], tables[value])
    kept = carry[:, None] ** np.diff(steps, prepend=steps[0])
    normal = rng.standard_normal((size, len(totals)))
    for period in range(1, len(totals)):
        fresh = np.sqrt(1 - kept[:, period] ** 2)
        normal[:, period] = kept[:, period] * normal[:, period - 1] + fresh * normal[:, period]
    shares = np.full(normal.shape, share)
    for value, table in tables.items():
        shares[excess == value] = np.interp(normal[excess == value], _QUANTILES, table)
    return rng.binomial(totals.astype(np.int64), shares).astype(float)


@lru_cache(maxsize=8192)
def _shares_at_quantiles(a: float, b: float) -> Floats:
    """Beta quantiles, kept: a series' null is drawn in batches, for bursts and for change points."""
    return np.asarray(betaincinv(a, b, _PROBABILITIES))


def _normal_carry(carry: Floats, table: Floats) -> Floats:
    """Autocorrelation that normal noise needs for shares from `table` to have the given one.

    A small share's distribution is skewed, which loses up to a fifth of the normal noise's correlation:
    by its Hermite coefficients a, from r to the sum of a_k^2 r^k over that of a_k^2 for k from 1 on.
    """
    parts = (table @ _WAVES) ** 2
    return np.asarray(np.interp(carry, _CARRY_POWERS @ (parts / parts.sum()), _CARRIES))
