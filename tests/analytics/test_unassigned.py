"""Unassigned papers: counted by hand, spread by the rule, fragile verdicts found and no others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.exceptions import InputError
from analytics.tables import empty_table
from analytics.trends.unassigned import mark_fragile, spread_unassigned, unassigned_papers, undated_papers
from analytics.trends.verdicts import trend_verdicts

MONTHS = pd.date_range("2023-01-01", periods=24, freq="MS").as_unit("us")


def trends_of(counts: dict[tuple[str, str], list[int]], total: list[int] | int) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "kind": kind,
                "series_id": name,
                "period_start": MONTHS[: len(papers)],
                "period_end": (MONTHS + pd.DateOffset(months=1)).as_unit("us")[: len(papers)],
                "n_papers": papers,
                "n_total": total,
                "is_complete": True,
            }
        )
        for (kind, name), papers in counts.items()
    ]
    return pd.concat(parts, ignore_index=True)


def loose(trends: pd.DataFrame, unclustered: list[int] | int) -> pd.DataFrame:
    own = trends.drop_duplicates("period_start")[["period_start", "period_end", "n_total", "is_complete"]]
    return own.assign(n_unclustered=unclustered, n_undated=0)


NONE = pd.DataFrame({"kind": ["theme", "topic"], "series_id": None, "n_undated": 0})


def test_counts_by_hand() -> None:
    trends = trends_of({("topic", "T0001"): [1, 0, 1]}, [3, 0, 1])
    papers = pd.DataFrame(
        {
            "published": pd.to_datetime(
                ["2023-01-01", "2023-01-31", "2023-01-05", "2023-03-02", None, None, "2022-12-31"]
            ),
            "first_seen": pd.to_datetime(["2023-03-05"] * 4 + ["2023-02-01", "2024-01-01", "2023-01-01"]),
            "topic_id": ["T0001", "-1", None, "T0001", "T0001", "-1", "-1"],
        }
    )
    found = unassigned_papers(papers, trends)
    assert found["n_unclustered"].tolist() == [2, 0, 0]
    assert found["n_undated"].tolist() == [0, 1, 0]
    assert found["n_total"].tolist() == [3, 0, 1]
    assert unassigned_papers(papers, trends[:0]).equals(empty_table("unassigned"))


def test_undated_by_hand() -> None:
    papers = pd.DataFrame(
        {"paper_id": list("abcd"), "published": pd.to_datetime(["2023-01-01", None, None, None])}
    )
    rows = [
        ("theme", "agents", "a"),
        ("theme", "agents", "b"),
        ("topic", "T0001", "b"),
        ("topic", "T0002", "c"),
    ]
    membership = pd.DataFrame(rows, columns=["kind", "series_id", "paper_id"])
    found = undated_papers(papers, pd.concat([membership, membership]))
    assert found.fillna("").values.tolist() == [
        ["theme", "agents", 1],
        ["topic", "T0001", 1],
        ["topic", "T0002", 1],
        ["theme", "", 3],
        ["topic", "", 2],
    ]


def test_spread_by_hand() -> None:
    # Unclustered: 10 of 30 and 20 of 40, so topics share 20 and 20. Themes keep the totals.
    trends = trends_of(
        {("theme", "agents"): [3, 8], ("topic", "T0001"): [5, 10], ("topic", "T0002"): [15, 10]}, [30, 40]
    )
    spread = spread_unassigned(trends, loose(trends, [10, 20]), NONE)
    assert spread["n_total"].tolist() == [30, 40, 20, 20, 20, 20]
    assert spread["n_papers"].tolist() == trends["n_papers"].tolist()
    # Seven undated papers, all of agents: 3 and 4 by the months' papers, scaled back by 70 / 77.
    undated = pd.DataFrame({"kind": ["theme", "theme"], "series_id": ["agents", None], "n_undated": [7, 7]})
    themed = spread_unassigned(trends, loose(trends, 0), undated)
    assert themed["n_papers"].tolist()[:2] == pytest.approx([6 * 70 / 77, 12 * 70 / 77])
    assert themed["n_papers"].tolist()[2:] == trends["n_papers"].tolist()[2:]


def test_nothing_unassigned_changes_nothing() -> None:
    trends = trends_of({("theme", "agents"): list(range(10, 34)), ("topic", "T0001"): [50] * 24}, 100)
    verdicts = trend_verdicts(trends)
    assert mark_fragile(verdicts, trends, loose(trends, 0), NONE).equals(verdicts)
    assert spread_unassigned(trends, loose(trends, 0), NONE)["n_papers"].equals(
        trends["n_papers"].astype(float)
    )


def test_a_topic_that_rises_only_because_fewer_papers_are_left_out_is_fragile() -> None:
    # Half of all clustered papers are the topic's at any time, but ever more papers are clustered.
    clustered = np.arange(20, 92, 3)
    half = (clustered // 2).tolist()
    grows = np.round(30 * 1.06 ** np.arange(24)).astype(int).clip(max=clustered * 9 // 10).tolist()
    trends = trends_of({("topic", "T0001"): half, ("topic", "T0002"): half, ("theme", "agents"): grows}, 200)
    verdicts = trend_verdicts(trends)
    assert verdicts["verdict"].tolist()[:2] == ["rising", "rising"]
    marked = mark_fragile(verdicts, trends, loose(trends, (200 - clustered).tolist()), NONE)
    assert marked["is_fragile"].tolist()[:3] == [True, True, False]
    assert marked.drop(columns="is_fragile").equals(verdicts.drop(columns="is_fragile"))


def test_a_trend_that_undated_papers_could_drown_is_fragile() -> None:
    rng = np.random.default_rng(0)
    rises = rng.binomial(100, np.linspace(0.08, 0.20, 24)).tolist()
    others = {("theme", f"flat {i}"): rng.binomial(100, 0.1, 24).tolist() for i in range(8)}
    trends = trends_of({("theme", "agents"): rises, **others}, 100)
    verdicts = trend_verdicts(trends)
    assert verdicts["verdict"].iloc[0] == "rising"
    few, many = (
        pd.DataFrame({"kind": ["theme", "theme"], "series_id": ["agents", None], "n_undated": [n, n]})
        for n in (20, 20_000)
    )
    assert not mark_fragile(verdicts, trends, loose(trends, 0), few)["is_fragile"].any()
    assert mark_fragile(verdicts, trends, loose(trends, 0), many)["is_fragile"].iloc[0]


def test_verdicts_of_other_series_are_refused() -> None:
    trends = trends_of({("topic", "T0001"): [20] * 24}, 100)
    verdicts = trend_verdicts(trends).assign(series_id="T0009")
    with pytest.raises(InputError, match="not those of the trends"):
        mark_fragile(verdicts, trends, loose(trends, 10), NONE)
