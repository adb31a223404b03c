"""Papers that are drawn to be asked about: with the probabilities that are stated, and no others."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.exceptions import InputError
from analytics.labels import draw_papers


def made_corpus(rng, n, n_themes=2):
    """Probabilities as themes have them, most of them small, and days with some undated papers."""
    probability = rng.beta(0.3, 2.0, (n, n_themes))
    days = np.datetime64("2024-01-01") + rng.integers(0, 700, n).astype("timedelta64[D]")
    days[rng.random(n) < 0.1] = np.datetime64("NaT")
    return probability, days.astype("datetime64[us]")


@pytest.fixture
def corpus():
    return made_corpus(np.random.default_rng(1), 80)


NONE = np.zeros(80, dtype=bool)


class TestProbabilities:
    N_DRAWS = 4000

    @pytest.fixture(scope="class")
    @staticmethod
    def draws():
        given = made_corpus(np.random.default_rng(1), 80)
        return [draw_papers(*given, NONE, n_papers=12, random_state=seed) for seed in range(4000)]

    def test_each_paper_is_drawn_as_often_as_is_stated(self, draws):
        stated, counted = np.full(80, np.nan), np.zeros(80)
        for drawn in draws:
            counted[drawn.rows] += 1
            stated[drawn.rows] = drawn.probability
        assert stated.sum() == pytest.approx(12)
        assert ((stated > 0) & (stated <= 1)).all()
        deviation = np.sqrt(self.N_DRAWS * stated * (1 - stated))
        assert (np.abs(counted - self.N_DRAWS * stated) <= 4.5 * deviation + 1e-9).all()

    def test_the_probability_of_a_paper_is_the_same_in_every_draw(self, draws):
        stated = np.full(80, np.nan)
        for drawn in draws:
            known = ~np.isnan(stated[drawn.rows])
            assert np.array_equal(stated[drawn.rows][known], drawn.probability[known])
            stated[drawn.rows] = drawn.probability

    def test_each_draw_has_as_many_papers_as_were_asked_for_each_once(self, draws):
        assert {len(drawn.rows) for drawn in draws} == {12}
        assert all(len(set(drawn.rows.tolist())) == 12 for drawn in draws)

    def test_who_stops_early_has_answered_a_random_part(self, draws):
        """A paper of a draw is as often in its first third as in its last."""
        first = np.bincount(np.concatenate([drawn.rows[:4] for drawn in draws]), minlength=80)
        whole = np.bincount(np.concatenate([drawn.rows for drawn in draws]), minlength=80)
        deviation = np.sqrt(whole * (1 / 3) * (2 / 3))
        assert (np.abs(first - whole / 3) <= 4.5 * deviation + 1e-9).all()

    def test_other_seeds_draw_other_papers(self, draws):
        # Systematic draws: one random start, which gives at most as many sets as there are papers.
        assert len({tuple(sorted(drawn.rows.tolist())) for drawn in draws}) > 40
        assert len({tuple(drawn.rows.tolist()) for drawn in draws}) > 3900  # and any order to ask in


class TestWhatIsDrawnMore:
    def test_papers_about_which_the_answer_is_open(self):
        """Half of the corpus is open, half is as good as decided; decided ones are drawn too."""
        probability = np.where(np.arange(400) < 200, 0.5, 0.0)[:, None]
        days = np.full(400, np.datetime64("2024-01-01", "us"))
        is_open = np.zeros(2)
        chances = {}
        for seed in range(50):
            drawn = draw_papers(probability, days, np.zeros(400, bool), n_papers=40, random_state=seed)
            is_open += [(drawn.rows < 200).sum(), (drawn.rows >= 200).sum()]
            chances |= dict(zip((drawn.rows < 200).tolist(), drawn.probability.tolist(), strict=True))
        assert is_open[0] > 2 * is_open[1] > 0
        assert chances[True] > 2 * chances[False] > 0

    def test_near_certain_yes_and_no_are_alike(self):
        probability = np.array([[0.01], [0.99], [0.5], *[[0.2]] * 40])
        days = np.full(43, np.datetime64("2024-01-01", "us"))
        chance = np.full(43, np.nan)
        for seed in range(300):
            drawn = draw_papers(probability, days, np.zeros(43, bool), n_papers=15, random_state=seed)
            chance[drawn.rows] = drawn.probability
        assert chance[0] == pytest.approx(chance[1])
        assert chance[0] < chance[3] < chance[2]

    def test_a_rare_theme_is_asked_about_too(self):
        """Each theme has its part of a draw: an open paper is drawn more where there are few of them."""
        probability = np.full((400, 2), 1e-9)
        probability[:5, 0], probability[5:105, 1] = 0.5, 0.5
        days = np.full(400, np.datetime64("2024-01-01", "us"))
        counted = np.zeros(400)
        for seed in range(100):
            rows = draw_papers(probability, days, np.zeros(400, bool), n_papers=10, random_state=seed).rows
            counted[rows] += 1
        rare, common, other = (counted[part].mean() for part in (slice(5), slice(5, 105), slice(105, 400)))
        assert rare > 1.4 * common > 1.4 * other > 0

    def test_each_stretch_of_time_gets_its_part(self):
        rng = np.random.default_rng(2)
        days = np.datetime64("2020-01-01", "us") + (np.arange(1000) * 86_400_000_000).astype(
            "timedelta64[us]"
        )
        order = rng.permutation(1000)
        for seed in range(20):
            drawn = draw_papers(
                np.full((1000, 1), 0.3), days[order], np.zeros(1000, bool), n_papers=50, random_state=seed
            )
            per_tenth = np.bincount(order[drawn.rows] // 100, minlength=10)
            assert per_tenth.min() >= 4
            assert per_tenth.max() <= 6

    def test_undated_papers_can_be_drawn(self):
        days = np.full(30, np.datetime64("NaT"), dtype="datetime64[us]")
        seen = set()
        for seed in range(40):
            drawn = draw_papers(
                np.full((30, 1), 0.3), days, np.zeros(30, bool), n_papers=6, random_state=seed
            )
            seen |= set(drawn.rows.tolist())
        assert len(seen) == 30

    @pytest.mark.parametrize("shape", [(50, 0), (50, 3)])
    def test_without_themes_or_with_equal_papers_all_are_alike(self, shape):
        days = np.full(50, np.datetime64("2024-01-01", "us"))
        drawn = draw_papers(np.full(shape, 0.4), days, np.zeros(50, bool), n_papers=10, random_state=1)
        assert drawn.probability == pytest.approx([0.2] * 10)


class TestRepeats:
    def test_the_same_seed_draws_the_same_papers(self, corpus):
        one, other = (draw_papers(*corpus, NONE, n_papers=12, random_state=7) for _ in range(2))
        assert one.rows.tolist() == other.rows.tolist()
        assert one.probability.tolist() == other.probability.tolist()
        further = draw_papers(*corpus, NONE, n_papers=12, random_state=7, draw=2)
        assert further.rows.tolist() != one.rows.tolist()

    def test_later_draws_add_to_earlier_ones(self, corpus):
        taken = NONE.copy()
        for number in range(1, 8):
            drawn = draw_papers(*corpus, taken, n_papers=12, random_state=7, draw=number)
            assert not taken[drawn.rows].any()
            taken[drawn.rows] = True
        assert taken.all()  # six draws of twelve and the eight that were left
        assert len(drawn.rows) == 8
        assert drawn.probability.tolist() == [1.0] * 8

    @pytest.mark.parametrize("n_papers", [80, 81, 1000])
    def test_all_are_drawn_where_there_are_few(self, corpus, n_papers):
        drawn = draw_papers(*corpus, NONE, n_papers=n_papers, random_state=3)
        assert sorted(drawn.rows.tolist()) == list(range(80))
        assert drawn.probability.tolist() == [1.0] * 80
        assert drawn.rows.tolist() != sorted(drawn.rows.tolist())

    def test_nearly_all(self, corpus):
        drawn = draw_papers(*corpus, NONE, n_papers=79, random_state=3)
        assert len(set(drawn.rows.tolist())) == 79
        assert ((drawn.probability > 0) & (drawn.probability <= 1)).all()

    def test_a_corpus_that_is_labelled_whole_gives_none(self, corpus):
        drawn = draw_papers(*corpus, ~NONE, n_papers=5, random_state=3)
        assert drawn.rows.tolist() == []
        assert draw_papers(corpus[0][:0], corpus[1][:0], NONE[:0], n_papers=5, random_state=3).rows.size == 0

    @pytest.mark.parametrize("n_papers", [0, -3])
    def test_at_least_one_is_asked_for(self, corpus, n_papers):
        with pytest.raises(InputError, match=f"{n_papers} papers were asked for; at least 1"):
            draw_papers(*corpus, NONE, n_papers=n_papers, random_state=3)
