from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.exceptions import InputError
from analytics.tables import TABLE_COLUMNS
from analytics.themes.theme_terms import changed_terms, compared_texts, term_changes, theme_terms

WORDS = [
    f"{a}{b}"
    for a in ("retri", "gener", "simul", "optim", "segm")
    for b in ("val", "ator", "ing", "ers", "ism")
]


def corpus(n: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Papers of two years, titles of five words drawn alike on all days, all of one theme."""
    days = pd.date_range("2023-01-01", "2024-12-30", periods=n).normalize()
    titles = [" ".join(rng.choice(WORDS, 5, replace=False)) for _ in range(n)]
    papers = pd.DataFrame(
        {"paper_id": [f"p{i:04d}" for i in range(n)], "title": titles, "abstract": "", "published": days}
    )
    return papers, pd.DataFrame({"paper_id": papers["paper_id"], "theme_id": "agents"})


class TestTermChanges:
    def test_it_is_twice_fishers_smaller_tail(self):
        rng = np.random.default_rng(0)
        late, early = rng.integers(0, 20, 40), rng.integers(0, 40, 40)
        for a, b, p in zip(late, early, term_changes(late, 30, early, 70), strict=True):
            table = [[a, 30 - a], [b, 70 - b]]
            tails = [stats.fisher_exact(table, alternative=side).pvalue for side in ("less", "greater")]
            assert p == pytest.approx(min(1, 2 * min(tails)))

    def test_what_stands_nowhere_or_everywhere_says_nothing(self):
        assert term_changes(np.array([0, 9]), 9, np.array([0, 7]), 7).tolist() == [1, 1]

    def test_more_uses_than_titles_are_refused(self):
        with pytest.raises(InputError, match="more papers than the 3 and 4"):
            term_changes(np.array([4]), 3, np.array([0]), 4)


class TestThemeTerms:
    def test_planted_changes_are_found_with_their_direction(self):
        papers, assignments = corpus(400, np.random.default_rng(1))
        late = papers["published"] > papers["published"].max() - pd.DateOffset(years=1)
        papers.loc[papers.index[late][::3], "title"] += " tool calling"
        papers.loc[papers.index[~late][::4], "title"] += " web navigation"
        found = theme_terms(papers, assignments, q=0.05)
        assert list(found.columns) == list(TABLE_COLUMNS["theme_terms"])
        told = found.set_index("term")
        more = told["n_lately"] * told["of_before"] > told["n_before"] * told["of_lately"]
        assert dict(more.loc[["tool calling", "web navigation"]]) == {
            "tool calling": True,
            "web navigation": False,
        }
        # The whole phrase stands for its words.
        assert not {"tool", "calling", "web", "navigation"} & set(found["term"])
        row = told.loc["tool calling"]
        assert (row["n_lately"], row["n_before"]) == (len(papers.index[late][::3]), 0)
        assert row["of_lately"] + row["of_before"] == 400

    @pytest.mark.slow
    def test_silent_where_nothing_changed(self):
        false = sum(
            not theme_terms(*corpus(200, np.random.default_rng(seed)), q=0.05).empty for seed in range(100)
        )
        assert false <= 11  # of 100 runs with none to be found 5 are expected; 11 or fewer in 99 % of cases

    def test_row_order_and_inputs(self):
        papers, assignments = corpus(300, np.random.default_rng(2))
        papers.loc[250:, "title"] += " tool calling"
        before = papers.copy(), assignments.copy()
        found = theme_terms(papers, assignments, q=0.05)
        shuffled = theme_terms(papers.sample(frac=1, random_state=0), assignments[::-1], q=0.05)
        pd.testing.assert_frame_equal(found, shuffled)
        pd.testing.assert_frame_equal(papers, before[0])
        pd.testing.assert_frame_equal(assignments, before[1])
        assert "tool calling" in set(found["term"])

    def test_few_of_many_papers_are_read_evenly_over_time(self):
        papers, assignments = corpus(3_000, np.random.default_rng(5))
        papers.loc[2_000:, "title"] += " tool calling"
        compared = compared_texts(papers, assignments)
        assert len(compared.texts) == 2_000
        late, early = compared.sides["agents"]
        assert sorted([*late, *early]) == list(range(2_000))
        assert pickle.loads(pickle.dumps(compared)).texts == compared.texts
        found = changed_terms(compared, q=0.05)
        pd.testing.assert_frame_equal(found, theme_terms(papers, assignments, q=0.05))
        assert "tool calling" in set(found["term"])

    def test_the_undated_and_themes_with_few_papers_are_left_out(self):
        papers, assignments = corpus(300, np.random.default_rng(3))
        papers.loc[250:, "title"] += " tool calling"
        few = assignments.iloc[245:260].assign(theme_id="few")
        found = theme_terms(papers, pd.concat([assignments, few]), q=0.05)
        assert set(found["theme_id"]) == {"agents"}
        papers["published"] = pd.NaT
        assert theme_terms(papers.astype({"published": "datetime64[us]"}), assignments, q=0.05).empty

    def test_nothing_of_nothing(self):
        papers, assignments = corpus(30, np.random.default_rng(4))
        assert theme_terms(papers, assignments.iloc[:0], q=0.05).empty
        assert theme_terms(papers.iloc[:0], assignments.iloc[:0], q=0.05).empty
