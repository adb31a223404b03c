"""Bursts of all series of a run, tested against the run's noise and corrected for multiple tests."""

from __future__ import annotations

import zlib

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analytics.tables import TABLE_COLUMNS, empty_table, validate_table
from analytics.trends.bursts import Burst, find_bursts, heaviest_bursts
from analytics.trends.logit_lines import Floats
from analytics.trends.noise import PooledNoise
from analytics.trends.null_series import null_counts, run_noise
from analytics.trends.series_grids import MIN_PAPERS, MIN_PERIODS, series_grids

__all__ = ["series_bursts"]

_QUICK, _THOROUGH = 99, 1999  # permutations: few settle what is not a burst, many what may be one
_OPEN = 0.1  # p value of the few from which the many are drawn


def series_bursts(series: pd.DataFrame, *, random_state: int = 0) -> pd.DataFrame:
    """Bursts of all series of a run in their complete periods, with one correction for all.

    *Question, method.* Those of `find_bursts`, whose permutation p value is `p_value`. Since counts that
    scatter more than binomial ones, or whose noise carries over, burst without a cause, a second p
    value compares the heaviest burst with those of simulated series of one share that have the run's own
    noise (`analytics.trends.null_series`). A series' heaviest burst represents it in the Benjamini-Hochberg
    procedure [1]_ over all tested series, by the larger of its two p values; a lighter burst has
    the q value that a series with its p value has.

    *Null hypothesis of the q value.* The series' share is the same in all periods, and its counts scatter as
    those of the run do.

    *Limitations.* A steady rise ends in a burst: read it together with the verdict.

    *Checked series* are counted by their checked shares, in whole papers. The error of the correction is
    left out: it is smooth in time, and a burst is short.

    *Edges.* A series with fewer than 5 complete periods, fewer than 20 papers inside or outside has no row.

    `series` is what `trend_verdicts` takes, and `period_end`. A series' random draws are its own, whatever
    else is in the run. Returns the table `bursts`, whatever the q value, series in order of first appearance,
    then time; `period_end` is exclusive.

    Raises
    ------
    InputError
        When a column is missing or a count is impossible.

    References
    ----------
    .. [1] Benjamini and Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> months = pd.date_range("2020-01-01", periods=24, freq="MS")
    >>> flat = pd.DataFrame({"kind": "theme", "period_start": months, "n_total": 100, "is_complete": True,
    ...     "period_end": months + pd.DateOffset(months=1), "n_papers": [9, 11] * 12})
    >>> burst = flat.assign(series_id="agents", n_papers=[9, 11] * 5 + [40] * 4 + [9, 11] * 5)
    >>> others = [flat.assign(series_id=f"flat {i}") for i in range(9)]
    >>> found = series_bursts(pd.concat([burst, *others]))
    >>> found[["series_id", "period_start", "period_end"]].astype(str).values.tolist()
    [['agents', '2020-11-01', '2021-03-01']]
    """
    grids = series_grids(series).whole()
    inside, outside = grids.counts.sum(axis=1), (grids.totals - grids.counts).sum(axis=1)
    long_enough = (grids.totals > 0).sum(axis=1) >= MIN_PERIODS
    tested = np.flatnonzero(long_enough & (np.minimum(inside, outside) >= MIN_PAPERS))
    if not len(tested):
        return empty_table("bursts")
    _, noise = run_noise(grids, tested)
    used = series[series["is_complete"].astype(bool) & (series["n_total"] > 0)]
    edges = used[["period_start", "period_end"]].drop_duplicates("period_start").sort_values("period_start")
    rows, heaviest = [], []
    for row in tested:
        key = tuple(grids.keys.iloc[row])
        rng = np.random.default_rng([random_state, zlib.crc32("\0".join(map(str, key)).encode())])
        where = np.flatnonzero(grids.totals[row] > 0)
        found = _judged_bursts(
            grids.counts[row, where], grids.totals[row, where], grids.steps[where], noise, rng
        )
        heaviest.append(min((max(burst.p_value, p_noise) for burst, p_noise in found), default=1.0))
        rows += [
            (
                *key,
                edges["period_start"].iloc[where[burst.start]],
                edges["period_end"].iloc[where[burst.end]],
                burst.weight,
                burst.p_value,
                max(burst.p_value, p_noise),
            )
            for burst, p_noise in found
        ]
    sure = np.sort(heaviest)
    table = pd.DataFrame(rows, columns=list(TABLE_COLUMNS["bursts"]))
    place = np.searchsorted(sure, table["q_value"].to_numpy(dtype=float))
    q_values = stats.false_discovery_control(sure)[np.minimum(place, len(sure) - 1)]
    return validate_table("bursts", table.assign(q_value=q_values))


def _judged_bursts(
    counts: Floats, totals: Floats, steps: NDArray[np.int64], noise: PooledNoise, rng: np.random.Generator
) -> list[tuple[Burst, float]]:
    """Bursts of a series, each with its p value under the run's noise; many draws where few leave it open."""
    found, p_noise = [], np.zeros(0)
    for size in (_QUICK, _THOROUGH):
        found = find_bursts(counts, totals, n_permutations=size, random_state=int(rng.integers(2**31)))
        if not found:
            return []
        drawn = null_counts(counts, totals, steps, noise, size, rng)
        heaviest = heaviest_bursts(drawn, totals.astype(np.int64))
        p_noise = np.array([(1 + (heaviest >= burst.weight).sum()) / (1 + size) for burst in found])
        if min(max(burst.p_value, p) for burst, p in zip(found, p_noise, strict=True)) > _OPEN:
            break
    return list(zip(found, p_noise.tolist(), strict=True))
