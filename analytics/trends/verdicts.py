"""Does a series' share of the papers rise or fall? A tested answer for every series of a run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analytics.exceptions import InputError
from analytics.labels.checked_series import CheckedSeries, correction_variances
from analytics.tables import empty_table, validate_table
from analytics.trends.logit_lines import Floats, LogitLines, fit_lines, slope_bounds
from analytics.trends.noise import PooledNoise
from analytics.trends.null_series import run_noise
from analytics.trends.series_grids import (
    BEFORE,
    ESTIMATES,
    LATER,
    MIN_PAPERS,
    MIN_PERIODS,
    QUARTER,
    SeriesGrids,
    centered_times,
    has_enough,
    series_grids,
    series_tallies,
    time_offsets,
)  # fmt: skip

__all__ = ["MIN_PAPERS", "MIN_PERIODS", "WINDOWS", "trend_verdicts"]

WINDOWS = ("long", "recent")
"""Over the whole span, and the newest complete quarter against what preceded it."""

_INTERVAL = 0.95


def trend_verdicts(
    series: pd.DataFrame, *, q: float = 0.05, corrections: Mapping[str, CheckedSeries] | None = None
) -> pd.DataFrame:
    """Test every series for a rise or fall of its share, over the span and of late, and say how fast.

    *Questions.* ``long``: did the odds that a paper belongs to the series grow or shrink by a constant
    factor a year, over the complete periods of the span? ``recent``: are they higher or lower in the
    newest complete calendar quarter than in all that preceded it? (Where periods are longer than a
    quarter: in the newest period.) Both growths are factors a year; the recent one is the step spread
    over the time between the mean dates of the two parts, so that on a steady trend both agree.

    *Null hypothesis.* The odds are the same in all periods, and counts scatter around them as binomial
    counts do, or wider, by noise that may carry over from one period to the next.

    *Method.* A logistic line per series [1]_ [2]_. Its signed root of the likelihood ratio is divided by
    the root of the variance inflation that the noise causes, as in a quasi-likelihood ratio test, and
    referred to Student's t. The noise (dispersion and autocorrelation) is estimated by restricted
    likelihood from the residuals of all tested series together, because none alone can tell its own
    noise from a trend, and each series' own dispersion moderates it: see `analytics.trends.noise`. The
    interval is the profile likelihood's under the same inflation, so that it holds 1 exactly when the
    p value is above 0.05. The Benjamini-Hochberg procedure [3]_ over all tested series keeps the expected
    part of false claims among ``rising`` and ``falling`` at `q` or below, in each window for itself.

    *Checked series* are counted by their checked shares, not rounded. The variance that the errors of the
    correction give to the slope, by the delta method from their covariance, is added to that of the noise, so
    that test and interval hold both; their degrees of freedom are combined by Satterthwaite's rule [4]_. The
    noise is that of the papers found where that is larger, see `analytics.trends.null_series.run_noise`.

    *What it cannot tell.* ``steady`` means that no trend was shown, not that none exists: read the
    interval. A rise and fall that cancel have no slope. With one series or four the noise is
    little known and the tests are cautious. A change of what the sources list moves shares as
    well as a change of the field does, and with shares one series' rise lowers the others.

    *Edges.* Only periods that are complete and hold a paper count. Fewer than `MIN_PERIODS` of
    them (for ``recent``: before the quarter), fewer than `MIN_PAPERS` papers in the series, or as few
    outside it, is ``insufficient``: the estimates are NaN and the series takes no part in the
    correction. Where the likelihood has no maximum, because every paper of the series stands at one
    end of the span, the slope is Firth's penalized estimate, which is finite, tested against its
    standard error; growth is then large and its interval wide.

    Parameters
    ----------
    series : DataFrame
        One row a series and period: `kind`, `series_id`, `period_start` (datetime64), `n_papers`
        and `n_total` (int, 0 <= n_papers <= n_total), `is_complete` (bool), and `checked_share` where themes
        are checked. Row order is irrelevant but for the order of the result; further columns are ignored.
    q : float
        False discovery rate to hold, between 0 and 1.
    corrections : mapping of str to CheckedSeries, optional
        By theme id, for each series that has checked shares (`analytics.labels.checked_series.with_checked`).

    Returns
    -------
    DataFrame
        The table `verdicts`: a row a series with `window` ``long``, in order of first appearance, then
        as many with ``recent``. `basis` is ``checked`` for checked series, else ``found``. `verdict` is
        ``rising``, ``falling``, ``steady`` or ``insufficient``.
        `growth_per_year` is the odds ratio of a year with its 95 % interval `growth_low`,
        `growth_high` (for one series, not corrected for their number). `n_papers`, `n_periods`:
        papers and periods that took part. `is_fragile` is False: `analytics.trends.unassigned.mark_fragile`
        finds it out.

    Raises
    ------
    InputError
        When a column is missing, a period stands twice in a series, a count is impossible, `q` is not
        between 0 and 1, or the correction of a checked series is missing.

    References
    ----------
    .. [1] Wedderburn (1974), doi:10.1093/biomet/61.3.439
    .. [2] McCullagh and Nelder (1989), Generalized Linear Models, doi:10.1007/978-1-4899-3242-6
    .. [3] Benjamini and Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x
    .. [4] Satterthwaite (1946), doi:10.2307/3002019

    Examples
    --------
    Odds of 1/8, 1/4, 1/2, 1, 2, 4 to one in six years double each year, and the line fits whole:

    >>> years = pd.date_range("2019-01-01", periods=6, freq="YS")
    >>> series = pd.DataFrame({"kind": "theme", "series_id": "agents", "period_start": years,
    ...     "n_papers": [10, 18, 30, 45, 60, 72], "n_total": 90, "is_complete": True})
    >>> found = trend_verdicts(series).round(2)
    >>> found[["window", "verdict", "growth_per_year", "n_papers"]].values.tolist()[0]
    ['long', 'rising', 2.0, 235]
    """
    if not 0 < q < 1:
        raise InputError(f"q is {q}; it is the allowed part of false claims, between 0 and 1, such as 0.05")
    grids = series_grids(series)
    if grids.keys.empty:
        return empty_table("verdicts")
    long = series_tallies(grids.keys, grids.counts, grids.totals)
    until = grids.recent < LATER
    recent = series_tallies(grids.keys, grids.counts[:, until], grids.totals[:, until])
    tested = has_enough(long)
    if tested.any():
        grids = grids.within(np.any(grids.totals[tested] > 0, axis=0))
        x, unit = centered_times(grids.years)
        lines, noise = run_noise(grids, np.flatnonzero(tested))
        data = grids.counts[tested], grids.totals[tested], x
        offset = time_offsets(lines.weight, x)
        inflation = noise.inflation(lines.weight, offset, grids.steps)
        inflation = _with_corrections(inflation, lines, offset, grids.of(tested), corrections or {})
        _fill(long, tested, _estimates(lines, data, unit, inflation), q)
        stepped = has_enough(recent) & _has_step(grids)
        if stepped.any():
            estimates = _step_estimates(grids.of(stepped), noise.of(stepped[tested]), corrections or {})
            _fill(recent, stepped, estimates, q)
    basis = np.where(grids.is_checked, "checked", "found")
    windows = [
        table.assign(window=name, basis=basis) for name, table in zip(WINDOWS, (long, recent), strict=True)
    ]
    return validate_table("verdicts", pd.concat(windows, ignore_index=True).assign(is_fragile=False))


def _has_step(grids: SeriesGrids) -> NDArray[np.bool_]:
    """Tell which series have papers to count in the newest quarter and in enough periods before it."""
    known = grids.totals > 0
    before, quarter = known[:, grids.recent == BEFORE], known[:, grids.recent == QUARTER]
    return np.asarray((before.sum(axis=1) >= MIN_PERIODS) & quarter.any(axis=1))


def _fill(table: pd.DataFrame, tested: NDArray[np.bool_], estimates: Floats, q: float) -> None:
    """Write the estimates of the tested series and the verdicts that follow into `table`."""
    table.loc[tested, ESTIMATES] = estimates
    growth, claimed = estimates[:, 0], estimates[:, -1] <= q
    words = np.select([claimed & (growth > 1), claimed], ["rising", "falling"], "steady")
    table.loc[tested, "verdict"] = words


def _step_estimates(
    grids: SeriesGrids, noise: PooledNoise, corrections: Mapping[str, CheckedSeries]
) -> Floats:
    """Estimates of the newest quarter against what preceded it, as if all papers of each came at once."""
    grids = grids.within(grids.recent < LATER)
    counts, totals, in_quarter = grids.counts, grids.totals, grids.recent
    parts = np.stack([in_quarter == BEFORE, in_quarter == QUARTER], axis=1).astype(float)
    listed = totals.max(axis=0)
    x, unit = centered_times((listed * grids.years) @ parts / (listed @ parts))
    data = counts @ parts, totals @ parts, x
    lines = fit_lines(*data)
    weight = totals * (lines.weight / data[1])[:, in_quarter]
    inflation = _step_inflation(noise, weight, (counts, totals, x[in_quarter]), grids.steps)
    offset = time_offsets(lines.weight, x)[:, in_quarter]
    inflation = _with_corrections(inflation, lines, offset, grids, corrections)
    return _estimates(lines, data, unit, inflation)


def _estimates(
    lines: LogitLines, data: tuple[Floats, Floats, Floats], unit: float, inflation: tuple[Floats, Floats]
) -> Floats:
    """Growth with its interval, p and q values of the tested series, shape (n_tested, 5)."""
    widening, freedom = np.sqrt(inflation[0]), inflation[1]
    p_value = 2 * stats.t.sf(np.abs(lines.root) / widening, freedom)
    reach = stats.t.ppf(0.5 + _INTERVAL / 2, freedom) * widening
    # A factor that no float holds says no more than the largest one that does.
    limit = np.log(np.finfo(float).max) - 1
    logs = np.stack([lines.line[1], *slope_bounds(lines, *data, reach)]) / unit
    growth = np.exp(np.clip(logs, -limit, limit))
    return np.column_stack([*growth, p_value, stats.false_discovery_control(p_value, method="bh")])


def _with_corrections(
    inflation: tuple[Floats, Floats],
    lines: LogitLines,
    offset: Floats,
    grids: SeriesGrids,
    corrections: Mapping[str, CheckedSeries],
) -> tuple[Floats, Floats]:
    """Add the variance that errors of the correction give to each slope, and combine the degrees of freedom.

    A share that is higher by d moves the slope by d times the period's papers and its offset in time, over
    the information: the derivative of the maximum likelihood estimate.
    """
    noise, freedom = inflation
    pull = grids.totals * offset / lines.information[:, None]
    variance, own_freedom = correction_variances(
        grids.keys["series_id"], grids.is_checked, grids.starts, pull, corrections
    )
    added = variance * lines.information
    joint = noise + added
    return joint, joint**2 / (noise**2 / freedom + added**2 / own_freedom)


def _step_inflation(
    noise: PooledNoise, weight: Floats, data: tuple[Floats, Floats, Floats], steps: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Inflation of a step's variance and its degrees of freedom, with the step or without it.

    Noise of the log odds moves few papers where the share is low. In a quarter that fell to nothing it
    would seem not to matter, although it may be why the papers are missing: the larger one counts.
    """
    counts, totals, x = data
    share = counts.sum(axis=1, keepdims=True) / totals.sum(axis=1, keepdims=True)
    level = totals * share * (1 - share)
    (stepped, freedom), (flat, flat_freedom) = (
        noise.inflation(weights, time_offsets(weights, x), steps) for weights in (weight, level)
    )
    return np.maximum(stepped, flat), np.where(stepped >= flat, freedom, flat_freedom)
