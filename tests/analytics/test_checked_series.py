"""Series that labels correct: the error of the correction is in every claim about them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from analytics.exceptions import InputError
from analytics.forecasts.share_forecasts import forecast_shares, score_forecasts
from analytics.forecasts.track_record import score_claims
from analytics.labels.checked_series import CheckedSeries, correction_variances, with_checked
from analytics.synthetic.series import SeriesNoise, make_checked_series, make_series
from analytics.trends.change_points import change_points
from analytics.trends.emerging import emerging_topics
from analytics.trends.jumps import find_jumps
from analytics.trends.null_series import run_noise
from analytics.trends.series_grids import series_grids
from analytics.trends.unassigned import mark_fragile, spread_unassigned
from analytics.trends.verdicts import trend_verdicts

ESTIMATES = ["growth_per_year", "growth_low", "growth_high", "p_value", "q_value"]


def found_series(
    counts: list[float] | NDArray[np.float64], *, name: str = "agents", total: int = 200
) -> pd.DataFrame:
    """One theme of months from January 2020, not checked yet."""
    starts = pd.date_range("2020-01-01", periods=len(counts), freq="MS")
    return pd.DataFrame(
        {
            "kind": "theme", "series_id": name, "period_start": starts,
            "period_end": starts + pd.DateOffset(months=1), "n_papers": counts, "n_total": total,
            "is_complete": True, "checked_share": np.nan, "checked_low": np.nan, "checked_high": np.nan,
        }
    )  # fmt: skip


def correction(
    trends: pd.DataFrame, share: list[float] | NDArray[np.float64], level: float = 0.0, slope: float = 0.0
) -> CheckedSeries:
    """Shares of one theme; standard errors of the level and of the difference of both ends."""
    share = np.asarray(share, dtype=float)
    x = np.linspace(-0.5, 0.5, len(share))
    covariance = level**2 + slope**2 * np.outer(x, x)
    starts = trends["period_start"].to_numpy()[: len(share)]
    return CheckedSeries(trends["series_id"].iloc[0], starts, share, share, share, covariance, 40.0)


def checked_run(
    counts: list[float] | NDArray[np.float64],
    share: list[float] | NDArray[np.float64],
    level: float = 0.0,
    slope: float = 0.0,
) -> tuple[pd.DataFrame, dict[str, CheckedSeries]]:
    """Trends with one checked theme, and its correction."""
    trends = found_series(counts)
    checked = {"agents": correction(trends, share, level, slope)}
    return with_checked(trends, checked), checked


def claims_of(verdicts: pd.DataFrame, kind: str = "theme", window: str = "long") -> pd.DataFrame:
    return verdicts[(verdicts["kind"] == kind) & (verdicts["window"] == window)]


RNG = np.random.default_rng(3)
FOUND = RNG.binomial(200, 0.1, 36)
TRUE = FOUND + RNG.binomial(200 - FOUND, 0.2)


class TestTheSeries:
    def test_shares_are_filled_in_by_period_whatever_the_order_of_rows(self) -> None:
        trends = found_series(FOUND)
        one = correction(trends, TRUE / 200)
        shuffled = trends.sample(frac=1, random_state=1)
        filled = with_checked(shuffled, {"agents": one}).sort_index()
        assert filled["checked_share"].tolist() == (TRUE / 200).tolist()
        assert shuffled["checked_share"].isna().all()  # what was given is not changed

    def test_a_theme_that_is_gone_changes_nothing(self) -> None:
        trends = found_series(FOUND, name="robots")
        one = correction(found_series(FOUND), TRUE / 200)
        pd.testing.assert_frame_equal(with_checked(trends, {"agents": one}), trends)

    def test_a_period_with_papers_needs_a_share(self) -> None:
        trends = found_series(FOUND)
        one = correction(trends, [np.nan, *TRUE[1:] / 200])
        with pytest.raises(InputError, match=r"no share for the period of 2020-01-01.*estimate it for all"):
            with_checked(trends, {"agents": one})
        short = correction(trends, TRUE[:30] / 200)
        with pytest.raises(InputError, match="no share for the period of 2022-07-01"):
            with_checked(trends, {"agents": short})
        empty = trends.assign(n_total=trends["n_total"].where(trends.index > 0, 0), n_papers=0)
        assert np.isnan(with_checked(empty, {"agents": one})["checked_share"][0])

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"share": np.full(3, 1.5)}, r"share outside 0\.\.1"),
            ({"low": np.full(2, 0.1)}, r"has 3 periods, but .* \(2,\)"),
            ({"covariance": np.zeros((3, 2))}, "square covariance"),
            ({"covariance": np.full((3, 3), np.nan)}, "not finite"),
            ({"freedom": 0.0}, "0.0 degrees of freedom; they must be above 0"),
        ],
    )
    def test_what_cannot_be_is_refused(self, changed: dict[str, object], said: str) -> None:
        one = correction(found_series([5, 5, 5]), [0.1, 0.1, 0.1])
        with pytest.raises(InputError, match=said):
            replace(one, **changed)

    def test_a_correction_that_is_missing_is_asked_for(self) -> None:
        trends, checked = checked_run(FOUND, TRUE / 200)
        with pytest.raises(InputError, match="'agents' has checked shares, but its correction is not given"):
            trend_verdicts(trends)
        one = checked["agents"]
        late = replace(one, period_start=one.period_start + np.timedelta64(1, "D"))
        with pytest.raises(InputError, match="lacks the period of 2020-01-01"):
            trend_verdicts(trends, corrections={"agents": late})

    def test_variance_of_a_weighted_sum(self) -> None:
        # Errors a + b x at x = -1/2, 0, 1/2: the difference of the ends is b, the mean is a.
        one = correction(found_series([5, 5, 5]), [0.1] * 3, level=0.2, slope=0.3)
        pull = np.array([[-1, 0, 1], [1 / 3] * 3])
        variance, freedom = correction_variances(
            ["agents"] * 2, np.array([True, True]), one.period_start, pull, {"agents": one}
        )
        np.testing.assert_allclose(variance, [0.09, 0.04])
        assert freedom.tolist() == [40, 40]


class TestVerdicts:
    def test_without_error_counts_are_judged_as_counts(self) -> None:
        others = make_series(20, 36, papers_per_period=200, random_state=2)
        others["period_start"] += pd.Timestamp(2020, 1, 1) - pd.Timestamp(2000, 1, 1)
        others = others[others["period_start"] < "2022-12-02"]
        trends, checked = checked_run(FOUND, FOUND / 200)
        one = trend_verdicts(pd.concat([trends, others]), corrections=checked)
        other = trend_verdicts(pd.concat([found_series(FOUND), others]))
        assert one.loc[one["kind"] == "theme", "basis"].tolist() == ["checked"] * 3
        assert set(one.loc[one["kind"] == "topic", "basis"]) == {"found"}
        pd.testing.assert_frame_equal(one.drop(columns="basis"), other.drop(columns="basis"), rtol=1e-9)

    def test_the_interval_is_that_of_slope_and_correction(self) -> None:
        # 2,000 papers a month with a share of 0.3 exactly: the error is the correction's, b over p (1 - p).
        n, slope = 36, 0.04
        trends = found_series([600] * n, total=2000)
        checked = {"agents": replace(correction(trends, [0.3] * n, slope=slope), freedom=np.inf)}
        null = make_series(60, n, papers_per_period=2000, share=0.3, random_state=5)
        null["period_start"] += pd.Timestamp(2020, 1, 1) - pd.Timestamp(2000, 1, 1)
        null["period_start"] = null["period_start"].dt.to_period("M").dt.to_timestamp()
        found = trend_verdicts(pd.concat([with_checked(trends, checked), null]), corrections=checked)
        row = claims_of(found).iloc[0]
        years = (trends["period_start"] - trends["period_start"][0]).dt.days / 365.2425
        binomial = 1 / (2000 * 0.21 * ((years - years.mean()) ** 2).sum())
        error = np.sqrt(binomial + (slope / 0.21 / np.ptp(years)) ** 2)
        assert np.log(row["growth_high"]) == pytest.approx(1.96 * error, rel=0.05)
        assert np.log(row["growth_low"]) == pytest.approx(-1.96 * error, rel=0.05)

    def test_an_error_of_the_level_is_not_a_trend(self) -> None:
        sure, unsure = (
            trend_verdicts(trends, corrections=checked)
            for trends, checked in (checked_run(FOUND, [0.3] * 36, level=level) for level in (0.0, 0.1))
        )
        np.testing.assert_allclose(
            claims_of(unsure)["growth_high"], claims_of(sure)["growth_high"], rtol=1e-6
        )

    def test_the_checked_shares_decide_and_not_the_papers_found(self) -> None:
        falling, rising = np.linspace(40, 10, 36).round(), np.linspace(0.2, 0.5, 36)
        trends, checked = checked_run(falling, rising, level=0.02, slope=0.05)
        found = trend_verdicts(trends, corrections=checked)
        assert found["verdict"].tolist() == ["rising"] * 3
        assert found["n_papers"][0] == round(200 * rising.sum())
        assert trend_verdicts(found_series(falling))["verdict"][0] == "falling"

    def test_papers_too_few_to_be_tested_are_enough_where_labels_find_more(self) -> None:
        few = [1] + [0] * 35
        assert trend_verdicts(found_series(few))["verdict"][0] == "insufficient"
        trends, checked = checked_run(few, [0.05] * 36)
        assert trend_verdicts(trends, corrections=checked)["verdict"][0] == "unclear"

    def test_a_large_error_leaves_nothing_to_claim(self) -> None:
        trends, checked = checked_run(FOUND, np.linspace(0.05, 0.6, 36), level=1.0, slope=2.0)
        found = trend_verdicts(trends, corrections=checked)
        assert found["verdict"].tolist() == ["unclear"] * 3
        assert (found["p_value"] > 0.3).all()

    def test_fewer_labels_make_the_test_more_cautious(self) -> None:
        trends, checked = checked_run(FOUND, np.linspace(0.2, 0.35, 36), slope=0.05)
        few = {"agents": replace(checked["agents"], freedom=4.0)}
        many, scarce = (trend_verdicts(trends, corrections=one)["p_value"][0] for one in (checked, few))
        assert many < scarce < 0.2

    def test_noise_is_that_of_papers_where_shares_are_smoother(self) -> None:
        run, smooth = self.themes_among_topics(0.15)
        noises = [run_noise(series_grids(one), np.arange(20))[1] for one in (run, smooth)]
        np.testing.assert_allclose(noises[0].excess, noises[1].excess)
        np.testing.assert_allclose(noises[0].weight, noises[1].weight)
        np.testing.assert_allclose(noises[0].own, noises[1].own)

    def test_noise_is_that_of_shares_where_few_papers_are_found(self) -> None:
        run, whole = self.themes_among_topics(None)
        few = whole.assign(
            n_papers=np.where(whole["kind"] == "theme", whole["n_papers"] // 9, whole["n_papers"])
        )
        noises = [run_noise(series_grids(one), np.arange(20))[1] for one in (run, few)]
        assert noises[1].own[10:].mean() == pytest.approx(noises[0].own[10:].mean(), rel=0.1)

    def test_topics_are_judged_alike_whether_themes_are_checked_or_not(self) -> None:
        run, smooth = self.themes_among_topics(0.15)
        checked = {
            name: correction(own, own["checked_share"])
            for name, own in smooth[smooth["kind"] == "theme"].groupby("series_id")
        }
        both, alone = trend_verdicts(smooth, corrections=checked), trend_verdicts(run)
        pd.testing.assert_frame_equal(
            claims_of(both, "topic")[ESTIMATES[:-1]], claims_of(alone, "topic")[ESTIMATES[:-1]]
        )

    def themes_among_topics(self, share: float | None) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Ten topics and ten themes that scatter three times as binomial counts, as found and as checked."""
        noise = SeriesNoise(3)
        topics = make_series(10, 36, share=0.15, noise=noise, random_state=4)
        run = pd.concat(
            [topics, make_series(10, 36, share=0.15, noise=noise, random_state=5).assign(kind="theme")]
        )
        known = run["n_papers"] / run["n_total"] if share is None else share
        return run, run.assign(checked_share=np.where(run["kind"] == "theme", known, np.nan))


def simulated(repeats: int, **planted: float | None) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Verdicts on the checked themes of many runs, four in each beside ten topics, and the runs with a claim."""
    tables, claimed = [], []
    for seed in range(repeats):
        run, checked = make_checked_series(4, 36, random_state=seed, **planted)
        others = make_series(10, 36, random_state=1000 + seed)
        found = trend_verdicts(pd.concat([run, others], ignore_index=True), corrections=checked)
        tables.append(found[found["kind"] == "theme"])
        claimed.append(found["verdict"].isin(["rising", "falling"]).groupby(found["window"]).any())
    return pd.concat(tables, ignore_index=True), np.array(claimed)


def at_most(rate: float, n: int) -> float:
    """Two standard errors above a rate that is estimated from `n` trials."""
    return rate + 2 * np.sqrt(rate * (1 - rate) / n)


class TestPlantedTruth:
    def test_a_naive_reading_of_the_same_shares_would_not(self) -> None:
        run, checked = make_checked_series(30, 36, share=0.2, level=0.03, slope=0.08, random_state=1)
        known = {name: replace(one, covariance=0 * one.covariance) for name, one in checked.items()}
        assert (
            claims_of(trend_verdicts(run, corrections=known))["verdict"].isin(["rising", "falling"]).mean()
            > 0.3
        )

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("share", "level", "slope", "freedom"), [(0.3, 0.03, 0.1, 40), (0.1, 0.01, 0.03, 8), (0.3, 0, 0, 100)]
    )
    def test_many_null_series(self, share: float, level: float, slope: float, freedom: float) -> None:
        found, claimed = simulated(250, share=share, level=level, slope=slope, freedom=freedom)
        for _, own in found.groupby("window"):
            assert (own["p_value"] <= 0.05).mean() <= at_most(0.05, len(own))
            covered = (own["growth_low"] <= 1) & (own["growth_high"] >= 1)
            assert covered.mean() >= 1 - at_most(0.05, len(own))
        assert (claimed.mean(axis=0) <= at_most(0.05, 250)).all()

    @pytest.mark.slow
    @pytest.mark.parametrize(("share", "doubling_months"), [(0.2, 24), (0.3, -24)])
    def test_many_planted_trends(self, share: float, doubling_months: float) -> None:
        found, _ = simulated(150, share=share, level=0.02, slope=0.05, doubling_months=doubling_months)
        long = found[found["window"] == "long"]
        growth = (2 * share / (1 - 2 * share) / (share / (1 - share))) ** (12 / doubling_months)
        covered = (long["growth_low"] <= growth) & (growth <= long["growth_high"])
        assert 0.93 <= covered.mean() <= 0.99
        # Each alone; claims stand under one rate with those of late.
        assert (long["p_value"] <= 0.05).mean() >= 0.8
        assert long["verdict"].eq("rising" if doubling_months > 0 else "falling").mean() >= 0.75


class TestWhatFollows:
    def test_jumps_are_looked_for_in_the_checked_shares(self) -> None:
        level = np.array([0.1] * 18 + [0.3] * 18)
        noise = np.tile([0.004, -0.004], 18)
        trends, _ = checked_run([9, 11] * 18, level + noise)
        flat = [found_series([19, 21] * 18, name=f"flat {n}") for n in range(9)]
        _, moved = find_jumps(pd.concat([trends, *flat]), q=0.05)
        assert moved["series_id"].tolist() == ["agents"]
        assert moved["period_start"].tolist() == [pd.Timestamp("2021-07-01")]
        assert moved["share_after"][0] == pytest.approx(0.3, abs=0.01)
        assert change_points(pd.concat([found_series([9, 11] * 18), *flat])).empty

    def test_a_burst_of_the_checked_share(self) -> None:
        share = np.array([0.1] * 15 + [0.35] * 4 + [0.1] * 17) + np.tile([0.004, -0.004], 18)
        trends, _ = checked_run([9, 11] * 18, share)
        flat = [found_series([19, 21] * 18, name=f"flat {n}") for n in range(9)]
        bursts, _ = find_jumps(pd.concat([trends, *flat]), q=0.05)
        assert bursts.loc[0, ["series_id", "period_start"]].tolist() == ["agents", pd.Timestamp("2021-04-01")]

    def test_whole_papers_keep_the_sums(self) -> None:
        trends, _ = checked_run([0] * 36, np.linspace(0.001, 0.004, 36))
        grids = series_grids(trends)
        whole = grids.whole().counts
        assert (whole == whole.round()).all()
        assert np.abs(np.cumsum(whole, axis=1) - np.cumsum(grids.counts, axis=1)).max() <= 0.5
        found = series_grids(found_series(FOUND))
        np.testing.assert_array_equal(found.whole().counts, found.counts)

    def test_forecasts_are_of_the_checked_share_and_their_bands_hold_its_error(self) -> None:
        sure, unsure = (
            forecast_shares(trends, horizon=1, method="last_value", corrections=checked).iloc[0]
            for trends, checked in (checked_run(FOUND, TRUE / 200, level=level) for level in (0.0, 0.1))
        )
        assert sure["share"] == unsure["share"] == TRUE[-1] / 200
        assert (sure["basis"], unsure["basis"]) == ("checked", "checked")
        halves = [(one["high_90"] - one["low_90"]) / 2 / 1.645 for one in (sure, unsure)]
        assert halves[1] == pytest.approx(np.hypot(halves[0], 0.1), rel=0.05)
        assert forecast_shares(found_series(FOUND), horizon=1, method="last_value")["basis"].tolist() == [
            "found"
        ]
        with pytest.raises(InputError, match="its correction is not given"):
            forecast_shares(checked_run(FOUND, TRUE / 200)[0], horizon=1, method="last_value")

    def test_a_forecast_is_scored_on_the_basis_it_was_made_on(self) -> None:
        trends, checked = checked_run(FOUND, TRUE / 200)
        early = [one[:30] for one in (found_series(FOUND), trends)]
        made = pd.concat(
            forecast_shares(one, horizon=1, method="last_value", corrections=checked) for one in early
        )
        scored = score_forecasts(made, trends)
        assert scored["basis"].tolist() == ["found", "checked"]
        assert scored["actual"].tolist() == [FOUND[30] / 200, TRUE[30] / 200]
        assert scored["naive_error"].tolist() == pytest.approx(
            [(FOUND[30] - FOUND[29]) / 200, (TRUE[30] - TRUE[29]) / 200]
        )
        # A theme whose labels are gone: only what was said of the papers found can be scored.
        assert score_forecasts(made, found_series(FOUND))["basis"].tolist() == ["found"]

    def test_claims_are_scored_by_checked_shares(self) -> None:
        trends, _ = checked_run([30] * 12 + [20] * 24, [0.2] * 12 + [0.3] * 24)
        claims = pd.DataFrame(
            {
                "run_id": ["r1"], "kind": "theme", "series_id": "agents", "verdict": "rising",
                "last_start": pd.Timestamp("2020-12-01"),
            }
        )  # fmt: skip
        scored = score_claims(claims, trends).iloc[0]
        assert scored[["share_before", "share_after"]].tolist() == pytest.approx([0.2, 0.3])
        assert scored["came_true"]

    def test_ranking_by_checked_shares(self) -> None:
        up, _ = checked_run([30] * 36, np.linspace(0.1, 0.4, 36))
        down = found_series(np.linspace(60, 20, 36).round(), name="robots")
        ranked = emerging_topics(pd.concat([down, up]))
        assert ranked["series_id"].tolist() == ["agents", "robots"]

    def test_undated_papers_are_spread_over_checked_shares(self) -> None:
        # 10 of 100 found, 30 checked; of 20 undated papers 4 found, so 12 by the labels: 42 of 120.
        trends = found_series([10, 10], total=50).assign(checked_share=[0.3, 0.3])
        loose = pd.DataFrame({"period_start": trends["period_start"], "n_unclustered": 0})
        undated = pd.DataFrame({"kind": "theme", "series_id": ["agents", None], "n_undated": [4, 20]})
        spread = spread_unassigned(trends, loose, undated)
        # Counted 15 + 12 / 2 of 60, scaled back to 50.
        assert spread["checked_share"].tolist() == pytest.approx([(15 + 4 * 1.5 / 2) / 60] * 2)
        assert spread["n_papers"].tolist() == pytest.approx([(10 + 2) * 100 / 120] * 2)

    def test_fragile_verdicts_are_looked_for_in_the_checked_shares(self) -> None:
        trends, checked = checked_run([20] * 36, np.linspace(0.2, 0.34, 36), slope=0.02)
        verdicts = trend_verdicts(trends, corrections=checked)
        loose = pd.DataFrame({"period_start": trends["period_start"], "n_unclustered": 0})
        undated = pd.DataFrame({"kind": "theme", "series_id": ["agents", None], "n_undated": [0, 10]})
        marked = mark_fragile(verdicts, trends, loose, undated, corrections=checked)
        assert marked["is_fragile"].tolist() == [False] * 3
        assert verdicts["verdict"][0] == "rising"
        # So many undated papers leave no trend that the correction's error does not cover.
        many = undated.assign(n_undated=[3000, 30_000])
        assert mark_fragile(verdicts, trends, loose, many, corrections=checked)["is_fragile"][0]
