"""Bursts: consecutive periods in which a series' share is markedly above its usual level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from analytics.exceptions import InputError

__all__ = ["COST", "RATIO", "Burst", "find_bursts", "heaviest_bursts"]

_HIGHEST_SHARE = 0.9999
RATIO, COST = 2.0, 1.0
"""Usual share in the burst state over the base share, and usual cost of going up."""


@dataclass(frozen=True, slots=True)
class Burst:
    """Periods in a row that the automaton spends in its burst state.

    Attributes
    ----------
    start, end : int
        First and last period, both included, as positions in the input.
    weight : float
        By how much the burst state explains these periods better than the base state: a log-likelihood
        ratio, above 0 for a burst worth its cost.
    p_value : float
        Part of the series with the same papers on shuffled dates, this one included, whose
        heaviest burst weighs as much or more.
    """

    start: int
    end: int
    weight: float
    p_value: float


def find_bursts(
    n_papers: ArrayLike,
    n_total: ArrayLike,
    *,
    ratio: float = RATIO,
    cost: float = COST,
    n_permutations: int = 199,
    random_state: int = 0,
) -> list[Burst]:
    """Bursts of a series by Kleinberg's automaton of two states for batched arrivals.

    *Question.* In which runs of periods does the series hold markedly more of the papers than usual?

    *Method.* The base state draws each period's papers with the share p of all periods together, the
    burst state with `ratio` times it. A state's cost in a period is the negative log-likelihood of
    the binomial count [1]_; moving up costs `cost` times the logarithm of the number of periods,
    moving down nothing. The cheapest sequence of states, found by dynamic programming, begins in the
    base state.

    *Null hypothesis of the p value.* The series' papers fell on the papers of all periods at random:
    each period's count is hypergeometric given the sums. Of `n_permutations` such series the heaviest
    burst is compared, so the p value of each burst holds over all bursts that could have been [2]_.

    *Limitations.* Why. A rise that lasts to the end is a burst too, and noise that carries over
    from one period to the next makes bursts that random dates do not: the p value is against
    binomial counts.

    *Edges.* Periods without papers cost either state nothing. No paper in the series, or none outside it: no
    burst. A burst share of 1 or more is taken as 0.9999, as the original does. Bursts are in order of time.

    Parameters
    ----------
    n_papers, n_total : array_like of int, shape (n_periods,)
        0 <= n_papers <= n_total, in order of time.
    ratio : float
        Share in the burst state over the base share, above 1.
    cost : float
        Kleinberg's gamma, at least 0: the higher, the fewer and longer the bursts.
    n_permutations : int
        At least 0; with 0 the p values are NaN.

    Raises
    ------
    InputError
        When a count is impossible, the lengths differ, or a setting is out of range.

    References
    ----------
    .. [1] Kleinberg (2002), doi:10.1145/775047.775061; journal version (2003),
       doi:10.1023/A:1024940629314
    .. [2] Westfall and Young (1993), Resampling-Based Multiple Testing, ISBN 978-0-471-55761-6

    Examples
    --------
    A base share of 24 in 120 and a burst share of 0.4. Three periods of 7 in 20 in the burst state are
    cheaper by 3 * (7 ln 2 - 13 ln (0.8 / 0.6)) = 3.336, and one way up costs ln 6 = 1.792:

    >>> found = find_bursts([1, 1, 7, 7, 7, 1], [20] * 6, n_permutations=0)
    >>> [(burst.start, burst.end, round(burst.weight, 3)) for burst in found]
    [(2, 4, 3.336)]
    """
    counts, totals = np.asarray(n_papers, dtype=np.int64), np.asarray(n_total, dtype=np.int64)
    if counts.ndim != 1 or counts.shape != totals.shape:
        raise InputError(f"shapes are {counts.shape} and {totals.shape}; give two rows of the same length")
    if ((counts < 0) | (counts > totals)).any():
        raise InputError("a count lies outside 0..total; give for each total the part of it that counts")
    if not (ratio > 1 and cost >= 0 and n_permutations >= 0):
        raise InputError(
            f"ratio is {ratio}, cost {cost}, n_permutations {n_permutations}; "
            "they must be above 1, at least 0 and at least 0"
        )
    if counts.sum() == 0 or counts.sum() == totals.sum():
        return []
    found = _bursts_of(counts, totals, ratio, cost)
    if not found or n_permutations == 0:
        return [Burst(*burst, float("nan")) for burst in found]
    dealt = np.random.default_rng(random_state).multivariate_hypergeometric(
        totals, int(counts.sum()), size=n_permutations
    )
    heaviest = heaviest_bursts(dealt, totals, ratio, cost)
    return [
        Burst(start, end, weight, float((1 + (heaviest >= weight).sum()) / (1 + n_permutations)))
        for start, end, weight in found
    ]


def heaviest_bursts(
    counts: NDArray[np.floating] | NDArray[np.int64],
    totals: NDArray[np.int64],
    ratio: float = RATIO,
    cost: float = COST,
) -> NDArray[np.float64]:
    """Weight of the heaviest burst of each series, 0 without any; see `find_bursts`.

    `counts` has shape (n_series, n_periods); `totals`, shape (n_periods,), are the same for all series.

    Examples
    --------
    >>> heaviest_bursts(np.array([[1, 1, 7, 7, 7, 1], [4, 4, 4, 4, 4, 4]]), np.full(6, 20)).round(3).tolist()
    [3.336, 0.0]
    """
    gain, states = _gains_and_states(counts, totals, ratio, cost)
    heaviest, so_far = np.zeros(len(gain)), np.zeros(len(gain))
    for period in range(gain.shape[1]):
        so_far = np.where(states[:, period] == 1, so_far + gain[:, period], 0.0)
        goes_on = period + 1 < gain.shape[1] and states[:, period + 1] == 1
        heaviest = np.maximum(heaviest, np.where(goes_on, 0.0, so_far))
    return heaviest


def _bursts_of(
    counts: NDArray[np.int64], totals: NDArray[np.int64], ratio: float, cost: float
) -> list[tuple[int, int, float]]:
    """First period, last period and weight of each burst of one series, in order of time."""
    gain, states = _gains_and_states(counts[None], totals, ratio, cost)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], states[0], [0]])))
    runs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(first, stop - 1, float(gain[0, first:stop].sum())) for first, stop in runs]


def _gains_and_states(
    counts: NDArray[np.floating] | NDArray[np.int64], totals: NDArray[np.int64], ratio: float, cost: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """What the burst state gains in each period over the base state, and the cheapest states."""
    base = counts.sum(axis=1, keepdims=True) / totals.sum()
    # A series that holds none of the papers, or all, has no burst: its share cannot be doubled.
    plain = (base > 0) & (base < 1)
    base = np.where(plain, base, 0.5)
    burst = np.where(plain, np.minimum(ratio * base, np.maximum(_HIGHEST_SHARE, base)), base)
    outside = totals - counts
    # The logarithms are of one share per series, not of one a count.
    gain = counts * np.log(burst / base) + outside * (np.log1p(-burst) - np.log1p(-base))
    return gain, _cheapest_states(gain, cost * float(xlogy(1, len(totals))))


def _cheapest_states(gain: NDArray[np.float64], climb: float) -> NDArray[np.int64]:
    """Cheapest states, 0 or 1, of each series; a tie goes to the base state. Shape of `gain`."""
    n_series, n_periods = gain.shape
    # Cost so far, less that of never leaving the base state, when the last state was 0 or 1.
    low, high = np.zeros(n_series), np.full(n_series, np.inf)
    fell, stayed = np.zeros(gain.shape, dtype=bool), np.zeros(gain.shape, dtype=bool)
    for period in range(n_periods):
        fell[:, period] = high < low
        stayed[:, period] = high < low + climb
        low, high = np.minimum(low, high), np.minimum(high, low + climb) - gain[:, period]
    states = np.zeros(gain.shape, dtype=np.int64)
    state = high < low
    for period in range(n_periods - 1, -1, -1):
        states[:, period] = state
        state = np.where(state, stayed[:, period], fell[:, period])
    return states
