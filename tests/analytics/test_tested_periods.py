"""Which periods tests count in, which of them no test may count, and how curves come to charts."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from analytics.trends.coverage import LOOK_COLUMNS, CoverageSpan, unwatched_periods
from analytics.trends.periods import finest_period
from analytics.trends.shares import corpus_trends
from analytics.trends.smooth_shares import with_smooth


def papers_over(days: int, a_day: int, precision: str = "day") -> pd.DataFrame:
    published = pd.Series(pd.date_range("2020-01-01", periods=days).repeat(a_day)).astype("datetime64[us]")
    ids = [f"p{number}" for number in range(len(published))]
    return pd.DataFrame(
        {"paper_id": ids, "published": published.to_numpy(), "published_precision": precision}
    )


def looks_at(rows: list[tuple[str, str, int, bool]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["start", "end", "n_records", "is_whole"])
    table = table.assign(name="feed", location="")
    return table.astype({"start": "datetime64[us]", "end": "datetime64[us]"})[list(LOOK_COLUMNS)]


class TestFinest:
    @pytest.mark.parametrize(
        ("days", "a_day", "precision", "finest"),
        [
            (40, 30, "day", "day"),
            (160, 30, "day", "day"),
            (161, 30, "day", "week"),
            (160 * 7, 30, "day", "week"),
            (170 * 7, 30, "day", "month"),
            (400, 2, "day", "week"),
            (400, 1, "day", "month"),
            (400, 30, "month", "month"),
            (4000, 30, "year", "year"),
            (4, 30, "day", "day"),
        ],
    )
    def test_the_shortest_that_holds(self, days, a_day, precision, finest):
        papers = papers_over(days, a_day, precision)
        span = CoverageSpan(papers["published"].min(), papers["published"].max())
        if days == 4:  # no length gives five periods
            finest = "week"
        assert finest_period(papers["published"], span, precision=papers["published_precision"]) == finest

    def test_no_dates(self):
        assert finest_period(pd.Series([pd.NaT], dtype="datetime64[us]")) is None


class TestTested:
    def trends(self, freq, looks=None):
        papers = papers_over(500, 8)
        member = pd.DataFrame({"kind": "topic", "series_id": "T1", "paper_id": papers["paper_id"][::3]})
        series = pd.DataFrame({"kind": ["topic"], "series_id": ["T1"]})
        none = looks_at([]) if looks is None else looks
        return corpus_trends(papers, member, series, looks=none, as_of=date(2021, 6, 1), freq=freq)

    def test_they_are_the_same_whatever_is_drawn(self):
        by_year, by_month = (self.trends(freq) for freq in ("year", "month"))
        pd.testing.assert_frame_equal(by_year.tested, by_month.tested)
        assert len(by_year.trends) == 2
        assert by_year.tested["is_complete"].sum() == 73  # weeks begun are not whole
        assert (by_year.tested["period_end"] - by_year.tested["period_start"]).dt.days.eq(7).all()

    def test_a_day_that_failed_costs_its_week(self):
        rows = [("2020-01-01", "2021-05-14", 4000, True), ("2020-03-04", "2020-03-04", 0, False)]
        looks = looks_at(rows)
        looks.loc[1, "name"] = "other"
        tested = self.trends("year", looks).tested
        lost = tested.loc[~tested["is_complete"], "period_start"]
        assert "2020-03-02" in lost.dt.strftime("%Y-%m-%d").tolist()
        assert len(lost) <= 3  # the first and the last week are begun


class TestUnwatched:
    def test_no_looks(self):
        weeks = pd.period_range("2025-01-06", periods=4, freq="W-SUN")
        assert unwatched_periods(looks_at([]), weeks).empty
        assert unwatched_periods(looks_at([]), weeks[:0]).empty

    def test_months_are_judged_by_themselves(self):
        months = pd.period_range("2025-01", "2025-06", freq="M")
        counts = [100, 110, 90, 100, 40, 95]
        rows = [
            (str(month.start_time.date()), str(month.end_time.date()), count, True)
            for month, count in zip(months, counts, strict=True)
        ]
        assert unwatched_periods(looks_at(rows), months).tolist() == [pd.Timestamp("2025-05-01")]
        days = unwatched_periods(looks_at(rows), pd.period_range("2025-04-28", "2025-06-03", freq="D"))
        assert (days[0], days[-1], len(days)) == (pd.Timestamp("2025-05-01"), pd.Timestamp("2025-05-31"), 31)


class TestSmooth:
    def curves(self, freq, n):
        starts = pd.date_range("2024-01-01", periods=n, freq=freq).astype("datetime64[us]")
        share = np.linspace(0.1, 0.2, n)
        return pd.DataFrame(
            {"kind": "topic", "series_id": "T1", "period_start": starts, "n_total": 50, "smooth_share": share,
             "smooth_low": share - 0.05, "smooth_high": share + 0.05}
        )  # fmt: skip

    def drawn(self, freq, n):
        starts = pd.date_range("2024-01-01", periods=n + 1, freq=freq).astype("datetime64[us]")
        one = {"kind": "topic", "period_start": starts[:-1], "period_end": starts[1:]}
        return pd.concat(
            [pd.DataFrame({**one, "series_id": name}) for name in ("T1", "T2")], ignore_index=True
        )

    def test_weeks_in_months(self):
        found = with_smooth(self.drawn("MS", 6), self.curves("W-MON", 26))
        own = found[found["series_id"] == "T1"]
        assert own["smooth_share"].is_monotonic_increasing
        assert own["smooth_share"].iloc[0] == pytest.approx(0.1 + 0.1 * 1.5 / 25)  # its first four weeks
        assert found.loc[found["series_id"] == "T2", "smooth_share"].isna().all()

    def test_months_in_weeks(self):
        found = with_smooth(self.drawn("W-MON", 20), self.curves("MS", 6))
        own = found.loc[found["series_id"] == "T1", "smooth_share"]
        assert own.notna().all()
        assert own.is_monotonic_increasing

    def test_periods_beyond_the_tested_ones_have_none(self):
        found = with_smooth(self.drawn("MS", 8), self.curves("MS", 6))
        assert (
            found.loc[found["series_id"] == "T1", "smooth_share"].isna().tolist() == [False] * 6 + [True] * 2
        )
