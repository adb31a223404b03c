"""Groups: who publishes on a theme; shares by hand, newcomers, planted moves, and silence without one."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from analytics.exceptions import InputError
from analytics.trends.group_shares import group_table, papers_in_groups
from analytics.trends.group_trends import GroupTests, find_group_tests
from analytics.trends.shares import corpus_trends

_NO_LOOKS = pd.DataFrame(
    {"name": [], "location": [], "start": pd.to_datetime([]), "end": pd.to_datetime([]), "n_records": [],
     "is_whole": pd.Series([], dtype=bool)}
)  # fmt: skip
_THEMES = pd.DataFrame({"theme_id": pd.Series([], dtype="str"), "paper_id": pd.Series([], dtype="str")})


def made(organizations: list[object], days: pd.DatetimeIndex) -> pd.DataFrame:
    ids = [f"p{k}" for k in range(len(days))]
    return pd.DataFrame({"paper_id": ids, "published": days, "organization": organizations})


def groups_of(papers: pd.DataFrame, themes: pd.DataFrame = _THEMES) -> GroupTests:
    member = papers[["paper_id"]].assign(kind="theme", series_id="all")[::2]
    series = pd.DataFrame({"kind": ["theme"], "series_id": ["all"]})
    found = corpus_trends(papers, member, series, looks=_NO_LOOKS, as_of=date(2026, 1, 1))
    grouped = papers_in_groups(papers, ["organization"])
    return find_group_tests(papers, grouped, themes, found, q=0.05, steady_within=1.25)


def judged(tests: GroupTests) -> pd.DataFrame:
    verdicts = pd.DataFrame({"window": ["long"], "p_value": [0.5]})
    return tests.judged(verdicts)


def test_shares_by_hand() -> None:
    """Of four papers that name a lab two are of A; a paper of no lab counts nowhere, others are one row."""
    papers = made(["A", "a.", "B", None, "C"], pd.date_range("2024-01-01", periods=5))
    themes = pd.DataFrame({"theme_id": ["t", "t"], "paper_id": ["p0", "p2"]})
    table = group_table(papers, papers_in_groups(papers, ["organization"]), themes)
    corpus = table[table["theme_id"].isna()]
    assert corpus[["n_papers", "n_total", "n_groups", "share"]].values.tolist() == [
        [2, 4, 1, 0.5],
        [2, 4, 2, 0.5],
    ]
    assert corpus["group"].tolist()[0] == "A"
    assert table.loc[table["theme_id"] == "t", ["n_papers", "n_total", "n_groups"]].values.tolist() == [
        [2, 2, 2]
    ]


def test_a_paper_counts_for_each_of_its_categories() -> None:
    papers = pd.DataFrame(
        {"paper_id": ["a", "b"], "published": pd.NaT, "categories": [["cs.AI", "cs.LG"], ["cs.AI"]]}
    )
    grouped = papers_in_groups(papers, ["category"])
    assert grouped.groupby("group").size().to_dict() == {"cs.AI": 2, "cs.LG": 1}
    table = group_table(papers, grouped, _THEMES)
    assert table["n_total"].tolist() == [2, 2]
    assert not table["is_newcomer"].any()


def test_newcomers_are_those_whose_first_paper_is_late() -> None:
    days = pd.date_range("2024-01-01", periods=24, freq="15D")
    papers = made(["A"] * 22 + ["New", "A"], days)
    table = group_table(papers, papers_in_groups(papers, ["organization"]), _THEMES)
    assert table.set_index("group")["is_newcomer"].to_dict() == {"A": False, "New": True}
    # Nobody is new where names begin late: the first 91 days are everybody's first.
    papers = made([None] * 20 + ["A", "B", "B", "A"], days)
    assert not group_table(papers, papers_in_groups(papers, ["organization"]), _THEMES)["is_newcomer"].any()


def test_an_unknown_grouping_is_named() -> None:
    with pytest.raises(InputError, match="cannot group by 'lab'; use one of source, organization"):
        papers_in_groups(made(["A"], pd.date_range("2024-01-01", periods=1)), ["lab"])


def test_a_planted_rise_is_found() -> None:
    rng = np.random.default_rng(0)
    days = pd.date_range("2023-01-01", "2025-12-31", periods=3000)
    chance = np.linspace(0.05, 0.4, len(days))
    names = np.where(rng.random(len(days)) < chance, "Riser", rng.choice(["A", "B", "C"], len(days)))
    verdicts = judged(groups_of(made(list(names), days))).set_index("group")["verdict"]
    assert verdicts["Riser"] == "rising"


@pytest.mark.slow
def test_silent_on_shuffled_organizations() -> None:
    """Organizations of a skewed size, shuffled over the days: of 20 corpora at most 3 may hold a claim."""
    rng = np.random.default_rng(1)
    days = pd.date_range("2023-01-01", "2025-12-31", periods=1500)
    themes = pd.DataFrame({"theme_id": "t", "paper_id": [f"p{k}" for k in range(0, 1500, 2)]})
    sizes = 1 / np.arange(1, 31)
    n_claims = 0
    for _ in range(20):
        names = rng.choice([f"Lab {k}" for k in range(30)], len(days), p=sizes / sizes.sum())
        table = judged(groups_of(made(list(names), days), themes))
        assert (table["verdict"] != "insufficient").sum() > 10
        n_claims += bool(table["verdict"].isin(["rising", "falling"]).any())
    assert n_claims <= 3


def test_row_order_is_irrelevant_and_inputs_stay() -> None:
    days = pd.date_range("2024-01-01", periods=300)
    papers = made([f"Lab {k % 7}" for k in range(300)], days)
    before = papers.copy()
    grouped = papers_in_groups(papers, ["organization"])
    again = papers_in_groups(papers[::-1].reset_index(drop=True), ["organization"])
    table = group_table(papers, grouped, _THEMES)
    pd.testing.assert_frame_equal(table, group_table(papers, again, _THEMES))
    pd.testing.assert_frame_equal(papers, before)
