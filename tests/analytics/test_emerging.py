"""Emerging series: planted growth comes first and goes on, and the past is ranked without the future."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from analytics.exceptions import InputError
from analytics.synthetic.series import SeriesNoise, make_series
from analytics.tables import empty_table
from analytics.trends.emerging import _shrunken, emerging_topics, masked_precision, precision_at
from tests.examples import examples

COLUMNS = ["kind", "series_id", "probability", "growth_per_year", "n_papers"]
CUTOFF = pd.Timestamp("2003-01-01")


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


def wandering(n_series: int = 60, n_months: int = 72, seed: int = 0, papers: int = 200) -> pd.DataFrame:
    """Series whose yearly slopes keep 0.8 of themselves from year to year and spread by 0.35 logits."""
    rng = np.random.default_rng(seed)
    slope = rng.normal(0, 0.35, n_series)
    level = np.tile(logit(0.04), n_series)
    runs = []
    for month in range(n_months):
        if month % 12 == 0:
            slope = 0.8 * slope + 0.6 * rng.normal(0, 0.35, n_series)
        level = level + slope / 12
        runs.append(rng.binomial(papers, expit(level)))
    table = np.array(runs).T
    return pd.concat([monthly(row.tolist(), papers, f"s{i:03d}") for i, row in enumerate(table)])


class TestPlantedTruth:
    @pytest.mark.parametrize("noise", [None, SeriesNoise(3), SeriesNoise(2, 0.5)])
    def test_growing_series_come_first(self, noise: SeriesNoise | None) -> None:
        null = make_series(50, 48, papers_per_period=200, noise=noise, random_state=1)
        up, down = (
            make_series(
                5, 48, papers_per_period=200, share=0.06, doubling_months=m, noise=noise, random_state=2
            ).assign(kind=kind)
            for m, kind in ((18, "up"), (-18, "down"))
        )
        found = emerging_topics(pd.concat([null, up, down]))
        assert (found["kind"][:5] == "up").sum() >= 4
        assert (found["kind"][-8:] == "down").sum() >= 4
        assert found.loc[found["kind"] == "up", "probability"].mean() > 0.8

    def test_null_series_are_given_even_odds(self) -> None:
        found = emerging_topics(make_series(100, 48, random_state=3))
        assert found["probability"].between(0.2, 0.8).mean() >= 0.95
        assert found["probability"].mean() == pytest.approx(0.5, abs=0.05)

    def test_better_than_chance_at_masked_cutoffs(self) -> None:
        """Measured at three cut-offs of ten runs of 60 series, first 10: trend 0.94, momentum 0.93, chance 0.50.

        With 50 papers a month 0.84, 0.84 and 0.53 (standard errors 0.02): the ranking is as good as momentum
        and no better where levels move so.
        """
        found = pd.concat(
            masked_precision(wandering(seed=seed), cutoffs=[CUTOFF, CUTOFF + pd.DateOffset(years=1)], k=10)
            for seed in range(4)
        )
        mean = found.groupby("method")["precision"].mean()
        assert mean["trend"] >= mean["chance"] + 0.25
        assert mean["trend"] >= mean["momentum"] - 0.05

    @pytest.mark.slow
    def test_probabilities_are_what_happens(self) -> None:
        """Of series given so much probability, about so many rise (levels a year apart, not counts)."""
        given_, came = [], []
        for seed in range(20):
            run = wandering(seed=100 + seed)
            past = run[run["period_start"] < CUTOFF]
            ranked = emerging_topics(past).set_index("series_id")["probability"]
            share = run.groupby(["series_id", run["period_start"].dt.year])["n_papers"].sum().unstack()
            given_.append(ranked.to_numpy())
            came.append((share[2003] > share[2002])[ranked.index].to_numpy())
        chance, truth = np.concatenate(given_), np.concatenate(came)
        for low, high in ((0, 0.3), (0.3, 0.7), (0.7, 1.01)):
            within = (chance >= low) & (chance < high)
            assert truth[within].mean() == pytest.approx(chance[within].mean(), abs=0.1)

    def test_no_method_beats_chance_by_much_where_nothing_moves(self) -> None:
        # Levels that do not move: what was low last year by chance is higher the next, whoever ranks.
        found = masked_precision(make_series(100, 60, random_state=4), cutoffs=[CUTOFF], k=20)
        trend = found.loc[found["method"] == "trend", "precision"].item()
        assert trend <= found["base_rate"].iloc[0] + 2 * np.sqrt(0.25 / 20)


class TestByHand:
    def test_shrinkage(self) -> None:
        # Squares less errors: (4 - 1 + 4 - 1) / 2 = 3, so a slope keeps 3/4 of itself and its variance.
        mean, variance, spread = _shrunken(np.array([2.0, -2.0]), np.array([1.0, 1.0]))
        assert spread == pytest.approx(3)
        np.testing.assert_allclose(mean, [1.5, -1.5])
        np.testing.assert_allclose(variance, [0.75, 0.75])

    def test_slopes_smaller_than_their_errors_are_taken_for_none(self) -> None:
        mean, _, spread = _shrunken(np.array([0.1, -0.1]), np.array([1.0, 1.0]))
        assert spread == pytest.approx(1e-4)
        assert np.abs(mean).max() < 1e-4

    def test_precision(self) -> None:
        assert precision_at([True, False, False, True], 1) == 1
        assert precision_at([True, False, False, True], 3) == pytest.approx(1 / 3)
        assert precision_at([True, False], 5) == 0.5
        assert np.isnan(precision_at([], 5))

    def test_masked_years(self) -> None:
        # Last year's change favors `fresh`, which falls back; the level of `steady` rises all along.
        fresh = [40] * 12 + [20] * 12 + [40] * 12 + [30] * 12
        steady = list(range(20, 68))
        other = [30] * 47 + [29]
        run = pd.concat(
            [monthly(c, 400, n) for c, n in ((fresh, "fresh"), (steady, "steady"), (other, "other"))]
        )
        found = masked_precision(run, cutoffs=[CUTOFF], k=1).set_index("method")
        assert found["precision"].to_dict() == {"trend": 1.0, "momentum": 0.0, "chance": pytest.approx(1 / 3)}

    def test_an_equal_share_is_not_higher(self) -> None:
        run = pd.concat([monthly([10] * 48, name="a"), monthly([12] * 48, name="b")])
        assert masked_precision(run, cutoffs=[CUTOFF], k=2)["precision"].tolist() == [0, 0, 0]


class TestMask:
    def test_the_future_is_not_seen(self) -> None:
        # Reversing what comes after the cut-off turns what came true, and not the ranking.
        run = wandering(20, 48, seed=5)
        after = run["period_start"] >= CUTOFF
        low, high = (
            run.assign(n_papers=run["n_papers"].mask(after, 0)),
            run.assign(n_papers=run["n_papers"].mask(after, 200)),
        )
        for changed, rate in ((low, 0.0), (high, 1.0)):
            found = masked_precision(changed, cutoffs=[CUTOFF], k=3)
            assert (found["precision"] == rate).all()
            past = changed[changed["period_start"] < CUTOFF]
            pd.testing.assert_frame_equal(emerging_topics(past), emerging_topics(run[~after]))

    def test_a_cutoff_without_a_year_after_it(self) -> None:
        run = wandering(5, 48)
        masked_precision(run, cutoffs=[CUTOFF], k=2)
        with pytest.raises(InputError, match="cut-off 2003-03-01"):
            masked_precision(run, cutoffs=[CUTOFF + pd.DateOffset(months=2)], k=2)

    def test_nothing_to_rank_yet(self) -> None:
        found = masked_precision(wandering(5, 48), cutoffs=[pd.Timestamp("2000-03-01")])
        assert found[["precision", "base_rate"]].isna().all(axis=None)

    def test_no_cutoff(self) -> None:
        found = masked_precision(wandering(5, 48), cutoffs=[])
        assert found.columns.tolist() == ["cutoff", "method", "precision", "base_rate"]
        assert found.empty


class TestEdges:
    @pytest.mark.parametrize(
        "series",
        [empty_table("trends"), monthly([9] * 4), monthly([0] * 24), monthly([100] * 24), monthly([0], 0)],
    )
    def test_nothing_to_rank(self, series: pd.DataFrame) -> None:
        found = emerging_topics(series)
        assert found.columns.tolist() == COLUMNS
        assert found.empty

    def test_one_series(self) -> None:
        found = emerging_topics(monthly(list(range(10, 34))))
        assert found["probability"].between(0.5, 1).all()

    @pytest.mark.parametrize("bad", [{"damping": 0.0}, {"damping": 1.1}, {"lookback_years": 0.0}])
    def test_settings(self, bad: dict[str, float]) -> None:
        with pytest.raises(InputError, match="damping"):
            emerging_topics(monthly([9] * 24), **bad)

    def test_k(self) -> None:
        with pytest.raises(InputError, match="k is 0"):
            masked_precision(wandering(5, 48), cutoffs=[CUTOFF], k=0)

    def test_a_mistake_before_the_lookback_is_reported(self) -> None:
        with pytest.raises(InputError, match="outside 0..n_total"):
            emerging_topics(monthly([101] + [9] * 59))


class TestLaws:
    def test_row_order_is_irrelevant_and_input_stays(self) -> None:
        run = wandering(12, 48, seed=6)
        copy = run.copy()
        found = emerging_topics(run)
        shuffled = run.sample(frac=1, random_state=0)
        pd.testing.assert_frame_equal(emerging_topics(shuffled), found, rtol=1e-9)
        pd.testing.assert_frame_equal(
            masked_precision(shuffled, cutoffs=[CUTOFF], k=4), masked_precision(run, cutoffs=[CUTOFF], k=4)
        )
        pd.testing.assert_frame_equal(run, copy)

    def test_papers_outside_are_ranked_the_other_way(self) -> None:
        run = wandering(8, 36, seed=7)
        found = emerging_topics(run).set_index("series_id")["probability"]
        other = emerging_topics(run.assign(n_papers=run["n_total"] - run["n_papers"])).set_index("series_id")
        np.testing.assert_allclose(other["probability"][found.index], 1 - found, atol=1e-6)

    @examples(20)
    @given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=30))
    def test_any_counts(self, pairs: list[tuple[int, int]]) -> None:
        found = emerging_topics(monthly([min(p) for p in pairs], [max(p) for p in pairs]))
        assert found["probability"].between(0, 1).all()
        assert np.isfinite(found["growth_per_year"]).all()
