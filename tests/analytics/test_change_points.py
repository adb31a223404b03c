"""Change points: planted jumps are found where they are, null series and steady trends stay silent."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import ruptures
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from analytics.exceptions import InputError
from analytics.synthetic.series import SeriesNoise, make_series
from analytics.tables import empty_table
from analytics.trends.change_points import (
    MIN_LEVEL,
    MIN_PERIODS,
    BinomialCost,
    _strongest,
    _tested,
    change_points,
)
from analytics.trends.noise import PooledNoise
from analytics.trends.null_series import null_counts
from analytics.trends.series_grids import MIN_PAPERS, series_grids
from tests.examples import examples

COLUMNS = ["kind", "series_id", "period_start", "share_before", "share_after", "p_value", "q_value"]


def monthly(counts: list[int], totals: int | list[int] = 100, name: str = "a") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "kind": "theme",
            "series_id": name,
            "period_start": pd.date_range("2000-01-01", periods=len(counts), freq="MS"),
            "n_papers": counts,
            "n_total": totals,
            "is_complete": True,
        }
    )


def planted(
    n_null: int, n_jumps: int, n_periods: int, papers: int, noise: SeriesNoise | None = None, seed: int = 0
) -> pd.DataFrame:
    """A run: null series, and others (kind `jump`) whose share doubles from 5 % in the middle."""
    null, low, high = (
        make_series(n, n_periods, papers_per_period=papers, share=share, noise=noise, random_state=seed + i)
        for i, (n, share) in enumerate(((n_null, 0.05), (n_jumps, 0.05), (n_jumps, 0.1)))
    )
    late = low["period_start"] >= middle(low)
    return pd.concat([null, low.where(~late, high).assign(kind="jump", is_complete=True)], ignore_index=True)


def middle(series: pd.DataFrame) -> pd.Timestamp:
    starts = series["period_start"].drop_duplicates().sort_values()
    return starts.iloc[len(starts) // 2]


def null_p_values(n_runs: int, **settings_: object) -> NDArray[np.float64]:
    found = []
    for seed in range(n_runs):
        run = make_series(100, **settings_, random_state=1000 + seed)  # type: ignore[arg-type]
        found += [one.p_value(one.statistic) for one in _tested(series_grids(run), seed).values()]
    return np.array(found)


class TestPlantedTruth:
    def test_doublings_among_null_series(self) -> None:
        run = planted(50, 5, 36, 200)
        found = change_points(run)
        jumps = found[found["kind"] == "jump"]
        assert jumps["series_id"].nunique() == 5
        assert (abs((jumps["period_start"] - middle(run)).dt.days) <= 62).mean() >= 0.8
        assert jumps["share_before"].median() == pytest.approx(0.05, abs=0.01)
        assert jumps["share_after"].median() == pytest.approx(0.1, abs=0.01)
        assert len(found) - len(jumps) <= 1

    def test_up_and_down_again(self) -> None:
        # Half a year of three times the share: no single change explains much of it.
        rng = np.random.default_rng(1)
        share = np.full(36, 0.05)
        share[14:20] = 0.15
        null = make_series(40, 36, papers_per_period=200, random_state=2)
        run = pd.concat([null, monthly(rng.binomial(200, share).tolist(), 200)])
        found = change_points(run)
        assert found["series_id"].tolist() == ["a", "a"]
        places = found["period_start"].dt.year * 12 + found["period_start"].dt.month - 2000 * 12 - 1
        assert np.abs(places - [14, 20]).max() <= 1

    @pytest.mark.slow
    def test_a_steady_trend_is_none(self) -> None:
        rising = make_series(10, 36, papers_per_period=200, doubling_months=18, random_state=3)
        null = make_series(40, 36, papers_per_period=200, random_state=4)
        found = change_points(pd.concat([null, rising.assign(kind="trend")]))
        assert found.loc[found["kind"] == "trend", "series_id"].nunique() <= 1

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("papers", "noise", "power"),
        [
            (50, None, 0.5),
            (50, SeriesNoise(3), 0.1),
            (200, None, 0.95),
            (200, SeriesNoise(3), 0.9),
            (200, SeriesNoise(3, 0.5), 0.4),
        ],
    )
    def test_power(self, papers: int, noise: SeriesNoise | None, power: float) -> None:
        """10 of 100 series double in the middle of 60 months, found at q = 0.05.

        Measured over 40 such series a cell (20 at 120 periods), part that was found:

        ======= ====== ======== ============ ==================
        periods papers binomial dispersion 3 and carry-over 0.5
        ======= ====== ======== ============ ==================
        24      50     0.20     0.00         0.00
        24      200    0.90     0.28         0.10
        60      50     0.75     0.37         0.03
        60      200    1.00     1.00         0.72
        120     50     1.00     0.60         0.30
        120     200    1.00     not measured not measured
        ======= ====== ======== ============ ==================

        The first two columns, and the cells of 120 periods, were measured before the copula of the null
        series was corrected for skewed shares.
        """
        runs = [planted(90, 10, 60, papers, noise, seed) for seed in (10, 20)]
        found = [change_points(run).query("kind == 'jump'")["series_id"].nunique() / 10 for run in runs]
        assert np.mean(found) >= power


class TestNullSeriesStaySilent:
    @pytest.mark.parametrize("noise", [None, SeriesNoise(3), SeriesNoise(3, 0.5)])
    def test_quickly(self, noise: SeriesNoise | None) -> None:
        p_values = null_p_values(1, n_periods=24, papers_per_period=100, noise=noise)
        # 100 series: two standard errors above 5 %.
        assert (p_values <= 0.05).mean() <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 100)
        assert stats.kstest(p_values, "uniform").pvalue > 1e-3

    @pytest.mark.slow
    @pytest.mark.parametrize("noise", [None, SeriesNoise(3), SeriesNoise(3, 0.5)])
    @pytest.mark.parametrize(("n_periods", "papers"), [(24, 50), (24, 200), (60, 50)])
    def test_false_rate(self, noise: SeriesNoise | None, n_periods: int, papers: int) -> None:
        """Three runs of 100 series in the cells that take seconds. Measured over more, as the part of null series with p <= 0.05:

        ======= ====== ======== ============ ==================
        periods papers binomial dispersion 3 and carry-over 0.5
        ======= ====== ======== ============ ==================
        24      50     0.045    0.042        0.054
        24      200    0.043    0.046        0.051
        60      50     0.051    0.049        0.060
        60      200    0.046    0.038        0.056
        120     50     0.052    0.042       0.030
        120     200    0.046    0.038        0.036
        ======= ====== ======== ============ ==================

        2,000 series at 24 periods, 1,000 at 60, 500 at 120 (standard errors 0.005, 0.007, 0.010). With
        the correction at q = 0.05, at most 1 series in 1,000 was claimed in any cell, and any in 4 of the 210 runs.
        """
        p_values = null_p_values(3, n_periods=n_periods, papers_per_period=papers, noise=noise)
        assert (p_values <= 0.05).mean() <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 300)
        assert (stats.false_discovery_control(p_values) <= 0.05).mean() <= 0.01

    def test_shuffled_dates(self) -> None:
        rng = np.random.default_rng(5)
        rising = make_series(60, 30, doubling_months=6, random_state=6)
        order = rng.permuted(np.tile(np.arange(30), (60, 1)), axis=1) + 30 * np.arange(60)[:, None]
        shuffled = rising.assign(n_papers=rising["n_papers"].to_numpy()[order.ravel()])
        assert change_points(shuffled).empty

    def test_simulated_counts_have_the_noise_they_should(self) -> None:
        five, hundred = np.full(40, 5.0), np.full(40, 100.0)
        noise = PooledNoise(*(np.array([v]) for v in (2.0, 0.5, 1.0)), np.zeros(0), np.zeros(0), np.inf)
        counts = null_counts(five, hundred, np.arange(40), noise, 4000, np.random.default_rng(7))
        assert counts.mean() == pytest.approx(5, rel=0.02)
        assert counts.var() / (100 * 0.05 * 0.95) == pytest.approx(3, rel=0.05)
        # Of a dispersion of 3 two thirds carry over.
        neighbors = np.mean((counts[:, 1:] - 5) * (counts[:, :-1] - 5)) / counts.var()
        assert neighbors == pytest.approx(0.5 * 2 / 3, abs=0.02)


class TestByHand:
    def test_statistic_of_one_change(self) -> None:
        # 20 of 200 before, 40 of 200 after; within the levels all is even but for one pair.
        counts = np.array([9, 11, 10, 10, 20, 20, 20, 20], dtype=float)
        totals = np.full(8, 50.0)

        def heights(k: NDArray[np.float64], n: NDArray[np.float64]) -> float:
            return float(stats.binom.logpmf(k, n, k.sum() / n.sum()).sum())

        def deviance(parts: list[slice]) -> float:
            full = stats.binom.logpmf(counts, totals, counts / totals).sum()
            return 2 * (full - sum(heights(counts[part], totals[part]) for part in parts))

        one = deviance([slice(0, 4), slice(4, 8)])
        ratio, scale = _strongest(counts[None], totals)
        assert scale[0] == pytest.approx(one / 6)
        assert ratio[0] == pytest.approx((deviance([slice(0, 8)]) - one) / (one / 6))

    def test_shares_of_the_levels(self) -> None:
        flat = [monthly([9, 11] * 12, name=f"flat {i}") for i in range(9)]
        found = change_points(pd.concat([monthly([9, 11] * 6 + [29, 31] * 6), *flat]))
        assert found[["series_id", "share_before", "share_after"]].values.tolist() == [["a", 0.1, 0.3]]
        assert found["period_start"].tolist() == [pd.Timestamp("2001-01-01")]
        assert (found["p_value"] <= found["q_value"]).all()

    @pytest.mark.parametrize("seed", range(5))
    def test_one_change_is_where_dynamic_programming_puts_it(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        counts = rng.binomial(60, np.repeat([0.1, 0.2], 10)).astype(float)
        signal = np.column_stack([counts, np.full(20, 60.0)])
        search = ruptures.Dynp(custom_cost=BinomialCost(), min_size=MIN_LEVEL, jump=1).fit(signal)
        cost = search.cost
        gains = []
        for k in (1, 2):
            ends = [0, *search.predict(n_bkps=k)]
            left = sum(cost.error(a, b) for a, b in pairwise(ends))
            flat = sum(cost.error(i, i + 1) for i in range(20))
            gains.append((cost.error(0, 20) - left) / k / ((left - flat) / (19 - k)))
        assert _strongest(counts[None], signal[:, 1])[0][0] == pytest.approx(max(gains))


class TestEvidence:
    @pytest.mark.parametrize(
        "series",
        [
            monthly([1] * (MIN_PERIODS - 1)),
            monthly([50] * (MIN_PERIODS - 1)),
            monthly([0] * 24),
            monthly([100] * 24),
            monthly([0] * 23 + [MIN_PAPERS - 1]),
            monthly([0] * 24, 0),
            monthly([5]),
        ],
    )
    def test_too_little(self, series: pd.DataFrame) -> None:
        found = change_points(series)
        assert found.empty
        assert found.columns.tolist() == COLUMNS

    def test_no_series(self) -> None:
        found = change_points(empty_table("trends"))
        assert found.columns.tolist() == COLUMNS
        assert found.dtypes.astype(str).tolist() == ["str", "str", "datetime64[us]", *["float64"] * 4]

    def test_all_papers_in_one_period(self) -> None:
        change_points(monthly([0] * 12 + [60] + [0] * 12))  # a burst or nothing, but no failure

    def test_periods_that_do_not_count(self) -> None:
        run = planted(20, 1, 36, 200, seed=8)
        odd = run["period_start"] == pd.Timestamp("2001-01-01")
        incomplete = run.assign(
            is_complete=~odd, n_papers=run["n_papers"].mask(odd, 0), n_total=run["n_total"].mask(odd, 150)
        )
        pd.testing.assert_frame_equal(change_points(incomplete), change_points(run[~odd]))

    @pytest.mark.parametrize(
        ("bad", "message"),
        [
            ({"q": 0.0}, "q is 0.0"),
            ({"q": 1.5}, "q is 1.5"),
            ({"random_state": -1}, "random_state is -1"),
        ],
    )
    def test_settings(self, bad: dict[str, float], message: str) -> None:
        with pytest.raises(InputError, match=message):
            change_points(monthly([5] * 24), **bad)  # type: ignore[arg-type]

    def test_impossible_counts(self) -> None:
        with pytest.raises(InputError, match="outside 0..n_total"):
            change_points(monthly([101] + [5] * 23))


class TestLaws:
    def test_row_order_is_irrelevant_and_input_stays(self) -> None:
        run = planted(20, 3, 30, 200, seed=9)
        copy = run.copy()
        found = change_points(run)
        assert len(found)
        shuffled = change_points(run.sample(frac=1, random_state=0))
        order = ["kind", "series_id", "period_start"]
        pd.testing.assert_frame_equal(
            shuffled.sort_values(order, ignore_index=True), found.sort_values(order, ignore_index=True)
        )
        pd.testing.assert_frame_equal(run, copy)
        pd.testing.assert_frame_equal(change_points(run), found)

    def test_nothing_claimed_at_a_stricter_level_is_new(self) -> None:
        run = planted(20, 5, 24, 150, seed=12)
        strict, loose = (set(change_points(run, q=q)["series_id"]) for q in (0.01, 0.2))
        assert strict <= loose

    @examples(15)
    @given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=30))
    def test_any_counts(self, pairs: list[tuple[int, int]]) -> None:
        totals = [max(pair) for pair in pairs]
        found = change_points(monthly([min(pair) for pair in pairs], totals), q=0.3)
        assert found[["share_before", "share_after"]].apply(lambda s: s.between(0, 1)).all(axis=None)
        assert (found["share_before"] != found["share_after"]).all()
        assert (found["p_value"] <= found["q_value"]).all()
        assert (found["q_value"] <= 0.3).all()
