"""Smooth curves and how far log odds wander, against a plain optimizer and planted truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize
from scipy.special import expit, log_expit

from analytics.trends.curves import Counts, fit_curves
from analytics.trends.logit_lines import fit_lines
from analytics.trends.noise import PooledNoise, fit_noise
from analytics.trends.smooth_modes import n_slow_modes, smooth_modes
from analytics.trends.wandering import Wandering, curve_modes, fit_wandering, walk_variances

BINOMIAL = PooledNoise(*(np.array([one]) for one in (0.0, 0.0, 1.0)), np.zeros(0), np.zeros(0), np.inf)


def drawn(logits, papers, seed=0):
    """Counts, totals, centered times, steps and lines of series with these log odds."""
    rng = np.random.default_rng(seed)
    totals = np.full(logits.shape, float(papers))
    counts = rng.binomial(papers, expit(logits)).astype(float)
    x = np.linspace(-0.5, 0.5, logits.shape[1])
    return counts, totals, x, np.arange(logits.shape[1]), fit_lines(counts, totals, x)


ENDS = np.concatenate([np.full(3, -1 / 3), np.zeros(34), np.full(3, 1 / 3)])
"""Of 40 periods: the last three against the first three."""


class TestModes:
    def test_they_are_orthogonal_to_lines_and_to_each_other(self):
        modes, roughness = smooth_modes(np.arange(30), 8)
        line = np.stack([np.ones(30), np.arange(30)])
        np.testing.assert_allclose(line @ modes, 0, atol=1e-9)
        np.testing.assert_allclose(modes.T @ modes / 30, np.eye(8), atol=1e-9)
        assert (np.diff(roughness) > 0).all()

    def test_a_gap_is_a_missing_row(self):
        steps = np.delete(np.arange(20), [7, 8])
        np.testing.assert_array_equal(smooth_modes(steps, 3)[0], smooth_modes(np.arange(20), 3)[0][steps])

    def test_a_gap_longer_than_all_periods_is_closed(self):
        steps = np.array([0, 1, 2, 3, 4, 5, 500])
        np.testing.assert_array_equal(smooth_modes(steps, 2)[0], smooth_modes(np.arange(7), 2)[0])

    def test_few_periods_have_none(self):
        assert n_slow_modes(15) == 0
        assert smooth_modes(np.arange(3), 0)[0].shape == (3, 0)


class TestCurve:
    LOGITS = -2 + np.sin(np.linspace(0, 5, 40))[None]

    def fitted(self, size):
        data = drawn(self.LOGITS, 300)
        wandering = Wandering(np.array([0.0, size]), np.array([[0.0, 1.0]]))
        return data, fit_curves(Counts(*data[:4], ENDS), data[4], BINOMIAL, wandering)

    @pytest.mark.parametrize("size", [0.01, 1.0, 25.0])
    def test_a_plain_optimizer_finds_the_same(self, size):
        (counts, totals, x, steps, _), curves = self.fitted(size)
        modes, roughness = curve_modes(steps)
        design = np.column_stack([np.ones(len(x)), x, modes])

        def height(line):
            logits = design @ line
            seen = counts[0] * log_expit(logits) + (totals - counts)[0] * log_expit(-logits)
            return -seen.sum() + (line[2:] ** 2 * roughness).sum() / (2 * size)

        best = optimize.minimize(height, np.zeros(design.shape[1]), method="BFGS", options={"gtol": 1e-7})
        np.testing.assert_allclose(curves.logits[0], design @ best.x, atol=2e-4)
        # The posterior's covariance is the inverse of the curvature there.
        weight = totals[0] * expit(design @ best.x) * expit(-design @ best.x)
        penalty = np.diag(np.concatenate([[0, 0], roughness / size]))
        spread = np.linalg.inv((design.T * weight) @ design + penalty)
        np.testing.assert_allclose(curves.variance[0], ((design @ spread) * design).sum(axis=1), rtol=1e-3)
        ends = ENDS @ design
        assert curves.change[0] == pytest.approx(ends @ best.x, abs=2e-4)
        assert curves.change_variance[0] == pytest.approx(ends @ spread @ ends, rel=1e-3)

    def test_no_wandering_is_the_line(self):
        (_, _, x, _, lines), curves = self.fitted(1e-12)
        np.testing.assert_allclose(curves.logits[0], lines.line[0] + lines.line[1] * x, atol=1e-5)

    def test_pull_is_the_derivative(self):
        (counts, totals, x, steps, _), curves = self.fitted(1.0)
        wandering = Wandering(np.array([0.0, 1.0]), np.array([[0.0, 1.0]]))
        more = counts.copy()
        more[0, 10] += 0.01 * totals[0, 10]
        counted = Counts(more, totals, x, steps, ENDS)
        moved = fit_curves(counted, fit_lines(more, totals, x), BINOMIAL, wandering)
        assert (moved.change[0] - curves.change[0]) / 0.01 == pytest.approx(curves.pull[0, 10], rel=0.03)

    def test_scatter_makes_it_less_sure(self):
        data = drawn(self.LOGITS, 300)
        noisy = PooledNoise(*(np.array([one]) for one in (2.0, 0.3, 1.0)), np.zeros(0), np.zeros(0), np.inf)
        wandering = Wandering(np.array([0.0, 1.0]), np.array([[0.0, 1.0]]))
        counted = Counts(*data[:4], ENDS)
        calm, loud = (
            fit_curves(counted, data[4], one, wandering).variance.mean() for one in (BINOMIAL, noisy)
        )
        assert loud > 2 * calm


class TestWandering:
    def of(self, logits, kind, seed=1):
        _, _, x, steps, lines = drawn(logits, 500, seed)
        scatter = fit_noise(lines.residual, lines.weight, x, steps, around_curves=True, largest_carry=0.6)
        return fit_wandering(lines.residual, lines.weight, x, steps, scatter, kind)

    @pytest.mark.parametrize("kind", ["walk", "curve"])
    def test_series_that_stay_do_not_wander(self, kind):
        found = self.of(np.full((60, 48), -2.5), kind)
        assert np.median(found.weight[:, 0]) > 0.7
        np.testing.assert_allclose(found.weight.sum(axis=1), 1)

    @pytest.mark.parametrize("deviation", [0.03, 0.06])
    def test_steps_of_a_walk_are_found(self, deviation):
        walk = np.cumsum(np.random.default_rng(2).normal(0, deviation, (60, 48)), axis=1)
        found = self.of(-2.5 + walk - walk.mean(axis=1, keepdims=True), "walk")
        assert np.sqrt((found.weight @ found.variance).mean()) == pytest.approx(deviation, rel=0.3)

    def test_some_wander_and_others_do_not(self):
        logits = np.full((60, 48), -2.5)
        logits[:20] += np.sin(np.linspace(0, 6, 48))
        found = self.of(logits, "curve")
        assert (found.weight[:20, 0] < 0.05).all()
        assert np.median(found.weight[20:, 0]) > 0.7

    def test_variance_of_a_sum_by_simulation(self):
        pull = np.random.default_rng(3).normal(size=(1, 9))
        pull -= pull.mean()
        steps = np.array([0, 1, 2, 5, 6, 7, 9, 10, 11])
        walks = np.cumsum(np.random.default_rng(4).normal(size=(40_000, 12)), axis=1)[:, steps]
        assert walk_variances(pull, steps)[0] == pytest.approx((walks @ pull[0]).var(), rel=0.03)
