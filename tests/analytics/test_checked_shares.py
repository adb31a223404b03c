"""Shares by design: no bias and honest intervals over many draws, whatever the model got wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from scipy.special import expit

from analytics.labels.checked_shares import OF_PERIOD, check_shares, share_interval
from analytics.labels.drift import drift_test
from analytics.labels.sampling import draw_papers
from analytics.labels.weights import label_weights


@dataclass
class Answered:
    """A corpus over time with one or more draws of it that were answered.

    The model is wrong about levels and slopes: readers say yes with probability 1 / (1 + exp(-z)), the model
    says 1 / (1 + exp(-(slope z + shift + drift t))) with time t from -1 to 1.
    """

    predicted: np.ndarray
    is_yes: np.ndarray
    days: np.ndarray
    rows: np.ndarray
    weights: np.ndarray

    @classmethod
    def drawn(cls, seed, *, n=1500, m=100, n_draws=1, slope=0.6, shift=-1.0, drift=0.0):
        rng = np.random.default_rng(seed)
        log_odds = rng.normal(-2.0, 1.5, n)
        is_yes = rng.random(n) < expit(log_odds)
        predicted = expit(slope * log_odds + shift + drift * np.linspace(-1, 1, n))
        published = (np.datetime64("2020-01-01") + np.arange(n)).astype("datetime64[us]")
        taken = np.zeros(n, dtype=bool)
        rows, chance, draw = [], [], []
        for number in range(1, n_draws + 1):
            drawn = draw_papers(
                predicted[:, None], published, taken, n_papers=m // n_draws, random_state=seed, draw=number
            )
            rows += drawn.rows.tolist()
            chance += drawn.probability.tolist()
            draw += [number] * len(drawn.rows)
            taken[drawn.rows] = True
        weights = label_weights(np.array(draw), np.array(chance), n)
        return cls(predicted, is_yes, np.arange(n, dtype=float), np.array(rows), weights)

    def groups(self, n_groups=1):
        return np.arange(len(self.is_yes)) * n_groups // len(self.is_yes)

    def truth(self, n_groups=1):
        groups = self.groups(n_groups)
        return np.array([self.is_yes[groups == one].mean() for one in range(n_groups)])

    @property
    def answers(self):
        return self.predicted, self.rows, self.is_yes[self.rows], self.weights, self.days

    @property
    def timed(self):
        return self.predicted, self.rows, self.is_yes[self.rows], self.days

    def check(self, n_groups=1, **how):
        return check_shares(*self.answers, self.groups(n_groups), **how)


def intervals(checked):
    return share_interval(checked.share, checked.deviation, checked.freedom)


class TestOverManyDraws:
    N = 300

    @pytest.mark.parametrize(
        ("how", "n_groups"),
        [
            ({}, 1),
            ({"n_draws": 2}, 1),
            ({"m": 40}, 1),
            ({"drift": 1.0}, 1),
            ({"drift": 1.0}, 3),
            ({"m": 200}, 3),
        ],
        ids=["corpus", "two draws", "40 answers", "drifting", "drifting periods", "periods"],
    )
    def test_no_bias_and_intervals_that_hold_the_truth(self, how, n_groups):
        errors, holds, naive = [], [], []
        for seed in range(self.N):
            one = Answered.drawn(seed, **how)
            checked, truth = one.check(n_groups), one.truth(n_groups)
            low, high = intervals(checked)
            errors.append(checked.share - truth)
            holds.append((low <= truth) & (truth <= high))
            naive.append(one.predicted.mean() - one.is_yes.mean())
        deviation = np.std(errors, axis=0) / np.sqrt(self.N)
        assert np.abs(np.mean(errors, axis=0)).max() < 0.006 + 3 * deviation.max()
        assert abs(np.mean(naive)) > 0.035  # the model alone is wrong by more
        assert np.mean(holds) >= 0.92
        # Periods are given an error of their own, of which this corpus has none.
        assert np.mean(holds) <= (0.98 if n_groups == 1 else 1)

    def test_a_good_model_makes_intervals_narrower_than_answers_alone(self):
        widths = {"model": [], "answers": []}
        for seed in range(60):
            one = Answered.drawn(seed, slope=1.0, shift=0.0)
            plain = Answered.drawn(seed)
            plain.predicted = np.full(1500, one.is_yes.mean())
            plain.rows = np.random.default_rng(seed).choice(1500, 100, replace=False)
            plain.weights = np.full(100, 15.0)
            for name, given in (("model", one), ("answers", plain)):
                low, high = intervals(given.check())
                widths[name].append(high[0] - low[0])
        assert np.mean(widths["model"]) < 0.9 * np.mean(widths["answers"])

    def test_four_times_the_answers_halve_the_interval(self):
        widths = []
        for m in (60, 240):
            each = [intervals(Answered.drawn(seed, n=20_000, m=m).check()) for seed in range(40)]
            widths.append(np.mean([high[0] - low[0] for low, high in each]))
        assert widths[0] / widths[1] == pytest.approx(2, rel=0.15)


class TestByHand:
    def test_a_constant_error_is_the_estimator_of_hajek(self):
        """Ten papers, three answers: the mean prediction and the weighted mean of 1 - .5, 0 - .2, 0 - .1."""
        predicted = np.array([0.5, 0.2, 0.1, *[0.3] * 7])
        checked = check_shares(
            predicted, np.arange(3), np.array([True, False, False]), np.array([2.0, 3.0, 5.0]),
            np.arange(10.0), np.zeros(10, dtype=int),
        )  # fmt: skip
        assert checked.share[0] == pytest.approx(2.9 / 10 + (2 * 0.5 - 3 * 0.2 - 5 * 0.1) / 10)

    @pytest.mark.parametrize("n_groups", [1, 5])
    def test_a_line_of_errors_is_the_generalized_regression_estimator(self, n_groups):
        one = Answered.drawn(3, drift=1.0)
        time = sm.add_constant(one.days / 365)
        error = one.is_yes[one.rows] - one.predicted[one.rows]
        line = sm.WLS(error, time[one.rows], weights=one.weights).fit().predict(time)
        groups = one.groups(n_groups)
        expected = [(one.predicted + line)[groups == each].mean() for each in range(n_groups)]
        assert one.check(n_groups).share == pytest.approx(np.array(expected))

    @pytest.mark.parametrize("m", [20, 200])
    def test_evenly_drawn_answers_give_prediction_powered_inference(self, m):
        """Mean of the predictions plus mean error; its variance is that of the errors over their number [1].

        [1] Angelopoulos et al. (2023), algorithm 1. There the papers are a sample too; here they are the corpus.
        """
        one = Answered.drawn(4, n=4000, slope=1.0, shift=0.0)
        one.rows = np.random.default_rng(m).choice(4000, m, replace=False)
        one.weights, one.days = np.full(m, 4000 / m), np.zeros(4000)
        error = one.is_yes[one.rows] - one.predicted[one.rows]
        checked = one.check()
        assert checked.share[0] == pytest.approx(one.predicted.mean() + error.mean())
        if m == 200:  # with few answers what is known of errors beforehand counts too
            expected = np.sqrt(error.var(ddof=1) / m * (1 - m / 4000))
            assert checked.deviation[0] == pytest.approx(expected, rel=0.1)

    def test_explained_is_the_part_of_the_variance_of_the_answers(self):
        is_yes = np.array([True, False, True, False])
        groups = np.zeros(4, dtype=int)
        given = np.arange(4), is_yes, np.ones(4), np.zeros(4), groups
        assert check_shares(is_yes.astype(float), *given).explained == pytest.approx(1)
        assert check_shares(np.full(4, 0.2), *given).explained == pytest.approx(0)
        # Errors .2, -.2, .2, -.2 of answers with variance 1/4.
        assert check_shares(np.array([0.8, 0.2] * 2), *given).explained == pytest.approx(1 - 0.04 / 0.25)


class TestCompleteAnswers:
    @pytest.mark.parametrize("n", [12, 400])
    def test_the_share_is_known(self, n):
        one = Answered.drawn(5, n=n, m=n)
        assert one.weights.tolist() == [1] * n
        checked = one.check()
        assert checked.share[0] == pytest.approx(one.is_yes.mean())
        assert checked.deviation.tolist() == [0]
        low, high = intervals(checked)
        assert low == pytest.approx(checked.share)
        assert high == pytest.approx(checked.share)

    def test_it_comes_nearer_the_fewer_papers_are_left(self):
        deviations = [Answered.drawn(6, n=400, m=m).check().deviation[0] for m in (50, 200, 350, 395)]
        assert deviations == sorted(deviations, reverse=True)
        assert deviations[-1] < deviations[0] / 5

    def test_where_all_answers_agree_with_a_sure_model_it_is_not_certain_yet(self):
        one = Answered.drawn(7, n=2000, m=60)
        one.predicted, one.is_yes = np.zeros(2000), np.zeros(2000, dtype=bool)
        checked = one.check()
        low, high = intervals(checked)
        assert checked.share[0] == pytest.approx(0, abs=1e-9)
        assert 0 < low[0] < 0.005
        assert np.isfinite(high[0])
        assert checked.deviation[0] > 0


class TestGroups:
    def test_a_group_without_papers_is_not_known(self):
        one = Answered.drawn(8)
        groups = one.groups(4)
        groups[groups == 2] = -1
        checked = check_shares(*one.answers, groups)
        assert np.isnan(checked.share).tolist() == [False, False, True, False]
        assert np.isnan(checked.deviation).tolist() == [False, False, True, False]
        assert not checked.covariance[2].any()
        assert not checked.covariance[:, 2].any()
        assert np.isfinite(checked.covariance).all()
        low, high = intervals(checked)
        assert np.isnan(low).tolist() == np.isnan(high).tolist() == [False, False, True, False]
        known = [0, 1, 3]
        assert checked.share[known] == pytest.approx(one.check(4).share[known])

    def test_papers_of_no_group_still_tell_of_errors(self):
        one = Answered.drawn(9)
        groups = np.where(one.groups(4) == 0, 0, -1)
        assert check_shares(*one.answers, groups).share[0] == pytest.approx(one.check(4).share[0])
        nothing = check_shares(*one.answers, np.full(1500, -1))
        assert nothing.share.shape == (0,)
        assert nothing.covariance.shape == (0, 0)

    def test_groups_of_all_papers_add_up_to_the_corpus(self):
        one = Answered.drawn(10, drift=1.0)
        sizes = np.bincount(one.groups(4)) / 1500
        assert sizes @ one.check(4).share == pytest.approx(one.check().share[0])
        by_hand = one.check(4, of_period=0.0)
        assert sizes @ by_hand.covariance @ sizes == pytest.approx(one.check().covariance[0, 0])

    def test_an_error_of_each_period_is_added_where_there_are_several(self):
        one = Answered.drawn(11)
        added = [
            one.check(4, of_period=part).covariance - one.check(4, of_period=0.0).covariance
            for part in (OF_PERIOD, 2 * OF_PERIOD)
        ]
        assert np.array_equal(one.check(4).covariance, one.check(4, of_period=OF_PERIOD).covariance)
        assert (np.diag(added[0]) > 0).all()
        assert np.array_equal(added[0], np.diag(np.diag(added[0])))  # each period has its own error
        np.testing.assert_allclose(np.diag(added[1]), 4 * np.diag(added[0]))
        assert np.array_equal(one.check(of_period=0.0).covariance, one.check().covariance)

    def test_the_covariance_is_one_and_errors_of_the_level_go_together(self):
        checked = Answered.drawn(12).check(6)
        np.testing.assert_allclose(np.diag(checked.covariance), checked.deviation**2)
        np.testing.assert_allclose(checked.covariance, checked.covariance.T, atol=1e-15)
        assert np.linalg.eigvalsh(checked.covariance).min() > 0
        assert checked.covariance[2, 3] > 0

    def test_order_of_answers_and_unit_of_time_are_irrelevant(self):
        one = Answered.drawn(13, drift=1.0)
        checked = one.check(3)
        order = np.random.default_rng(1).permutation(len(one.rows))
        one.rows, one.weights, one.days = one.rows[order], one.weights[order], 1000 + 24 * one.days
        again = one.check(3)
        for name in ("share", "deviation", "covariance", "freedom", "explained"):
            np.testing.assert_allclose(getattr(again, name), getattr(checked, name), err_msg=name)

    def test_undated_papers_count_as_of_the_middle(self):
        one = Answered.drawn(14, drift=1.0)
        one.days[::7] = np.nan
        filled = np.where(np.isnan(one.days), np.nanmean(one.days), one.days)
        checked = one.check()
        one.days = filled
        assert checked.share[0] == pytest.approx(one.check().share[0], abs=0.003)
        one.days = np.full(1500, np.nan)
        assert np.isfinite(one.check().share[0])

    def test_shares_stay_between_nothing_and_all(self):
        one = Answered.drawn(15)
        one.predicted = np.full(1500, 0.95)
        one.is_yes = np.zeros(1500, dtype=bool)
        checked = one.check(3)
        assert (checked.share >= 0).all()
        assert checked.share == pytest.approx(0, abs=1e-9)


class TestInterval:
    def test_it_is_of_the_log_odds(self):
        """Half a unit of the log odds to either side of 0, with a quantile of 2 and a deviation of 1/16."""
        quantile = stats.t.ppf(0.975, 12.0)
        low, high = share_interval(np.array([0.5]), np.array([0.5 / 4 / quantile]), 12.0)
        assert low[0] == pytest.approx(expit(-0.5))
        assert high[0] == pytest.approx(expit(0.5))

    def test_it_holds_the_share_and_leaves_zero_to_one_nowhere(self):
        share = np.array([0.0, 1e-6, 0.01, 0.5, 0.99, 1.0])
        for deviation in (0.0, 0.01, 0.3, 10.0):
            low, high = share_interval(share, np.full(6, deviation), 5.0)
            assert ((low >= 0) & (high <= 1) & (low <= high)).all()
            assert (low[2:5] <= share[2:5] + 1e-12).all()
            assert (high[2:5] >= share[2:5] - 1e-12).all()

    def test_it_grows_with_deviation_and_confidence_and_with_less_freedom(self):
        def width(deviation=0.05, freedom=20.0, confidence=0.95):
            low, high = share_interval(np.array([0.3]), np.array([deviation]), freedom, confidence)
            return float(high[0] - low[0])

        assert width(0.06) > width() > width(confidence=0.8)
        assert width(freedom=3.0) > width() > width(freedom=1e9)
        assert width(1e-3, 1e9) == pytest.approx(2 * 1.96e-3, rel=1e-3)

    def test_what_is_not_known_has_no_interval(self):
        low, high = share_interval(np.array([np.nan, 0.2]), np.array([np.nan, 0.1]), 9.0)
        assert np.isnan(low).tolist() == np.isnan(high).tolist() == [True, False]


class TestDrift:
    def test_it_is_silent_where_errors_do_not_change(self):
        p = [drift_test(*Answered.drawn(seed).timed) for seed in range(400)]
        assert np.mean(np.array(p) < 0.05) <= 0.08
        assert np.mean(np.array(p) < 0.5) > 0.3  # and not because it never tells anything

    def test_it_shows_errors_that_change(self):
        p = [drift_test(*Answered.drawn(seed, m=300, drift=1.0).timed) for seed in range(60)]
        assert np.mean(np.array(p) < 0.05) > 0.9

    def test_it_cannot_tell_with_few_answers_or_without_time(self):
        assert np.isnan(drift_test(*Answered.drawn(1, m=20).timed))
        one = Answered.drawn(1)
        one.days = np.zeros(1500)
        assert np.isnan(drift_test(*one.timed))
        one.days = np.full(1500, np.nan)
        assert np.isnan(drift_test(*one.timed))
        one.days[one.rows[:29]] = np.arange(29)
        assert np.isnan(drift_test(*one.timed))

    def test_order_is_irrelevant(self):
        one = Answered.drawn(2, drift=1.0)
        before = drift_test(*one.timed)
        order = np.random.default_rng(1).permutation(100)
        one.rows = one.rows[order]
        assert drift_test(*one.timed) == pytest.approx(before)
        assert 0 < before < 1
