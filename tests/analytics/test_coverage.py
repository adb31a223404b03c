"""What the corpus covers: its first and last day, and the gaps that collection left."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.trends.coverage import LOOK_COLUMNS, CoverageSpan, collection_gaps, coverage_span, look_days
from tests.examples import examples

NO_LOOKS = pd.Series([], dtype="datetime64[us]")
AS_OF = date(2025, 12, 31)
MONTHS = pd.period_range("2025-01", "2025-12", freq="M")


def days(*texts: str | None) -> pd.Series:
    return pd.Series(pd.to_datetime(list(texts)), dtype="datetime64[us]")


def spread(start: str, end: str, number: int) -> pd.Series:
    """`number` days, evenly from start to end, both included."""
    return pd.Series(pd.date_range(start, end, periods=number).normalize())


def span_of(start: str, end: str) -> CoverageSpan:
    return CoverageSpan(pd.Timestamp(start), pd.Timestamp(end))


class TestCoverageSpan:
    def test_a_watched_feed_begins_with_its_first_look(self) -> None:
        published = pd.concat([days("2017-06-01", "2023-01-09"), spread("2024-05-23", "2025-12-29", 600)])
        looks = spread("2024-05-27", "2025-12-31", 415)
        assert coverage_span(published, looks, AS_OF) == span_of("2024-05-27", "2025-12-31")

    def test_one_look_at_an_archive_covers_its_papers(self) -> None:
        published = days("2019-01-07", None, "2021-11-02", "2024-08-12", "2025-12-02")
        assert coverage_span(published, days("2025-12-10"), AS_OF) == span_of("2019-01-07", "2025-12-10")

    def test_a_second_look_at_an_archive_changes_no_start(self) -> None:
        published = spread("2019-01-07", "2025-12-02", 47)
        looks = days("2025-12-10", "2025-12-12", "2025-12-10")
        assert coverage_span(published, looks, AS_OF) == span_of("2019-01-07", "2025-12-12")

    def test_without_looks_it_ends_with_as_of(self) -> None:
        assert coverage_span(spread("2025-01-01", "2025-12-20", 99), NO_LOOKS, AS_OF) == span_of(
            "2025-01-01", "2025-12-31"
        )

    def test_nothing_after_as_of_has_influence(self) -> None:
        published, looks = spread("2024-01-01", "2025-12-20", 500), spread("2024-01-01", "2025-12-31", 99)
        as_of = date(2025, 3, 1)
        early = pd.Timestamp(as_of)
        cut = coverage_span(published[published <= early], looks[looks <= early], as_of)
        assert coverage_span(published, looks, as_of) == cut

    def test_one_wrong_date_adds_no_decades(self) -> None:
        published = pd.concat([days("1970-01-01"), spread("2021-02-01", "2025-12-30", 1500)])
        assert coverage_span(published, NO_LOOKS, AS_OF) == span_of("2021-02-01", "2025-12-31")

    def test_a_few_old_works_beside_new_ones_add_no_months(self) -> None:
        old = days("2023-11-20", "2024-01-04", "2024-03-31", "2024-04-18")
        published = pd.concat([old, spread("2024-05-23", "2025-12-29", 2400)])
        assert coverage_span(published, NO_LOOKS, AS_OF) == span_of("2024-05-23", "2025-12-31")

    def test_months_of_a_slow_beginning_stay(self) -> None:
        slow = spread("2020-01-01", "2020-12-31", 24)
        published = pd.concat([slow, spread("2021-01-01", "2025-12-30", 3000)])
        assert coverage_span(published, NO_LOOKS, AS_OF) == span_of("2020-01-01", "2025-12-31")

    def test_a_source_that_had_ended_ends_with_its_last_paper(self) -> None:
        published = spread("1998-01-01", "2019-12-31", 5000)
        assert coverage_span(published, days("2025-12-10"), AS_OF) == span_of("1998-01-01", "2019-12-31")

    def test_a_silence_that_is_usual_ends_nothing(self) -> None:
        published = days("2020-01-01", "2022-01-01", "2024-08-01")
        assert coverage_span(published, NO_LOOKS, AS_OF) == span_of("2020-01-01", "2025-12-31")

    def test_a_date_known_to_the_year_stands_for_the_year(self) -> None:
        published = days("2017-01-01", "2018-01-01", "2021-01-01")
        precision = pd.Series(["year"] * 3)
        looks = days("2025-12-10")
        assert coverage_span(published, looks, AS_OF, precision=precision) == span_of(
            "2017-01-01", "2021-12-31"
        )

    @pytest.mark.parametrize("published", [days(None, None), days(), days("2031-01-01")])
    def test_no_dated_paper_no_span(self, published: pd.Series) -> None:
        assert coverage_span(published, NO_LOOKS, AS_OF) is None


def daily(volume: np.ndarray, name: str = "daily-papers", start: str = "2025-01-01") -> pd.DataFrame:
    """One whole look a day."""
    looked = pd.date_range(start, periods=len(volume))
    return pd.DataFrame(
        {"name": name, "location": [f"{d:%F}.json" for d in looked], "start": looked, "end": looked,
         "n_records": volume, "is_whole": True}
    )  # fmt: skip


def look(name: str, start: str, end: str, n_records: int = 0, *, is_whole: bool = False) -> pd.DataFrame:
    place = f"{start}.json" if name == "unknown" else f"{name} {start}"
    row = (name, place, pd.Timestamp(start), pd.Timestamp(end), n_records, is_whole)
    return pd.DataFrame([row], columns=list(LOOK_COLUMNS))


def gap_months(looks: pd.DataFrame, periods: pd.PeriodIndex = MONTHS) -> list[str]:
    return [f"{start:%Y-%m}" for start in collection_gaps(looks, periods)["period_start"]]


class TestCollectionGaps:
    @pytest.mark.parametrize("seed", range(5))
    def test_a_steady_feed_has_none_however_its_days_scatter(self, seed: int) -> None:
        """Null: weekdays only, over-dispersed counts with many days below half of the usual."""
        looked = daily(np.random.default_rng(seed).negative_binomial(2, 0.12, 365))
        looked = looked[looked["start"].dt.day_of_week < 5]
        median = looked["n_records"].median()
        assert (looked["n_records"] < median / 2).mean() > 0.1
        assert gap_months(looked) == []

    def test_a_month_of_less_than_half_the_usual_is_one(self) -> None:
        volume = np.full(365, 20)
        volume[212:243] = 9  # August
        gaps = collection_gaps(daily(volume), MONTHS)
        assert gaps["period_start"].tolist() == [pd.Timestamp(2025, 8, 1)]
        assert gaps["reason"].tolist() == ["daily-papers brought 279 records instead of the usual 620"]

    def test_days_that_nobody_looked_at_count_as_none(self) -> None:
        looks = daily(np.full(365, 20))
        assert gap_months(looks[(looks["start"] < "2025-06-05") | (looks["start"] > "2025-06-25")]) == [
            "2025-06"
        ]

    def test_a_feed_that_grows_or_stays_small_is_none(self) -> None:
        assert gap_months(daily(np.arange(365) + 10)) == []
        assert gap_months(daily(np.full(90, 20))) == []

    def test_young_looks_made_again_do_not_count_twice(self) -> None:
        """The last week of each look is asked for again the next day: fullest look at a day counts."""
        looked = pd.date_range("2025-01-08", "2025-12-31")
        looks = pd.DataFrame(
            {"name": "arxiv:cat:cs.AI", "location": "", "start": looked - pd.Timedelta(days=7), "end": looked,
             "n_records": 80, "is_whole": True}
        )  # fmt: skip
        assert gap_months(looks) == []

    def test_a_failed_look_is_a_gap_until_made_good(self) -> None:
        looks = pd.concat([daily(np.full(365, 20)), look("arxiv:x", "2025-03-30", "2025-04-02")])
        gaps = collection_gaps(looks, MONTHS)
        assert gaps["period_start"].dt.month.tolist() == [3, 4]
        assert gaps["reason"].tolist() == [
            "arxiv:x failed on 2025-03-30 and 1 more days",
            "arxiv:x failed on 2025-04-01 and 1 more days",
        ]
        half = pd.concat([looks, look("arxiv:x", "2025-03-01", "2025-03-31", 5, is_whole=True)])
        assert gap_months(half) == ["2025-04"]
        whole = pd.concat([half, look("arxiv:x", "2025-04-01", "2025-04-30", 5, is_whole=True)])
        assert gap_months(whole) == []

    def test_a_file_that_was_mended_heals_by_its_place(self) -> None:
        broken = look("unknown", "2025-03-05", "2025-03-05")
        assert gap_months(broken) == ["2025-03"]
        assert gap_months(pd.concat([broken, daily(np.full(20, 9), start="2025-03-01")])) == []

    def test_weeks_keep_their_own_starts(self) -> None:
        weeks = pd.period_range("2025-01-06", "2025-03-30", freq="W-SUN")
        gaps = collection_gaps(look("n", "2025-02-05", "2025-02-05"), weeks)
        assert gaps["period_start"].tolist() == [pd.Timestamp(2025, 2, 3)]
        assert str(gaps["period_start"].dtype) == "datetime64[us]"

    def test_nothing_watched_is_not_a_gap(self) -> None:
        assert collection_gaps(daily(np.array([], dtype=int)), MONTHS).empty

    @examples(50)
    @given(st.lists(st.integers(0, 40), min_size=2, max_size=300), st.randoms(use_true_random=False))
    def test_order_of_looks_is_irrelevant(self, volume: list[int], shuffler) -> None:
        looks = daily(np.array(volume))
        order = list(range(len(looks)))
        shuffler.shuffle(order)
        pd.testing.assert_frame_equal(
            collection_gaps(looks, MONTHS), collection_gaps(looks.iloc[order], MONTHS)
        )


def test_look_days_are_those_of_whole_looks() -> None:
    looks = pd.concat(
        [look("a", "2025-01-05", "2025-01-09"), look("a", "2025-01-01", "2025-01-03", is_whole=True)]
    )
    assert look_days(looks).tolist() == [pd.Timestamp(2025, 1, 3)]
