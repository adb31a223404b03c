"""Bursts of a run: a planted one is found, runs without any stay silent whatever their noise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.synthetic.series import SeriesNoise, make_series
from analytics.tables import TABLE_COLUMNS
from analytics.trends.bursts import find_bursts
from analytics.trends.run_bursts import series_bursts


def with_ends(series: pd.DataFrame) -> pd.DataFrame:
    return series.assign(period_end=series["period_start"] + pd.DateOffset(months=1))


def claimed(series: pd.DataFrame) -> pd.DataFrame:
    found = series_bursts(with_ends(series))
    return found[found["q_value"] <= 0.05]


def planted(noise: SeriesNoise | None = None) -> pd.DataFrame:
    """Thirty flat series of three years, the first with its share tripled from month 12 to 17."""
    series = make_series(30, 36, papers_per_period=400, noise=noise, random_state=5)
    own = series["series_id"].eq(series["series_id"].iloc[0]) & series["kind"].eq(series["kind"].iloc[0])
    counts = series.loc[own, "n_papers"].to_numpy().copy()
    counts[12:18] *= 3
    series.loc[own, "n_papers"] = counts
    return series


def test_a_planted_burst_is_claimed_with_its_edges() -> None:
    series = planted()
    found = claimed(series)
    assert found["series_id"].tolist() == [series["series_id"].iloc[0]]
    starts = series["period_start"].iloc[:36].reset_index(drop=True)
    assert found["period_start"].tolist() == [starts[12]]
    assert found["period_end"].tolist() == [starts[18]]
    assert found["p_value"].item() == pytest.approx(1 / 2000)


@pytest.mark.parametrize(
    "noise",
    [
        pytest.param(None, marks=pytest.mark.slow, id="binomial"),
        pytest.param(SeriesNoise(3), marks=pytest.mark.slow, id="x3"),
        pytest.param(SeriesNoise(3, 0.5), marks=pytest.mark.slow, id="AR(1)"),
    ],
)
def test_runs_without_bursts_stay_silent(noise: SeriesNoise | None) -> None:
    n_claims = [
        len(claimed(make_series(40, 36, papers_per_period=200, noise=noise, random_state=seed)))
        for seed in range(6)
    ]
    # Six runs of which each may claim something with probability 0.05.
    assert sum(n > 0 for n in n_claims) <= 1


def test_against_random_dates_alone_noise_would_burst() -> None:
    series = make_series(40, 36, papers_per_period=200, noise=SeriesNoise(3, 0.5), random_state=0)
    fooled = sum(
        any(burst.p_value <= 0.01 for burst in find_bursts(own["n_papers"], own["n_total"]))
        for _, own in series.groupby("series_id")
    )
    assert fooled >= 10


def test_laws() -> None:
    series = with_ends(planted())
    found = series_bursts(series)
    assert list(found.columns) == list(TABLE_COLUMNS["bursts"])
    assert (found["q_value"] >= found["p_value"]).all()
    assert (found["period_end"] > found["period_start"]).all()
    shuffled = series.sample(frac=1, random_state=1)
    keys = ["kind", "series_id", "period_start"]
    again = series_bursts(shuffled).sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(again, found.sort_values(keys, ignore_index=True))
    first = series["series_id"].iloc[0]
    counts = series[series["series_id"] == first]
    alone = find_bursts(counts["n_papers"], counts["n_total"], n_permutations=0)
    own = found[found["series_id"] == first]
    assert own["weight"].tolist() == pytest.approx([burst.weight for burst in alone])


def test_incomplete_periods_and_short_series_take_no_part() -> None:
    series = with_ends(planted())
    last = series["period_start"] == series["period_start"].max()
    burst_at_end = series.assign(n_papers=series["n_papers"].mask(last, series["n_total"]), is_complete=~last)
    assert not (series_bursts(burst_at_end)["period_start"] == series["period_start"].max()).any()
    for few in (series[:0], series[:4], series.assign(n_papers=0)):
        assert series_bursts(few).empty
    assert not np.isnan(series_bursts(series)["q_value"]).any()
