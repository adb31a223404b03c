"""Change points: planted jumps are found, null series show few, the cutting is the cheapest of all."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from analytics.changepoints import BinomialCost, find_levels, null_penalty
from analytics.exceptions import InputError
from analytics.synthetic import SeriesNoise, make_series


def test_cost_is_the_binomial_likelihood() -> None:
    counts, totals = np.array([3, 0, 5]), np.array([10, 4, 12])
    cost = BinomialCost().fit(np.column_stack([counts, totals]))
    share = 8 / 26
    full = -stats.binom.logpmf(counts, totals, share).sum()
    at_half = -stats.binom.logpmf(counts, totals, 0.5).sum()
    assert at_half - full == pytest.approx(26 * np.log(2) - cost.error(0, 3))
    assert cost.error(1, 2) == 0


@pytest.mark.parametrize("seed", range(8))
def test_no_cutting_is_cheaper(seed: int) -> None:
    rng = np.random.default_rng(seed)
    totals = rng.integers(1, 60, 10)
    counts = rng.binomial(totals, np.repeat(rng.choice([0.05, 0.3, 0.7], 5), 2))
    if not 0 < counts.sum() < totals.sum():
        return
    cost = BinomialCost().fit(np.column_stack([counts, totals]))
    penalty = null_penalty(int(counts.sum()), totals)

    def price(ends: tuple[int, ...]) -> float:
        return cost.sum_of_costs([*ends, 10]) + penalty * len(ends)

    allowed = [
        ends
        for number in range(5)
        for ends in combinations(range(1, 10), number)
        if min(np.diff([0, *ends, 10])) >= 2
    ]
    found = tuple(level.end for level in find_levels(counts, totals))[:-1]
    assert price(found) == pytest.approx(min(price(ends) for ends in allowed))


def test_planted_jumps_are_found_where_they_are() -> None:
    share = np.where((np.arange(60) >= 20) & (np.arange(60) < 40), 0.15, 0.05)
    exact = 0
    for seed in range(20):
        counts = np.random.default_rng(seed).binomial(300, share)
        levels = find_levels(counts, np.full(60, 300))
        assert sum(level.n_papers for level in levels) == counts.sum()
        ends = [level.end for level in levels]
        assert {20, 40} <= {end + near for end in ends for near in (-1, 0, 1)}
        exact += len(levels) == 3
    assert exact >= 16  # a further change is a false one, in about one run of twenty


@pytest.mark.parametrize("n_series", [100, pytest.param(400, marks=pytest.mark.slow)])
def test_null_series_show_few_changes(n_series: int) -> None:
    series = make_series(n_series, 24, papers_per_period=100, random_state=20)
    found = [len(find_levels(one["n_papers"], one["n_total"])) > 1 for _, one in series.groupby("series_id")]
    assert np.mean(found) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / n_series)


def test_dispersion_keeps_scattered_series_silent() -> None:
    series = make_series(80, 24, papers_per_period=100, noise=SeriesNoise(3), random_state=3)
    parts = [(one["n_papers"], one["n_total"]) for _, one in series.groupby("series_id")]
    told = np.mean([len(find_levels(*part, dispersion=3)) > 1 for part in parts])
    untold = np.mean([len(find_levels(*part)) > 1 for part in parts])
    assert told <= 0.12
    assert untold > 0.4


@pytest.mark.parametrize(
    ("counts", "totals", "n_levels"),
    [
        ([], [], 0),
        ([0, 0, 0, 0], [5, 5, 5, 5], 1),
        ([5] * 4, [5] * 4, 1),
        ([1], [9], 1),
        ([0, 9, 0], [9, 9, 9], 1),
    ],
)
def test_edges(counts: list[int], totals: list[int], n_levels: int) -> None:
    assert len(find_levels(counts, totals)) == n_levels


@pytest.mark.parametrize(
    ("counts", "totals", "options", "message"),
    [
        ([3], [2], {}, "outside"),
        ([1, 1], [2], {}, "same length"),
        ([1], [2], {"alpha": 0}, "alpha is 0"),
        ([1], [2], {"dispersion": 0.5}, "dispersion 0.5"),
    ],
)
def test_mistakes(counts: list[int], totals: list[int], options: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        find_levels(counts, totals, **options)  # type: ignore[arg-type]
