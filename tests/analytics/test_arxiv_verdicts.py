"""arXiv's categories as series: their true shares are known, and how the axis is cut must not matter."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from analytics.trends.coverage import LOOK_COLUMNS
from analytics.trends.periods import Period
from analytics.trends.shares import corpus_trends
from analytics.trends.verdicts import trend_verdicts

pytestmark = pytest.mark.shared

DRAWN: tuple[Period, ...] = ("month", "quarter", "year")
FEW = 500
"""Papers of a category in the ten years; two have fewer, one of them 48."""


@pytest.fixture(scope="module")
def listed(shared_dir):
    columns = ["id", "date", "primary"]
    table = pd.read_parquet(shared_dir / "corpora" / "arxiv_cs_1993_2019.parquet", columns=columns)
    table = table.assign(published=pd.to_datetime(table["date"]).astype("datetime64[us]"))
    return table[table["published"].between("2010-01-01", "2019-12-31")].reset_index(drop=True)


@pytest.fixture(scope="module")
def true_changes(listed):
    """Share of the last two years over that of the first two."""
    year = listed["published"].dt.year
    first, last = (
        listed.loc[which, "primary"].value_counts(normalize=True) for which in (year <= 2011, year >= 2018)
    )
    return (last / first).sort_index()


@pytest.fixture(scope="module")
def verdicts(listed):
    """Verdicts on all 29 categories, a column per kind of drawn period."""
    papers = pd.DataFrame({"paper_id": listed["id"], "published": listed["published"]})
    members = pd.DataFrame({"kind": "topic", "series_id": listed["primary"], "paper_id": listed["id"]})
    series = pd.DataFrame({"kind": "topic", "series_id": sorted(listed["primary"].unique())})
    looks = pd.DataFrame({name: [] for name in LOOK_COLUMNS}).astype(
        {"start": "datetime64[us]", "end": "datetime64[us]", "is_whole": bool}
    )
    found = {}
    for freq in DRAWN:
        drawn = corpus_trends(papers, members, series, looks=looks, as_of=date(2019, 12, 31), freq=freq)
        table = trend_verdicts(drawn.tested)
        found[freq] = table[table["window"] == "long"].set_index("series_id")["verdict"]
    return pd.DataFrame(found)


def test_changes_of_half_and_more_are_called(listed, true_changes, verdicts):
    sizes = listed["primary"].value_counts()
    large = true_changes[
        (abs(np.log(true_changes)) >= np.log(1.5)) & (sizes.reindex(true_changes.index) >= FEW)
    ]
    assert len(large) == 16
    way = np.where(large > 1, "rising", "falling")
    for freq in DRAWN:
        assert (verdicts.loc[large.index, freq] == way).sum() >= 15


def test_no_verdict_is_against_the_truth(true_changes, verdicts):
    for freq in DRAWN:
        called = verdicts[freq][verdicts[freq].isin(["rising", "falling"])]
        assert len(called) >= 15
        assert ((true_changes[called.index] > 1) == (called == "rising")).all()


def test_the_axis_does_not_decide(verdicts):
    assert (verdicts.nunique(axis=1) == 1).mean() >= 0.9


def test_steady_is_not_claimed_of_a_change(true_changes, verdicts):
    steady = verdicts.index[(verdicts == "steady").any(axis=1)]
    assert (abs(np.log(true_changes[steady])) < np.log(1.5)).all()
