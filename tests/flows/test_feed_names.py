"""Names of feeds, written windows, and which days still need a look."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.exceptions import InputError
from flows.feeds.names import FEED_NAMES, FeedSpec, parse_feed_name
from flows.feeds.windows import (
    default_window,
    parse_window,
    remaining_windows,
    split_days,
    split_months,
    window_text,
)
from tests.examples import examples

TODAY = date(2025, 12, 10)
OCTOBER = (date(2025, 10, 1), date(2025, 10, 31))


def read(text):
    return parse_feed_name(text, today=TODAY)


class TestWrittenWindows:
    @pytest.mark.parametrize(
        ("text", "first", "last"),
        [
            ("today", "2025-12-10", "2025-12-10"),
            ("yesterday", "2025-12-09", "2025-12-09"),
            ("2025-10-03", "2025-10-03", "2025-10-03"),
            ("2024-02", "2024-02-01", "2024-02-29"),
            ("2025-W40", "2025-09-29", "2025-10-05"),
            ("2020-W53", "2020-12-28", "2021-01-03"),
            ("2024", "2024-01-01", "2024-12-31"),
            ("2025", "2025-01-01", "2025-12-10"),
            ("2025-12", "2025-12-01", "2025-12-10"),
            ("2025-10-01..2025-10-31", "2025-10-01", "2025-10-31"),
            ("2025-10..2025-11", "2025-10-01", "2025-11-30"),
            ("2024..2025-W02", "2024-01-01", "2025-01-12"),
            ("2025-10-01..", "2025-10-01", "2025-12-10"),
            ("2025-12-01..today", "2025-12-01", "2025-12-10"),
            ("2025-12-01..2026", "2025-12-01", "2025-12-10"),
        ],
    )
    def test_by_hand(self, text, first, last):
        window = parse_window(text, today=TODAY)
        assert tuple(map(str, window)) == (first, last)
        assert parse_window(window_text(window), today=TODAY) == window

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("2025-10-31..2025-10-01", "before it starts"),
            ("2026", "after today, 2025-12-10"),
            ("2026-01-01..", "after today"),
            ("..2025", "'' , which is no day"),
            ("2025-02-30", "is no day"),
            ("2025-13", "is no day"),
            ("2021-W53", "is no day"),
            ("2025-1-1", "is no day"),
            ("20251001", "is no day"),
            ("0000", "is no day"),
            ("0001", "is no day"),
            ("2025...2025", "is no day"),
            ("２０２５", "is no day"),
            ("", "is no day"),
        ],
    )
    def test_what_is_none_is_refused(self, text, says):
        with pytest.raises(InputError, match=says.replace("'' ,", "'',")):
            parse_window(text, today=TODAY)

    @examples(300)
    @given(st.text("0123456789-W.today", max_size=25) | st.text(max_size=10))
    def test_any_text_is_a_window_up_to_today_or_an_input_error(self, text):
        try:
            start, end = parse_window(text, today=TODAY)
        except InputError:
            return
        assert start <= end <= TODAY


class TestNames:
    @pytest.mark.parametrize(
        ("text", "spec", "identity"),
        [
            ("daily-papers:2025-10", FeedSpec("daily-papers", "", OCTOBER), "daily-papers"),
            ("arxiv:cat:cs.AI", FeedSpec("arxiv", "cat:cs.AI"), "arxiv:cat:cs.AI"),
            ("ArXiv:cat:cs.AI  2025-10", FeedSpec("arxiv", "cat:cs.AI", OCTOBER), "arxiv:cat:cs.AI"),
            ("arxiv-oai:cs 2025-10", FeedSpec("arxiv-oai", "cs", OCTOBER), "arxiv-oai:cs"),
            (
                'arxiv:ti:"self play" OR abs:agents 2025-10-01..2025-10-31',
                FeedSpec("arxiv", 'ti:"self play" OR abs:agents', OCTOBER),
                'arxiv:ti:"self play" OR abs:agents',
            ),
            ("openalex:gpt 4.5", FeedSpec("openalex", "gpt 4.5"), "openalex:gpt 4.5"),
            ("semantic-scholar:web 2.0 2025-10", FeedSpec("semantic-scholar", "web 2.0", OCTOBER), "semantic-scholar:web 2.0"),
            ("rss:https://a.org/f?x=1", FeedSpec("rss", "https://a.org/f?x=1"), "rss:https://a.org/f?x=1"),
        ],
    )  # fmt: skip
    def test_by_hand(self, text, spec, identity):
        assert read(text) == spec
        assert read(text).identity == identity

    @pytest.mark.parametrize(
        "text", ["C:\\papers", "./a:b", "/data/a:b.txt", "data/arxiv:x", "papers", "arxiv", "", ":x", "a b:c"]
    )
    def test_what_is_no_name_at_all_is_left_to_the_caller(self, text):
        assert read(text) is None

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("arxvi:cat:cs.AI", "did you mean 'arxiv'"),
            ("daily_papers:2025-10", "did you mean 'daily-papers'"),
            (
                "gopher:x",
                "Allowed are daily-papers, arxiv, arxiv-oai, openalex, semantic-scholar, crossref, europepmc, biorxiv, medrxiv, rss",
            ),
            ("https://a.org/feed.xml", "write rss: before it"),
            ("daily-papers:", "write daily-papers: and today, yesterday"),
            ("daily-papers:agents", "'agents', which is no day"),
            ("daily-papers:2022", "before Daily Papers began"),
            ("arxiv:", "asks arxiv for nothing"),
            ("arxiv: \x00 ", "asks arxiv for nothing"),
            ("arxiv:2025-10", "asks arxiv for nothing"),
            ("arxiv:cat:cs.AI 2025-13", "'2025-13', which is no day"),
            ("arxiv:cat:cs.AI 2025-10-1..", "'2025-10-1', which is no day"),
            ("arxiv:cat:cs.AI 2027", "after today"),
            ("arxiv:" + "x" * 3000, "3,000 characters"),
            ("rss:file:///etc/passwd", "needs a web address"),
            ("rss:feed.xml", "needs a web address"),
            ("rss:http://", "needs a web address"),
            ("rss:http://[::1", "needs a web address"),
            ("rss:http://a.org:port/", "needs a web address"),
            ("rss:https://a.org/f 2025-10", "needs a web address"),
            ("rss:", "needs a web address"),
        ],
    )
    def test_what_is_wrong_is_said_on_one_line(self, text, says):
        with pytest.raises(InputError) as caught:
            read(text)
        assert says in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_a_password_in_an_address_is_refused_and_not_repeated(self):
        with pytest.raises(InputError, match=r"on a\.org holds a user name") as caught:
            read("rss:https://me:geheim@a.org/feed")
        assert "geheim" not in str(caught.value)

    def test_daily_papers_of_their_first_year_start_in_may(self):
        assert read("daily-papers:2023").window == (date(2023, 5, 1), date(2023, 12, 31))

    @examples(300)
    @given(st.sampled_from([*FEED_NAMES, "x", "zz"]), st.text(max_size=30))
    def test_any_text_is_a_spec_none_or_an_input_error(self, name, rest):
        try:
            spec = read(f"{name}:{rest}")
        except InputError:
            return
        assert spec is None or spec.name in FEED_NAMES


_days = st.integers(0, 60).map(lambda n: date(2025, 10, 1) + timedelta(days=n))
_windows = st.tuples(_days, _days).map(lambda pair: (min(pair), max(pair)))
_looks = st.lists(st.tuples(_windows, _days).map(lambda look: (*look[0], look[1])), max_size=6)


def days_of(windows):
    return [day for window in windows for day, _ in split_days(window)]


class TestRemainingDays:
    def test_by_hand(self):
        """October was asked for on the 20th; 3 days of overlap leave the days from the 18th on."""
        seen = [(date(2025, 10, 1), date(2025, 10, 20), date(2025, 10, 20))]
        assert remaining_windows(OCTOBER, seen, overlap_days=3) == [(date(2025, 10, 18), date(2025, 10, 31))]
        hole = [*seen, (date(2025, 10, 25), date(2025, 10, 26), date(2025, 12, 1))]
        assert remaining_windows(OCTOBER, hole, overlap_days=3) == [
            (date(2025, 10, 18), date(2025, 10, 24)),
            (date(2025, 10, 27), date(2025, 10, 31)),
        ]
        whole = [(date(2025, 9, 1), date(2025, 11, 30), date(2025, 11, 3))]
        assert remaining_windows(OCTOBER, whole, overlap_days=3) == []
        assert remaining_windows(OCTOBER, whole, overlap_days=4) == [(date(2025, 10, 31), date(2025, 10, 31))]

    @examples(300)
    @given(_windows, _looks, st.integers(0, 10))
    def test_every_day_is_either_settled_by_the_definition_or_remains(self, window, looks, overlap):
        settled = [
            day
            for day, _ in split_days(window)
            if any(
                start <= day <= end and seen_on >= day + timedelta(days=overlap)
                for start, end, seen_on in looks
            )
        ]
        remaining = remaining_windows(window, looks, overlap_days=overlap)
        assert sorted(settled + days_of(remaining)) == days_of([window])
        for (_, end), (start, _) in itertools.pairwise(remaining):
            assert start - end > timedelta(days=1)
        assert remaining_windows(window, reversed(looks), overlap_days=overlap) == remaining

    @examples(200)
    @given(_windows, _looks, st.integers(0, 10), _days)
    def test_asking_again_the_same_day_leaves_only_young_days(self, window, looks, overlap, today):
        asked = remaining_windows(window, looks, overlap_days=overlap)
        again = remaining_windows(
            window, [*looks, *((start, end, today) for start, end in asked)], overlap_days=overlap
        )
        assert all(day > today - timedelta(days=overlap) for day in days_of(again))
        assert set(days_of(again)) <= set(days_of(asked))

    def test_the_default_window_reaches_back_to_the_earliest_day_ever_asked_for(self):
        looks = [(date(2025, 3, 1), date(2025, 3, 5), date(2025, 3, 5)), (date(2025, 11, 1), TODAY, TODAY)]
        assert default_window(looks, TODAY) == (date(2025, 3, 1), TODAY)
        assert default_window([], TODAY, first_days=7) == (date(2025, 12, 3), TODAY)

    @examples(100)
    @given(_windows)
    def test_months_make_up_the_window(self, window):
        months = split_months(window)
        assert days_of(months) == days_of([window])
        assert all((start.year, start.month) == (end.year, end.month) for start, end in months)

    def test_months_end_where_dates_end(self):
        assert split_months((date(9999, 11, 30), date.max)) == [
            (date(9999, 11, 30), date(9999, 11, 30)),
            (date(9999, 12, 1), date.max),
        ]
