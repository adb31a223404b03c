"""The backtest: it chooses trends where there are some, and nothing by luck; its numbers are the textbook's."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit

from analytics.exceptions import InputError
from analytics.forecasts.backtest import backtest, choose_forecaster
from analytics.forecasts.forecasters import FORECASTERS, NAIVE
from analytics.forecasts.share_forecasts import forecast_shares, score_forecasts
from analytics.synthetic.series import SeriesNoise, make_series
from analytics.tables import TABLE_COLUMNS

TRENDS = {"damped_trend", "pooled_trend"}


def run_of(counts: NDArray[np.int64], total: int, start: str = "2000-01-01") -> pd.DataFrame:
    """Months of several series, counts of shape (n_series, n_periods)."""
    n_series, n_periods = counts.shape
    return pd.DataFrame(
        {
            "kind": "topic",
            "series_id": np.repeat([f"S{number:02d}" for number in range(n_series)], n_periods),
            "period_start": np.tile(pd.date_range(start, periods=n_periods, freq="MS"), n_series),
            "n_papers": counts.ravel(),
            "n_total": total,
            "is_complete": True,
        }
    )


def random_walks(seed: int, n_series: int = 20, n_periods: int = 36) -> pd.DataFrame:
    """Shares of which the last value is the best forecast: the null that nothing beats it."""
    rng = np.random.default_rng(seed)
    paths = -2.5 + np.cumsum(rng.normal(0, 0.1, (n_series, n_periods)), axis=1)
    return run_of(rng.binomial(100_000, expit(paths)), 100_000)


def picks(runs: list[pd.DataFrame], horizon: int = 3) -> Counter[str]:
    return Counter(choose_forecaster(backtest(run, horizon=horizon))[0] for run in runs)


class TestPlantedTruth:
    @pytest.mark.slow
    def test_trends_are_chosen_on_planted_growth(self) -> None:
        runs = [
            make_series(30, 36, papers_per_period=300, doubling_months=18, random_state=seed)
            for seed in range(3)
        ]
        assert picks(runs)["pooled_trend"] == 3
        ratio = backtest(runs[0], horizon=3).set_index("method")["error_ratio"]
        assert ratio["pooled_trend"] < ratio["damped_trend"] < 0.95
        assert ratio["pooled_trend"] < 0.85

    def test_coverage_on_constant_series(self) -> None:
        found = backtest(make_series(60, 36, papers_per_period=200, random_state=2), horizon=3)
        assert found["coverage_50"].between(0.45, 0.55).all()
        assert found["coverage_90"].between(0.86, 0.94).all()

    @pytest.mark.slow
    @pytest.mark.parametrize("autocorrelation", [0, 0.5])
    def test_coverage_of_noisy_series(self, autocorrelation: float) -> None:
        noise = SeriesNoise(3, autocorrelation)
        runs = [
            backtest(make_series(50, 36, papers_per_period=200, noise=noise, random_state=seed), horizon=3)
            for seed in range(10)
        ]
        mean = pd.concat(runs).groupby("method")[["coverage_50", "coverage_90"]].mean()
        # A band around the last value is as wide as that value asks for, by chance too wide or too narrow:
        # its coverage of 50 % was measured at 0.551.
        assert mean["coverage_50"].drop("last_value").between(0.45, 0.55).all()
        assert 0.45 <= mean.loc["last_value", "coverage_50"] <= 0.60
        assert mean["coverage_90"].between(0.86, 0.94).all()

    @pytest.mark.slow
    def test_a_level_on_constant_series(self) -> None:
        chosen = picks([make_series(30, 36, random_state=seed) for seed in range(3)])
        assert chosen["trailing_mean"] + chosen["pooled_level"] == 3


class TestNothingByLuck:
    def test_the_last_value_stays_on_random_walks(self) -> None:
        assert picks([random_walks(seed, 10) for seed in range(3)])[NAIVE] == 3

    @pytest.mark.slow
    @pytest.mark.parametrize("n_series", [3, 20])
    def test_rate_on_random_walks(self, n_series: int) -> None:
        chosen = picks([random_walks(seed, n_series) for seed in range(60)])
        # Two standard errors of 60 repeats around 0.05.
        assert 60 - chosen[NAIVE] <= 60 * (0.05 + 2 * np.sqrt(0.05 * 0.95 / 60))

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("noise", "n_series"),
        # Few series err most: they know least of their noise. The hardest noise stands for runs of many.
        [(None, 3), (SeriesNoise(3), 3), (SeriesNoise(3, 0.5), 3), (SeriesNoise(3, 0.5), 30)],
    )
    def test_rate_of_trends_on_series_without_one(self, noise: SeriesNoise | None, n_series: int) -> None:
        chosen = picks([make_series(n_series, 36, noise=noise, random_state=seed) for seed in range(40)])
        assert sum(chosen[trend] for trend in TRENDS) <= 40 * (0.05 + 2 * np.sqrt(0.05 * 0.95 / 40))


class TestByHand:
    def test_errors_and_counts(self) -> None:
        # Naive errs by 0.2 each time; the mean of six by 0.1; both series alike, though one is ten times larger.
        series = run_of(np.array([[20, 40] * 8, [200, 400] * 8]), 1000)
        found = backtest(series, horizon=1).set_index("method")
        assert found.loc["trailing_mean", "error_ratio"] == pytest.approx(0.5)
        assert (found["n_forecasts"] == 16).all()  # after months 8 to 15, two series
        assert (found["n_origins"] == 8).all()
        assert (found["n_series"] == 2).all()
        further = backtest(series, horizon=3).set_index("method")
        assert (further["n_forecasts"] == 2 * (8 + 7 + 6)).all()
        # Two months ahead naive is right: it errs in 8 + 6 of 21 by 0.2, the mean in all by 0.1.
        assert further.loc["trailing_mean", "error_ratio"] == pytest.approx(21 * 0.1 / (14 * 0.2))

    def test_p_value_of_one_step(self) -> None:
        rng = np.random.default_rng(4)
        series = run_of(rng.binomial(200, 0.1, (1, 30)), 200)
        shares = series["n_papers"].to_numpy() / 200
        means = np.array([shares[t - 5 : t + 1].mean() for t in range(7, 29)])
        gains = np.abs(shares[8:] - shares[7:-1]) - np.abs(shares[8:] - means)
        # With one step ahead the corrected statistic is the t test of the mean difference.
        expected = stats.ttest_1samp(gains, 0, alternative="greater").pvalue
        found = backtest(series, horizon=1).set_index("method")
        assert found.loc["trailing_mean", "p_over_last_value"] == pytest.approx(expected)
        assert np.isnan(found.loc["last_value", "p_over_last_value"])

    @pytest.mark.slow
    def test_a_backtest_is_the_track_record_of_its_forecasts(self) -> None:
        series = make_series(4, 20, random_state=6)
        starts = np.sort(series["period_start"].unique())
        tried = backtest(series, horizon=2).set_index("method")
        for method in FORECASTERS:
            scored = [
                score_forecasts(
                    forecast_shares(series[series["period_start"] <= last], horizon=2, method=method), series
                )
                for last in starts[7:]
            ]
            record = pd.concat([part for part in scored if len(part)])
            found = tried.loc[method]
            assert found["n_forecasts"] == len(record)
            assert found["coverage_50"] == pytest.approx(record["inside_50"].mean())
            assert found["coverage_90"] == pytest.approx(record["inside_90"].mean())

    def test_the_newest_origins_only(self) -> None:
        found = backtest(make_series(2, 30, random_state=7), horizon=2, max_origins=5)
        assert (found["n_origins"] == 5).all()
        assert (found["n_forecasts"] == 2 * (5 + 4)).all()

    def test_holes_are_not_scored(self) -> None:
        series = make_series(1, 20, random_state=8)
        series.loc[15, "is_complete"] = False
        found = backtest(series, horizon=1)
        # Nothing comes due for the forecast after month 15; the one after the hole knows 15 complete months.
        assert (found["n_forecasts"] == 11).all()


class TestChoice:
    def table(self, **p_values: float) -> pd.DataFrame:
        """A backtest in which only the named pairs, as in `mean_over_last`, have a small p value."""
        names = {"last": "last_value", "mean": "trailing_mean", "level": "pooled_level",
                 "own": "damped_trend", "pool": "pooled_trend"}  # fmt: skip
        methods = list(names.values())
        table = pd.DataFrame({"method": methods, "error_ratio": [1, 0.9, 0.8, 0.7, 0.6]}).assign(
            n_forecasts=100, n_origins=20, **dict.fromkeys([f"p_over_{name}" for name in methods[:-1]], 0.5)
        )
        for pair, value in p_values.items():
            own, other = pair.split("_over_")
            table.loc[table["method"] == names[own], f"p_over_{names[other]}"] = value
        return table

    @pytest.mark.parametrize(
        ("pairs", "chosen"),
        [
            ([], "last_value"),
            (["mean_over_last"], "trailing_mean"),
            (["mean_over_last", "level_over_last"], "trailing_mean"),
            (["mean_over_last", "level_over_mean"], "pooled_level"),
            (["own_over_last"], "last_value"),  # a trend must beat the smoothed level too
            (["own_over_last", "own_over_level"], "damped_trend"),
            (["own_over_last", "own_over_level", "pool_over_last", "pool_over_level"], "damped_trend"),
            (["own_over_last", "own_over_level", "pool_over_own", "pool_over_level"], "pooled_trend"),
        ],
    )
    def test_from_simple_to_less_simple(self, pairs: list[str], chosen: str) -> None:
        name, reason = choose_forecaster(self.table(**dict.fromkeys(pairs, 0.001)))
        assert name == chosen
        assert "100 past forecasts from 20 dates" in reason

    def test_corrected_for_the_number_of_candidates(self) -> None:
        assert choose_forecaster(self.table(mean_over_last=0.013))[0] == NAIVE
        assert choose_forecaster(self.table(mean_over_last=0.012))[0] == "trailing_mean"

    def test_a_sure_gain_too_small_to_matter(self) -> None:
        table = self.table(mean_over_last=0.0001)
        table.loc[1, "error_ratio"] = 0.985
        assert choose_forecaster(table)[0] == NAIVE

    def test_reasons(self) -> None:
        assert choose_forecaster(self.table())[1] == (
            "same as the last period: no other was significantly better over 100 past forecasts from 20 dates; "
            "the lowest error, that of a damped trend learned from all series, was 0.60 times as large"
        )
        assert (
            "its error was 0.90 times that of same as the last period"
            in (choose_forecaster(self.table(mean_over_last=0.001))[1])
        )

    @pytest.mark.parametrize("n_periods", [1, 7, 8, 9, 12])
    def test_too_short(self, n_periods: int) -> None:
        found = backtest(make_series(3, n_periods, random_state=9), horizon=2)
        assert list(found.columns) == list(TABLE_COLUMNS["backtests"])
        name, reason = choose_forecaster(found)
        assert name == NAIVE
        assert "history is too short to compare forecasters" in reason

    def test_no_series_at_all(self) -> None:
        found = backtest(make_series(1, 1)[:0], horizon=1)
        assert (found["n_forecasts"] == 0).all()
        assert found["error_ratio"].isna().all()
        assert choose_forecaster(found)[0] == NAIVE

    def test_series_without_papers(self) -> None:
        found = backtest(run_of(np.zeros((2, 20), dtype=np.int64), 50), horizon=1)
        assert found["error_ratio"].iloc[:2].tolist() == [1, 1]
        assert choose_forecaster(found)[0] == NAIVE


class TestLawsAndMistakes:
    def test_row_order_is_irrelevant_and_input_stays(self) -> None:
        series = make_series(5, 24, random_state=10)
        copy = series.copy()
        found = backtest(series, horizon=2)
        pd.testing.assert_frame_equal(backtest(series.sample(frac=1, random_state=1), horizon=2), found)
        pd.testing.assert_frame_equal(series, copy)

    def test_settings(self) -> None:
        with pytest.raises(InputError, match="horizon is 0"):
            backtest(make_series(1, 9), horizon=0)
        with pytest.raises(InputError, match="max_origins is 0"):
            backtest(make_series(1, 9), horizon=1, max_origins=0)

    def test_no_backtest(self) -> None:
        with pytest.raises(InputError, match="lacks method, error_ratio"):
            choose_forecaster(pd.DataFrame({"a": [1]}))
        with pytest.raises(InputError, match="lacks last_value"):
            choose_forecaster(
                pd.DataFrame({"method": ["x"], "error_ratio": 1, "n_origins": 9, "n_forecasts": 9})
            )
