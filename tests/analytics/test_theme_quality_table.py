"""The table of themes' quality: what phrases find and miss, by what people answered."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from threadpoolctl import threadpool_limits

from analytics.labels.checked_shares import share_interval
from analytics.labels.drift import drift_test
from analytics.labels.learned_themes import days_of, learn_themes
from analytics.labels.quality import theme_quality
from analytics.labels.sampling import draw_papers
from analytics.tables import TABLE_COLUMNS, empty_table, validate_table
from analytics.themes import Theme, ThemeScores, theme_definition

THEMES = [Theme("agents", "Agents", "", ("agents",)), Theme("curiosity", "Curiosity", "", ("curiosity",))]
DEFINITIONS = {theme.theme_id: theme_definition(theme) for theme in THEMES}
ESTIMATES = [
    f"{name}{end}" for name in ("precision", "recall") for end in ("", "_low", "_high")
] + ["share_checked", "checked_low", "checked_high", "r2", "labels_to_halve", "drift_p"]  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """As in a run; on a busy machine threads that wait for each other take thirty times as long."""
    with threadpool_limits(1):
        yield


class Made:
    """A corpus whose phrases find too few papers of the first theme and too many of the second."""

    def __init__(self, seed=1, n=400):
        rng = np.random.default_rng(seed)
        self.n = n
        self.ids = [f"arxiv:{number:05}" for number in range(n)]
        vectors = rng.standard_normal((n, 6))
        self.vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        odds = rng.normal(-1.0, 2.0, (n, 2))
        self.is_yes = rng.random((n, 2)) < expit(odds + np.array([1.0, -1.0]))
        self.scored = ThemeScores(odds, np.zeros((n, 2), dtype=np.int64), expit(odds))
        self.published = pd.Series(
            pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(n), unit="D"), dtype="datetime64[us]"
        )

    def labels(self, n_drawn, *, seed=1, **changed):
        drawn = draw_papers(
            self.scored.probability, self.published.to_numpy(), np.zeros(self.n, dtype=bool),
            n_papers=n_drawn, random_state=seed,
        )  # fmt: skip
        parts = [
            pd.DataFrame(
                {
                    "paper_id": [self.ids[row] for row in drawn.rows],
                    "theme_id": theme.theme_id,
                    "answer": np.where(self.is_yes[drawn.rows, column], "yes", "no"),
                    "labeller": "ann",
                    "day": pd.Timestamp("2024-06-01"),
                    "draw": 1,
                    "draw_probability": drawn.probability,
                    "definition": DEFINITIONS[theme.theme_id],
                }
                | changed
            )
            for column, theme in enumerate(THEMES)
        ]
        return validate_table("labels", pd.concat(parts, ignore_index=True))

    def learn(self, labels):
        return learn_themes(self.ids, THEMES, self.scored, self.vectors, labels)[1]

    def quality(self, labels, definitions=DEFINITIONS, **how):
        """The table by theme id; its columns are checked on the way."""
        table = theme_quality(self.ids, self.published, self.learn(labels), labels, definitions, **how)
        assert list(table.columns) == list(TABLE_COLUMNS["theme_quality"])
        assert table["theme_id"].tolist() == ["agents", "curiosity"]
        return table.set_index("theme_id")

    def truth(self, column, least=0.5):
        """Precision, recall, share found and share of yes."""
        is_found, is_yes = self.scored.probability[:, column] >= least, self.is_yes[:, column]
        return is_yes[is_found].mean(), is_found[is_yes].mean(), is_found.mean(), is_yes.mean()


@pytest.fixture
def made():
    return Made()


class TestEverythingAnswered:
    @pytest.mark.parametrize("least", [0.3, 0.5, 0.8])
    def test_all_measures_are_the_true_ones(self, made, least):
        table = made.quality(made.labels(400), least=least)
        for column, theme_id in enumerate(DEFINITIONS):
            precision, recall, found, share = made.truth(column, least)
            row = table.loc[theme_id]
            for name, value in (("precision", precision), ("recall", recall)):
                each = [row[name], row[f"{name}_low"], row[f"{name}_high"]]
                assert each == pytest.approx([value] * 3, abs=1e-9), name
            assert row["share_found"] == found
            each = [row["share_checked"], row["checked_low"], row["checked_high"]]
            assert each == pytest.approx([share] * 3, abs=1e-9)
            assert (row["n_labels"], row["n_drawn"], row["n_yes"]) == (400, 400, made.is_yes[:, column].sum())

    def test_the_phrases_of_the_one_miss_papers_and_those_of_the_other_find_too_many(self, made):
        table = made.quality(made.labels(400))
        assert table.loc["agents", "recall"] < table.loc["agents", "precision"] - 0.15
        assert table.loc["curiosity", "precision"] < table.loc["curiosity", "recall"] - 0.15


@pytest.mark.slow
class TestDrawn:
    N = 60

    @pytest.fixture(scope="class")
    @staticmethod
    def repeats():
        """Tables of 60 draws of 100 papers, each of a corpus of its own, and the truth."""
        made = [Made(seed, n=1000) for seed in range(60)]
        return [(one, one.quality(one.labels(100, seed=seed))) for seed, one in enumerate(made)]

    @pytest.mark.parametrize("column", [0, 1])
    @pytest.mark.parametrize(("name", "place"), [("precision", 0), ("recall", 1), ("checked", 3)])
    def test_intervals_hold_the_truth(self, repeats, column, name, place):
        holds, errors = [], []
        for made, table in repeats:
            row, truth = table.iloc[column], made.truth(column)[place]
            holds.append(row[f"{name}_low"] <= truth <= row[f"{name}_high"])
            errors.append(row["share_checked" if name == "checked" else name] - truth)
        assert np.mean(holds) >= 0.85  # of sixty; one in a thousand such tests has as few at 95 %
        assert abs(np.mean(errors)) < 4 * np.std(errors) / np.sqrt(self.N) + 0.01

    def test_the_true_measures_are_far_from_what_is_found(self, repeats):
        made, _ = repeats[0]
        _, _, found, share = made.truth(0)
        assert share - found > 0.08

    def test_four_times_the_answers_halve_the_interval(self, repeats):
        made, table = repeats[1]
        row = table.loc["agents"]
        assert row["labels_to_halve"] == 3 * row["n_drawn"]
        more = made.quality(made.labels(400)).loc["agents"]
        ratio = (more["checked_high"] - more["checked_low"]) / (row["checked_high"] - row["checked_low"])
        assert ratio < 0.6


class TestWhatIsCounted:
    def test_nothing_answered(self, made):
        table = made.quality(empty_table("labels"))
        assert (
            table[["n_labels", "n_yes", "n_drawn", "n_earlier", "n_both"]].to_numpy().tolist()
            == [[0] * 5] * 2
        )
        assert not table[["is_taught", "is_checked"]].to_numpy().any()
        assert table["labelled_by"].tolist() == ["", ""]
        assert table[[*ESTIMATES, "kappa"]].isna().all(axis=None)
        assert table["share_found"].tolist() == [made.truth(0)[2], made.truth(1)[2]]

    def test_too_few_answers_are_counted_and_estimate_nothing(self, made):
        table = made.quality(made.labels(15))
        assert table["n_labels"].tolist() == table["n_drawn"].tolist() == [15, 15]
        assert not table["is_checked"].any()
        assert table[ESTIMATES].isna().all(axis=None)

    def test_labels_of_papers_that_are_gone_are_ignored(self, made):
        labels = made.labels(100)
        gone = labels.assign(paper_id="arxiv:gone-" + labels["paper_id"], answer="yes", labeller="model:m")
        renamed = labels.assign(theme_id="former")
        both = pd.concat([labels, gone, renamed], ignore_index=True)
        pd.testing.assert_frame_equal(made.quality(both), made.quality(labels))

    def test_answers_that_were_not_drawn_are_labels_and_enter_no_estimate(self, made):
        drawn = made.labels(100)
        known = set(drawn["paper_id"])
        others = made.labels(400, draw=None, draw_probability=np.nan)
        others = others[~others["paper_id"].isin(known)].groupby("theme_id").head(50)
        alone = made.quality(others)
        assert alone["n_labels"].tolist() == [50, 50]
        assert alone["n_drawn"].tolist() == [0, 0]
        assert alone[ESTIMATES].isna().all(axis=None)
        both = made.quality(pd.concat([drawn, others], ignore_index=True))
        assert both["n_labels"].tolist() == [150, 150]
        assert both["n_drawn"].tolist() == [100, 100]

    def test_unsure_is_not_a_label(self, made):
        labels = made.labels(100)
        unsure = labels["paper_id"].isin(labels["paper_id"].iloc[:7])
        table = made.quality(labels.assign(answer=labels["answer"].mask(unsure, "unsure")))
        assert table["n_labels"].tolist() == table["n_drawn"].tolist() == [93, 93]

    def test_answers_under_an_earlier_definition_are_counted(self, made):
        labels = made.labels(100)
        old = labels["paper_id"].isin(labels["paper_id"].iloc[:30]) & labels["theme_id"].eq("agents")
        table = made.quality(labels.assign(definition=labels["definition"].mask(old, "0" * 16)))
        assert table["n_earlier"].tolist() == [30, 0]
        assert made.quality(labels, DEFINITIONS | {"curiosity": "f" * 16})["n_earlier"].tolist() == [0, 100]

    def test_order_of_labels_is_irrelevant(self, made):
        labels = made.labels(100)
        shuffled = labels.sample(frac=1, random_state=1)
        pd.testing.assert_frame_equal(made.quality(shuffled), made.quality(labels))


class TestPeopleAndModels:
    def test_who_answered(self, made):
        labels = made.labels(100)
        by_model = labels.assign(labeller="model:llama")
        mixed = labels.assign(
            labeller=np.where(labels["paper_id"].isin(labels["paper_id"].iloc[:40]), "bob", "model:llama")
        )
        assert made.quality(labels)["labelled_by"].tolist() == ["people"] * 2
        assert made.quality(by_model)["labelled_by"].tolist() == ["model:llama"] * 2
        assert made.quality(mixed)["labelled_by"].tolist() == ["people, model:llama"] * 2

    def test_a_person_outranks_a_model_and_their_agreement_is_reported(self, made):
        """The model says the opposite of three in ten of a person's answers about forty papers."""
        people = made.labels(100)
        people = people[people["paper_id"].isin(people["paper_id"].iloc[:40])]
        models = made.labels(100, labeller="model:llama", day=pd.Timestamp("2025-01-01"))
        wrong = models["paper_id"].isin(people["paper_id"].iloc[:12])
        opposite = models["answer"].map({"yes": "no", "no": "yes"})
        models = models.assign(answer=models["answer"].mask(wrong, opposite))
        table = made.quality(validate_table("labels", pd.concat([models, people])))
        expected = made.labels(100).groupby("theme_id")["answer"].agg(lambda given: given.eq("yes").sum())
        assert table["n_yes"].to_dict() == expected.to_dict()
        assert table["n_both"].tolist() == [40, 40]
        for column, theme_id in enumerate(DEFINITIONS):
            own = people[people["theme_id"] == theme_id]["answer"].eq("yes").to_numpy()
            said = np.where(np.arange(40) < 12, ~own, own)
            chance = own.mean() * said.mean() + (1 - own.mean()) * (1 - said.mean())
            assert table.loc[theme_id, "kappa"] == pytest.approx((0.7 - chance) / (1 - chance)), column

    def test_without_both_there_is_no_agreement(self, made):
        table = made.quality(made.labels(100))
        assert table["n_both"].tolist() == [0, 0]
        assert table["kappa"].isna().all()


class TestEdges:
    def test_phrases_that_find_nothing(self, made):
        """Nothing found has no precision; recall then is not told either."""
        table = made.quality(made.labels(100), least=0.999999)
        assert table["share_found"].tolist() == [0, 0]
        assert table[["precision", "recall"]].isna().all(axis=None)
        assert table[["share_checked", "checked_low", "checked_high"]].notna().all(axis=None)

    def test_phrases_that_find_everything(self, made):
        table = made.quality(made.labels(100), least=1e-9)
        assert table["share_found"].tolist() == [1, 1]
        assert table["precision"].to_numpy() == pytest.approx(table["share_checked"].to_numpy())

    def test_figures_are_those_of_the_estimators(self, made):
        labels = made.labels(100)
        learned, table = made.learn(labels), made.quality(labels)
        days = days_of(made.published)
        for one in learned:
            row, checked = table.loc[one.theme_id], one.check(days, np.zeros(400, dtype=np.int64))
            low, high = share_interval(checked.share, checked.deviation, checked.freedom)
            assert (row["share_checked"], row["checked_low"], row["checked_high"]) == (
                checked.share[0],
                low[0],
                high[0],
            )
            assert row["r2"] == checked.explained
            drawn = one.rows[one.drawn], one.is_yes[one.drawn]
            assert row["drift_p"] == drift_test(one.taught.cross_fitted, *drawn, days)

    def test_undated_papers(self, made):
        made.published[:] = pd.NaT
        table = made.quality(made.labels(100))
        assert table["share_checked"].notna().all()
        assert table["drift_p"].isna().all()

    def test_an_empty_corpus(self):
        learned = learn_themes(
            [],
            THEMES,
            ThemeScores(*[np.zeros((0, 2))] * 3),
            np.zeros((0, 6), np.float32),
            empty_table("labels"),
        )[1]
        table = theme_quality(
            [], pd.Series([], dtype="datetime64[us]"), learned, empty_table("labels"), DEFINITIONS
        )
        assert len(table) == 2
        assert all(math.isnan(share) for share in table["share_found"])
