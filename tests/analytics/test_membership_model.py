"""What labels teach: the mode of a logistic regression, and never anything that cross-validation calls worse."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logit
from threadpoolctl import threadpool_limits

from analytics.labels import membership_model
from analytics.labels.membership_model import FEWEST_LABELS, FEWEST_YES, teach


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """As in a run; on a busy machine threads that wait for each other take thirty times as long."""
    with threadpool_limits(1):
        yield


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


class Corpus:
    """Papers whose label-free log odds leave out a direction of their vectors that readers look at."""

    def __init__(self, seed, n=600, *, blind=6.0, level=0.0):
        rng = np.random.default_rng(seed)
        self.vectors = unit(rng.standard_normal((n, 8)))
        log_odds = rng.normal(-1.0, 1.5, n)
        self.probability = expit(log_odds)
        self.truth = expit(log_odds + level + blind * self.vectors[:, 0])
        self.is_yes = rng.random(n) < self.truth
        self.folds = rng.integers(0, 5, n)
        self.rows = rng.permutation(n)

    def teach(self, n_labels, is_yes=None, rows=None):
        rows = self.rows[:n_labels] if rows is None else rows
        answers = self.is_yes if is_yes is None else is_yes
        return teach(self.probability, self.vectors, rows, answers[rows], self.folds)


def log_loss(probability, is_yes):
    return -log_expit(np.where(is_yes, 1, -1) * logit(probability)).mean()


@pytest.fixture(params=[0, -1], ids=["first", "last"])
def one_prior(request, monkeypatch):
    """Only one set of prior variances is tried."""
    variances = membership_model._PRIORS[request.param]
    monkeypatch.setattr(membership_model, "_PRIORS", (variances,))
    return variances


class TestMode:
    """The dual form against the primal one, whose columns are 1, the log odds and the vector."""

    @staticmethod
    def design(corpus, variances):
        columns = [np.ones(len(corpus.vectors)), logit(corpus.probability), *corpus.vectors.T.astype(float)]
        variance = np.array([*variances[:2], *[variances[2]] * corpus.vectors.shape[1]])
        return np.stack(columns, axis=1)[:, variance > 0], variance[variance > 0]

    def test_it_is_the_highest_point_of_the_posterior(self, one_prior):
        corpus = Corpus(1, level=2.0)
        taught = corpus.teach(80)
        assert taught.is_better
        design, variance = self.design(corpus, one_prior)
        own, sign = corpus.rows[:80], np.where(corpus.is_yes[corpus.rows[:80]], 1, -1)
        offset = logit(corpus.probability)

        def objective(beta):
            odds = offset[own] + design[own] @ beta
            slope = -design[own].T @ (sign * expit(-sign * odds)) + beta / variance
            return -log_expit(sign * odds).sum() + (beta**2 / variance).sum() / 2, slope

        best = minimize(objective, np.zeros(len(variance)), jac=True, method="BFGS", options={"gtol": 1e-9})
        np.testing.assert_allclose(logit(taught.probability), offset + design @ best.x, atol=2e-4)

    def test_it_agrees_with_the_penalized_regression_of_statsmodels(self, one_prior):
        corpus = Corpus(2, level=2.0)
        taught = corpus.teach(60)
        assert taught.is_better
        design, variance = self.design(corpus, one_prior)
        own, offset = corpus.rows[:60], logit(corpus.probability)
        model = sm.GLM(corpus.is_yes[own], design[own], family=sm.families.Binomial(), offset=offset[own])
        fit = model.fit_regularized(alpha=1 / (60 * variance), L1_wt=0.0, maxiter=500, cnvrg_tol=1e-12)
        np.testing.assert_allclose(logit(taught.probability), offset + design @ fit.params, atol=5e-3)

    def test_papers_of_a_fold_are_judged_by_the_labels_of_the_others(self, one_prior):
        corpus = Corpus(3, level=2.0)
        taught = corpus.teach(100)
        assert taught.is_better
        for fold in range(5):
            others = corpus.rows[:100][corpus.folds[corpus.rows[:100]] != fold]
            own = corpus.folds == fold
            alone = corpus.teach(100, rows=others)
            assert alone.is_better
            np.testing.assert_allclose(taught.cross_fitted[own], alone.probability[own], atol=1e-6)


class TestCrossFitted:
    def test_a_paper_is_not_judged_by_its_own_answer(self, one_prior):
        corpus = Corpus(4, level=2.0)
        before = corpus.teach(100)
        for row in corpus.rows[:100:13]:
            flipped = corpus.is_yes.copy()
            flipped[row] = ~flipped[row]
            after = corpus.teach(100, is_yes=flipped)
            assert before.is_better
            assert after.is_better
            same_fold = corpus.folds == corpus.folds[row]
            assert after.cross_fitted[same_fold] == pytest.approx(before.cross_fitted[same_fold], abs=1e-12)
            assert abs(after.probability[row] - before.probability[row]) > 1e-3
            assert np.abs(after.cross_fitted[~same_fold] - before.cross_fitted[~same_fold]).max() > 1e-3

    def test_papers_without_a_label_have_both(self):
        corpus = Corpus(5)
        taught = corpus.teach(150)
        assert taught.probability.shape == taught.cross_fitted.shape == (600,)
        assert not np.array_equal(taught.probability, taught.cross_fitted)

    def test_a_fold_without_labels_is_judged_by_all(self):
        corpus = Corpus(6, level=2.0)
        rows = corpus.rows[corpus.folds[corpus.rows] != 4][:100]
        taught = corpus.teach(100, rows=rows)
        assert taught.is_better
        own = corpus.folds == 4
        np.testing.assert_allclose(taught.cross_fitted[own], taught.probability[own], atol=1e-6)


class TestGain:
    def test_labels_find_what_phrases_do_not_look_at(self):
        gains = []
        for seed in range(5):
            corpus = Corpus(seed)
            taught, others = corpus.teach(100), corpus.rows[100:]
            assert taught.is_better
            gains.append(
                log_loss(corpus.probability[others], corpus.is_yes[others])
                - log_loss(taught.probability[others], corpus.is_yes[others])
            )
        assert min(gains) > 0
        assert np.mean(gains) > 0.1

    def test_more_labels_teach_more(self):
        corpus = Corpus(7, n=1500)
        others = corpus.rows[400:]
        losses = [
            log_loss(corpus.teach(n).probability[others], corpus.is_yes[others]) for n in (0, 50, 130, 400)
        ]
        assert losses == sorted(losses, reverse=True)
        assert losses[-1] < losses[0] - 0.1

    def test_a_level_that_is_wrong_is_put_right(self):
        corpus = Corpus(8, blind=0.0, level=2.0)
        taught = corpus.teach(150)
        before = abs(corpus.probability.mean() - corpus.truth.mean())
        assert before > 0.2
        assert abs(taught.probability.mean() - corpus.truth.mean()) < before / 3

    def test_no_answer_is_foreseen_worse_by_cross_validation(self):
        for seed in range(30):
            corpus = Corpus(100 + seed, blind=1.0)
            taught = corpus.teach(40)
            own = corpus.rows[:40]
            crossed = log_loss(taught.cross_fitted[own], corpus.is_yes[own])
            alone = log_loss(corpus.probability[own], corpus.is_yes[own])
            assert crossed <= alone
            assert crossed < alone or not taught.is_better
            assert taught.is_better or np.array_equal(taught.probability, corpus.probability)

    def test_where_the_phrases_are_right_labels_seldom_decide(self):
        taught = [Corpus(200 + seed, blind=0.0).teach(100) for seed in range(60)]
        assert np.mean([one.is_better for one in taught]) < 0.4
        for seed, one in enumerate(taught):
            if not one.is_better:
                assert np.array_equal(one.probability, Corpus(200 + seed, blind=0.0).probability)

    def test_random_answers_against_a_sure_model_do_no_harm_elsewhere(self):
        """Answers by a coin teach at most that the phrases say nothing."""
        rng = np.random.default_rng(9)
        for seed in range(10):
            corpus = Corpus(300 + seed)
            coin = rng.random(600) < 0.5
            taught = corpus.teach(100, is_yes=coin)
            others = corpus.rows[100:]
            assert log_loss(taught.cross_fitted[others], coin[others]) < 1.15 * np.log(2)


class TestEdges:
    @pytest.mark.parametrize(
        ("n_yes", "n_no"),
        [
            (0, 0), (FEWEST_YES, FEWEST_LABELS - FEWEST_YES - 1), (FEWEST_YES - 1, 50), (50, FEWEST_YES - 1), (0, 60),
        ],
    )  # fmt: skip
    def test_too_few_labels_change_nothing(self, n_yes, n_no):
        corpus = Corpus(10)
        rows = np.concatenate([np.flatnonzero(corpus.is_yes)[:n_yes], np.flatnonzero(~corpus.is_yes)[:n_no]])
        taught = corpus.teach(0, rows=rows)
        assert not taught.is_better
        assert np.array_equal(taught.probability, corpus.probability)
        assert np.array_equal(taught.cross_fitted, corpus.probability)

    def test_order_of_labels_is_irrelevant_and_nothing_is_changed(self):
        corpus = Corpus(11)
        before = corpus.probability.copy(), corpus.vectors.copy(), corpus.rows.copy()
        one = corpus.teach(100)
        other = corpus.teach(100, rows=np.random.default_rng(1).permutation(corpus.rows[:100]))
        assert one.is_better
        assert other.is_better
        np.testing.assert_allclose(one.probability, other.probability, atol=1e-5)
        for was, now in zip(before, (corpus.probability, corpus.vectors, corpus.rows), strict=True):
            assert np.array_equal(was, now)

    def test_the_same_labels_teach_the_same(self):
        one, other = Corpus(12).teach(100), Corpus(12).teach(100)
        assert one.probability.tobytes() == other.probability.tobytes()
        assert one.cross_fitted.tobytes() == other.cross_fitted.tobytes()

    def test_probabilities_of_zero_and_one_stay_finite(self):
        corpus = Corpus(13)
        corpus.probability = np.where(
            np.arange(600) % 3 == 0, 0.0, np.where(np.arange(600) % 3 == 1, 1.0, 0.4)
        )
        taught = corpus.teach(120)
        assert taught.is_better  # it was sure, and wrong
        for found in (taught.probability, taught.cross_fitted):
            assert ((found >= 0) & (found <= 1)).all()

    def test_answers_that_contradict_a_sure_model_are_learned(self):
        """Newton's full step would overshoot here."""
        corpus = Corpus(14)
        corpus.probability = np.where(corpus.is_yes, 0.001, 0.999)
        taught = corpus.teach(200)
        assert taught.is_better
        others = corpus.rows[200:]
        assert log_loss(taught.probability[others], corpus.is_yes[others]) < 1.5
        assert log_loss(corpus.probability[others], corpus.is_yes[others]) > 6
