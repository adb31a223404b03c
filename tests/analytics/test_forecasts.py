"""Forecasts: bands hold what they promise, nothing of the future leaks, the filter is the textbook's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, logit
from statsmodels.tsa.statespace.structural import UnobservedComponents

from analytics.exceptions import InputError
from analytics.forecasts.forecast_bands import calibrated_forecasts, expected_totals, share_bands
from analytics.forecasts.forecasters import FORECASTERS, WINDOW, damped_trend, pooled_level, pooled_trend
from analytics.forecasts.logit_filter import LogitFilter
from analytics.forecasts.share_forecasts import MIN_HISTORY, forecast_shares, score_forecasts
from analytics.forecasts.share_grids import share_grids
from analytics.synthetic.series import SeriesNoise, make_series
from analytics.tables import empty_table
from tests.examples import examples

METHODS = list(FORECASTERS)
BANDS = ["low_90", "low_50", "share", "high_50", "high_90"]


def monthly(
    counts: list[int] | NDArray[np.int64], totals: int | list[int] = 100, name: str = "a"
) -> pd.DataFrame:
    """One series of months from January 2020."""
    return pd.DataFrame(
        {
            "kind": "theme",
            "series_id": name,
            "period_start": pd.date_range("2020-01-01", periods=len(counts), freq="MS"),
            "n_papers": counts,
            "n_total": totals,
            "is_complete": True,
        }
    )


def first_periods(series: pd.DataFrame, number: int) -> pd.DataFrame:
    starts = np.sort(series["period_start"].unique())[:number]
    return series[series["period_start"].isin(starts)]


def held_out(repeats: int, method: str, **planted: object) -> pd.DataFrame:
    """Scores of forecasts of three months that the forecaster never saw, of 36 that it did."""
    scored = []
    for seed in range(repeats):
        full = make_series(40, 39, random_state=seed, **planted)  # type: ignore[arg-type]
        made = forecast_shares(first_periods(full, 36), horizon=3, method=method)
        scored.append(score_forecasts(made, full))
    return pd.concat(scored)


NOISES = [None, SeriesNoise(dispersion=3), SeriesNoise(dispersion=3, autocorrelation=0.5)]


class TestPlantedTruth:
    @pytest.mark.parametrize("method", ["trailing_mean", "pooled_trend"])
    def test_bands_hold_held_out_shares_of_constant_series(self, method: str) -> None:
        scored = held_out(8, method, papers_per_period=200)
        assert 0.45 <= scored["inside_50"].mean() <= 0.55
        assert 0.86 <= scored["inside_90"].mean() <= 0.94

    @pytest.mark.slow
    @pytest.mark.parametrize("noise", NOISES)
    @pytest.mark.parametrize(("doubling_months", "slack"), [(None, 0), (24, 0.05)])
    def test_bands_of_the_pooled_trend(
        self, noise: SeriesNoise | None, doubling_months: float | None, slack: float
    ) -> None:
        scored = held_out(
            20, "pooled_trend", papers_per_period=300, noise=noise, doubling_months=doubling_months
        )
        # Of a fixed dispersion the log odds scatter less as the share grows, and the band learns it late:
        # 0.579 and 0.9404 were measured with dispersion 3 on planted growth.
        assert 0.45 <= scored["inside_50"].mean() <= 0.55 + slack
        assert 0.86 <= scored["inside_90"].mean() <= 0.94 + slack / 5

    @pytest.mark.parametrize("method", ["damped_trend", "pooled_trend"])
    def test_trends_err_less_than_naive_on_planted_growth(self, method: str) -> None:
        scored = held_out(4, method, papers_per_period=300, doubling_months=18)
        assert scored["error"].abs().mean() < 0.85 * scored["naive_error"].abs().mean()

    def test_a_short_series_is_drawn_to_the_pool(self) -> None:
        # Eight months that happen to rise, among steady series of three years: more noise than trend.
        pool = make_series(40, 36, papers_per_period=200, random_state=3)
        short = pool[pool["series_id"] == "S0001"].tail(8).assign(series_id="short")
        short["n_papers"] = [6, 8, 7, 10, 11, 10, 13, 14]
        made = {
            method: forecast_shares(pd.concat([pool, short]), horizon=6, method=method)
            .query("series_id == 'short'")["share"]
            .iloc[-1]
            for method in METHODS
        }
        mean = short["n_papers"].sum() / short["n_total"].sum()
        assert abs(made["pooled_trend"] - mean) < 0.015
        assert made["damped_trend"] > made["pooled_trend"]

    def test_constant_series_get_no_slope_from_the_pool(self) -> None:
        counts = share_grids(make_series(60, 36, random_state=5))
        far = pooled_trend(counts.counts, counts.totals, 12).share[:, -1]
        assert np.abs(far[:, -1] / far[:, 0] - 1).max() < 0.1


class TestByHand:
    def test_levels(self) -> None:
        counts, totals = np.arange(1.0, 9.0)[None], np.full((1, 8), 10.0)
        last, mean = (
            FORECASTERS[name].forecast(counts, totals, 2) for name in ("last_value", "trailing_mean")
        )
        assert last.share[0, :, 1].tolist() == pytest.approx((counts[0] / 10).tolist())
        assert WINDOW == 6
        assert mean.share[0, [2, 7], 0].tolist() == pytest.approx([0.2, (3 + 4 + 5 + 6 + 7 + 8) / 60])
        # Odds of 8.5 / 11 of the last ten papers: their log has the variance 1 / (10 p (1 - p)).
        assert last.variance[0, 7, 0] == pytest.approx(1 / (10 * (8.5 / 11) * (2.5 / 11)))

    def test_periods_without_papers_are_passed_over(self) -> None:
        counts, totals = np.array([[0, 2.0, 0, 4.0, 0]]), np.array([[0, 10.0, 0, 10.0, 0]])
        shares = FORECASTERS["trailing_mean"].forecast(counts, totals, 1).share[0, :, 0]
        assert np.isnan(shares[0])
        assert shares[1:].tolist() == pytest.approx([0.2, 0.2, 0.3, 0.3])
        assert expected_totals(totals)[0, 1:].tolist() == [10.0] * 4

    def test_columns_and_periods(self) -> None:
        begun = monthly([5] * 13)
        begun.loc[12, "is_complete"] = False
        made = forecast_shares(begun, horizon=2, method="last_value")
        assert made.dtypes.equals(empty_table("forecasts").dtypes)
        assert made["period_start"].tolist() == [pd.Timestamp(2021, 1, 1), pd.Timestamp(2021, 2, 1)]
        assert made["period_end"].tolist() == [pd.Timestamp(2021, 2, 1), pd.Timestamp(2021, 3, 1)]
        assert (made["last_start"] == pd.Timestamp(2020, 12, 1)).all()

    @pytest.mark.parametrize(
        ("freq", "start", "then"),
        [
            ("W-MON", "2024-01-01", "2024-03-11"),
            ("QS", "2020-01-01", "2022-07-01"),
            ("YS", "2010-01-01", "2020-01-01"),
        ],
    )
    def test_periods_of_any_length(self, freq: str, start: str, then: str) -> None:
        series = monthly([5] * 10).assign(period_start=pd.date_range(start, periods=10, freq=freq))
        made = forecast_shares(series, horizon=1, method="pooled_trend")
        assert made["period_start"].tolist() == [pd.Timestamp(then)]

    def test_too_little_history(self) -> None:
        run = pd.concat(
            [monthly([5] * MIN_HISTORY, name="long"), monthly([5] * MIN_HISTORY, name="short")[1:]]
        )
        made = forecast_shares(run, horizon=1, method="pooled_trend")
        assert made["series_id"].tolist() == ["long"]
        empty = forecast_shares(run[run["series_id"] == "short"], horizon=1, method="pooled_trend")
        assert empty.empty
        assert empty.dtypes.equals(empty_table("forecasts").dtypes)

    def test_few_papers_widen_the_band_of_the_future(self) -> None:
        wide, narrow = (share_bands(np.array(0.1), np.array(0.01), np.array(n)) for n in (20.0, 2000.0))
        assert wide[3] - wide[0] > 3 * (narrow[3] - narrow[0])


class TestScores:
    def test_by_hand(self) -> None:
        series = monthly([10] * 8 + [20, 30, 40])
        made = forecast_shares(series[:8], horizon=4, method="last_value")
        series.loc[10, "is_complete"] = False
        scored = score_forecasts(made, series)
        assert scored["actual"].tolist() == [0.2, 0.3]  # the third is not complete, the fourth not there
        assert scored["error"].tolist() == pytest.approx([0.1, 0.2])
        assert scored["naive_error"].tolist() == pytest.approx([0.1, 0.2])
        assert not scored["inside_50"].any()

    def test_ends_of_a_band_lie_inside_and_a_lost_origin_has_no_naive_error(self) -> None:
        made = forecast_shares(monthly([10] * 8), horizon=1, method="last_value").assign(
            low_50=0.2, low_90=0.2, high_50=0.2, high_90=0.3
        )
        series = monthly([10] * 7 + [10, 20])
        scored = score_forecasts(made, series.drop(index=7)).iloc[0]
        assert scored["inside_50"]
        assert scored["inside_90"]
        assert np.isnan(scored["naive_error"])

    def test_a_series_that_is_gone_and_nothing_due(self) -> None:
        made = forecast_shares(monthly([10] * 8), horizon=1, method="last_value")
        assert score_forecasts(made, monthly([10] * 12, name="b")).empty
        assert score_forecasts(made, monthly([10] * 8)).empty
        assert score_forecasts(made, monthly([10] * 8)[:0]).empty


class TestAgreement:
    @pytest.mark.parametrize(
        ("mean", "variance", "count", "total"), [(-3, 9, 0, 40), (-2, 0.3, 30, 100), (0, 1, 3, 3)]
    )
    def test_one_count_against_numerical_integration(
        self, mean: float, variance: float, count: int, total: int
    ) -> None:
        grid = np.linspace(-30, 15, 90_001)
        log_height = stats.norm.logpdf(grid, mean, variance**0.5) + stats.binom.logpmf(
            count, total, expit(grid)
        )
        mode = grid[np.argmax(log_height)]
        one = np.full((1, 1), 1.0)
        none = np.zeros((4, 1, 1))
        seen = LogitFilter(none, one * mean, 0 * one, one * variance, 0 * one, 0 * one, 0 * one).seen(
            np.array([float(count)]), np.array([float(total)])
        )
        assert seen.level.item() == pytest.approx(mode, abs=1e-3)
        curvature = total * expit(mode) * expit(-mode) + 1 / variance
        assert seen.level_variance.item() == pytest.approx(1 / curvature, rel=1e-3)

    def test_statsmodels_where_counts_are_large(self) -> None:
        # With ten million papers the binomial noise is nothing beside the settings' own.
        rng = np.random.default_rng(7)
        totals = np.full(30, 1e7)
        level = -2 + np.cumsum(rng.normal(0, 0.1, 30))
        counts = np.round(totals * expit(level + rng.normal(0, 0.3, 30)))
        model = UnobservedComponents(logit(counts / totals), "local level")
        model.ssm.initialize_known(np.array([-3.0]), np.array([[9.0]]))
        reference = model.filter([0.09, 0.01])
        filters = LogitFilter.begin(1, np.array([0.09, 0.01, 0, 0])[:, None, None])
        levels, heights = [], []
        for period in range(30):
            filters = (filters.moved() if period else filters).seen(counts[[period]], totals[[period]])
            levels.append(filters.level.item())
        np.testing.assert_allclose(levels, reference.filtered_state[0], atol=1e-4)
        np.testing.assert_allclose(
            filters.level_variance.item(), reference.filtered_state_cov[0, 0, -1], rtol=1e-3
        )
        # Likelihoods differ by a constant of the counts: compare the ratio of two settings.
        for scatter, step in ((0.09, 0.01), (0.04, 0.04)):
            filters = LogitFilter.begin(1, np.array([scatter, step, 0, 0])[:, None, None])
            for period in range(30):
                filters = (filters.moved() if period else filters).seen(counts[[period]], totals[[period]])
            heights.append(filters.height.item() - model.loglike([scatter, step]))
        assert heights[0] == pytest.approx(heights[1], abs=0.01)

    @pytest.mark.parametrize("papers", [20, 100, 1000])
    @pytest.mark.parametrize("share", [0.002, 0.05, 0.5])
    def test_bands_against_mid_p_values_of_the_beta_binomial(self, papers: int, share: float) -> None:
        excess = 0.02
        bands = share_bands(np.array(share), np.array(excess), np.array(float(papers)))
        middle = (papers * share + 0.5) / (papers + 1)
        within = middle * (1 - middle) * excess  # correlation of two papers, nearly
        size = 1 / within - 1
        model = stats.betabinom(papers, share * size, (1 - share) * size)
        counts = np.arange(papers + 1)
        mid = model.cdf(counts) - model.pmf(counts) / 2
        for low, high, part in ((bands[1], bands[2], 0.5), (bands[0], bands[3], 0.9)):
            inside = (counts / papers >= low) & (counts / papers <= high)
            exact = (mid >= (1 - part) / 2) & (mid <= (1 + part) / 2)
            # No more than one count at either end is judged otherwise.
            assert np.abs(inside.astype(int) - exact).sum() <= 2
            assert inside.any()


class TestLaws:
    @pytest.mark.parametrize("method", METHODS)
    def test_the_future_changes_no_earlier_forecast(self, method: str) -> None:
        grids = share_grids(make_series(5, 24, random_state=8))
        changed = grids.counts.copy()
        changed[:, 16:] = 90
        for outlook in (FORECASTERS[method].forecast, lambda *given: calibrated_forecasts(*given, method)):
            first, second = outlook(grids.counts, grids.totals, 3), outlook(changed, grids.totals, 3)
            np.testing.assert_array_equal(first.share[:, :16], second.share[:, :16])
            np.testing.assert_array_equal(first.variance[:, :16], second.variance[:, :16])
            assert not np.array_equal(first.share[:, 16:], second.share[:, 16:])

    @pytest.mark.parametrize("method", METHODS)
    def test_row_order_is_irrelevant_and_input_stays(self, method: str) -> None:
        series = make_series(6, 20, random_state=9)
        copy = series.copy()
        made = forecast_shares(series, horizon=2, method=method)
        shuffled = forecast_shares(series.sample(frac=1, random_state=1), horizon=2, method=method)
        pd.testing.assert_frame_equal(made, shuffled)
        pd.testing.assert_frame_equal(series, copy)
        frozen = made.copy()
        score_forecasts(made, series)
        pd.testing.assert_frame_equal(made, frozen)

    @examples(40)
    @given(st.data(), st.sampled_from(METHODS))
    def test_any_counts(self, data: st.DataObject, method: str) -> None:
        n = data.draw(st.integers(MIN_HISTORY, 14))
        totals = data.draw(st.lists(st.sampled_from([1, 3, 40, 100_000]), min_size=n, max_size=n))
        run = []
        for name in data.draw(st.sampled_from(["a", "ab"])):
            parts = data.draw(st.lists(st.sampled_from([0, 0, 0.02, 0.5, 1, 1]), min_size=n, max_size=n))
            run.append(monthly([int(p * t) for p, t in zip(parts, totals, strict=True)], totals, name))
        made = forecast_shares(pd.concat(run), horizon=3, method=method)
        assert len(made) == 3 * len(run)
        assert made[BANDS].notna().all(axis=None)
        assert (made[BANDS].min(axis=None) >= 0) & (made[BANDS].max(axis=None) <= 1)
        ends = made[["low_90", "low_50", "high_50", "high_90"]].to_numpy()
        assert (np.diff(ends, axis=1) >= 0).all()

    def test_all_or_nothing(self) -> None:
        run = pd.concat([monthly([0] * 20, name="none"), monthly([100] * 20, name="all")])
        made = forecast_shares(run, horizon=1, method="pooled_trend").set_index("series_id")
        assert made.loc["none", "low_90"] == 0
        assert made.loc["none", "high_90"] < 0.05
        assert made.loc["all", "high_90"] == 1
        assert made.loc["all", "low_90"] > 0.95

    def test_outside_is_the_mirror_image(self) -> None:
        grids = share_grids(make_series(4, 20, share=0.3, random_state=10))
        for method in ("last_value", "trailing_mean"):  # the trends expect a small share before any paper
            inside, outside = (
                FORECASTERS[method].forecast(counts, grids.totals, 2)
                for counts in (grids.counts, grids.totals - grids.counts)
            )
            np.testing.assert_allclose(inside.share, 1 - outside.share)
            np.testing.assert_allclose(inside.variance, outside.variance)

    def test_a_pool_of_one_is_the_series_itself_and_a_level_has_no_slope(self) -> None:
        grids = share_grids(make_series(1, 20, random_state=11))
        alone = damped_trend(grids.counts, grids.totals, 1).share
        np.testing.assert_array_equal(alone, pooled_trend(grids.counts, grids.totals, 1).share)
        level = pooled_level(grids.counts, grids.totals, 2).share
        np.testing.assert_allclose(level[..., 0], level[..., 1])


class TestMistakes:
    def test_missing_column(self) -> None:
        with pytest.raises(InputError, match="lack n_total"):
            forecast_shares(monthly([1] * 9).drop(columns="n_total"), horizon=1, method="last_value")
        made = forecast_shares(monthly([1] * 9), horizon=1, method="last_value").drop(columns="method")
        with pytest.raises(InputError, match="lack method"):
            score_forecasts(made, monthly([1] * 9))

    @pytest.mark.parametrize("count", [-1, 101])
    def test_impossible_count(self, count: int) -> None:
        with pytest.raises(InputError, match=r"'a' has n_papers outside .*2020-02-01"):
            forecast_shares(monthly([1, count]), horizon=1, method="last_value")

    def test_period_twice_and_period_missing(self) -> None:
        with pytest.raises(InputError, match="a period twice"):
            forecast_shares(pd.concat([monthly([1]), monthly([2])]), horizon=1, method="last_value")
        with pytest.raises(InputError, match="no period_start"):
            forecast_shares(monthly([1, 2]).assign(period_start=pd.NaT), horizon=1, method="last_value")

    @pytest.mark.parametrize("freq", ["D", "10D", "SMS", "5YS", "W-SUN"])
    def test_periods_of_no_known_length(self, freq: str) -> None:
        series = monthly([1] * 9).assign(period_start=pd.date_range("2020-01-03", periods=9, freq=freq))
        with pytest.raises(InputError, match="weeks from Monday, months, quarters or years"):
            forecast_shares(series, horizon=1, method="last_value")

    def test_settings(self) -> None:
        with pytest.raises(InputError, match="horizon is 0"):
            forecast_shares(monthly([1] * 9), horizon=0, method="last_value")
        with pytest.raises(InputError, match="no forecaster 'oracle'; forecasters are last_value"):
            forecast_shares(monthly([1] * 9), horizon=1, method="oracle")
