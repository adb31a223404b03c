"""Spans, periods and shares over time."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from analytics.exceptions import InputError
from analytics.tables import TABLE_COLUMNS
from analytics.trends.coverage import CoverageSpan, coverage_span
from analytics.trends.periods import choose_period
from analytics.trends.shares import corpus_trends, period_shares, wilson_interval

NO_LOOKS = pd.Series([], dtype="datetime64[us]")
AS_OF = date(2025, 12, 31)


def days(*texts: str | None) -> pd.Series:
    return pd.Series(pd.to_datetime(list(texts)), dtype="datetime64[us]")


def spread(start: str, end: str, number: int) -> pd.Series:
    """`number` days, evenly from start to end, both included."""
    return pd.Series(pd.date_range(start, end, periods=number).normalize())


def looks_on(looked: pd.Series) -> pd.DataFrame:
    """One whole look on each day, each at a feed of its own: volumes are not compared."""
    names = [f"feed {number}" for number in range(len(looked))]
    return pd.DataFrame(
        {"name": names, "location": names, "start": looked, "end": looked, "n_records": 1, "is_whole": True}
    )


def span_of(start: str, end: str) -> CoverageSpan:
    return CoverageSpan(pd.Timestamp(start), pd.Timestamp(end))


def papers_on(published: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"paper_id": [f"p{i}" for i in range(len(published))], "published": published})


def members(**papers: list[str]) -> pd.DataFrame:
    rows = [("theme", name.replace("_", "-"), paper) for name, ids in papers.items() for paper in ids]
    return pd.DataFrame(rows, columns=["kind", "series_id", "paper_id"])


def themes(*names: str) -> pd.DataFrame:
    return pd.DataFrame({"kind": "theme", "series_id": list(names)})


class TestWilsonInterval:
    @given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 5000)), min_size=1), st.floats(0.5, 0.999))
    def test_agrees_with_statsmodels(self, pairs: list[tuple[int, int]], confidence: float) -> None:
        successes = np.array([y for y, _ in pairs])
        totals = successes + [more for _, more in pairs] + 1
        low, high = wilson_interval(successes, totals, confidence)
        expected = proportion_confint(successes, totals, alpha=1 - confidence, method="wilson")
        np.testing.assert_allclose([low, high], expected, rtol=1e-9, atol=1e-12)
        share = successes / totals
        assert ((low <= share) & (share <= high) & (low >= 0) & (high <= 1)).all()

    def test_by_hand(self) -> None:
        # z = 1.96: center (1 + 1.9208) / (10 + 3.8416), half 1.96 sqrt(0.9 + 0.9604) / 13.8416
        low, high = wilson_interval(1, 10)
        assert [float(low), float(high)] == pytest.approx([0.017876, 0.404150], abs=1e-5)

    def test_is_exact_at_none_and_all(self) -> None:
        low, high = wilson_interval([0, 7], [7, 7])
        assert low[0] == 0
        assert high[1] == 1
        assert 0 < high[0] < 1
        assert low[1] == pytest.approx(1 - high[0])

    def test_nothing_known_is_nan(self) -> None:
        assert np.isnan(wilson_interval([0], [0])).all()

    @pytest.mark.parametrize("n", [5, 20, 100, 1000])
    def test_covers_the_truth(self, n: int) -> None:
        # Exact, without simulation: the interval's coverage averaged over shares between 2 % and 98 %.
        counts = np.arange(n + 1)
        low, high = wilson_interval(counts, n)
        shares = np.linspace(0.02, 0.98, 97)[:, None]
        covered = (low <= shares) & (shares <= high)
        coverage = (stats.binom.pmf(counts, n, shares) * covered).sum(axis=1).mean()
        assert 0.93 < coverage < 0.97

    @pytest.mark.parametrize(("successes", "totals"), [(3, 2), (-1, 2)])
    def test_impossible_counts(self, successes: int, totals: int) -> None:
        with pytest.raises(InputError, match=r"outside 0\.\.total"):
            wilson_interval(successes, totals)

    @pytest.mark.parametrize("confidence", [0, 1, 95])
    def test_impossible_confidence(self, confidence: float) -> None:
        with pytest.raises(InputError, match="between 0 and 1"):
            wilson_interval(1, 2, confidence)


class TestChoosePeriod:
    def test_twenty_months_of_a_busy_feed(self) -> None:
        choice = choose_period(spread("2024-05-23", "2025-12-29", 6141), span_of("2024-05-27", "2025-12-31"))
        assert choice is not None
        assert choice.freq == "month"
        assert choice.reason == (
            "months: the shortest period whose median holds at least 20 papers (325), in 8 to 60 periods (19)"
        )

    @pytest.mark.parametrize(
        ("published", "freq"),
        [
            (spread("2025-01-01", "2025-12-31", 3000), "week"),
            (spread("2019-01-07", "2025-12-02", 47), "year"),
            (spread("1993-01-01", "2019-12-31", 76_500), "year"),
            (spread("2016-01-01", "2025-12-31", 5000), "quarter"),
            (spread("2025-01-01", "2025-12-31", 60), "month"),
            (days("2025-10-01"), "week"),
            (days(*["2025-10-01"] * 500), "week"),
        ],
    )
    def test_corpora(self, published: pd.Series, freq: str) -> None:
        choice = choose_period(published)
        assert choice is not None
        assert choice.freq == freq
        assert choice.reason.startswith(f"{freq}s: ")

    def test_undated_papers_have_no_period(self) -> None:
        assert choose_period(days(None, None)) is None

    def test_a_sparse_page_says_why(self) -> None:
        choice = choose_period(spread("2019-01-07", "2025-12-10", 10))
        assert choice is not None
        assert choice.reason == (
            "years: the longest period of which there are at least 5 (5, median 1 papers); "
            "no length gives 8 to 60 periods of 20 papers"
        )

    @pytest.mark.parametrize(("coarse", "freq"), [(0.05, "week"), (0.2, "month")])
    def test_dates_known_to_the_month_fill_no_weeks(self, coarse: float, freq: str) -> None:
        published = spread("2025-01-01", "2025-12-31", 3000)
        precision = pd.Series(np.where(np.arange(3000) < coarse * 3000, "month", "day"))
        choice = choose_period(published, precision=precision)
        assert choice is not None
        assert choice.freq == freq

    def test_dates_known_to_the_year_fill_years_only(self) -> None:
        published = pd.Series(pd.to_datetime([f"{year}-01-01" for year in range(2017, 2022)] * 800))
        choice = choose_period(published, precision=pd.Series(["year"] * 4000))
        assert choice is not None
        assert choice.freq == "year"

    def test_an_unknown_precision_is_the_callers_mistake(self) -> None:
        with pytest.raises(InputError, match="'none'; allowed are day, month, year"):
            choose_period(days("2025-01-01"), precision=pd.Series(["none"]))

    def test_edges_do_not_count(self) -> None:
        # A thousand papers in the cut first week must not make weeks look full.
        published = pd.concat([days(*["2025-01-01"] * 1000), spread("2025-01-08", "2025-12-31", 300)])
        choice = choose_period(published)
        assert choice is not None
        assert choice.freq == "month"


class TestPeriodShares:
    def test_by_hand(self) -> None:
        papers = papers_on(days("2024-01-01", "2024-01-31", "2024-02-01", "2024-04-30", None))
        trends = period_shares(
            papers,
            members(agents=["p0", "p2", "p4"]),
            themes("agents", "empty"),
            freq="month",
            span=span_of("2024-01-01", "2024-04-29"),
        )
        assert list(trends.columns) == list(TABLE_COLUMNS["trends"])
        agents = trends[trends["series_id"] == "agents"]
        assert agents["period_start"].dt.strftime("%m-%d").tolist() == ["01-01", "02-01", "03-01", "04-01"]
        assert agents["period_end"].dt.strftime("%m-%d").tolist() == ["02-01", "03-01", "04-01", "05-01"]
        assert agents["n_papers"].tolist() == [1, 1, 0, 0]
        assert agents["n_total"].tolist() == [2, 1, 0, 0]  # 30 April lies after the span
        assert agents["share"].tolist()[:2] == [0.5, 1.0]
        assert agents[["share", "share_low", "share_high"]].iloc[2:].isna().all(axis=None)
        assert agents["is_complete"].tolist() == [True, True, True, False]
        empty = trends[trends["series_id"] == "empty"]
        assert empty["n_papers"].tolist() == [0, 0, 0, 0]
        assert empty["share"].tolist()[:2] == [0.0, 0.0]

    def test_weeks_start_on_monday(self) -> None:
        papers = papers_on(days("2024-12-29", "2024-12-30", "2025-01-05", "2025-01-06"))
        trends = period_shares(
            papers, members(), themes("agents"), freq="week", span=span_of("2024-12-23", "2025-01-12")
        )
        assert trends["period_start"].tolist() == [
            pd.Timestamp(day) for day in ("2024-12-23", "2024-12-30", "2025-01-06")
        ]
        assert trends["n_total"].tolist() == [1, 2, 1]
        assert trends["is_complete"].all()

    @pytest.mark.parametrize(
        ("freq", "start", "end"),
        [
            ("month", "2024-02-01", "2024-03-01"),
            ("quarter", "2024-01-01", "2024-04-01"),
            ("year", "2024-01-01", "2025-01-01"),
        ],
    )
    def test_the_end_is_the_first_day_of_the_next(self, freq: str, start: str, end: str) -> None:
        papers = papers_on(days("2024-02-29"))
        trends = period_shares(
            papers,
            members(agents=["p0"]),
            themes("agents"),
            freq=freq,  # type: ignore[arg-type]
            span=span_of("2024-02-29", "2024-02-29"),
        )
        assert trends["period_start"].tolist() == [pd.Timestamp(start)]
        assert trends["period_end"].tolist() == [pd.Timestamp(end)]
        assert not trends["is_complete"].any()

    def test_papers_before_the_start_count_within_its_period_only(self) -> None:
        papers = papers_on(days("2017-06-01", "2024-05-23", "2024-05-28"))
        trends = period_shares(
            papers, members(), themes("agents"), freq="month", span=span_of("2024-05-27", "2024-06-30")
        )
        assert trends["n_total"].tolist() == [2, 0]
        assert trends["is_complete"].tolist() == [False, True]

    def test_a_membership_listed_twice_counts_once(self) -> None:
        papers = papers_on(days("2024-01-05"))
        trends = period_shares(
            papers,
            members(agents=["p0", "p0"]),
            themes("agents"),
            freq="year",
            span=span_of("2024-01-01", "2024-12-31"),
        )
        assert trends["n_papers"].tolist() == [1]

    def test_a_theme_and_a_topic_of_one_name_are_two(self) -> None:
        papers = papers_on(days("2024-01-05", "2024-01-06"))
        both = pd.DataFrame({"kind": ["theme", "topic"], "series_id": "agents"})
        trends = period_shares(
            papers,
            members(agents=["p0", "p1"]),
            both,
            freq="year",
            span=span_of("2024-01-01", "2024-12-31"),
        )
        assert trends["n_papers"].tolist() == [2, 0]

    @pytest.mark.parametrize(
        ("papers", "membership", "series", "freq", "message"),
        [
            (papers_on(days("2024-01-05")), members(agents=["p9"]), themes("agents"), "year", "'p9'"),
            (papers_on(days("2024-01-05")), members(other=["p0"]), themes("agents"), "year", "'other'"),
            (papers_on(days("2024-01-05")), members(), themes("agents", "agents"), "year", "twice"),
            (
                pd.concat([papers_on(days("2024-01-05"))] * 2),
                members(),
                themes("agents"),
                "year",
                "'p0' is listed twice",
            ),
            (
                papers_on(days("2024-01-05")),
                members(),
                themes("agents"),
                "hour",
                "day, week, month, quarter, year",
            ),
        ],
    )
    def test_mistakes(
        self, papers: pd.DataFrame, membership: pd.DataFrame, series: pd.DataFrame, freq: str, message: str
    ) -> None:
        with pytest.raises(InputError, match=message):
            period_shares(
                papers,
                membership,
                series,
                freq=freq,  # type: ignore[arg-type]
                span=span_of("2024-01-01", "2024-12-31"),
            )


DATES = st.dates(date(1990, 1, 1), date(2026, 6, 30))


@st.composite
def corpora(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame]:
    published = draw(st.lists(st.none() | DATES, max_size=40))
    papers = papers_on(pd.Series(pd.to_datetime(published), dtype="datetime64[us]"))
    theme = draw(st.lists(st.sampled_from(["a", "b", "c"]), min_size=len(papers), max_size=len(papers)))
    return papers, pd.DataFrame({"kind": "theme", "series_id": theme, "paper_id": papers["paper_id"]})


class TestLaws:
    @given(
        corpora(),
        st.lists(DATES, max_size=5),
        st.sampled_from([None, "week", "month", "quarter", "year"]),
    )
    def test_any_corpus(
        self, corpus: tuple[pd.DataFrame, pd.DataFrame], looked: list[date], freq: str | None
    ) -> None:
        papers, membership = corpus
        looks = pd.Series(pd.to_datetime(looked), dtype="datetime64[us]")
        found = corpus_trends(
            papers,
            membership,
            themes("a", "b", "c"),
            looks=looks_on(looks),
            as_of=AS_OF,
            freq=freq,  # type: ignore[arg-type]
        )
        trends = found.trends
        # Every paper stands in a period or in one of the three counts beside it.
        placed = trends.groupby("series_id")["n_total"].sum().max() if len(trends) else 0
        assert placed + found.n_undated + found.n_before_span + found.n_after_span == len(papers)
        if found.span is None:
            assert trends.empty
            return
        # Each paper is in just one of three themes, so their shares sum to one in each period with papers.
        per_period = trends.groupby("period_start").agg({"share": "sum", "n_papers": "sum", "n_total": "max"})
        assert (per_period["n_papers"] == per_period["n_total"]).all()
        np.testing.assert_allclose(per_period.loc[per_period["n_total"] > 0, "share"], 1)
        # Periods follow each other without a gap, and only whole ones are complete.
        one = trends[trends["series_id"] == "a"]
        assert one["period_start"].iloc[1:].tolist() == one["period_end"].iloc[:-1].tolist()
        inside = (one["period_start"] >= found.span.start) & (
            one["period_end"] <= found.span.end + pd.Timedelta(days=1)
        )
        assert one["is_complete"].equals(inside)

    def test_row_order_is_irrelevant_and_inputs_stay(self) -> None:
        rng = np.random.default_rng(0)
        papers = papers_on(spread("2024-01-01", "2025-12-31", 400))
        membership = pd.DataFrame(
            {"kind": "theme", "series_id": rng.choice(["a", "b"], 400), "paper_id": papers["paper_id"]}
        )
        copies = papers.copy(), membership.copy()

        def trends(papers: pd.DataFrame, membership: pd.DataFrame) -> pd.DataFrame:
            looks = days("2025-12-31")
            return corpus_trends(
                papers, membership, themes("a", "b"), looks=looks_on(looks), as_of=AS_OF
            ).trends

        shuffled = trends(papers.sample(frac=1, random_state=1), membership.sample(frac=1, random_state=2))
        pd.testing.assert_frame_equal(trends(papers, membership), shuffled)
        pd.testing.assert_frame_equal(papers, copies[0])
        pd.testing.assert_frame_equal(membership, copies[1])

    def test_the_callers_period_wins(self) -> None:
        papers = papers_on(spread("2024-01-01", "2025-12-31", 400))
        found = corpus_trends(
            papers, members(), themes("a"), looks=looks_on(NO_LOOKS), as_of=AS_OF, freq="quarter"
        )
        assert found.choice is not None
        assert found.choice.reason == "quarters: as asked for"
        assert len(found.trends) == 8

    def test_strays_are_counted_beside(self) -> None:
        published = pd.concat(
            [days("2017-06-01", None, "2026-03-01"), spread("2024-05-23", "2025-12-29", 600)],
            ignore_index=True,
        )
        looks = spread("2024-05-27", "2025-12-31", 415)
        found = corpus_trends(
            papers_on(published), members(), themes("a"), looks=looks_on(looks), as_of=AS_OF
        )
        assert (found.n_before_span, found.n_undated, found.n_after_span) == (1, 1, 1)
        assert found.trends["period_start"].min() == pd.Timestamp("2024-05-01")
        assert found.trends["is_complete"].tolist() == [False] + [True] * 19


@pytest.mark.shared
def test_arxiv_of_a_quarter_century(shared_dir: Path) -> None:
    table = pd.read_parquet(shared_dir / "corpora" / "arxiv_cs_1993_2019.parquet", columns=["date"])
    published = pd.to_datetime(table["date"])
    span = coverage_span(published, days("2026-11-22"), date(2026, 11, 22))
    assert span is not None
    # Five papers of 1989 to 1993 open no decade of empty periods, and the years since 2020 are not covered.
    assert (span.start.year, span.end) == (1998, pd.Timestamp("2019-12-31"))
    choice = choose_period(published, span)
    assert choice is not None
    assert choice.freq == "year"
