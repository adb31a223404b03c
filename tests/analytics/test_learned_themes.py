"""What labels do to membership and to the series of themes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from threadpoolctl import threadpool_limits

from analytics.labels.answers import counted_answers
from analytics.labels.checked_shares import check_shares
from analytics.labels.learned_themes import (
    FEWEST_DRAWN,
    FEWEST_OF_EACH,
    checked_series,
    days_of,
    learn_themes,
)
from analytics.labels.sampling import draw_papers
from analytics.labels.weights import label_weights
from analytics.tables import TABLE_COLUMNS, empty_table, validate_table
from analytics.themes import Theme, ThemeScores, theme_definition

N = 500
THEMES = [Theme("agents", "Agents", "", ("agents",)), Theme("curiosity", "Curiosity", "", ("curiosity",))]
IDS = [f"arxiv:{number:04}" for number in range(N)]


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """As in a run; on a busy machine threads that wait for each other take thirty times as long."""
    with threadpool_limits(1):
        yield


class Made:
    """Papers over three years whose label-free probabilities are too low for what readers say."""

    def __init__(self, seed=1):
        rng = np.random.default_rng(seed)
        vectors = rng.standard_normal((N, 6))
        self.vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        odds = rng.normal(-1.5, 1.5, (N, 2)) + 2 * self.vectors[:, :2]
        self.is_yes = rng.random((N, 2)) < expit(odds + 1)
        probability = expit(odds - 2 * self.vectors[:, :2])
        self.scored = ThemeScores(odds, np.zeros((N, 2), dtype=np.int64), probability)
        self.published = pd.Series(
            pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(N) * 2, unit="D"), dtype="datetime64[us]"
        )

    def labels(self, n=120, *, themes=(0, 1), labeller="ann", rows=None, answers=None, draw=1, seed=1):
        """Answers to a draw, for both themes; undrawn labels with `draw` None."""
        taken = np.zeros(N, dtype=bool)
        drawn = draw_papers(
            self.scored.probability, self.published.to_numpy(), taken, n_papers=n, random_state=seed
        )
        chance = np.full(N, 0.1)
        chance[drawn.rows] = drawn.probability
        rows = drawn.rows if rows is None else np.asarray(rows)
        parts = [
            pd.DataFrame(
                {
                    "paper_id": [IDS[row] for row in rows],
                    "theme_id": THEMES[theme].theme_id,
                    "answer": (
                        np.where(self.is_yes[rows, theme], "yes", "no") if answers is None else answers
                    ),
                    "labeller": labeller,
                    "day": pd.Timestamp("2024-06-01"),
                    "draw": draw,
                    "draw_probability": np.nan if draw is None else chance[rows],
                    "definition": theme_definition(THEMES[theme]),
                }
            )
            for theme in themes
        ]
        return validate_table("labels", pd.concat(parts, ignore_index=True))

    def learn(self, labels):
        return learn_themes(IDS, THEMES, self.scored, self.vectors, labels)


def trends_of(published, freq="YS"):
    """Table `trends` of one theme, with the columns that tell its periods."""
    starts = pd.date_range(published.min().normalize().replace(month=1, day=1), published.max(), freq=freq)
    ends = [*starts[1:], published.max() + pd.Timedelta(days=1)]
    return pd.DataFrame(
        {
            "kind": "theme", "series_id": "agents",
            "period_start": starts.astype("datetime64[us]"),
            "period_end": pd.Series(ends, dtype="datetime64[us]"),
        }
    )  # fmt: skip


@pytest.fixture
def made():
    return Made()


ANSWER = {"paper_id": "p", "theme_id": "a", "answer": "yes", "labeller": "ann", "day": "2024-01-01"}


class TestCountedAnswers:
    """One answer a paper and theme."""

    @pytest.mark.parametrize(
        ("rows", "expected"),
        [
            ([{}], ["yes"]),
            ([{}, {"answer": "no", "day": "2024-01-02"}], ["no"]),
            ([{}, {"answer": "no", "day": "2023-12-31"}], ["yes"]),
            ([{}, {"answer": "no", "labeller": "model:m", "day": "2024-01-02"}], ["yes"]),
            ([{"labeller": "model:m"}, {"labeller": "model:n", "answer": "no", "day": "2024-01-02"}], ["no"]),
            ([{"answer": "unsure"}], []),
            ([{"answer": "unsure"}, {"labeller": "model:m"}], []),
            ([{}, {"answer": "unsure", "day": "2024-01-02"}], []),
            ([{"answer": "unsure"}, {"labeller": "bob", "day": "2024-01-02"}], ["yes"]),
            ([{}, {"theme_id": "b", "answer": "no"}], ["yes", "no"]),
            ([], []),
        ],
    )
    @pytest.mark.parametrize("backwards", [False, True])
    def test_by_hand(self, rows, expected, backwards):
        labels = pd.DataFrame([ANSWER | row for row in rows], columns=list(ANSWER))
        labels["day"] = pd.to_datetime(labels["day"])
        labels = labels.astype(dict.fromkeys(["paper_id", "theme_id", "answer", "labeller"], "str"))
        counted = counted_answers(labels.iloc[::-1] if backwards else labels)
        assert counted["answer"].tolist() == expected
        assert counted["is_yes"].tolist() == [answer == "yes" for answer in expected]


class TestLearning:
    def test_without_labels_nothing_changes(self, made):
        scored, learned = made.learn(empty_table("labels"))
        assert np.array_equal(scored.probability, made.scored.probability)
        assert [one.theme_id for one in learned] == ["agents", "curiosity"]
        for column, one in enumerate(learned):
            assert not one.taught.is_better
            assert not one.is_checked
            assert one.rows.size == one.drawn.size == one.weights.size == 0
            assert np.array_equal(one.phrases_alone, made.scored.probability[:, column])

    def test_an_answered_paper_has_its_answer_and_others_learn(self, made):
        labels = made.labels()
        before = made.scored.probability.copy()
        scored, learned = made.learn(labels)
        assert np.array_equal(made.scored.probability, before)  # what was given is not changed
        for column, one in enumerate(learned):
            assert scored.probability[one.rows, column].tolist() == one.is_yes.tolist()
            assert one.is_yes.tolist() == made.is_yes[one.rows, column].tolist()
            assert one.taught.is_better
            others = np.setdiff1d(np.arange(N), one.rows)
            truth = made.is_yes[others, column]
            loss = [np.mean((found[others, column] - truth) ** 2) for found in (before, scored.probability)]
            assert loss[1] < loss[0]
        assert np.array_equal(scored.scores, made.scored.scores)
        assert np.array_equal(scored.phrases, made.scored.phrases)

    def test_a_single_label_decides_about_its_paper_alone(self, made):
        scored, _ = made.learn(made.labels(rows=[7], answers="yes", themes=(0,), draw=None))
        expected = made.scored.probability.copy()
        expected[7, 0] = 1
        assert np.array_equal(scored.probability, expected)

    def test_labels_of_a_theme_teach_that_theme_alone(self, made):
        scored, learned = made.learn(made.labels(themes=(0,)))
        assert learned[0].taught.is_better
        assert not learned[1].taught.is_better
        assert np.array_equal(scored.probability[:, 1], made.scored.probability[:, 1])

    def test_labels_of_other_papers_and_themes_are_not_used(self, made):
        labels = made.labels()
        gone = labels.assign(paper_id="arxiv:gone-" + labels["paper_id"])
        renamed = labels.assign(theme_id="former")
        one, _ = made.learn(labels)
        other, learned = made.learn(pd.concat([gone, labels, renamed], ignore_index=True))
        assert np.array_equal(one.probability, other.probability)
        assert [len(each.rows) for each in learned] == [120, 120]

    def test_labels_that_were_not_drawn_teach_and_enter_no_estimate(self, made):
        drawn = made.labels(n=60)
        free = np.setdiff1d(np.arange(N), [IDS.index(one) for one in drawn["paper_id"]])[:80]
        corrections = made.labels(rows=free, draw=None)
        _, learned = made.learn(pd.concat([drawn, corrections], ignore_index=True))
        for column, one in enumerate(learned):
            assert (len(one.rows), len(one.drawn)) == (140, 60)
            assert not np.isin(one.rows[one.drawn], free).any()
            assert one.weights.sum() == pytest.approx(N)
            assert one.is_yes[one.drawn].tolist() == made.is_yes[one.rows[one.drawn], column].tolist()
        _, alone = made.learn(corrections)
        assert alone[0].taught.is_better
        assert not alone[0].is_checked

    def test_a_correction_by_another_labeller_leaves_the_paper_in_its_draw(self, made):
        """Else the papers about which a model was wrong would leave the estimate, and no others."""
        judged = made.labels(n=100, labeller="model:m").assign(answer="yes")
        wrong = np.flatnonzero(~made.is_yes[:, 0] & np.isin(IDS, judged["paper_id"]))[:10]
        corrections = made.labels(rows=wrong, themes=(0,), draw=None)
        _, (one, other) = made.learn(pd.concat([corrections, judged], ignore_index=True))
        assert len(one.drawn) == len(other.drawn) == 100
        assert one.weights == pytest.approx(other.weights)
        assert one.rows[~one.is_yes].tolist() == wrong.tolist()
        assert other.is_yes.all()

    def test_weights_are_those_of_the_draws(self, made):
        first = made.labels(n=60)
        second = made.labels(n=60, seed=2).assign(draw=2)
        second = second[~second["paper_id"].isin(set(first["paper_id"]))]
        _, learned = made.learn(validate_table("labels", pd.concat([first, second])))
        labels = pd.concat([first, second]).set_index(["theme_id", "paper_id"])
        for one in learned:
            own = labels.loc[one.theme_id].loc[[IDS[row] for row in one.rows[one.drawn]]]
            draws, chance = own["draw"].to_numpy(np.int64), own["draw_probability"].to_numpy(float)
            assert one.weights == pytest.approx(label_weights(draws, chance, N))

    def test_unsure_is_not_an_answer(self, made):
        labels = made.labels()
        unsure = labels["paper_id"].isin(labels["paper_id"].iloc[:10])
        _, learned = made.learn(labels.assign(answer=labels["answer"].mask(unsure, "unsure")))
        assert [len(one.rows) for one in learned] == [110, 110]

    def test_order_of_papers_and_of_labels_is_irrelevant(self, made):
        labels = made.labels()
        scored, learned = made.learn(labels)
        order = np.random.default_rng(3).permutation(N)
        turned = ThemeScores(
            *(part[order] for part in (made.scored.scores, made.scored.phrases, made.scored.probability))
        )
        again, relearned = learn_themes(
            [IDS[row] for row in order], THEMES, turned, made.vectors[order], labels.sample(frac=1, random_state=1)
        )  # fmt: skip
        np.testing.assert_allclose(again.probability, scored.probability[order], atol=1e-5)
        days, groups = days_of(made.published), np.zeros(N, dtype=np.int64)
        for one, other in zip(learned, relearned, strict=True):
            assert [IDS[row] for row in np.sort(order[other.rows])] == [IDS[row] for row in one.rows]
            shares = one.check(days, groups).share, other.check(days[order], groups).share
            np.testing.assert_allclose(*shares, atol=1e-5)

    def test_the_same_again(self, made):
        one, other = (Made().learn(Made().labels())[0] for _ in range(2))
        assert one.probability.tobytes() == other.probability.tobytes()

    @pytest.mark.parametrize("n", [0, 1])
    def test_tiny_corpora(self, made, n):
        scored = ThemeScores(
            *(part[:n] for part in (made.scored.scores, made.scored.phrases, made.scored.probability))
        )
        for labels in (empty_table("labels"), made.labels(), made.labels(rows=[0])):
            found, learned = learn_themes(IDS[:n], THEMES, scored, made.vectors[:n], labels)
            assert found.probability.shape == (n, 2)
            assert not any(one.is_checked for one in learned)


class TestEnough:
    @pytest.mark.parametrize(
        ("n_yes", "n_no", "enough"),
        [
            (FEWEST_OF_EACH, FEWEST_DRAWN - FEWEST_OF_EACH, True),
            (FEWEST_OF_EACH, FEWEST_DRAWN - FEWEST_OF_EACH - 1, False),
            (FEWEST_OF_EACH - 1, 60, False),
            (60, FEWEST_OF_EACH - 1, False),
            (FEWEST_DRAWN, FEWEST_DRAWN, True),
        ],
    )
    def test_answers_for_a_share(self, made, n_yes, n_no, enough):
        answers = np.array(["yes"] * n_yes + ["no"] * n_no)
        labels = made.labels(rows=np.arange(n_yes + n_no), answers=answers, themes=(0,))
        assert made.learn(labels)[1][0].is_checked is enough
        undrawn = made.labels(rows=np.arange(n_yes + n_no), answers=answers, themes=(0,), draw=None)
        assert not made.learn(undrawn)[1][0].is_checked


class TestSeries:
    def test_shares_of_each_period_of_the_trends(self, made):
        _, learned = made.learn(made.labels())
        trends = trends_of(made.published)
        found = checked_series(learned, made.published, trends)
        assert sorted(found) == ["agents", "curiosity"]
        groups = (made.published.dt.year - 2020).to_numpy(np.int64)
        for one in learned:
            series = found[one.theme_id]
            assert pd.DatetimeIndex(series.period_start).year.tolist() == [2020, 2021, 2022]
            expected = check_shares(
                one.taught.cross_fitted, one.rows[one.drawn], one.is_yes[one.drawn], one.weights,
                days_of(made.published), groups,
            )  # fmt: skip
            np.testing.assert_allclose(series.share, expected.share)
            np.testing.assert_allclose(series.covariance, expected.covariance)
            assert series.freedom == expected.freedom
            assert (series.low <= series.share).all()
            assert (series.share <= series.high).all()

    def test_they_are_nearer_to_what_readers_say_than_what_is_found(self, made):
        _, learned = made.learn(made.labels(n=250))
        found = checked_series(learned, made.published, trends_of(made.published))
        groups = (made.published.dt.year - 2020).to_numpy(np.int64)
        for column, theme in enumerate(THEMES):
            truth, before = (
                pd.Series(values[:, column]).groupby(groups).mean().to_numpy()
                for values in (made.is_yes, made.scored.probability >= 0.5)
            )
            assert np.abs(found[theme.theme_id].share - truth).mean() < 0.5 * np.abs(before - truth).mean()

    def test_papers_without_a_period_are_in_none(self, made):
        """Undated ones, and some before the first period and after the last; they still teach."""
        published = made.published.copy()
        published.iloc[:20] = pd.NaT
        trends = trends_of(made.published)
        published.iloc[20:25] = pd.Timestamp("1999-05-05")
        published.iloc[-5:] = pd.Timestamp("2031-05-05")
        _, learned = made.learn(made.labels())
        found = checked_series(learned, published, trends)["agents"]
        assert len(found.share) == 3
        years = published.dt.year.to_numpy()
        inside = (years >= 2020) & (years <= 2022)
        one = learned[0]
        expected = one.check(days_of(published), np.where(inside, years - 2020, -1).astype(np.int64))
        np.testing.assert_allclose(found.share, expected.share)

    def test_a_period_without_papers_has_no_share(self, made):
        trends = trends_of(made.published)
        later = trends.iloc[[-1]].assign(
            period_start=pd.Timestamp("2023-01-01"), period_end=pd.Timestamp("2024-01-01")
        )
        trends.loc[2, "period_end"] = pd.Timestamp("2023-01-01")
        _, learned = made.learn(made.labels())
        published = made.published.where(made.published.dt.year != 2021)
        found = checked_series(learned, published, pd.concat([trends, later]))["agents"]
        assert np.isnan(found.share).tolist() == [False, True, False, True]
        assert np.isnan(found.low).tolist() == np.isnan(found.high).tolist() == [False, True, False, True]
        assert np.isfinite(found.covariance).all()

    def test_themes_with_too_few_answers_and_corpora_without_dates_have_none(self, made):
        _, learned = made.learn(made.labels(themes=(1,)))
        trends = trends_of(made.published)
        assert sorted(checked_series(learned, made.published, trends)) == ["curiosity"]
        undated = pd.Series(pd.NaT, index=range(N), dtype="datetime64[us]")
        assert checked_series(learned, undated, trends) == {}
        assert checked_series(learned, made.published, trends[:0]) == {}


def test_days_count_from_1970():
    dates = pd.Series(pd.to_datetime(["1970-01-01", "1969-12-31", None, "2024-03-01"])).astype(
        "datetime64[us]"
    )
    assert days_of(dates).tolist() == pytest.approx([0, -1, np.nan, 19783], nan_ok=True)
    assert days_of(dates[:0]).tolist() == []


def test_the_made_labels_are_a_table_of_the_contract(made):
    assert list(made.labels().columns) == list(TABLE_COLUMNS["labels"])
