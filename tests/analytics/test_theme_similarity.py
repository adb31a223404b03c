"""How near papers are to themes in meaning, and what is taken for usual."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from analytics.themes import similarity
from analytics.themes.similarity import _with_neighbors, theme_closeness
from analytics.vectors.background import Background, TitleMap, background_for

NEAR = 2.6
"""Far above the background: one paper in two hundred of a normal one."""


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


def about(rng, n_phrases=6):
    """Phrases of one subject: unit vectors around a common direction."""
    return unit(rng.standard_normal((1, 16)) + 0.3 * rng.standard_normal((n_phrases, 16)))


def test_unrelated_papers_are_as_near_as_the_background(rng, background):
    phrases = unit(rng.standard_normal((6, 16)))
    papers = corpus(rng, background, 4000, phrases[0], 0)
    alone = theme_closeness(papers[:99], [phrases], background)[0][:, 0]  # too few for neighbors
    assert alone.mean() == pytest.approx(0, abs=0.3)
    assert alone.std() == pytest.approx(1, abs=0.2)
    all_of_them = theme_closeness(papers, [phrases], background)[0][:, 0]
    assert all_of_them.mean() == pytest.approx(0, abs=0.15)
    assert 0.5 < all_of_them.std() < 1.05  # the mean with neighbors, which resemble a paper somewhat
    assert np.mean(all_of_them >= 3.0) < 0.004


def test_a_lone_coincidence_is_outvoted_by_its_neighbors(rng, background):
    """The same closeness counts where the papers around share it, and does not where none does."""
    phrases = about(rng)
    papers = corpus(rng, background, 3000, phrases.mean(axis=0), 0)
    subject = unit(background.mean + 0.8 * phrases.mean(axis=0) + 0.05 * rng.standard_normal((40, 16)))
    alone = theme_closeness(np.vstack([papers, subject[:1]]), [phrases], background)[0][-1, 0]
    among = theme_closeness(np.vstack([papers, subject]), [phrases], background)[0][-40, 0]
    assert among > alone + 0.5


def on_a_circle():
    """Two hundred papers, in forty places of five each."""
    angles = (
        np.repeat(np.arange(40) * np.pi / 20, 5)[:, None]
        + np.tile([0, 0.001, 0.002, 1e-4, 0.003], 40)[:, None]
    )
    return np.hstack([np.cos(angles), np.sin(angles)])


def test_closeness_with_neighbors_by_hand():
    """Two neighbors of two hundred papers, which count a tenth of the paper's own weight."""
    scores = np.zeros((200, 1))
    scores[0, 0], scores[3, 0], scores[1, 0] = 6.0, 12.0, 24.0
    # Nearest to paper 0 (angle 0) are papers 3 (0.0001) and 1 (0.001).
    mixed = _with_neighbors(scores, on_a_circle().__getitem__)
    assert mixed[0, 0] == pytest.approx((10 * 6 + 12 + 24) / 12)
    assert mixed[7, 0] == 0
    assert scores[0, 0] == 6.0  # what was given is not changed


def test_far_papers_stand_for_themselves():
    far = similarity._FAR
    scores = np.tile([[far - 0.1, far - 0.01], [far - 0.1, far]], (50, 1))
    mixed = _with_neighbors(scores, np.ones((100, 1)).__getitem__)
    assert np.array_equal(mixed[::2], scores[::2])
    assert mixed[1::2, 1] == pytest.approx(far, abs=0.01)


def test_identical_papers_are_neighbors_of_each_other():
    scores = np.full((100, 1), 2.0)
    scores[0, 0] = 13.0
    mixed = _with_neighbors(scores, np.ones((100, 1)).__getitem__)[:, 0]
    assert mixed[0] == pytest.approx((10 * 13 + 2) / 11)  # its one neighbor is another paper
    assert np.all(mixed[1:] <= (10 * 2 + 13) / 11)


@pytest.mark.parametrize("n", [0, 1, 99])
def test_below_a_hundred_papers_each_stands_for_itself(rng, n):
    scores = 5 * rng.standard_normal((n, 2))
    assert np.array_equal(_with_neighbors(scores, rng.standard_normal((n, 4)).__getitem__), scores)


@pytest.mark.parametrize("n_about", [5, 400, 1000])
def test_papers_about_the_theme_stand_out_however_many_they_are(rng, background, n_about):
    phrases = about(rng)
    papers = corpus(rng, background, 4000, phrases.mean(axis=0), n_about)
    found = theme_closeness(papers, [phrases], background)[0][:, 0]
    assert np.median(found[-n_about:]) > NEAR
    assert np.mean(found[:-n_about] > NEAR) < 0.03


def test_a_direction_that_all_texts_share_carries_nothing(rng, background):
    """A phrase along the common direction is near to everything; no paper is nearer for that."""
    phrases = unit([background.mean])
    papers = corpus(rng, background, 2000, phrases[0], 0)
    assert float((papers @ phrases.T).mean()) > 0.7
    assert theme_closeness(papers, [phrases], background)[0].mean() == pytest.approx(0, abs=0.2)


def test_the_nearest_phrase_is_named(rng, background):
    phrases = unit(np.eye(16)[:4])
    paper = unit([background.mean + 3 * np.eye(16)[2]])
    assert theme_closeness(paper, [phrases], background)[1].tolist() == [[2]]


def test_order_of_papers_is_irrelevant(rng, background):
    phrases = unit(rng.standard_normal((5, 16)))
    papers = corpus(rng, background, 300, phrases[0], 30)
    order = rng.permutation(300)
    forward = theme_closeness(papers, [phrases], background)[0]
    assert theme_closeness(papers[order], [phrases], background)[0] == pytest.approx(forward[order])


def test_another_theme_changes_closeness_at_most_by_neighbors(rng, background):
    """Below a hundred papers each theme is judged for itself."""
    papers = corpus(rng, background, 80, np.eye(16)[0], 8)
    one, other = unit(rng.standard_normal((5, 16))), unit(rng.standard_normal((3, 16)))
    both, carrying = theme_closeness(papers, [one, other], background)
    for column, phrases in enumerate((one, other)):
        alone, named = theme_closeness(papers, [phrases], background)
        assert both[:, column] == pytest.approx(alone[:, 0])
        assert carrying[:, column].tolist() == named[:, 0].tolist()


@pytest.mark.parametrize("n", [0, 1, 2])
@pytest.mark.parametrize("n_themes", [0, 1])
def test_tiny_corpora(background, rng, n, n_themes):
    phrases = [unit(rng.standard_normal((1, 16)))] * n_themes
    papers = unit(rng.standard_normal((n, 16))) if n else np.empty((0, 16), np.float32)
    found, carrying = theme_closeness(papers, phrases, background)
    assert found.shape == carrying.shape == (n, n_themes)
    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    "vectorizer_id", ["minilm-53aa5117-f32-256", "minilm-53aa5117-int8.1.avx512vnni-192", "student-0a"]
)
def test_shipped_background_is_a_covariance(vectorizer_id):
    shipped = background_for(vectorizer_id, np.empty((0, 384), np.float32))
    assert shipped.is_general
    assert shipped.mean.shape == (384,)
    assert np.linalg.norm(shipped.mean) < 1
    assert np.allclose(shipped.covariance, shipped.covariance.T)
    values = np.linalg.eigvalsh(shipped.covariance)
    assert values.min() > -1e-5  # half precision
    # Unit vectors: the squared norm of the mean and the total variance add up to one.
    assert np.trace(shipped.covariance) + shipped.mean @ shipped.mean == pytest.approx(1, abs=0.01)


@pytest.mark.slow
def test_each_number_of_word_pieces_has_a_background():
    none = np.empty((0, 384), np.float32)
    means = {n: background_for(f"minilm-0-x-{n}", none).mean for n in (128, 192, 256)}
    for n in (128, 192):
        assert not np.array_equal(means[n], means[256])
        cosine = means[n] @ means[256] / np.linalg.norm(means[n]) / np.linalg.norm(means[256])
        assert 0.9 < cosine < 0.999
    for other in ("student-256", "minilm-0-x-77"):
        assert np.array_equal(background_for(other, none).mean, means[128])


def test_other_vectorizers_use_the_corpus_itself(rng):
    papers = unit(rng.standard_normal((50, 8)))
    own = background_for("lexical-abc", papers)
    assert not own.is_general
    assert own.mean == pytest.approx(papers.mean(axis=0), abs=1e-6)
    assert own.covariance == pytest.approx(np.cov(papers.T), abs=1e-6)


class TestTitlesAlone:
    """Papers whose vectors are of titles: another mean, half of the abstract's directions, and noise."""

    @pytest.fixture
    def titles_of(self, rng):
        turned = np.linalg.qr(rng.standard_normal((16, 16)))[0]
        return lambda vectors: unit(vectors @ turned + 0.1 * rng.standard_normal(vectors.shape) + 0.3)

    def test_the_map_takes_titles_back_to_their_abstracts(self, rng, background, titles_of):
        general, new = (corpus(rng, background, n, np.zeros(16), 0) for n in (3000, 200))
        by_map = TitleMap.of_vectors(titles_of(general), general).expected(titles_of(new))
        assert np.linalg.norm(by_map, axis=1) == pytest.approx(1)
        assert (by_map * new).sum(axis=1).mean() > 0.9 > (titles_of(new) * new).sum(axis=1).mean() + 0.2

    def test_damping_agrees_with_ridge_regression(self, rng):
        titles, abstracts = unit(rng.standard_normal((300, 8))), unit(rng.standard_normal((300, 8)))
        gram = (titles - titles.mean(axis=0)).T @ (titles - titles.mean(axis=0))
        reference = Ridge(alpha=0.1 * np.trace(gram) / 8).fit(titles, abstracts)
        found = TitleMap.of_vectors(titles, abstracts).expected(titles)
        np.testing.assert_allclose(found, unit(reference.predict(titles)), atol=1e-5)

    def test_papers_about_the_theme_stand_out_among_titles_and_abstracts(self, rng, background, titles_of):
        general = corpus(rng, background, 3000, np.zeros(16), 0)
        phrases = about(rng)
        papers = corpus(rng, background, 2000, phrases.mean(axis=0), 300)
        titled = np.arange(2000) % 2 == 0
        seen = np.where(titled[:, None], titles_of(papers), papers).astype(np.float32)
        with_map = replace(background, from_titles=TitleMap.of_vectors(titles_of(general), general))
        found = theme_closeness(seen, [phrases], with_map, titled)[0][:, 0]
        for kind in (titled, ~titled):
            assert np.median(found[kind & (np.arange(2000) >= 1700)]) > NEAR
            assert np.mean(found[kind & (np.arange(2000) < 1700)] > NEAR) < 0.03

    def test_without_a_map_titles_are_standardized_among_titles(self, rng, background):
        phrases = about(rng)
        papers = corpus(rng, background, 4000, np.zeros(16), 0)
        titled = np.arange(4000) < 2000
        seen = np.where(titled[:, None], unit(papers + 0.15 * phrases.mean(axis=0)), papers).astype(
            np.float32
        )
        apart, together = (
            theme_closeness(seen, [phrases], background, one)[0][:, 0] for one in (titled, None)
        )
        assert np.median(apart[titled]) == pytest.approx(np.median(apart[~titled]), abs=0.3)
        assert np.median(together[titled]) > np.median(together[~titled]) + 0.5

    def test_abstracts_keep_their_vectors(self, rng, background, titles_of):
        general = corpus(rng, background, 500, np.zeros(16), 0)
        with_map = replace(background, from_titles=TitleMap.of_vectors(titles_of(general), general))
        first = np.arange(500) < 1
        found = with_map.whiten(general, first)
        np.testing.assert_allclose(found[1:], background.whiten(general[1:]), atol=1e-12)
        assert not np.allclose(found[0], background.whiten(general[:1])[0])
        np.testing.assert_array_equal(with_map.whiten(general), background.whiten(general))
