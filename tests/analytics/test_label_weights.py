"""How many papers an answered paper stands for: sums, cases by hand, and no bias over many draws."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.labels import draw_papers
from analytics.labels.weights import label_weights


def test_one_draw_is_hajek_by_hand():
    """Inverse probabilities 2, 4 and 10, scaled from 16 to the corpus of 32."""
    found = label_weights(np.array([1, 1, 1]), np.array([0.5, 0.25, 0.1]), 32)
    assert found.tolist() == pytest.approx([4, 8, 20])


def test_three_draws_by_hand():
    """Each draw speaks for the corpus: earlier papers once, its own for what is left; means by size."""
    draw, chance = np.array([1, 2, 2, 3]), np.array([0.1, 0.2, 0.2, 0.5])
    first, second, third = [10, 0, 0, 0], [1, 4.5, 4.5, 0], [1, 1, 1, 7]
    expected = np.average([first, second, third], axis=0, weights=[1, 2, 1])
    assert label_weights(draw, chance, 10).tolist() == pytest.approx(expected.tolist())


@pytest.mark.parametrize("sizes", [[1], [5], [5, 1], [3, 3, 3], [10, 0, 2]])
def test_they_sum_to_the_corpus(sizes):
    rng = np.random.default_rng(sum(sizes))
    draw = np.repeat(np.arange(1, len(sizes) + 1), sizes)
    weights = label_weights(draw, rng.uniform(0.01, 0.9, len(draw)), 50)
    assert weights.sum() == pytest.approx(50)
    assert (weights > 0).all()


def test_when_all_papers_are_answered_each_counts_once():
    assert label_weights(np.ones(7, dtype=int), np.ones(7), 7).tolist() == [1] * 7


def test_no_answer_has_no_weight():
    assert label_weights(np.array([], dtype=np.int64), np.array([]), 10).tolist() == []


def test_order_of_answers_is_irrelevant():
    rng = np.random.default_rng(5)
    draw, chance = rng.integers(1, 4, 20), rng.uniform(0.05, 0.5, 20)
    order = rng.permutation(20)
    found = label_weights(draw[order], chance[order], 300)
    assert found == pytest.approx(label_weights(draw, chance, 300)[order])


@pytest.mark.parametrize("answered", [1.0, 0.6])
def test_totals_are_unbiased_over_sequences_of_two_draws(answered):
    """Draw, answer all or a random part, draw again among the others with other probabilities; many times."""
    rng = np.random.default_rng(6)
    n = 400
    probability = rng.beta(0.4, 1.5, (n, 1))
    sharper = np.clip(probability + rng.normal(0, 0.1, (n, 1)), 0.01, 0.99)  # as after the first answers
    is_yes = rng.random(n) < 0.7 * probability[:, 0] + 0.05
    days = np.full(n, np.datetime64("2024-01-01", "us"))
    found, plain = [], []
    for seed in range(1500):
        taken = np.zeros(n, dtype=bool)
        rows, chance, draw = [], [], []
        for number, judged in enumerate((probability, sharper), 1):
            drawn = draw_papers(judged, days, taken, n_papers=40, random_state=seed, draw=number)
            kept = int(answered * 40)  # who stops early leaves the end of the list
            rows += drawn.rows[:kept].tolist()
            chance += drawn.probability[:kept].tolist()
            draw += [number] * kept
            taken[drawn.rows[:kept]] = True
        weights = label_weights(np.array(draw), np.array(chance), n)
        found.append(weights @ is_yes[rows] / n)
        plain.append(is_yes[rows].mean())
    error = np.std(found) / np.sqrt(len(found))
    # The ratio leaves a bias of the order of one over the answers, a small part of the deviation.
    assert np.mean(found) == pytest.approx(is_yes.mean(), abs=4 * error + 0.05 * np.std(found))
    assert abs(np.mean(plain) - is_yes.mean()) > 20 * error  # what the weights correct is not small
