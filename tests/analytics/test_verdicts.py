"""Verdicts on trends: planted ones are found, null series stay silent, the estimates are the textbook's."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import optimize, stats
from scipy.special import expit, logit
from statsmodels.stats.multitest import multipletests

from analytics.exceptions import InputError
from analytics.synthetic.corpus import SUBJECTS, make_corpus
from analytics.synthetic.series import SeriesNoise, make_series
from analytics.tables import TABLE_COLUMNS, empty_table
from analytics.trends.changes_of_share import Changes
from analytics.trends.logit_lines import fit_lines
from analytics.trends.shares import corpus_trends
from analytics.trends.verdicts import MIN_PAPERS, MIN_PERIODS, WINDOWS, find_trends, trend_verdicts
from tests.examples import examples

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
        verdicts = long_run(found.tested).set_index("series_id")
        assert verdicts.loc["introspection", "verdict"] == "rising"
        assert (verdicts["verdict"] == "rising").sum() == 1


NO_LOOKS = {"name": "str", "location": "str", "start": "datetime64[us]", "end": "datetime64[us]",
            "n_records": "int64", "is_whole": "bool"}  # fmt: skip


def false_discovery_rate(noise: SeriesNoise | None, repeats: int, **settings_: int) -> float:
    """Part of runs over null series with any claim: with no true trend that is the false discovery rate."""
    runs = [make_series(**settings_, noise=noise, random_state=seed) for seed in range(repeats)]
    claims = [trend_verdicts(run)["verdict"].isin(["rising", "falling"]).any() for run in runs]
    return float(np.mean(claims))


class TestNullSeriesStaySilent:
    @pytest.mark.parametrize("noise", [None, SeriesNoise(dispersion=3)])
    @pytest.mark.slow
    def test_constant_and_overdispersed(self, noise: SeriesNoise | None) -> None:
        rate = false_discovery_rate(noise, 40, n_series=50, n_periods=36, papers_per_period=100)
        assert rate <= 0.05

    @pytest.mark.slow
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
            claims.append(trend_verdicts(run)["verdict"].isin(["rising", "falling"]).any())
        assert np.mean(claims) <= 0.05

    @pytest.mark.slow
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
        found = trend_verdicts(series, q=0.1)
        claims = found[found["window"] != "lasting"]
        reject, q_value, _, _ = multipletests(claims["p_value"], alpha=0.085, method="fdr_bh")
        np.testing.assert_allclose(claims["q_value"], np.minimum(q_value / 0.85, 1), rtol=1e-12)
        assert claims["verdict"].isin(["rising", "falling"]).tolist() == reject.tolist()

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
        assert found["verdict"] == "unclear"
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
        found = verdict_of(monthly(counts))
        assert found["verdict"] == "unclear"
        assert found["change"] == pytest.approx(1, abs=0.01)
        # Ends that are alike do not make a share steady that was six times as high between them.
        many = verdict_of(monthly([1000 * n for n in counts], 100_000))
        assert many["is_curved"]
        assert many["verdict"] == "unclear"


class TestEvidence:
    @pytest.mark.parametrize(
        ("counts", "totals", "verdict"),
        [
            ([5] * (MIN_PERIODS - 1), 100, "insufficient"),
            ([5] * MIN_PERIODS, 100, "unclear"),
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

    def test_a_jump_in_the_newest_months(self) -> None:
        found = self.among(self.jump(21, [30, 31, 29]))
        assert found["verdict"] == "rising"
        assert (found["n_papers"], found["n_periods"]) == (210, 15)  # these three and the year before
        assert (found["start_share"], found["end_share"]) == pytest.approx((0.1, 0.3))
        assert found["change"] == pytest.approx(3)
        assert found["change_low"] > 2
        # Odds of 3/7 against 1/9, over the 7.5 months between the middles of the two parts.
        assert found["growth_per_year"] == pytest.approx(((3 / 7) / (1 / 9)) ** (12 / 7.5), rel=0.02)
        assert [found[name] for name in ("since", "parted", "until")] == [
            pd.Timestamp(2020, 10, 1),
            pd.Timestamp(2021, 10, 1),
            pd.Timestamp(2022, 1, 1),
        ]

    def test_a_drop_to_nothing(self) -> None:
        for quarter in ([1, 0, 0], [0, 0, 0]):
            found = self.among(self.jump(21, quarter))
            assert found["verdict"] == "falling"
            assert found["change_high"] < 0.5

    def test_what_was_so_for_a_year_is_not_recent(self) -> None:
        assert self.among(self.jump(6, [30] * 18))["verdict"] == "unclear"

    def test_what_lies_before_the_year_does_not_count(self) -> None:
        columns = ["verdict", "start_share", "end_share", "n_papers", "n_periods"]
        late = self.among(self.jump(21, [30, 31, 29]))
        far = self.jump(21, [30, 31, 29])
        far.loc[:8, "n_papers"] = 60
        pd.testing.assert_series_equal(self.among(far)[columns], late[columns])

    def test_incomplete_months_are_not_the_newest(self) -> None:
        series = self.jump(20, [10, 30, 31, 90])
        series.loc[23, "is_complete"] = False
        found = recent(series).iloc[0]
        assert found["until"] == pd.Timestamp(2021, 12, 1)
        assert found["n_papers"] == 12 * 10 + 10 + 30 + 31

    @pytest.mark.parametrize(
        ("freq", "number", "newest", "n_periods"),
        [("W-MON", 70, 13, 65), ("W-MON", 33, 11, 33), ("D", 60, 20, 60), ("QS", 9, 1, 6), ("YS", 9, 1, 6),
         ("MS", 26, 3, 15), ("MS", 8, 2, 8)],
    )  # fmt: skip
    def test_periods_of_any_length(self, freq: str, number: int, newest: int, n_periods: int) -> None:
        starts = pd.date_range("2020-01-06", periods=number, freq=freq)
        series = monthly([10] * number).assign(period_start=starts)
        found = recent(series).iloc[0]
        assert found["n_periods"] == n_periods
        assert found["parted"] == starts[number - newest]
        assert found["verdict"] in {"unclear", "steady"}

    def test_too_little_before_the_quarter(self) -> None:
        found = recent(monthly([10] * 6, 100)).iloc[0]
        assert found["verdict"] == "insufficient"
        assert found["n_periods"] == 6
        assert found[ESTIMATES].isna().all()

    def test_a_steady_trend_grows_alike_in_both_windows(self) -> None:
        planted = make_series(30, 36, papers_per_period=1000, share=0.1, doubling_months=24, random_state=16)
        paces = [np.log(window_of(window, planted)["growth_per_year"]).median() for window in WINDOWS]
        assert paces == pytest.approx([paces[0]] * 3, rel=0.1)

    @pytest.mark.slow
    def test_null_series_stay_silent(self) -> None:
        claims = []
        for seed in range(40):
            run = make_series(50, 36, noise=SeriesNoise(3, 0.5), random_state=seed)
            claims.append(recent(run)["verdict"].isin(["rising", "falling"]).any())
        assert np.mean(claims) <= 0.10


class TestSteady:
    def test_it_is_reported_where_papers_are_enough(self) -> None:
        found = long_run(make_series(30, 24, papers_per_period=4000, share=0.1, random_state=21))
        assert (found["verdict"] == "steady").mean() > 0.9
        assert ((found["growth_low"] ** 2 > 0.8) & (found["growth_high"] ** 2 < 1.25)).mean() > 0.9

    def test_it_is_not_reported_of_few_papers(self) -> None:
        assert (long_run(make_series(30, 24, random_state=22))["verdict"] != "steady").all()

    def test_a_share_that_grew_by_half_is_hardly_ever_called_steady(self) -> None:
        months = 12 * np.log(2) / np.log(1.5)  # the share grows 1.5 times in 12 months
        said = [
            long_run(
                make_series(50, 13, papers_per_period=n, share=0.1, doubling_months=months, random_state=n)
            )["verdict"].eq("steady")
            for n in (100, 1000, 5000)
        ]
        assert np.mean(said) <= 0.01

    def test_the_bounds_are_the_callers(self) -> None:
        series = make_series(30, 24, papers_per_period=1000, share=0.1, random_state=23)
        narrow, wide = (
            trend_verdicts(series, steady_within=bound)["verdict"].eq("steady").sum() for bound in (1.05, 2)
        )
        assert narrow == 0
        assert wide > 40  # over the span and of late

    def test_by_hand(self) -> None:
        # Change 0 with standard error 0.1, known: both one-sided tests of a factor of 1.25 have this p value.
        one = Changes(*np.zeros((5, 1)), np.array([0.1]), np.array([np.inf]), np.ones(1), np.zeros(1))
        assert one.steady_p(1.25) == pytest.approx(stats.norm.cdf(-np.log(1.25) / 0.1))

    @pytest.mark.parametrize("bound", [1, 0.8, -1, float("nan")])
    def test_mistakes(self, bound: float) -> None:
        with pytest.raises(InputError, match="above 1"):
            trend_verdicts(monthly([1]), steady_within=bound)


class TestUnclear:
    def test_what_would_decide(self) -> None:
        series = make_series(40, 24, papers_per_period=60, share=0.1, doubling_months=60, random_state=31)
        found = long_run(series)
        unclear = found[found["verdict"] == "unclear"]
        assert len(unclear) > 10
        assert (unclear["days_to_tell"] > 0).all()
        # Six papers a month of the series, and more where it grew.
        assert (unclear["papers_to_tell"] / unclear["days_to_tell"] * 30.4).median() == pytest.approx(
            7.5, abs=2
        )

    def test_with_so_many_more_most_are_decided(self) -> None:
        how = {"papers_per_period": 60, "share": 0.1, "doubling_months": 60}
        now = long_run(make_series(200, 24, random_state=32, **how))
        months = 24 + round(now["days_to_tell"].median() / 30.4)
        later = long_run(make_series(200, months, random_state=33, **how))
        assert now["verdict"].eq("rising").mean() < 0.2
        assert later["verdict"].eq("rising").mean() > 0.5


class TestLasting:
    def walks(self, seed: int) -> pd.DataFrame:
        """Log odds that wander at random, of many papers: their ends differ, but they have no direction."""
        rng = np.random.default_rng(seed)
        walk = np.cumsum(rng.normal(0, 0.08, (40, 60)), axis=1)
        run = make_series(40, 60, papers_per_period=500, random_state=seed)
        share = expit(-2.5 + walk - walk.mean(axis=1, keepdims=True))
        return run.assign(n_papers=rng.binomial(500, share).ravel())

    @pytest.mark.slow
    def test_walks_have_changed_and_do_not_keep_moving(self) -> None:
        found = [trend_verdicts(self.walks(seed)) for seed in range(10)]
        claims = (
            pd.concat(found)
            .groupby("window")["verdict"]
            .agg(lambda words: words.isin(["rising", "falling"]).mean())
        )
        assert claims["long"] > 0.15
        assert claims["lasting"] < 0.05 * claims["long"] + 0.01

    def test_lines_keep_moving(self) -> None:
        found = trend_verdicts(make_series(40, 36, papers_per_period=300, doubling_months=24, random_state=1))
        assert (found.loc[found["window"] == "lasting", "verdict"] == "rising").mean() > 0.9

    def test_only_what_moved_can_keep_moving(self) -> None:
        found = trend_verdicts(make_series(60, 24, doubling_months=30, random_state=41))
        long, lasting = (
            window_of(name, make_series(60, 24, doubling_months=30, random_state=41))
            for name in ("long", "lasting")
        )
        kept = lasting["verdict"] != "unclear"
        assert 0 < kept.sum() < len(kept)
        assert (long.loc[kept, "verdict"] == lasting.loc[kept, "verdict"]).all()
        assert len(found) == 180


class TestCurves:
    def bent(self, papers: int = 400) -> tuple[pd.DataFrame, NDArray[np.float64]]:
        """Shares that stay for two years and then triple, in a run of series that stay."""
        true = 0.05 * np.concatenate([np.ones(24), np.geomspace(1, 3, 12)])
        rng = np.random.default_rng(5)
        run = make_series(30, 36, papers_per_period=papers, random_state=5)
        counts = run["n_papers"].to_numpy().reshape(30, 36).copy()
        counts[0] = rng.binomial(papers, true)
        return run.assign(n_papers=counts.ravel()), true

    def test_a_bend_is_followed(self) -> None:
        run, true = self.bent()
        found = find_trends(run)
        one = found.verdicts.iloc[0]
        assert one["is_curved"]
        assert one["verdict"] == "rising"
        assert one["change_low"] < true[-3:].mean() / true[:3].mean() < one["change_high"]
        curve = found.curves[found.curves["series_id"] == one["series_id"]]
        assert (abs(curve["smooth_share"] - true) < 0.25 * true).all()
        inside = (curve["smooth_low"] <= true) & (true <= curve["smooth_high"])
        assert inside.mean() > 0.85
        ends = curve["smooth_share"].iloc[:3].mean(), curve["smooth_share"].iloc[-3:].mean()
        assert (one["start_share"], one["end_share"]) == pytest.approx(ends, rel=0.01)

    def test_what_cannot_be_told_from_level_looks_level(self) -> None:
        found = find_trends(make_series(40, 36, random_state=6))
        curves = found.curves["smooth_share"].to_numpy().reshape(40, 36)
        raw = make_series(40, 36, random_state=6)["n_papers"].to_numpy().reshape(40, 36) / 100
        assert np.median(np.ptp(curves, axis=1)) < 0.1 * np.median(np.ptp(raw, axis=1))
        low, high = (found.curves[name] for name in ("smooth_low", "smooth_high"))
        assert ((low <= 0.05) & (high >= 0.05)).mean() > 0.9

    def test_bands_hold_the_truth(self) -> None:
        planted = make_series(200, 36, papers_per_period=300, doubling_months=24, random_state=1)
        curves = find_trends(planted).curves
        true = expit(logit(0.05) + (logit(0.1) - logit(0.05)) / 24 * np.tile(np.arange(36), 200))
        assert ((curves["smooth_low"] <= true) & (true <= curves["smooth_high"])).mean() == pytest.approx(
            0.95, abs=0.03
        )

    def test_series_that_are_not_tested_have_none(self) -> None:
        assert find_trends(monthly([1] * 12)).curves.empty


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
    def test_a_series_that_jumps_from_none_to_all_breaks_nothing(self) -> None:
        # Excess beyond what sixteen digits can hold beside the binomial part.
        series = monthly([1, 0, 0, 0, 0, 0, 0, 0, 0, 1000], [1, 0, 0, 0, 0, 0, 1, 1, 1000, 1000], "s0")
        found = trend_verdicts(series)
        assert np.isfinite(found.loc[found["verdict"] != "insufficient", ESTIMATES]).all(axis=None)

    def test_a_series_that_is_all_of_one_month_keeps_its_change_in_its_interval(self) -> None:
        series = monthly([0, 0, 0, 0, 0, 0, 1000, 0, 20], [0, 0, 1, 0, 1, 1, 1000, 1, 1000], "s0")
        found = long_run(series, q=0.01)
        assert (found["change_low"] <= found["change"]).all()
        assert (found["change"] <= found["change_high"]).all()

    @examples(150)
    @given(runs(), st.sampled_from([0.01, 0.05, 0.2]))
    def test_any_counts(self, series: pd.DataFrame, q: float) -> None:
        found = long_run(series, q=q)
        tested = found[found["verdict"] != "insufficient"]
        assert found.loc[found["verdict"] == "insufficient", ESTIMATES].isna().all(axis=None)
        assert np.isfinite(tested[ESTIMATES]).all(axis=None)
        assert (tested["growth_low"] <= tested["growth_per_year"]).all()
        assert (tested["growth_per_year"] <= tested["growth_high"]).all()
        assert ((tested["p_value"] <= tested["q_value"]) & (tested["q_value"] <= 1)).all()
        assert np.isfinite(tested[["start_share", "end_share", "change", "change_low", "change_high"]]).all(
            axis=None
        )
        assert (
            (tested["change_low"] <= tested["change"]) & (tested["change"] <= tested["change_high"])
        ).all()
        claimed = tested["verdict"].isin(["rising", "falling"])
        assert (tested["papers_to_tell"].isna() | (tested["verdict"] == "unclear")).all()
        assert (claimed == (tested["q_value"] <= q)).all()
        assert ((tested["growth_per_year"] > 1) == (tested["verdict"] == "rising"))[claimed].all()
        # The interval and the p value are one test, in odds and in shares.
        clear = (tested["p_value"] - 0.05).abs() > 1e-9
        for low, high in (("growth_low", "growth_high"), ("change_low", "change_high")):
            excludes_one = (tested[low] > 1) | (tested[high] < 1)
            assert (excludes_one == (tested["p_value"] < 0.05))[clear].all()

    @examples(60)
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
