"""Verdicts on trends: planted ones are found, null series stay silent, the estimates are the textbook's."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import optimize, stats
from scipy.special import expit
from statsmodels.stats.multitest import multipletests

from analytics.exceptions import InputError
from analytics.synthetic import SUBJECTS, SeriesNoise, make_corpus, make_series
from analytics.tables import TABLE_COLUMNS, empty_table
from analytics.trends.logit_lines import fit_lines
from analytics.trends.shares import corpus_trends
from analytics.trends.verdicts import MIN_PAPERS, MIN_PERIODS, WINDOWS, trend_verdicts

ESTIMATES = ["growth_per_year", "growth_low", "growth_high", "p_value", "q_value"]


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


def window_of(window: str, series: pd.DataFrame, *, q: float = 0.05) -> pd.DataFrame:
    found = trend_verdicts(series, q=q)
    assert found["window"].isin(WINDOWS).all()
    return found[found["window"] == window].drop(columns="window").reset_index(drop=True)


def long_run(series: pd.DataFrame, *, q: float = 0.05) -> pd.DataFrame:
    return window_of("long", series, q=q)


def recent(series: pd.DataFrame, *, q: float = 0.05) -> pd.DataFrame:
    return window_of("recent", series, q=q)


def years_of(series: pd.DataFrame) -> NDArray[np.float64]:
    days = (series["period_start"] - series["period_start"].iloc[0]).dt.days
    return np.asarray(days, dtype=float) / 365.2425


def verdict_of(series: pd.DataFrame) -> pd.Series:
    found = long_run(series)
    assert len(found) == 1
    return found.iloc[0]


class TestPlantedTruth:
    def test_a_doubling_share_is_found_and_its_pace_covered(self) -> None:
        planted = make_series(40, 36, papers_per_period=300, doubling_months=24, random_state=1)
        found = long_run(planted)
        assert (found["verdict"] == "rising").mean() >= 0.95
        odds_a_year = ((0.1 / 0.9) / (0.05 / 0.95)) ** (12 / 24)
        covered = (found["growth_low"] <= odds_a_year) & (odds_a_year <= found["growth_high"])
        assert 0.88 <= covered.mean() <= 1
        assert found["growth_per_year"].median() == pytest.approx(odds_a_year, rel=0.03)

    def test_a_falling_share_is_found_with_its_sign(self) -> None:
        planted = make_series(40, 36, papers_per_period=300, share=0.15, doubling_months=-24, random_state=2)
        found = long_run(planted)
        assert (found["verdict"] == "falling").mean() >= 0.95
        assert (found["growth_high"] < 1).mean() >= 0.95

    def test_planted_trends_among_null_series(self) -> None:
        rising = make_series(10, 36, papers_per_period=300, doubling_months=24, random_state=3)
        null = make_series(90, 36, papers_per_period=300, random_state=4).assign(kind="null")
        found = long_run(pd.concat([rising, null]))
        claimed = found["verdict"].isin(["rising", "falling"])
        assert (found.loc[found["kind"] == "topic", "verdict"] == "rising").all()
        assert claimed[found["kind"] == "null"].sum() <= 2

    def test_a_planted_theme_of_a_corpus(self) -> None:
        corpus = make_corpus(4000, rising="introspection", doubling_months=12, random_state=12)
        membership = corpus.truth.rename(columns={"subject": "series_id"}).assign(kind="theme")
        found = corpus_trends(
            corpus.papers,
            membership,
            pd.DataFrame({"kind": "theme", "series_id": SUBJECTS}),
            looks=pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in NO_LOOKS.items()}),
            as_of=date(2024, 12, 31),
        )
        verdicts = long_run(found.trends).set_index("series_id")
        assert verdicts.loc["introspection", "verdict"] == "rising"
        assert (verdicts["verdict"] == "rising").sum() == 1


NO_LOOKS = {"name": "str", "location": "str", "start": "datetime64[us]", "end": "datetime64[us]",
            "n_records": "int64", "is_whole": "bool"}  # fmt: skip


def false_discovery_rate(noise: SeriesNoise | None, repeats: int, **settings_: int) -> float:
    """Part of runs over null series with any claim: with no true trend that is the false discovery rate."""
    runs = [make_series(**settings_, noise=noise, random_state=seed) for seed in range(repeats)]
    claims = [long_run(run)["verdict"].isin(["rising", "falling"]).any() for run in runs]
    return float(np.mean(claims))


class TestNullSeriesStaySilent:
    @pytest.mark.parametrize("noise", [None, SeriesNoise(dispersion=3)])
    def test_constant_and_overdispersed(self, noise: SeriesNoise | None) -> None:
        rate = false_discovery_rate(noise, 40, n_series=50, n_periods=36, papers_per_period=100)
        assert rate <= 0.05

    def test_shuffled_dates(self) -> None:
        # Papers of a strong trend whose dates are dealt out anew: within fixed totals no trend is left.
        rng = np.random.default_rng(5)
        claims = []
        for _ in range(40):
            months = np.sort(rng.integers(0, 30, 1500))
            rising = rng.random((30, 1500)) < 0.02 + 0.01 * months
            counts = (rng.permuted(rising, axis=1).astype(float) @ np.eye(30)[months]).astype(int)
            totals = np.bincount(months, minlength=30).tolist()
            run = pd.concat([monthly(row, totals, f"s{i}") for i, row in enumerate(counts)])
            claims.append(long_run(run)["verdict"].isin(["rising", "falling"]).any())
        assert np.mean(claims) <= 0.05

    def test_noise_that_carries_over(self) -> None:
        noise = SeriesNoise(dispersion=3, autocorrelation=0.5)
        assert false_discovery_rate(noise, 40, n_series=50, n_periods=36, papers_per_period=100) <= 0.10

    @pytest.mark.slow
    @pytest.mark.parametrize("noise", [None, SeriesNoise(dispersion=3)])
    # The ends of the grid; `make bench-trends` measures all of it.
    @pytest.mark.parametrize(("n_periods", "papers_per_period"), [(24, 50), (120, 200)])
    def test_false_discovery_rate(
        self, noise: SeriesNoise | None, n_periods: int, papers_per_period: int
    ) -> None:
        rate = false_discovery_rate(
            noise, 200, n_series=100, n_periods=n_periods, papers_per_period=papers_per_period
        )
        # Two standard errors of 200 repeats around 0.05.
        assert rate <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)

    def test_dispersion_is_what_keeps_them_silent(self) -> None:
        # The same series read as binomial: p values against 3 times the variance are far too small.
        noisy = make_series(200, 36, noise=SeriesNoise(dispersion=3), random_state=6)
        found = long_run(noisy)
        assert (found["p_value"] < 0.05).mean() < 0.09
        width = np.log(found["growth_high"] / found["growth_low"]).median()
        plain = long_run(make_series(200, 36, random_state=6))
        narrow = np.log(plain["growth_high"] / plain["growth_low"]).median()
        assert width / narrow == pytest.approx(np.sqrt(3), rel=0.15)


class TestAgreement:
    @pytest.mark.parametrize("seed", range(8))
    def test_statsmodels(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        totals = rng.integers(0, 400, 30).tolist()
        slope = rng.normal(0, 0.8)
        share = expit(-2.5 + slope * np.linspace(-1, 1, 30) + rng.normal(0, rng.choice([0, 0.4]), 30))
        series = monthly(rng.binomial(totals, share), totals)
        found = verdict_of(series)
        used = series[series["n_total"] > 0]
        # var_weights, because with two columns of counts statsmodels leaves the totals out of X2.
        fit = sm.GLM(
            used["n_papers"] / used["n_total"],
            sm.add_constant(years_of(series)[(series["n_total"] > 0).to_numpy()]),
            family=sm.families.Binomial(),
            var_weights=used["n_total"],
        ).fit(scale="X2", tol=1e-12)
        assert np.log(found["growth_per_year"]) == pytest.approx(fit.params.iloc[1], rel=1e-6)
        used_counts, used_totals = (used[[c]].to_numpy(dtype=float).T for c in ("n_papers", "n_total"))
        x = years_of(series)[(series["n_total"] > 0).to_numpy()]
        lines = fit_lines(used_counts, used_totals, x)
        np.testing.assert_allclose(lines.line[:, 0], fit.params, rtol=1e-6)
        np.testing.assert_allclose(1 / lines.information, fit.bse.iloc[1] ** 2 / fit.scale, rtol=1e-6)
        np.testing.assert_allclose((lines.residual**2).sum(), fit.pearson_chi2, rtol=1e-6)
        flat = sm.GLM(
            fit.model.endog, np.ones(len(used)), family=sm.families.Binomial(), var_weights=used["n_total"]
        )
        np.testing.assert_allclose(lines.root**2, flat.fit().deviance - fit.deviance, rtol=1e-6)
        # One series: the interval's width is that of the profile likelihood at the noise of this series.
        assert found["growth_low"] < np.exp(fit.params.iloc[1]) < found["growth_high"]
        assert found["n_papers"] == used["n_papers"].sum()
        assert found["n_periods"] == len(used)

    def test_benjamini_hochberg(self) -> None:
        series = pd.concat(
            [
                make_series(30, 24, random_state=7),
                make_series(5, 24, doubling_months=12, random_state=8).assign(kind="b"),
            ]
        )
        found = long_run(series, q=0.1)
        reject, q_value, _, _ = multipletests(found["p_value"], alpha=0.1, method="fdr_bh")
        np.testing.assert_allclose(found["q_value"], q_value, rtol=1e-12)
        assert (found["verdict"] != "steady").tolist() == reject.tolist()

    def test_firth_where_no_slope_is_finite(self) -> None:
        # All papers stand in the last month: the likelihood grows for ever with the slope.
        series = monthly([0] * 11 + [30])
        found = verdict_of(series)
        years = years_of(series)
        x = years - years.mean()
        y, n = series["n_papers"].to_numpy(), series["n_total"].to_numpy()

        def penalized(line: NDArray[np.float64]) -> float:
            share = expit(line[0] + line[1] * x)
            weight = n * share * (1 - share)
            design = np.stack([np.ones_like(x), x])
            information = (design * weight) @ design.T
            return float(-stats.binom.logpmf(y, n, share).sum() - 0.5 * np.linalg.slogdet(information)[1])

        best = optimize.minimize(
            penalized,
            [-3, 5],
            method="Nelder-Mead",
            options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 5000},
        )
        assert np.log(found["growth_per_year"]) == pytest.approx(best.x[1], rel=1e-5)
        assert found["verdict"] == "rising"
        assert np.isfinite(found[ESTIMATES].astype(float)).all()


class TestByHand:
    def test_odds_that_double_each_year(self) -> None:
        series = monthly([10, 18, 30, 45, 60, 72], 90).assign(
            period_start=pd.date_range("2019-01-01", periods=6, freq="YS")
        )
        found = verdict_of(series)
        assert found["verdict"] == "rising"
        assert found["growth_per_year"] == pytest.approx(2, rel=1e-3)  # years differ by a day

    def test_a_constant_share(self) -> None:
        found = verdict_of(monthly([10] * 24))
        assert found["verdict"] == "steady"
        assert found["growth_per_year"] == pytest.approx(1)
        assert found["p_value"] == pytest.approx(1)
        # Binomial error of a slope: 1 / sqrt(sum of n p (1 - p) (x - mean)^2). In a run of many binomial
        # series nothing is added to it, but for the profile's bend. Alone it is wider.
        years = years_of(monthly([10] * 24))
        error = 1 / np.sqrt(100 * 0.1 * 0.9 * ((years - years.mean()) ** 2).sum())
        company = make_series(100, 24, share=0.1, random_state=14)
        company["period_start"] += pd.Timestamp(2020, 1, 1) - pd.Timestamp(2000, 1, 1)
        run = pd.concat([monthly([10] * 24), company[company["period_start"] < "2021-12-02"]])
        assert np.log(long_run(run)["growth_high"][0]) == pytest.approx(1.96 * error, rel=0.03)
        assert stats.norm.ppf(0.975) * error < np.log(found["growth_high"]) < 1.5 * 1.96 * error

    def test_a_rise_and_fall_that_cancel_have_no_slope(self) -> None:
        counts = [5, 10, 15, 20, 25, 30, 30, 25, 20, 15, 10, 5]
        assert verdict_of(monthly(counts))["verdict"] == "steady"


class TestEvidence:
    @pytest.mark.parametrize(
        ("counts", "totals", "verdict"),
        [
            ([5] * (MIN_PERIODS - 1), 100, "insufficient"),
            ([5] * MIN_PERIODS, 100, "steady"),
            ([MIN_PAPERS - 1, 0, 0, 0, 0, 0], 100, "insufficient"),
            ([100] * 12, 100, "insufficient"),  # never outside
            ([100] * 11 + [100 - MIN_PAPERS], 100, "falling"),
            ([0] * 12, 100, "insufficient"),
            ([0] * 12, 0, "insufficient"),
            ([40], 100, "insufficient"),
            ([9, 9, 9, 9, 0], [90, 90, 90, 90, 0], "insufficient"),  # the fifth period holds no paper
        ],
    )
    def test_too_little(self, counts: list[int], totals: int | list[int], verdict: str) -> None:
        found = verdict_of(monthly(counts, totals))
        assert found["verdict"] == verdict
        assert found[ESTIMATES].isna().all() == (verdict == "insufficient")
        assert found["n_papers"] == sum(counts)

    def test_incomplete_periods_take_no_part(self) -> None:
        series = monthly([10, 12, 9, 11, 10, 12, 60])
        cut = series.assign(is_complete=[True] * 6 + [False])
        pd.testing.assert_series_equal(verdict_of(cut), verdict_of(series[:6]))
        assert verdict_of(cut)["n_papers"] == 64

    def test_periods_without_papers_tell_nothing(self) -> None:
        series = monthly([10, 12, 0, 11, 10, 15, 14], [100, 100, 0, 100, 100, 100, 100])
        pd.testing.assert_series_equal(verdict_of(series), verdict_of(series[series["n_total"] > 0]))

    def test_insufficient_series_take_no_part_in_the_correction(self) -> None:
        series = make_series(5, 24, random_state=9)
        faint = pd.concat([monthly([1] * 6, name=f"f{i}") for i in range(50)])
        together = long_run(pd.concat([faint, series]))
        pd.testing.assert_frame_equal(together[50:].reset_index(drop=True), long_run(series))
        assert (together["verdict"][:50] == "insufficient").all()

    def test_no_series(self) -> None:
        pd.testing.assert_frame_equal(trend_verdicts(empty_table("trends")), empty_table("verdicts"))

    def test_the_table_is_the_contracts(self) -> None:
        assert list(trend_verdicts(monthly([9] * 9)).columns) == list(TABLE_COLUMNS["verdicts"])


class TestRecent:
    def jump(self, months: int, quarter: list[int], tail: int = 0, base: int = 10) -> pd.DataFrame:
        """Constant counts from January 2020, then three months of others, then `tail` months as before."""
        return monthly([base] * months + quarter + [base] * tail)

    def among(self, series: pd.DataFrame) -> pd.Series:
        """The recent verdict on a series in a run of 40 more without a trend."""
        company = make_series(40, series["period_start"].nunique(), share=0.1, random_state=15).assign(
            kind="null"
        )
        company["period_start"] += pd.Timestamp(2020, 1, 1) - pd.Timestamp(2000, 1, 1)
        company["period_start"] = company["period_start"].dt.to_period("M").dt.to_timestamp()
        return recent(pd.concat([series, company], ignore_index=True)).iloc[0]

    def test_a_jump_in_the_newest_quarter(self) -> None:
        found = self.among(self.jump(21, [30, 31, 29]))
        assert found["verdict"] == "rising"
        assert (found["n_papers"], found["n_periods"]) == (300, 24)
        # Odds of 3/7 against 1/9, over the 12 months between November 2020 and November 2021.
        assert found["growth_per_year"] == pytest.approx((3 / 7) / (1 / 9), rel=0.01)

    def test_a_drop(self) -> None:
        assert self.among(self.jump(21, [1, 0, 0]))["verdict"] == "falling"

    def test_a_jump_of_earlier_quarters_is_not_recent(self) -> None:
        assert self.among(self.jump(12, [30, 30, 30], tail=9))["verdict"] == "steady"

    def test_a_quarter_begun_takes_no_part(self) -> None:
        cut = self.jump(21, [30, 31, 29])
        begun = pd.concat([cut, monthly([90]).assign(period_start=pd.Timestamp(2022, 1, 1))])
        assert recent(begun)["growth_per_year"].tolist() == pytest.approx(recent(cut)["growth_per_year"])
        assert recent(begun)["n_papers"].tolist() == [300]

    def test_incomplete_months_make_no_quarter(self) -> None:
        series = self.jump(21, [30, 31, 29])
        series.loc[23, "is_complete"] = False
        found = recent(series).iloc[0]  # the newest whole quarter is then July to September 2021
        assert found["verdict"] == "steady"
        assert found["n_papers"] == 210

    @pytest.mark.parametrize(
        ("freq", "number", "n_periods"), [("W-MON", 60, 52), ("QS", 9, 9), ("YS", 9, 9), ("MS", 26, 24)]
    )
    def test_periods_of_any_length(self, freq: str, number: int, n_periods: int) -> None:
        # Weeks from Monday 6 January 2020 to 22 February 2021: 52 of them have their middle in 2020.
        starts = pd.date_range("2020-01-01", periods=number, freq=freq)
        series = monthly([10] * number).assign(period_start=starts)
        found = recent(series).iloc[0]
        assert found["n_periods"] == n_periods
        assert found["verdict"] == "steady"

    def test_too_little_before_the_quarter(self) -> None:
        found = recent(monthly([10] * 6, 100)).iloc[0]
        assert found["verdict"] == "insufficient"
        assert found["n_periods"] == 6
        assert found[ESTIMATES].isna().all()

    def test_a_steady_trend_grows_alike_in_both_windows(self) -> None:
        planted = make_series(30, 36, papers_per_period=1000, share=0.1, doubling_months=24, random_state=16)
        both = [np.log(window_of(window, planted)["growth_per_year"]).median() for window in WINDOWS]
        assert both[0] == pytest.approx(both[1], rel=0.1)

    def test_null_series_stay_silent(self) -> None:
        claims = []
        for seed in range(40):
            run = make_series(50, 36, noise=SeriesNoise(3, 0.5), random_state=seed)
            claims.append(recent(run)["verdict"].isin(["rising", "falling"]).any())
        assert np.mean(claims) <= 0.10


class TestMistakes:
    def test_missing_column(self) -> None:
        with pytest.raises(InputError, match="lack n_total, is_complete"):
            long_run(monthly([1]).drop(columns=["n_total", "is_complete"]))

    @pytest.mark.parametrize("count", [-1, 101])
    def test_impossible_count(self, count: int) -> None:
        with pytest.raises(InputError, match=r"'a' has n_papers outside .*2020-02-01"):
            long_run(monthly([1, count, 1]))

    def test_period_twice(self) -> None:
        with pytest.raises(InputError, match="a period twice"):
            long_run(pd.concat([monthly([1]), monthly([2])]))

    @pytest.mark.parametrize("q", [0, 1, -0.1, 5])
    def test_q(self, q: float) -> None:
        with pytest.raises(InputError, match="between 0 and 1"):
            long_run(monthly([1]), q=q)


@st.composite
def runs(draw: st.DrawFn) -> pd.DataFrame:
    """Few series of any counts whatever, separated and empty ones among them."""
    n_periods = draw(st.integers(1, 14))
    totals = draw(st.lists(st.sampled_from([0, 1, 40, 1000]), min_size=n_periods, max_size=n_periods))
    series = []
    for number in range(draw(st.integers(1, 4))):
        parts = draw(
            st.lists(st.sampled_from([0, 0, 0.02, 0.5, 1, 1]), min_size=n_periods, max_size=n_periods)
        )
        counts = [int(part * total) for part, total in zip(parts, totals, strict=True)]
        series.append(monthly(counts, totals, f"s{number}"))
    return pd.concat(series, ignore_index=True)


class TestLaws:
    @settings(max_examples=150)
    @given(runs(), st.sampled_from([0.01, 0.05, 0.2]))
    def test_any_counts(self, series: pd.DataFrame, q: float) -> None:
        found = long_run(series, q=q)
        tested = found[found["verdict"] != "insufficient"]
        assert found.loc[found["verdict"] == "insufficient", ESTIMATES].isna().all(axis=None)
        assert np.isfinite(tested[ESTIMATES]).all(axis=None)
        assert (tested["growth_low"] <= tested["growth_per_year"]).all()
        assert (tested["growth_per_year"] <= tested["growth_high"]).all()
        assert ((tested["p_value"] <= tested["q_value"]) & (tested["q_value"] <= 1)).all()
        claimed = tested["verdict"] != "steady"
        assert (claimed == (tested["q_value"] <= q)).all()
        assert ((tested["growth_per_year"] > 1) == (tested["verdict"] == "rising"))[claimed].all()
        # The interval and the p value are one test.
        excludes_one = (tested["growth_low"] > 1) | (tested["growth_high"] < 1)
        clear = (tested["p_value"] - 0.05).abs() > 1e-9
        assert (excludes_one == (tested["p_value"] < 0.05))[clear].all()

    @settings(max_examples=60)
    @given(runs())
    def test_papers_outside_grow_by_the_inverse(self, series: pd.DataFrame) -> None:
        found = long_run(series)
        outside = long_run(series.assign(n_papers=series["n_total"] - series["n_papers"]))
        both = (found["verdict"] != "insufficient") & (outside["verdict"] != "insufficient")
        logs = np.log(found.loc[both, "growth_per_year"]), np.log(outside.loc[both, "growth_per_year"])
        np.testing.assert_allclose(logs[0], -logs[1], rtol=1e-6, atol=1e-7)

    def test_row_order_is_irrelevant_and_input_stays(self) -> None:
        series = make_series(6, 24, random_state=10)
        copy = series.copy()
        shuffled = long_run(series.sample(frac=1, random_state=0))
        found = long_run(series)
        pd.testing.assert_frame_equal(shuffled.sort_values("series_id", ignore_index=True), found, rtol=1e-9)
        pd.testing.assert_frame_equal(series, copy)

    def test_series_see_of_each_other_but_the_noise(self) -> None:
        series = make_series(6, 24, random_state=11)
        alone = pd.concat([long_run(part) for _, part in series.groupby("series_id")], ignore_index=True)
        together = long_run(series)
        columns = ["series_id", "growth_per_year", "n_papers", "n_periods"]
        pd.testing.assert_frame_equal(together[columns], alone[columns], rtol=1e-9)
        # Six calm series vouch for each other: none is less sure than by itself.
        width = [np.log(found["growth_high"] / found["growth_low"]) for found in (together, alone)]
        assert (width[0] < width[1]).mean() >= 0.5

    def test_noisy_company_makes_a_series_less_sure(self) -> None:
        one = make_series(1, 24, random_state=12).assign(kind="one")
        calm, noisy = (
            make_series(60, 24, noise=noise, random_state=13) for noise in (None, SeriesNoise(4, 0.5))
        )
        width = []
        for company in (calm, noisy):
            found = long_run(pd.concat([one, company])).iloc[0]
            width.append(np.log(found["growth_high"] / found["growth_low"]))
        assert width[1] > 1.3 * width[0]
