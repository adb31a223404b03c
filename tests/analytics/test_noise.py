"""Pooled noise: planted dispersion and autocorrelation are found, and the numbers are the definition's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats

from analytics.synthetic.series import SeriesNoise, make_series
from analytics.trends.logit_lines import LogitLines, fit_lines
from analytics.trends.noise import PooledNoise, fit_noise


def grid(series: pd.DataFrame, column: str) -> NDArray[np.float64]:
    return np.reshape(
        series[column].to_numpy(dtype=float), (series.groupby(["kind", "series_id"]).ngroups, -1)
    )


def fitted(series: pd.DataFrame) -> tuple[LogitLines, PooledNoise, NDArray[np.float64]]:
    counts, totals = grid(series, "n_papers"), grid(series, "n_total")
    x = np.linspace(-0.5, 0.5, counts.shape[1])
    lines = fit_lines(counts, totals, x)
    return lines, fit_noise(lines.residual, lines.weight, x, np.arange(len(x))), x


class TestPlantedNoise:
    @pytest.mark.parametrize("n_periods", [30, 200])  # 200 are cut into stretches
    @pytest.mark.parametrize(("dispersion", "carry"), [(1, 0), (3, 0), (3, 0.5), (2, 0.75)])
    def test_is_found(self, n_periods: int, dispersion: float, carry: float) -> None:
        series = make_series(
            150,
            n_periods,
            papers_per_period=300,
            share=0.2,
            noise=SeriesNoise(dispersion, carry),
            random_state=1,
        )
        _, noise, _ = fitted(series)
        assert noise.weight @ noise.excess == pytest.approx(dispersion - 1, abs=0.06 + 0.1 * (dispersion - 1))
        if dispersion > 1:
            assert noise.weight @ noise.carry == pytest.approx(carry, abs=0.08)
        assert noise.weight.sum() == pytest.approx(1)

    def test_large_dispersion_is_in_reach(self) -> None:
        series = make_series(
            40, 40, papers_per_period=20_000, share=0.3, noise=SeriesNoise(400), random_state=2
        )
        _, noise, _ = fitted(series)
        assert noise.weight @ noise.excess == pytest.approx(399, rel=0.12)

    def test_series_that_differ_are_distinguished(self) -> None:
        calm = make_series(40, 60, papers_per_period=300, share=0.2, random_state=3)
        wild = make_series(
            40, 60, papers_per_period=300, share=0.2, noise=SeriesNoise(6), random_state=4
        ).assign(kind="wild")
        lines, noise, x = fitted(pd.concat([calm, wild]))
        assert noise.prior_freedom < 20
        inflation, _ = noise.inflation(lines.weight, np.tile(x, (80, 1)), np.arange(60))
        assert np.median(inflation[:40]) < 2
        assert np.median(inflation[40:]) == pytest.approx(6, rel=0.3)

    def test_series_that_do_not_differ_are_taken_for_alike(self) -> None:
        _, noise, _ = fitted(make_series(80, 60, noise=SeriesNoise(3), random_state=5))
        assert noise.prior_freedom > 100


class TestInflation:
    def test_of_a_slope_in_known_noise(self) -> None:
        # 1 + excess g'Rg / g'g, worked out in full.
        rng = np.random.default_rng(6)
        weight, offset = np.full((2, 7), 5.0), rng.normal(size=(2, 7))
        steps = np.array([0, 1, 2, 4, 5, 6, 9])
        one_point = np.array([2.0]), np.array([0.5]), np.array([1.0])
        noise = PooledNoise(*one_point, np.zeros(0), np.zeros(0), np.inf)
        correlation = 0.5 ** np.abs(np.subtract.outer(steps, steps))
        expected = [1 + 2 * (row @ correlation @ row) / (row @ row) for row in offset]
        inflation, freedom = noise.inflation(weight, offset, steps)
        np.testing.assert_allclose(inflation, np.maximum(expected, 1), rtol=1e-4)
        assert (freedom > 1e4).all()

    def test_own_dispersion_moves_it_by_its_degrees_of_freedom(self) -> None:
        weight, offset = np.ones((2, 5)), np.tile(np.arange(5.0) - 2, (2, 1))
        noise = PooledNoise(
            np.array([1.0]),
            np.array([0.0]),
            np.array([1.0]),
            np.array([4.0, 0.01]),
            np.array([10.0, 10.0]),
            20.0,
        )
        inflation, freedom = noise.inflation(weight, offset, np.arange(5))
        np.testing.assert_allclose(inflation, [2 * (20 + 10 * 4) / 30, 2 * (20 + 0.1) / 30], rtol=1e-4)
        assert freedom == pytest.approx(30, rel=1e-2)
        still = noise.of(np.array([True, False])).inflation(weight[:1], offset[:1], np.arange(5))[0]
        assert still == pytest.approx(inflation[:1])

    def test_never_below_the_binomials(self) -> None:
        noise = PooledNoise(*(np.array([v]) for v in (0.0, 0.0, 1.0, 0.0, 50.0)), prior_freedom=2.0)
        assert noise.inflation(np.ones((1, 4)), np.ones((1, 4)), np.arange(4))[0] == 1

    @pytest.mark.parametrize(("dispersion", "carry"), [(1, 0), (3, 0), (3, 0.5)])
    def test_roots_over_it_are_students(self, dispersion: float, carry: float) -> None:
        series = make_series(400, 60, noise=SeriesNoise(dispersion, carry), random_state=7)
        lines, noise, x = fitted(series)
        inflation, freedom = noise.inflation(lines.weight, np.tile(x, (400, 1)), np.arange(60))
        p_value = 2 * stats.t.sf(np.abs(lines.root) / np.sqrt(inflation), freedom)
        assert stats.kstest(p_value, "uniform").pvalue > 0.01


class TestOneSeries:
    def test_knows_little_of_its_noise(self) -> None:
        lines, noise, x = fitted(make_series(1, 24, noise=SeriesNoise(3, 0.5), random_state=8))
        assert not len(noise.own)
        inflation, freedom = noise.inflation(lines.weight, x[None], np.arange(24))
        assert inflation[0] > 1
        assert freedom[0] < 22

    def test_four_periods(self) -> None:
        lines, noise, x = fitted(make_series(1, 4, random_state=9))
        assert np.isfinite(noise.inflation(lines.weight, x[None], np.arange(4))).all()
