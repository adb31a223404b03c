"""Numbers, dates and texts as the page writes them."""

from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.values.formatting import NARROW, clean, clip, join_words, odds, percent, points, q_value
from reports.values.periods import Period, period_label, period_unit, range_label
from reports.values.slugs import make_slugs

PLAIN = str.maketrans({NARROW: " ", "\u00a0": " "})


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (0.0005, "0.1 %"),
        (0.0312, "3.1 %"),
        (0.0994, "9.9 %"),
        (0.09951, "10 %"),
        (0.3101, "31 %"),
        (0.9949, "99 %"),
        (0.9951, ">99 %"),
        (1.0, "100 %"),
    ],
)
def test_percent_has_one_decimal_below_ten_and_none_above(share, text):
    assert percent(share).translate(PLAIN) == text


@given(st.floats(0, 1))
def test_percent_is_within_its_rounding_and_never_parted_from_its_sign(share):
    text = percent(share)
    assert text.endswith(f"{NARROW}%")
    number = text.removesuffix(f"{NARROW}%")
    if number[0] in "<>":
        assert (share < 0.001) if number[0] == "<" else (share > 0.99)
    else:
        assert abs(float(number) - 100 * share) <= (0.05 if 100 * share < 9.95 else 0.5) + 1e-9
        assert ("." in number) == (0 < 100 * share < 9.95)


@given(st.floats(1e-6, 1e6))
def test_odds_never_read_as_no_change_unless_they_are_none(ratio):
    text = odds(ratio)
    if text.startswith((">", "<")):
        assert ratio > 1000 or ratio < 0.001
    else:
        shown = float(text.replace(",", ""))
        assert shown == pytest.approx(ratio, rel=0.06)
        if abs(ratio - 1) > 0.0005:
            assert (shown > 1) == (ratio > 1)


def test_points_are_signed_with_a_minus_sign():
    assert points(0.0081) == "+0.8"
    assert points(-0.0114) == "\u22121.1"
    assert points(-0.0004) == "0.0"


@pytest.mark.parametrize(
    ("q", "text"), [(0.0, "q < 0.001"), (0.001, "q = 0.001"), (0.0456, "q = 0.046"), (0.5, "q = 0.50")]
)
def test_q_value(q, text):
    assert q_value(q).translate(PLAIN) == text


def test_missing_numbers_are_a_dash():
    assert percent(math.nan) == odds(math.nan) == "\u2013"


@given(st.text())
def test_clean_text_can_be_written_and_is_stable(text):
    cleaned = clean(text)
    cleaned.encode()
    assert clean(cleaned) == cleaned
    assert not any(character in cleaned for character in "\x00\x1f\u202e\u2067")


@given(st.text(), st.integers(1, 50))
def test_clip_keeps_its_length(text, length):
    assert len(clip(text, length)) <= length


def test_join_words():
    assert join_words([]) == ""
    assert join_words(["May 2024", "Dec 2025"]) == "May 2024 and Dec 2025"


@pytest.mark.parametrize(
    ("end", "unit"),
    [
        (date(2024, 1, 8), "week"),
        (date(2024, 1, 7), "week"),
        (date(2024, 2, 1), "month"),
        (date(2024, 1, 31), "month"),
        (date(2024, 4, 1), "quarter"),
        (date(2024, 3, 31), "quarter"),
        (date(2025, 1, 1), "year"),
        (date(2024, 12, 31), "year"),
    ],
)
def test_unit_of_a_period_whether_its_end_is_in_it_or_not(end, unit):
    assert period_unit(date(2024, 1, 1), end) == unit


def test_names_of_periods():
    assert period_label(date(2024, 2, 26), "week") == "26 Feb 2024"
    assert period_label(date(2024, 3, 1), "month") == "Mar 2024"
    assert period_label(date(2025, 10, 1), "quarter") == "Q4 2025"
    assert period_label(date(2025, 1, 1), "year") == "2025"


def test_names_of_ranges_say_the_year_once():
    def period(day: date, unit: str) -> Period:
        return Period(day, unit, 0, 0, math.nan, math.nan, math.nan, True)

    months = [period(date(2025, month, 1), "month") for month in (1, 6)]
    assert range_label(*months) == "Jan to Jun 2025"
    assert range_label(months[0], months[0]) == "Jan 2025"
    assert range_label(period(date(2024, 11, 1), "month"), months[0]) == "Nov 2024 to Jan 2025"
    years = [period(date(year, 1, 1), "year") for year in (2024, 2025)]
    assert range_label(*years) == "2024 to 2025"


@given(st.lists(st.text(), unique=True, max_size=20))
def test_slugs_are_safe_file_names_and_differ(ids):
    slugs = make_slugs(ids)
    assert list(slugs) == ids
    assert len(set(slugs.values())) == len(ids)
    assert all(slug and set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for slug in slugs.values())
