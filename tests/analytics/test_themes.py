from __future__ import annotations

import numpy as np
import pytest

from analytics.background import Background, background_for
from analytics.themes import (
    THEME_THRESHOLD,
    Theme,
    ThemeScores,
    assign_themes,
    score_themes,
    theme_table,
)
from analytics.themes.scoring import _with_neighbors


def unit(rows):
    rows = np.asarray(rows, dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def background(rng):
    common = rng.standard_normal(16) * 2
    return Background.of_vectors(unit(rng.standard_normal((3000, 16)) + common), is_general=True)


def corpus(rng, background, n, direction, n_about):
    """`n` unrelated papers of the background's distribution, the last `n_about` moved towards a subject."""
    draws = rng.multivariate_normal(background.mean, background.covariance, n)
    draws[n - n_about :] += 1.2 * np.asarray(direction)
    return unit(draws)


def test_unrelated_papers_score_like_the_background(rng, background):
    phrases = unit(rng.standard_normal((6, 16)))
    papers = corpus(rng, background, 4000, phrases[0], 0)
    alone = score_themes(papers[:99], [phrases], background).scores[:, 0]  # too few for neighbors
    assert alone.mean() == pytest.approx(0, abs=0.3)
    assert alone.std() == pytest.approx(1, abs=0.2)
    scores = score_themes(papers, [phrases], background).scores[:, 0]
    assert scores.mean() == pytest.approx(0, abs=0.15)
    assert 0.5 < scores.std() < 1.0  # the mean with neighbors, which resemble it somewhat
    assert np.mean(scores >= THEME_THRESHOLD) < 0.002


def test_a_lone_coincidence_is_outvoted_by_its_neighbors(rng, background):
    """The same closeness counts where the papers around share it, and does not where none does."""
    phrases = unit(rng.standard_normal((1, 16)) + 0.3 * rng.standard_normal((6, 16)))
    papers = corpus(rng, background, 3000, phrases.mean(axis=0), 0)
    subject = unit(background.mean + 0.8 * phrases.mean(axis=0) + 0.05 * rng.standard_normal((40, 16)))
    alone = score_themes(np.vstack([papers, subject[:1]]), [phrases], background).scores[-1, 0]
    among = score_themes(np.vstack([papers, subject]), [phrases], background).scores[-40, 0]
    assert among > alone + 0.5


def test_scores_with_neighbors_by_hand():
    """Two hundred papers, two neighbors each, which count a tenth of the paper's own weight."""
    angles = (
        np.repeat(np.arange(40) * np.pi / 20, 5)[:, None]
        + np.tile([0, 0.001, 0.002, 1e-4, 0.003], 40)[:, None]
    )
    papers = np.hstack([np.cos(angles), np.sin(angles)])
    scores = np.zeros((200, 1))
    scores[0, 0], scores[3, 0], scores[1, 0] = 6.0, 12.0, 24.0
    # Nearest to paper 0 (angle 0) are papers 3 (0.0001) and 1 (0.001).
    assert _with_neighbors(scores, papers, 1.5)[0, 0] == pytest.approx((10 * 6 + 12 + 24) / 12)
    assert _with_neighbors(scores, papers, 1.5)[7, 0] == 0


def test_far_papers_stand_for_themselves():
    papers = np.ones((100, 1))
    scores = np.tile([[1.4, 1.49], [1.4, 1.5]], (50, 1))
    mixed = _with_neighbors(scores, papers, 1.5)
    assert np.array_equal(mixed[::2], scores[::2])
    assert mixed[1::2, 1] == pytest.approx(1.5, abs=0.01)


def test_identical_papers_are_neighbors_of_each_other():
    papers = np.ones((100, 1))
    scores = np.zeros((100, 1))
    scores[0, 0] = 11.0
    mixed = _with_neighbors(scores, papers, -1.0)[:, 0]
    assert mixed[0] == pytest.approx(10)  # its one neighbor is another paper
    assert np.all(mixed[1:] <= 1)


@pytest.mark.parametrize("n", [0, 1, 99])
def test_below_a_hundred_papers_each_stands_for_itself(rng, n):
    scores = rng.standard_normal((n, 2))
    assert np.array_equal(_with_neighbors(scores, rng.standard_normal((n, 4)), -9.0), scores)


@pytest.mark.parametrize("n_about", [5, 400, 1000])
def test_papers_about_the_theme_stand_out_however_many_they_are(rng, background, n_about):
    phrases = unit(rng.standard_normal((1, 16)) + 0.3 * rng.standard_normal((6, 16)))
    papers = corpus(rng, background, 4000, phrases.mean(axis=0), n_about)
    scores = score_themes(papers, [phrases], background).scores[:, 0]
    assert np.median(scores[-n_about:]) > 2.6
    assert np.mean(scores[:-n_about] > 2.6) < 0.03


def test_a_direction_that_all_texts_share_carries_nothing(rng, background):
    """A phrase along the common direction is near to everything; its score is no higher for that."""
    phrases = unit([background.mean])
    papers = corpus(rng, background, 2000, phrases[0], 0)
    assert float((papers @ phrases.T).mean()) > 0.7
    assert score_themes(papers, [phrases], background).scores.mean() == pytest.approx(0, abs=0.2)


def test_the_carrying_phrase_is_named(rng, background):
    phrases = unit(np.eye(16)[:4])
    paper = unit([background.mean + 3 * np.eye(16)[2]])
    scored = score_themes(paper, [phrases], background)
    assert scored.phrases[0, 0] == 2


def test_scores_do_not_depend_on_row_order(rng, background):
    phrases = unit(rng.standard_normal((5, 16)))
    papers = corpus(rng, background, 300, phrases[0], 30)
    order = rng.permutation(300)
    forward = score_themes(papers, [phrases], background).scores
    assert score_themes(papers[order], [phrases], background).scores == pytest.approx(forward[order])


@pytest.mark.parametrize("n", [0, 1, 2])
def test_tiny_corpora(background, rng, n):
    phrases = unit(rng.standard_normal((1, 16)))
    scored = score_themes(
        unit(rng.standard_normal((n, 16))) if n else np.empty((0, 16), np.float32), [phrases], background
    )
    assert scored.scores.shape == (n, 1)
    assert np.isfinite(scored.scores).all()


def test_no_themes(background, rng):
    scored = score_themes(unit(rng.standard_normal((3, 16))), [], background)
    assert assign_themes(["a", "b", "c"], [], scored).empty


THEMES = [Theme("a", "A", "about a", ("a1", "a2")), Theme("b", "B", "", ("b1",))]


def test_assignment_by_hand():
    scored = ThemeScores(
        np.array([[3.5, 4.0], [2.59, 1.0], [5.0, 5.0]]), np.array([[2, 0], [0, 0], [1, 0]]), np.zeros((3, 2))
    )
    table = assign_themes(["p", "q", "r"], THEMES, scored, threshold=2.6)
    assert table.to_dict("list") == {
        "paper_id": ["p", "p", "r", "r"],
        "theme_id": ["a", "b", "a", "b"],
        "score": [3.5, 4.0, 5.0, 5.0],
        "probability": [0.0, 0.0, 0.0, 0.0],
        "is_primary": [False, True, True, False],
        "phrase": ["about a", "b1", "a2", "b1"],
    }
    assert theme_table(THEMES, table)["n_papers"].tolist() == [2, 2]


def test_a_further_theme_needs_most_of_the_best_score():
    scored = ThemeScores(
        np.array([[5.0, 4.3], [5.0, 4.2], [-1.0, -1.1]]), np.zeros((3, 2), dtype=np.int64), np.zeros((3, 2))
    )
    table = assign_themes(["p", "q", "r"], THEMES, scored, threshold=-9)
    assert table[["paper_id", "theme_id"]].to_numpy().tolist() == [
        ["p", "a"], ["p", "b"], ["q", "a"], ["r", "a"], ["r", "b"]
    ]  # fmt: skip


def test_at_most_one_primary_theme(rng, background):
    phrases = [unit(rng.standard_normal((len(theme.texts), 16))) for theme in THEMES]
    papers = unit(rng.standard_normal((200, 16)))
    table = assign_themes(
        [f"p{i}" for i in range(200)], THEMES, score_themes(papers, phrases, background), threshold=-9
    )
    assert (table.groupby("paper_id")["is_primary"].sum() == 1).all()


def test_shipped_background_is_a_covariance():
    shipped = background_for("minilm-53aa5117-f32-256", np.empty((0, 384), np.float32))
    assert shipped.is_general
    assert shipped.mean.shape == (384,)
    assert np.linalg.norm(shipped.mean) < 1
    assert np.allclose(shipped.covariance, shipped.covariance.T)
    values = np.linalg.eigvalsh(shipped.covariance)
    assert values.min() > -1e-5  # half precision
    # Unit vectors: the squared norm of the mean and the total variance add up to one.
    assert np.trace(shipped.covariance) + shipped.mean @ shipped.mean == pytest.approx(1, abs=0.01)


def test_other_vectorizers_use_the_corpus_itself(rng):
    papers = unit(rng.standard_normal((50, 8)))
    own = background_for("lexical-abc", papers)
    assert not own.is_general
    assert own.mean == pytest.approx(papers.mean(axis=0), abs=1e-6)
    assert own.covariance == pytest.approx(np.cov(papers.T), abs=1e-6)
