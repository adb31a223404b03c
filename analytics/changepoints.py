"""Change points: periods at which a series' share jumps from one level to another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import ruptures
from numpy.typing import ArrayLike, NDArray
from ruptures.base import BaseCost
from scipy.special import xlogy

from analytics.exceptions import InputError

__all__ = ["BinomialCost", "Level", "find_levels", "null_penalty"]

Floats = NDArray[np.float64]


class BinomialCost(BaseCost):  # type: ignore[misc]
    """Cost of a stretch for ruptures: the negative log-likelihood of binomial counts at their best share.

    The part of the likelihood that no share can change is left out. The signal has two columns,
    the papers of the series and all papers of each period.

    References
    ----------
    Truong, Oudre and Vayatis (2020), doi:10.1016/j.sigpro.2019.107299 (ruptures, and custom costs).

    Examples
    --------
    >>> cost = BinomialCost().fit(np.array([[1, 4], [3, 4]]))
    >>> round(float(cost.error(0, 2) / np.log(2)), 9)  # 4 of 8
    8.0
    """

    model = "binomial"
    min_size = 1

    def fit(self, signal: NDArray[np.int64]) -> BinomialCost:
        """Set the signal, shape (n_periods, 2)."""
        self.signal = signal
        self._sums = np.concatenate([np.zeros((1, 2)), np.cumsum(signal, axis=0, dtype=float)])
        return self

    def error(self, start: int, end: int) -> float:
        """Cost of the periods from `start` to before `end`."""
        inside, total = self._sums[end] - self._sums[start]
        return float(_cost(inside, total))


@dataclass(frozen=True, slots=True)
class Level:
    """Periods in a row with one share: `start` to before `end`, and `n_papers` of `n_total` papers."""

    start: int
    end: int
    n_papers: int
    n_total: int


def find_levels(
    n_papers: ArrayLike,
    n_total: ArrayLike,
    *,
    alpha: float = 0.05,
    dispersion: float = 1.0,
    min_periods: int = 2,
    random_state: int = 0,
) -> list[Level]:
    """Levels of a series' share; a change point stands where one ends and the next begins.

    *Question.* Did the share jump, and when?

    *Null hypothesis.* One share throughout. Then a change is found in at most a part `alpha` of series.

    *Method.* The cheapest cutting of the series by dynamic programming (PELT [1]_, which finds the best
    one whatever their number), each piece with the binomial cost and each change with the penalty of
    `null_penalty`, which is that of the series' own papers on shuffled dates.

    *What it cannot tell.* A steady rise is cut into steps, because it is not one level. Counts that
    scatter more than binomial ones need their `dispersion`, such as 1 plus the excess of
    `analytics.noise`; noise that carries over from period to period makes levels of its own.

    *Edges.* Fewer than two times `min_periods` periods, no paper in the series or none outside it: one
    level. No period: none. A period without papers belongs to the level around it.

    Parameters
    ----------
    n_papers, n_total : array_like of int, shape (n_periods,)
        0 <= n_papers <= n_total, in order of time.
    alpha : float
        Part of null series in which a change may be found, between 0 and 1.
    dispersion : float
        Variance of a count over the binomial one, at least 1.
    min_periods : int
        Shortest level, at least 1.
    random_state : int
        Seed of the shuffled dates.

    Returns
    -------
    list of Level
        In order of time; together they cover all periods.

    Raises
    ------
    InputError
        When a count is impossible, the lengths differ, or a setting is out of range.

    References
    ----------
    .. [1] Killick, Fearnhead and Eckley (2012), doi:10.1080/01621459.2012.737745

    Examples
    --------
    >>> levels = find_levels([2, 1, 2, 2, 9, 8, 9, 8], [20] * 8)
    >>> [(level.start, level.end, level.n_papers) for level in levels]
    [(0, 4, 7), (4, 8, 34)]
    """
    counts, totals = np.asarray(n_papers, dtype=np.int64), np.asarray(n_total, dtype=np.int64)
    if counts.ndim != 1 or counts.shape != totals.shape:
        raise InputError(f"shapes are {counts.shape} and {totals.shape}; give two rows of the same length")
    if ((counts < 0) | (counts > totals)).any():
        raise InputError("a count lies outside 0..total; give for each total the part of it that counts")
    if not (0 < alpha < 1 and dispersion >= 1 and min_periods >= 1):
        raise InputError(
            f"alpha is {alpha}, dispersion {dispersion}, min_periods {min_periods}; "
            "they must lie between 0 and 1, be at least 1 and at least 1"
        )
    if not len(counts):
        return []
    ends = [len(counts)]
    if len(counts) >= 2 * min_periods and 0 < counts.sum() < totals.sum():
        penalty = dispersion * null_penalty(
            int(counts.sum()), totals, alpha=alpha, min_periods=min_periods, random_state=random_state
        )
        search = ruptures.Pelt(custom_cost=BinomialCost(), min_size=min_periods, jump=1)
        ends = search.fit(np.column_stack([counts, totals])).predict(pen=penalty)
    starts = [0, *ends[:-1]]
    return [
        Level(start, end, int(counts[start:end].sum()), int(totals[start:end].sum()))
        for start, end in zip(starts, ends, strict=True)
    ]


def null_penalty(
    n_inside: int,
    n_total: NDArray[np.int64],
    *,
    alpha: float = 0.05,
    min_periods: int = 2,
    n_permutations: int = 399,
    random_state: int = 0,
) -> float:
    """Penalty at which a part `alpha` of series with these papers on shuffled dates shows a change.

    Of each shuffled series the largest gain in log-likelihood by one change, or half the largest by two if
    that is more, is taken; the penalty is the order statistic that a further such series exceeds with
    probability `alpha` at most. More changes than two pay off on a null series practically only
    where two do.

    Parameters
    ----------
    n_inside : int
        Papers of the series, some but not all.
    n_total : ndarray of int, shape (n_periods,)
        All papers of each period.
    alpha : float
        Between 0 and 1.
    min_periods : int
        Shortest level.
    n_permutations : int
        Shuffled series; at least 1 / alpha, or the penalty is their largest gain.
    random_state : int
        Seed.

    Returns
    -------
    float
        At least 0.
    """
    # Series of one run have the same periods; the count parts their dice, lest all err to one side.
    rng = np.random.default_rng([random_state, n_inside])
    dealt = rng.multivariate_hypergeometric(n_total, n_inside, size=n_permutations)
    each = np.arange(n_total.sum() + 1)
    table = xlogy(each, each)
    gains = np.sort([_largest_gain(counts, n_total, min_periods, table) for counts in dealt])
    rank = min(int(np.ceil((1 - alpha) * (n_permutations + 1))), n_permutations)
    # A hair above, because a gain equal to the penalty is a tie that either way may win.
    return float(gains[rank - 1] * (1 + 1e-9) + 1e-9)


def _largest_gain(
    counts: NDArray[np.int64], totals: NDArray[np.int64], min_periods: int, table: Floats
) -> float:
    """Largest gain of log-likelihood per change, by one change or two; `table` holds n log n."""
    inside = np.concatenate([[0], np.cumsum(counts)])
    total = np.concatenate([[0], np.cumsum(totals)])

    def cost(start: NDArray[np.int64], end: NDArray[np.int64]) -> Floats:
        k, n = inside[end] - inside[start], total[end] - total[start]
        return np.asarray(table[n] - table[k] - table[n - k])

    stop = np.array([len(counts)])
    cuts = np.arange(min_periods, len(counts) - min_periods + 1)
    whole = float(cost(np.array([0]), stop)[0])
    heads, tails = cost(np.zeros_like(cuts), cuts), cost(cuts, stop)
    best = float((whole - heads - tails).max())
    first, last = np.triu_indices(len(cuts), k=min_periods)
    if len(first):
        middles = cost(cuts[first], cuts[last])
        best = max(best, float((whole - heads[first] - middles - tails[last]).max()) / 2)
    return max(best, 0.0)


def _cost(inside: ArrayLike, total: ArrayLike) -> Floats:
    """Negative log-likelihood of `inside` of `total` at its best share, constants left out."""
    k, n = np.asarray(inside, dtype=float), np.asarray(total, dtype=float)
    return np.asarray(xlogy(n, n) - xlogy(k, k) - xlogy(n - k, n - k))
