"""Bursts: a case worked by hand, the cheapest of all sequences, planted ones found, null series silent."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from analytics.exceptions import InputError
from analytics.synthetic.series import make_series
from analytics.trends.bursts import find_bursts


def test_by_hand() -> None:
    # Base 10/100, burst 0.2. A period of 5 in 10 gains 5 ln 2 + 5 ln(0.8/0.9) = 2.877; ln 10 = 2.303 is the
    # cost of going up. Periods of 0 in 10 lose 10 ln(0.9/0.8) = 1.178, so two between split the burst: 2.356.
    counts = [0, 5, 0, 0, 5, 0, 0, 0, 0, 0]
    found = find_bursts(counts, [10] * 10, n_permutations=0)
    assert [(burst.start, burst.end) for burst in found] == [(1, 1), (4, 4)]
    assert found[0].weight == pytest.approx(5 * np.log(2) + 5 * np.log(0.8 / 0.9))
    joined = find_bursts([0, 5, 0, 5, 0, 0, 0, 0, 0, 0], [10] * 10, n_permutations=0)
    assert [(burst.start, burst.end) for burst in joined] == [(1, 3)]
    assert joined[0].weight == pytest.approx(2 * 2.8768207 - 10 * np.log(0.9 / 0.8), abs=1e-6)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("cost", [0.0, 0.3, 1.0])
def test_no_sequence_of_states_is_cheaper(seed: int, cost: float) -> None:
    rng = np.random.default_rng(seed)
    totals = rng.integers(0, 30, 9)
    counts = rng.binomial(totals, rng.choice([0.1, 0.4], 9))
    if not 0 < counts.sum() < totals.sum():
        return
    base = counts.sum() / totals.sum()
    shares = (base, min(2 * base, 0.9999))

    def price(states: tuple[int, ...]) -> float:
        drawn = sum(
            stats.binom.logpmf(k, n, shares[s]) for k, n, s in zip(counts, totals, states, strict=True)
        )
        climbs = sum(b > a for a, b in zip((0, *states), states, strict=False))
        return float(cost * np.log(9) * climbs - drawn)

    found = np.zeros(9, dtype=int)
    for burst in find_bursts(counts, totals, cost=cost, n_permutations=0):
        found[burst.start : burst.end + 1] = 1
    best = min(price(states) for states in product((0, 1), repeat=9))
    assert price(tuple(found)) == pytest.approx(best, abs=1e-9)


def test_a_planted_burst_is_found_with_its_edges() -> None:
    counts = np.random.default_rng(1).binomial(
        200, np.where((np.arange(48) >= 20) & (np.arange(48) < 28), 0.2, 0.05)
    )
    (burst,) = find_bursts(counts, np.full(48, 200))
    assert abs(burst.start - 20) <= 1
    assert abs(burst.end - 27) <= 1
    assert burst.p_value == pytest.approx(1 / 200)


def test_p_values_of_null_series() -> None:
    series = make_series(150, 36, papers_per_period=100, random_state=2)
    small = 0
    for _, one in series.groupby("series_id"):
        bursts = find_bursts(one["n_papers"], one["n_total"], n_permutations=99)
        small += min((burst.p_value for burst in bursts), default=1.0) <= 0.05
    assert small / 150 <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 150)


def test_the_same_seed_gives_the_same_p_values() -> None:
    counts = [1, 1, 7, 7, 7, 1]
    assert find_bursts(counts, [20] * 6) == find_bursts(counts, [20] * 6)


@pytest.mark.parametrize(
    ("counts", "totals"), [([], []), ([0, 0], [5, 5]), ([5, 5], [5, 5]), ([0], [0]), ([0, 0, 3], [0, 0, 3])]
)
def test_nothing_to_burst(counts: list[int], totals: list[int]) -> None:
    assert find_bursts(counts, totals) == []


@pytest.mark.parametrize(
    ("counts", "totals", "options", "message"),
    [
        ([3], [2], {}, "outside"),
        ([1, 1], [2], {}, "same length"),
        ([1], [2], {"ratio": 1}, "ratio is 1"),
        ([1], [2], {"cost": -1}, "cost -1"),
    ],
)
def test_mistakes(counts: list[int], totals: list[int], options: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        find_bursts(counts, totals, **options)  # type: ignore[arg-type]
