"""Lines through log odds: their likelihood intervals are the textbook's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from scipy.special import expit

from analytics.trends.logit_lines import fit_lines, slope_bounds
from tests.examples import examples

X = np.linspace(-0.5, 0.5, 12)


@pytest.mark.parametrize("seed", range(5))
def test_profile_interval_by_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    totals = rng.integers(5, 80, (1, 12)).astype(float)
    counts = rng.binomial(totals.astype(int), expit(-2.5 + rng.normal(0, 2) * X)).astype(float)
    fitted = fit_lines(counts, totals, X)
    reach = np.array([1.96])

    def deviance(slope: float) -> float:
        def loss(intercept: float) -> float:
            return float(-stats.binom.logpmf(counts, totals, expit(intercept + slope * X)).sum())

        return optimize.minimize_scalar(loss, bracket=(-3, -2), options={"xtol": 1e-12}).fun

    top = deviance(fitted.line[1, 0])
    low, high = slope_bounds(fitted, counts, totals, X, reach)
    for end in (low[0], high[0]):
        assert 2 * (deviance(end) - top) == pytest.approx(1.96**2, rel=1e-6)
    assert low[0] < fitted.line[1, 0] < high[0]


def test_two_by_two_is_the_odds_ratio() -> None:
    counts, totals = np.array([[8.0, 30.0]]), np.array([[40.0, 60.0]])
    fitted = fit_lines(counts, totals, np.array([0.0, 1.0]))
    assert np.exp(fitted.line[1, 0]) == pytest.approx((30 / 30) / (8 / 32))
    # Woolf's error of a log odds ratio.
    assert 1 / fitted.information[0] == pytest.approx(1 / 8 + 1 / 32 + 1 / 30 + 1 / 30)
    g = stats.chi2_contingency([[8, 32], [30, 30]], correction=False, lambda_="log-likelihood").statistic
    assert fitted.root[0] ** 2 == pytest.approx(g)


def test_firth_of_two_by_two_adds_a_half_to_each_cell() -> None:
    counts, totals = np.array([[0.0, 30.0]]), np.array([[40.0, 60.0]])
    fitted = fit_lines(counts, totals, np.array([0.0, 1.0]))
    assert fitted.separated.tolist() == [True]
    assert np.exp(fitted.line[1, 0]) == pytest.approx((30.5 / 30.5) / (0.5 / 40.5), rel=1e-6)
    only_new = fit_lines(np.array([[0.0, 60.0]]), totals, np.array([0.0, 1.0]))
    assert only_new.separated.tolist() == [True]
    assert np.exp(only_new.line[1, 0]) == pytest.approx((60.5 / 0.5) / (0.5 / 40.5), rel=1e-6)


@examples(80)
@given(st.lists(st.integers(0, 1000), min_size=6, max_size=6), st.floats(0.1, 12))
def test_interval_holds_no_slope_exactly_when_the_root_is_in_reach(inside: list[int], reach: float) -> None:
    counts, totals = np.array([inside], dtype=float), np.full((1, 6), 1000.0)
    if not 0 < counts.sum() < totals.sum():
        return
    x = np.linspace(-0.5, 0.5, 6)
    fitted = fit_lines(counts, totals, x)
    low, high = slope_bounds(fitted, counts, totals, x, np.array([reach]))
    assert np.isfinite([low, high]).all()
    assert low[0] <= fitted.line[1, 0] <= high[0]
    assert (low[0] <= 0 <= high[0]) == (abs(fitted.root[0]) <= reach)
