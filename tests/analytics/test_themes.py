"""Which papers belong to which themes, and which came nearest without belonging."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.tables import TABLE_COLUMNS
from analytics.themes import (
    MEMBER,
    Theme,
    ThemeScores,
    assign_themes,
    near_misses,
    score_themes,
    theme_definition,
    theme_table,
)
from analytics.themes.membership import membership_probability, theme_evidence
from analytics.themes.phrase_words import phrase_matches
from analytics.themes.similarity import theme_closeness
from analytics.vectors.background import Background

THEMES = [Theme("a", "A", "about a", ("a1", "a2")), Theme("b", "B", "", ("b1",))]


def unit(rows):
    rows = np.asarray(rows, dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def scored(probability, scores=None, phrases=None):
    probability = np.asarray(probability, dtype=np.float64)
    scores = probability if scores is None else np.asarray(scores, dtype=np.float64)
    nothing = np.zeros(probability.shape, dtype=np.int64)
    return ThemeScores(scores, nothing if phrases is None else np.asarray(phrases), probability)


class TestAssignment:
    def test_by_hand(self):
        given = scored(
            [[0.6, 0.9], [0.49, 0.1], [0.5, 0.7]],
            [[1.0, 4.0], [-0.1, -3.0], [5.0, 5.0]],
            [[2, 0], [0, 0], [1, 0]],
        )
        table = assign_themes(["p", "q", "r"], THEMES, given)
        assert table.to_dict("list") == {
            "paper_id": ["p", "p", "r", "r"],
            "theme_id": ["a", "b", "a", "b"],
            "score": [1.0, 4.0, 5.0, 5.0],
            "probability": [0.6, 0.9, 0.5, 0.7],
            "is_primary": [False, True, True, False],  # the first declared one of equal scores
            "phrase": ["about a", "b1", "a2", "b1"],
        }
        assert theme_table(THEMES, table)["n_papers"].tolist() == [2, 2]

    def test_a_paper_belongs_from_one_half_on(self):
        table = assign_themes(["p", "q"], THEMES[1:], scored([[np.nextafter(0.5, 0)], [0.5]]))
        assert MEMBER == 0.5
        assert table["paper_id"].tolist() == ["q"]

    def test_the_primary_theme_is_one_that_the_paper_belongs_to(self):
        # An answer may deny a theme whose score is the highest.
        table = assign_themes(["p"], THEMES, scored([[0.0, 0.8]], [[9.0, 1.0]]))
        assert table[["theme_id", "is_primary"]].to_numpy().tolist() == [["b", True]]

    def test_a_lower_line_only_adds_papers(self):
        given = scored(np.random.default_rng(1).random((200, 2)))
        ids = [f"p{number:03}" for number in range(200)]
        pairs = [
            set(
                assign_themes(ids, THEMES, given, least=least)[["paper_id", "theme_id"]].itertuples(
                    index=False
                )
            )
            for least in (0.9, 0.5, 0.1)
        ]
        assert pairs[0] < pairs[1] < pairs[2]

    def test_each_paper_with_a_theme_has_one_primary(self):
        given = scored(np.random.default_rng(2).random((200, 2)))
        table = assign_themes([f"p{number:03}" for number in range(200)], THEMES, given)
        assert (table.groupby("paper_id")["is_primary"].sum() == 1).all()
        assert table["paper_id"].is_monotonic_increasing

    @pytest.mark.parametrize("themes", [[], THEMES])
    @pytest.mark.parametrize("n", [0, 3])
    def test_nothing_to_assign(self, themes, n):
        ids = [f"p{number}" for number in range(n)]
        given = scored(np.zeros((n, len(themes))))
        table = assign_themes(ids, themes, given)
        assert table.empty
        assert list(table.columns) == list(TABLE_COLUMNS["theme_assignments"])
        assert theme_table(themes, table)["n_papers"].tolist() == [0] * len(themes)
        assert len(near_misses(ids, themes, given)) == n * len(themes)


class TestNearMisses:
    def test_by_hand(self):
        given = scored([[0.6, 0.1], [0.4, 0.2], [0.1, 0.7], [0.4, 0.1]], [[3, 1], [1, 2], [0, 5], [2, 0]])
        table = near_misses(["p", "q", "r", "s"], THEMES, given)
        assert table.to_numpy().tolist() == [
            ["a", "s", 2.0, 0.4], ["a", "q", 1.0, 0.4], ["a", "r", 0.0, 0.1],
            ["b", "q", 2.0, 0.2], ["b", "p", 1.0, 0.1], ["b", "s", 0.0, 0.1],
        ]  # fmt: skip

    def test_with_the_members_all_papers_or_twenty(self):
        given = scored(np.random.default_rng(3).random((200, 2)))
        ids = [f"p{number:03}" for number in range(200)]
        misses, members = near_misses(ids, THEMES, given), assign_themes(ids, THEMES, given)
        assert misses.groupby("theme_id").size().tolist() == [20, 20]
        for column, theme in enumerate(THEMES):
            own = set(misses.loc[misses["theme_id"] == theme.theme_id, "paper_id"])
            assert own.isdisjoint(members.loc[members["theme_id"] == theme.theme_id, "paper_id"])
            below = np.sort(given.probability[given.probability[:, column] < MEMBER, column])[::-1]
            listed = misses.loc[misses["theme_id"] == theme.theme_id, "probability"]
            assert listed.tolist() == below[:20].tolist()

    def test_many_equal_ones_are_named_by_id_whatever_their_order(self):
        order = np.random.default_rng(4).permutation(100)
        ids = np.array([f"p{number:03}" for number in range(100)], dtype=object)
        table = near_misses(ids[order], THEMES, scored(np.full((100, 2), 0.2)))
        assert table["paper_id"].tolist() == [*ids[:20], *ids[:20]]


class TestScores:
    """Two subjects that papers of a made-up corpus are about in their words and in their vectors."""

    SUBJECTS = (
        Theme("cells", "Cells", "", ("membrane transport", "ion channel", "cell membrane")),
        Theme("stars", "Stars", "", ("stellar spectrum", "binary star", "red giant")),
    )
    FILLER = ("survey", "river", "theorem", "polymer", "market", "glacier", "syntax", "enzyme", "harbor")

    @pytest.fixture
    def made(self):
        rng = np.random.default_rng(11)
        background = Background.of_vectors(unit(rng.standard_normal((2000, 16)) + 2), is_general=True)
        axes = rng.standard_normal((2, 16))
        phrases = [unit(axis + 0.2 * rng.standard_normal((3, 16))) for axis in axes]
        draws = rng.multivariate_normal(background.mean, background.covariance, 400)
        titles, abstracts = [], []
        for row in range(400):
            words = list(rng.choice(self.FILLER, 12))
            if row < 60:  # forty of the one, twenty of the other
                subject = int(row >= 40)
                draws[row] += 1.5 * unit(axes)[subject]
                words[::4] = list(rng.permutation(self.SUBJECTS[subject].phrases))
            titles.append(" ".join(words[:3]))
            abstracts.append(" ".join(words[3:]) + ".")
        ids = [f"p{row:03}" for row in range(400)]
        papers = pd.DataFrame({"paper_id": ids, "title": titles, "abstract": abstracts})
        return papers, unit(draws), phrases, background

    def test_planted_members_are_found_and_others_are_not(self, made):
        papers, vectors, phrases, background = made
        found = score_themes(papers, self.SUBJECTS, vectors, phrases, background).probability >= MEMBER
        assert found[:40, 0].mean() > 0.95
        assert found[40:60, 1].mean() > 0.95
        assert found[40:, 0].sum() + found[:40, 1].sum() + found[60:, 1].sum() <= 2

    def test_it_is_closeness_and_matches_taken_together(self, made):
        papers, vectors, phrases, background = made
        before = papers.copy(deep=True), vectors.copy()
        given = score_themes(papers, self.SUBJECTS, vectors, phrases, background)
        closeness, nearest = theme_closeness(vectors, phrases, background)
        texts = [theme.texts for theme in self.SUBJECTS]
        evidence = theme_evidence(closeness, phrase_matches(papers["title"], papers["abstract"], texts))
        np.testing.assert_allclose(given.scores, evidence)
        np.testing.assert_allclose(given.probability, membership_probability(evidence))
        assert np.array_equal(given.phrases, nearest)
        pd.testing.assert_frame_equal(papers, before[0])
        assert np.array_equal(vectors, before[1])

    def test_order_of_papers_and_of_themes_is_irrelevant(self, made):
        papers, vectors, phrases, background = made
        order = np.random.default_rng(5).permutation(400)
        forward = score_themes(papers, self.SUBJECTS, vectors, phrases, background)
        other = score_themes(
            papers.iloc[order], self.SUBJECTS[::-1], vectors[order], phrases[::-1], background
        )
        np.testing.assert_allclose(other.scores[:, ::-1], forward.scores[order], rtol=1e-6)
        np.testing.assert_allclose(other.probability[:, ::-1], forward.probability[order], atol=1e-6)

    def test_a_theme_about_which_there_are_no_papers_stays_near_empty(self, made):
        papers, vectors, phrases, background = made
        rng = np.random.default_rng(6)
        absent = Theme("law", "Law", "", ("medieval court records", "land law", "feudal tenure"))
        themes = [*self.SUBJECTS, absent]
        given = score_themes(
            papers, themes, vectors, [*phrases, unit(rng.standard_normal((3, 16)))], background
        )
        assert np.mean(given.probability[:, 2] >= MEMBER) <= 0.005

    @pytest.mark.parametrize("n", [0, 1, 2])
    @pytest.mark.parametrize("n_themes", [0, 1, 2])
    def test_tiny_corpora(self, made, n, n_themes):
        papers, vectors, phrases, background = made
        themes = self.SUBJECTS[:n_themes]
        given = score_themes(papers[:n], themes, vectors[:n], phrases[:n_themes], background)
        assert given.scores.shape == given.probability.shape == given.phrases.shape == (n, n_themes)
        assert np.isfinite(given.scores).all()
        assert ((given.probability >= 0) & (given.probability <= 1)).all()


class TestDefinition:
    def test_a_definition_is_the_description_and_the_phrases_in_their_order(self):
        theme = Theme("a", "A", "About a.", ("x", "y"))
        same = Theme("other", "Other", "About a.", ("x", "y"))
        others = [
            Theme("a", "A", "", ("x", "y")), Theme("a", "A", "About a.", ("y", "x")),
            Theme("a", "A", "About a.", ("x",)), Theme("a", "A", "", ("About a.", "x", "y")),
        ]  # fmt: skip
        assert theme_definition(same) == theme_definition(theme)
        assert len({theme_definition(one) for one in [theme, *others]}) == 5
        assert len(theme_definition(theme)) == 16
        assert int(theme_definition(theme), 16) > 0
