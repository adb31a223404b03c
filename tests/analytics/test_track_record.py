"""The track record: each forecast and claim judged once, when it is due, by what came."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.forecasts.share_forecasts import forecast_shares
from analytics.forecasts.track_record import claims_of, score_claims, score_record
from analytics.tables import empty_table


def monthly(counts: list[int], name: str = "agents", start: str = "2022-01-01") -> pd.DataFrame:
    months = pd.date_range(start, periods=len(counts), freq="MS").as_unit("us")
    return pd.DataFrame(
        {
            "kind": "theme",
            "series_id": name,
            "period_start": months,
            "period_end": (months + pd.DateOffset(months=1)).as_unit("us"),
            "n_papers": counts,
            "n_total": 100,
            "is_complete": True,
        }
    )


def claim(
    verdict: str = "rising", last: str = "2023-01-01", name: str = "agents", run: str = "r1"
) -> dict[str, object]:
    return {
        "run_id": run,
        "kind": "theme",
        "series_id": name,
        "verdict": verdict,
        "last_start": pd.Timestamp(last),
    }


class TestForecasts:
    def test_the_first_of_equal_forecasts_counts_once(self) -> None:
        trends = monthly([10] * 12 + [14, 16])
        runs = [
            forecast_shares(trends[:12], horizon=3, method="last_value").assign(run_id=run)
            for run in ("r1", "r2")
        ]
        later = forecast_shares(trends[:13], horizon=3, method="last_value").assign(run_id="r3")
        found = score_record(pd.concat([*runs, later], ignore_index=True), trends)
        assert found[["run_id", "actual"]].values.tolist() == [["r1", 0.14], ["r1", 0.16], ["r3", 0.16]]
        assert found["error"].tolist() == pytest.approx([0.04, 0.06, 0.02])
        assert found["naive_error"].tolist() == pytest.approx([0.04, 0.06, 0.02])

    def test_other_periods_than_todays_are_left_out(self) -> None:
        forecasts = forecast_shares(monthly([10] * 12), horizon=3, method="last_value").assign(run_id="r1")
        quarters = monthly([10] * 8, start="2021-07-01")
        quarters["period_start"] = pd.date_range("2021-07-01", periods=8, freq="QS").as_unit("us")
        quarters["period_end"] = quarters["period_start"] + pd.DateOffset(months=3)
        assert score_record(forecasts, quarters).empty

    def test_nothing_due(self) -> None:
        trends = monthly([10] * 12)
        forecasts = forecast_shares(trends, horizon=3, method="last_value").assign(run_id="r1")
        assert score_record(forecasts, trends).equals(empty_table("scored_forecasts"))
        assert score_record(forecasts[:0], trends).empty
        assert score_record(forecasts, trends[:0]).empty


class TestClaims:
    def test_by_hand(self) -> None:
        # 13 months at 10 %, the last known January 2023; then a year at 15 %.
        trends = pd.concat([monthly([10] * 13 + [15] * 12), monthly([10] * 13 + [5] * 12, "gone down")])
        claims = pd.DataFrame(
            [
                claim(),
                claim("falling", name="gone down"),
                claim("rising", name="gone down"),
                claim(name="unknown"),
            ]
        )
        found = score_claims(claims, trends)
        assert found[["series_id", "verdict", "came_true"]].values.tolist() == [
            ["agents", "rising", True],
            ["gone down", "falling", True],
            ["gone down", "rising", False],
        ]
        assert found["share_before"].tolist() == pytest.approx([0.1] * 3)
        assert found["share_after"].tolist() == pytest.approx([0.15, 0.05, 0.05])

    def test_due_after_a_whole_year_only(self) -> None:
        claims = pd.DataFrame([claim()])
        assert score_claims(claims, monthly([10] * 24)).empty
        assert len(score_claims(claims, monthly([10] * 25))) == 1
        not_whole = monthly([10] * 25)
        not_whole.loc[24, "is_complete"] = False
        assert score_claims(claims, not_whole).empty

    def test_an_equal_share_did_not_come_true(self) -> None:
        found = score_claims(pd.DataFrame([claim(), claim("falling")]), monthly([10] * 25))
        assert not found["came_true"].any()

    def test_what_is_claimed_every_month_is_judged_once_a_year(self) -> None:
        months = pd.date_range("2023-01-01", periods=14, freq="MS")
        claims = pd.DataFrame(
            [claim(last=str(month.date()), run=f"r{i:02d}") for i, month in enumerate(months)]
        )
        found = score_claims(claims, monthly([10] * 40))
        assert found["run_id"].tolist() == ["r00", "r12"]

    def test_claims_of_a_run(self) -> None:
        trends = monthly([10] * 12)
        trends.loc[11, "is_complete"] = False
        verdicts = pd.DataFrame(
            {
                "kind": "theme",
                "series_id": ["a", "b", "c", "a"],
                "window": ["long", "long", "long", "recent"],
                "verdict": ["rising", "steady", "falling", "falling"],
            }
        )
        found = claims_of(verdicts, trends)
        assert found[["series_id", "verdict"]].values.tolist() == [["a", "rising"], ["c", "falling"]]
        assert found["last_start"].unique().tolist() == [pd.Timestamp("2022-11-01")]

    def test_no_claims(self) -> None:
        assert score_claims(pd.DataFrame(), monthly([10] * 25)).equals(empty_table("scored_claims"))
        assert score_claims(pd.DataFrame([claim()]), monthly([])).empty
