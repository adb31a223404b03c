"""Change points: where did a series' share of the papers jump to another level? Tested over a whole run."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pandas as pd
import ruptures
from numpy.typing import NDArray
from ruptures.base import BaseCost
from scipy import stats
from scipy.special import xlogy

from analytics.exceptions import InputError
from analytics.tables import TABLE_COLUMNS, validate_table
from analytics.trends.logit_lines import Floats
from analytics.trends.noise import PooledNoise
from analytics.trends.null_series import null_counts, run_noise
from analytics.trends.series_grids import MIN_PAPERS, SeriesGrids, series_grids

__all__ = ["MIN_LEVEL", "MIN_PERIODS", "BinomialCost", "change_points"]

MIN_PERIODS = 12
"""Complete periods with papers below which a series is not tested."""
MIN_LEVEL = 3
"""Periods that a level lasts at least; what is shorter is a burst."""

_BATCHES = (100, 300, 600, 2000, 7000)  # null series; the next batch is drawn only while the p value is open
_ENOUGH_ABOVE = 20  # null series above the observed one that settle a p value
_PAIRS_AT_ONCE = 2_000_000  # pairs of changes held in memory


class BinomialCost(BaseCost):  # type: ignore[misc]
    """Cost of a stretch for ruptures: the deviance of its binomial counts from one share.

    Twice the negative log-likelihood at the best share, less what no share can change.

    References
    ----------
    Custom costs: Truong, Oudre and Vayatis (2020), doi:10.1016/j.sigpro.2019.107299.

    Examples
    --------
    Of 8 papers 4 belong to the series; 2 (8 log 8 - 4 log 4 - 4 log 4) is 16 log 2:

    >>> cost = BinomialCost().fit(np.array([[1, 4], [3, 4]]))
    >>> round(float(cost.error(0, 2) / np.log(2)), 9)
    16.0
    """

    model = "binomial"
    min_size = 1

    def fit(self, signal: NDArray[np.float64]) -> BinomialCost:
        """Set the signal, shape (n_periods, 2): the series' papers and all papers of each period."""
        self.signal = signal
        self._sums = np.concatenate([np.zeros((1, 2)), np.cumsum(signal, axis=0, dtype=float)])
        return self

    def error(self, start: int, end: int) -> float:
        """Cost of the periods from `start` to before `end`."""
        inside, total = self._sums[end] - self._sums[start]
        return float(_deviance(inside, total))


@dataclass(frozen=True, slots=True)
class _Series:
    """One series' counts and the null distribution of its statistic.

    Attributes
    ----------
    signal : ndarray, shape (n_periods, 2)
        Papers of the series and all papers, in periods that hold papers.
    where : ndarray of int, shape (n_periods,)
        Their positions in the run's periods.
    statistic, scale : float
        Gain of deviance per change over the mean square left, see `_strongest`, and that mean square.
    null : ndarray
        The statistic of simulated series without a change.
    line_gain : float
        Deviance that a straight line of the log odds explains.
    """

    signal: Floats
    where: NDArray[np.int64]
    statistic: float
    scale: float
    null: Floats
    line_gain: float

    def p_value(self, statistic: float) -> float:
        """Part of the null series, this one included, with as high a statistic."""
        return float((1 + (self.null >= statistic).sum()) / (1 + len(self.null)))


def change_points(series: pd.DataFrame, *, q: float = 0.05, random_state: int = 0) -> pd.DataFrame:
    """Find the periods in which a series' share jumped to another level, over all series of a run.

    *Question.* Did the share change its level, when, and from what to what?

    *Null hypothesis.* The series has one share throughout. Counts scatter around it as binomial counts
    do, or wider, by noise that may carry over from one period to the next.

    *Method.* The statistic is the deviance that the best single change, or the best two, explain for
    each change, over the mean deviance that they leave: an F ratio, so that a series' own dispersion
    cancels. Its null distribution is that of series simulated with the same totals and share and with
    the run's noise: beta-binomial counts tied by a Gaussian copula over AR(1) noise, whose
    dispersion and autocorrelation are drawn from the posterior that `analytics.trends.noise` learns from all
    series together. More are simulated the smaller the p value, up to 10,000 [1]_. The Benjamini-Hochberg
    procedure [2]_ over the series holds the expected part of series without any change among
    those with a claim at `q` or below. In those, the cheapest cutting with the binomial cost and the
    statistic's critical value as penalty is found by PELT [3]_, [4]_, so that each change in it
    has a p value as small as the procedure asks for. A straight line of the log odds competes with it
    at the price of one change: where it is cheaper, the series has a trend and no change point.

    *Limitations.* Whether nothing happened where nothing is found: read the power in the tests.
    A steep bend of a trend may be called a jump. Series whose noise carries over much longer than
    the others' are given the run's middle one and are claimed too easily. In a run of few series that
    jump themselves, the jumps are taken for noise. A new source moves shares as the field does.

    *Checked series* are counted by their checked shares, in whole papers. The error of the correction is
    left out: it shifts the level and tilts the line, neither of which makes a jump.

    *Edges.* Only periods that are complete and hold a paper count. A series with fewer than
    `MIN_PERIODS` of them, or fewer than 20 papers inside or outside, is not tested and takes no part
    in the correction. Levels last `MIN_LEVEL` periods at least.

    Parameters
    ----------
    series : DataFrame
        What `trend_verdicts` takes: a row per series and period with `kind`, `series_id`,
        `period_start`, `n_papers`, `n_total`, `is_complete`. The order of rows moves only that of the result.
    q : float
        False discovery rate to hold, between 0 and 1.
    random_state : int
        Seed of the simulated series, at least 0.

    Returns
    -------
    DataFrame
        A row per change point: `kind`, `series_id`, `period_start` (the first period of the new level),
        `share_before` and `share_after` (of the papers of the two levels that meet there), `p_value` (of the
        change, over all places where the series could have changed) and `q_value`. Series in order of
        first appearance, changes in order of time; no row where nothing is claimed.

    Raises
    ------
    InputError
        When a column is missing, a period stands twice in a series, a count is impossible, `q` is not
        between 0 and 1 or `random_state` is negative.

    References
    ----------
    .. [1] Besag and Clifford (1991), doi:10.1093/biomet/78.2.301
    .. [2] Benjamini and Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x
    .. [3] Killick, Fearnhead and Eckley (2012), doi:10.1080/01621459.2012.737745
    .. [4] Truong, Oudre and Vayatis (2020), doi:10.1016/j.sigpro.2019.107299

    Examples
    --------
    One paper in ten for a year, then three in ten:

    >>> months = pd.date_range("2020-01-01", periods=24, freq="MS")
    >>> series = pd.DataFrame({"kind": "theme", "series_id": "agents", "period_start": months,
    ...     "n_papers": [9, 11] * 6 + [29, 31] * 6, "n_total": 100, "is_complete": True})
    >>> flat = [series.assign(series_id=f"flat {i}", n_papers=[9, 11] * 12) for i in range(9)]
    >>> found = change_points(pd.concat([series, *flat]))
    >>> found[["series_id", "share_before", "share_after"]].values.tolist()
    [['agents', 0.1, 0.3]]
    >>> found["period_start"].dt.date.astype(str).tolist()
    ['2021-01-01']
    """
    if not 0 < q < 1:
        raise InputError(f"q is {q}; it is the allowed part of false claims, between 0 and 1, such as 0.05")
    if random_state < 0:
        raise InputError(f"random_state is {random_state}; a seed is 0 or more")
    grids = series_grids(series).whole()
    tested = _tested(grids, random_state)
    p_values = np.array([one.p_value(one.statistic) for one in tested.values()])
    q_values = stats.false_discovery_control(p_values, method="bh") if len(p_values) else p_values
    critical = float(p_values[q_values <= q].max(initial=0))
    rows = []
    for (row, one), q_value in zip(tested.items(), q_values, strict=True):
        if q_value <= q:
            key = tuple(grids.keys.iloc[row])
            for place, before, after, p_value in _changes(one, critical):
                at_least = q_values[p_values >= p_value].min(initial=q)
                rows.append((*key, grids.starts[one.where[place]], before, after, p_value, at_least))
    return _table(rows)


def _table(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    """The result, typed also where it has no row."""
    return validate_table("change_points", pd.DataFrame(rows, columns=list(TABLE_COLUMNS["change_points"])))


def _tested(grids: SeriesGrids, random_state: int) -> dict[int, _Series]:
    """Series with enough evidence, by their row in the grids, with their null distributions."""
    inside, outside = grids.counts.sum(axis=1), (grids.totals - grids.counts).sum(axis=1)
    n_periods = (grids.totals > 0).sum(axis=1)
    rows = np.flatnonzero((inside >= MIN_PAPERS) & (outside >= MIN_PAPERS) & (n_periods >= MIN_PERIODS))
    if not len(rows):
        return {}
    lines, noise = run_noise(grids, rows)
    tested = {}
    for row, root in zip(rows, lines.root, strict=True):
        where = np.flatnonzero(grids.totals[row] > 0)
        signal = np.column_stack([grids.counts[row], grids.totals[row]])[where]
        statistic, scale = (float(value[0]) for value in _strongest(signal[:, 0][None], signal[:, 1]))
        # A series' draws are its own, whatever else is in the run and in whatever order.
        name = "\0".join(map(str, grids.keys.iloc[row]))
        rng = np.random.default_rng([random_state, zlib.crc32(name.encode())])
        null = _null_statistics(signal, grids.steps[where], noise, statistic, rng)
        tested[int(row)] = _Series(signal, where, statistic, scale, null, float(root**2))
    return tested


def _null_statistics(
    signal: Floats, steps: NDArray[np.int64], noise: PooledNoise, observed: float, rng: np.random.Generator
) -> Floats:
    """Statistics of simulated series with one share, until enough lie above the observed one."""
    drawn = np.zeros(0)
    for size in _BATCHES:
        counts = null_counts(signal[:, 0], signal[:, 1], steps, noise, size, rng)
        drawn = np.concatenate([drawn, _strongest(counts, signal[:, 1])[0]])
        if (drawn >= observed).sum() >= _ENOUGH_ABOVE:
            break
    return drawn


def _strongest(counts: Floats, totals: Floats) -> tuple[Floats, Floats]:
    """Highest F ratio of the best change and of the best two, and the mean square left by those.

    Both of shape (n_series,), for `counts` of shape (n_series, n_periods) with the same totals.
    """
    at_once = max(1, _PAIRS_AT_ONCE // len(totals) ** 2)
    parts = [_ratios(counts[at : at + at_once], totals) for at in range(0, len(counts), at_once)]
    return tuple(np.concatenate(part) for part in zip(*parts, strict=True))  # type: ignore[return-value]


def _ratios(counts: Floats, totals: Floats) -> tuple[Floats, Floats]:
    """Do the work of `_strongest` for as many series as fit in memory."""
    n = len(totals)
    inside = np.concatenate([np.zeros((len(counts), 1)), np.cumsum(counts, axis=1)], axis=1).astype(np.int32)
    total = np.concatenate([[0], np.cumsum(totals)]).astype(np.int32)
    table = _x_log_x(int(total[-1]) + 1)

    def cost(start: NDArray[np.int64], end: NDArray[np.int64]) -> Floats:
        among, within = total[end] - total[start], inside[:, end] - inside[:, start]
        return np.asarray(2 * (table[among] - table[within] - table[among - within]))

    level = cost(np.array([0]), np.array([n]))[:, 0] - _deviance(counts, totals).sum(axis=1)
    cuts = np.arange(MIN_LEVEL, n - MIN_LEVEL + 1)
    heads, tails = cost(np.zeros_like(cuts), cuts), cost(cuts, np.full_like(cuts, n))
    whole = cost(np.array([0]), np.array([n]))
    gains = [(whole - heads - tails).max(axis=1)]
    first, last = np.triu_indices(len(cuts), k=MIN_LEVEL)
    if len(first):
        middles = cost(cuts[first], cuts[last])
        gains.append((whole - heads[:, first] - middles - tails[:, last]).max(axis=1))
    scales = [np.maximum(level - gain, 1e-9) / (n - 1 - k) for k, gain in enumerate(gains, start=1)]
    ratios = [gain / k / scale for k, (gain, scale) in enumerate(zip(gains, scales, strict=True), start=1)]
    best = np.argmax(ratios, axis=0)[None]
    return np.take_along_axis(np.stack(ratios), best, 0)[0], np.take_along_axis(np.stack(scales), best, 0)[0]


def _changes(one: _Series, critical: float) -> list[tuple[int, float, float, float]]:
    """Place, share before and after, and p value of each change of a series that has one."""
    allowed = max(int(critical * (1 + len(one.null))) - 1, 0)  # null statistics that may be higher
    bound = np.sort(one.null)[::-1][min(allowed, len(one.null) - 1)]
    penalty = min(bound * (1 + 1e-9), one.statistic * (1 - 1e-9)) * one.scale
    cost = BinomialCost()
    search = ruptures.Pelt(custom_cost=cost, min_size=MIN_LEVEL, jump=1).fit(one.signal)
    edges = [0, *search.predict(pen=penalty)]
    n_changes = len(edges) - 2
    pieces = sum(cost.error(*ends) for ends in pairwise(edges))
    gain = cost.error(0, edges[-1]) - pieces
    if gain - n_changes * penalty <= one.line_gain - penalty:
        return []
    found = []
    for start, place, end in zip(edges[:-2], edges[1:-1], edges[2:], strict=True):
        before, after = (one.signal[a:b].sum(axis=0) for a, b in ((start, place), (place, end)))
        gain = cost.error(start, end) - cost.error(start, place) - cost.error(place, end)
        # No change is surer than that the series has any.
        p_value = one.p_value(min(gain / one.scale, one.statistic))
        found.append((place, before[0] / before[1], after[0] / after[1], p_value))
    return found


@lru_cache(maxsize=1)
def _x_log_x(n: int) -> Floats:
    """Each count times its logarithm, from 0 to n - 1: looked up faster than found."""
    counts = np.arange(n, dtype=float)
    return np.asarray(xlogy(counts, counts))


def _deviance(inside: Floats, total: Floats) -> Floats:
    """Twice the negative log-likelihood of `inside` of `total` at its best share, constants left out."""
    return np.asarray(
        2 * (xlogy(total, total) - xlogy(inside, inside) - xlogy(total - inside, total - inside))
    )
