"""Evidence for membership, and how common a theme is by it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit

from analytics.themes import membership
from analytics.themes.membership import MEMBER, membership_probability, theme_evidence, theme_prior

KNOWN, OF_THEM = membership._PRIOR_PAPERS, membership._SHARE_OF_NONE
"""Papers that count as known beforehand, and which part of them is of a theme."""
SHARES = np.concatenate([np.geomspace(1e-6, 0.01, 400), np.linspace(0.01, 1 - 1e-6, 2000)])


def made_evidence(rng, n, share, apart=3.0):
    """Log likelihood ratios of normal scores, of which members have a mean that is larger by `apart`."""
    is_member = rng.random(n) < share
    return apart * (rng.standard_normal(n) + apart * is_member) - apart**2 / 2, is_member


def log_likelihood(evidence, share):
    """Of a mixture of members and others, the density of the others taken out, and of the papers known."""
    known = KNOWN * (OF_THEM * np.log(share) + (1 - OF_THEM) * np.log(1 - share))
    return np.log(1 - share + share * np.exp(evidence)).sum() + known


class TestPrior:
    @pytest.mark.parametrize("share", [0.003, 0.05, 0.3, 0.8])
    @pytest.mark.parametrize("apart", [1.0, 3.0])
    def test_it_is_where_the_likelihood_of_the_mixture_is_highest(self, share, apart):
        evidence, _ = made_evidence(np.random.default_rng(3), 2000, share, apart)
        found = theme_prior(evidence)
        by_hand = [log_likelihood(evidence, one) for one in SHARES]
        best = int(np.argmax(by_hand))
        assert SHARES[max(best - 1, 0)] <= found <= SHARES[min(best + 1, len(SHARES) - 1)]
        assert log_likelihood(evidence, found) >= by_hand[best] - 1e-6

    def test_it_is_the_fixed_point_of_the_iteration_of_saerens(self):
        """Estimate the members by the prior, then the prior by the members, until it stays."""
        evidence, _ = made_evidence(np.random.default_rng(4), 3000, 0.15)
        found = theme_prior(evidence)
        share = 0.5
        for _ in range(500):
            n_members = expit(evidence + logit(share)).sum() + KNOWN * OF_THEM
            share = n_members / (len(evidence) + KNOWN)
        assert found == pytest.approx(share, abs=1e-6)

    @pytest.mark.parametrize("share", [0.02, 0.1, 0.4, 0.7])
    def test_it_finds_a_planted_share(self, share):
        evidence, is_member = made_evidence(np.random.default_rng(5), 20_000, share)
        assert theme_prior(evidence) == pytest.approx(is_member.mean(), abs=0.01)

    def test_a_theme_without_papers_has_nearly_none(self):
        rng = np.random.default_rng(6)
        for _ in range(20):
            evidence, _ = made_evidence(rng, 3000, 0.0)
            assert theme_prior(evidence) < 0.003 + KNOWN * OF_THEM / 1000
        assert theme_prior(np.full(100_000, -8.0)) == pytest.approx(0, abs=1e-3)

    def test_a_theme_of_all_papers_has_nearly_all(self):
        assert theme_prior(np.full(100_000, 8.0)) == pytest.approx(1, abs=1e-3)

    def test_a_few_papers_move_it_little(self):
        """A single sure paper is no reason to take all that come for the theme."""
        assert theme_prior(np.array([8.0])) == pytest.approx((KNOWN * OF_THEM + 1) / (KNOWN + 1), abs=0.001)
        few = [theme_prior(np.array([5.0] * n + [-5.0] * n)) for n in (1, 5, 25, 500)]
        assert few == sorted(few)
        assert few[0] < 0.15
        assert few[-1] > 0.4

    def test_order_is_irrelevant(self):
        rng = np.random.default_rng(7)
        evidence, _ = made_evidence(rng, 1000, 0.2)
        assert theme_prior(rng.permutation(evidence)) == pytest.approx(theme_prior(evidence), abs=1e-8)

    def test_more_evidence_makes_a_theme_no_rarer(self):
        evidence, _ = made_evidence(np.random.default_rng(8), 1000, 0.2)
        found = [theme_prior(evidence + more) for more in (-2.0, -0.5, 0.0, 0.5, 2.0)]
        assert found == sorted(found)
        assert found[0] < found[-1]

    def test_edges(self):
        assert 0 < theme_prior(np.array([])) < MEMBER
        assert theme_prior(np.zeros(9)) < MEMBER  # what says nothing gives no paper to a theme
        for extreme in (np.array([1e9]), np.array([-1e9]), np.array([1e9, -1e9])):
            assert 0 < theme_prior(extreme) < 1


class TestProbability:
    def test_as_many_are_members_as_the_probabilities_say(self):
        """Of papers with about the same probability that part is of the theme: they are calibrated."""
        evidence, is_member = made_evidence(np.random.default_rng(9), 40_000, 0.2, apart=2.0)
        probability = membership_probability(evidence[:, None])[:, 0]
        for low in np.arange(0, 1, 0.1):
            inside = (probability >= low) & (probability < low + 0.1)
            deviation = np.sqrt(probability[inside].mean() / inside.sum())
            assert is_member[inside].mean() == pytest.approx(probability[inside].mean(), abs=4 * deviation)

    def test_it_grows_with_the_evidence_and_each_theme_stands_for_itself(self):
        rng = np.random.default_rng(10)
        evidence = np.stack([made_evidence(rng, 500, share)[0] for share in (0.02, 0.5)], axis=1)
        both = membership_probability(evidence)
        for column in (0, 1):
            np.testing.assert_allclose(both[:, column], membership_probability(evidence[:, [column]])[:, 0])
            assert (np.diff(both[np.argsort(evidence[:, column]), column]) >= 0).all()
        assert ((both >= 0) & (both <= 1)).all()

    def test_the_same_evidence_says_more_where_a_theme_is_common(self):
        rng = np.random.default_rng(11)
        rare, common = (made_evidence(rng, 2000, share)[0] for share in (0.02, 0.5))
        at = [membership_probability(np.append(one, 2.0)[:, None])[-1, 0] for one in (rare, common)]
        assert at[0] < MEMBER < at[1]

    @pytest.mark.parametrize("shape", [(0, 0), (0, 2), (3, 0)])
    def test_nothing_gives_nothing(self, shape):
        assert membership_probability(np.zeros(shape)).shape == shape


class TestEvidence:
    CLOSENESS = np.array([[3.0, 1.0, -0.5], [0.2, 0.1, 0.0], [-1.0, 2.5, 2.5]])
    MATCHES = np.array([[0.6, 0.1, -0.1], [0.0, 0.0, 0.0], [-0.2, 0.5, 0.5]])

    def test_closeness_and_words_both_speak_for_a_theme(self):
        before = theme_evidence(self.CLOSENESS, self.MATCHES)
        nearer, matched = self.CLOSENESS.copy(), self.MATCHES.copy()
        nearer[0, 0] += 0.5
        matched[0, 0] += 0.2
        assert theme_evidence(nearer, self.MATCHES)[0, 0] > before[0, 0]
        assert theme_evidence(self.CLOSENESS, matched)[0, 0] > before[0, 0]

    def test_the_best_theme_of_a_paper_speaks_against_its_others_alone(self):
        before = theme_evidence(self.CLOSENESS, self.MATCHES)
        nearer = self.CLOSENESS.copy()
        nearer[0, 0] += 1.0
        after = theme_evidence(nearer, self.MATCHES)
        assert (after[0, 1:] < before[0, 1:]).all()
        assert np.array_equal(after[1:], before[1:])
        alone = theme_evidence(self.CLOSENESS[:, :1], self.MATCHES[:, :1])
        assert alone[0, 0] == pytest.approx(before[0, 0])  # the best one loses nothing by the others

    def test_words_of_a_title_weigh_more_where_it_is_all_that_is_known(self):
        titled = np.array([True, False, False])
        before, after = (theme_evidence(self.CLOSENESS, self.MATCHES, one) for one in (None, titled))
        assert after[0, 0] > before[0, 0]
        assert np.array_equal(after[1:], before[1:])

    def test_equal_themes_have_equal_evidence(self):
        found = theme_evidence(self.CLOSENESS, self.MATCHES)
        assert found[2, 1] == found[2, 2]

    def test_order_of_themes_is_irrelevant(self):
        order = [2, 0, 1]
        found = theme_evidence(self.CLOSENESS[:, order], self.MATCHES[:, order])
        np.testing.assert_allclose(found, theme_evidence(self.CLOSENESS, self.MATCHES)[:, order])

    @pytest.mark.parametrize("shape", [(0, 0), (0, 2), (3, 0)])
    def test_nothing_gives_nothing(self, shape):
        assert theme_evidence(np.zeros(shape), np.zeros(shape)).shape == shape


def test_the_mixture_of_the_tests_is_what_it_says():
    """The evidence of the planted papers is the log ratio of the two normal densities."""
    rng = np.random.default_rng(12)
    evidence, _ = made_evidence(rng, 5, 0.5, apart=2.0)
    scores = (evidence + 2.0) / 2.0
    np.testing.assert_allclose(evidence, stats.norm.logpdf(scores, 2.0) - stats.norm.logpdf(scores))
