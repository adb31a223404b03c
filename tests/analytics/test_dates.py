"""What an arXiv id says about a date, and which dates cannot be believed."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.dates import arxiv_month, date_fault, month_end


@pytest.mark.parametrize(
    ("paper_id", "month"),
    [
        ("arxiv:2503.02130", date(2025, 3, 1)),
        ("arxiv:0704.0001", date(2007, 4, 1)),
        ("arxiv:9912.00001", date(2099, 12, 1)),
        ("arxiv:hep-th/9108001", date(1991, 8, 1)),
        ("arxiv:math/0309136", date(2003, 9, 1)),
        ("arxiv:cs/0703001", date(2007, 3, 1)),
        ("arxiv:2500.00001", None),
        ("arxiv:x", None),
        ("arxiv:", None),
        ("doi:10.1/2503.02130", None),
        ("title:2503021300000000", None),
        ("", None),
    ],
)
def test_the_month_of_an_id(paper_id, month):
    assert arxiv_month(paper_id) == month


@pytest.mark.parametrize(
    ("published", "precision", "fault"),
    [
        # The id is of March 2025. 92 days before its first day is 29 November 2024, a week after its last 7 April.
        (date(2025, 3, 1), "day", None),
        (date(2024, 11, 29), "day", None),
        (date(2024, 11, 28), "day", "before_id_month"),
        (date(2025, 4, 7), "day", None),
        (date(2025, 4, 8), "day", "after_id_month"),
        (date(2025, 5, 1), "month", "after_id_month"),
        # A month or year stands for all of it.
        (date(2024, 11, 1), "month", None),
        (date(2024, 10, 1), "month", "before_id_month"),
        (date(2024, 1, 1), "year", None),
        (date(2023, 1, 1), "year", "before_id_month"),
        (date(1899, 12, 31), "day", "before_1900"),
        (None, "none", None),
    ],
)
def test_faults_worked_by_hand(published, precision, fault):
    assert date_fault(published, precision, "arxiv:2503.02130") == fault


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.sampled_from(["doi:10.1/a", "title:0123"]))
def test_without_an_arxiv_id_nothing_contradicts(published, paper_id):
    assert date_fault(published, "day", paper_id) is None


@given(st.dates(date(2007, 4, 1), date(2090, 12, 31)), st.integers(-92, 7))
def test_a_date_near_its_own_id_is_never_in_doubt(published, shift):
    paper_id = f"arxiv:{published:%y%m}.00001"
    near = min(max(published + timedelta(days=shift), published.replace(day=1) - timedelta(days=92)),
               month_end(published) + timedelta(days=7))  # fmt: skip
    assert date_fault(near, "day", paper_id) is None


@given(st.dates())
def test_the_end_of_a_month_is_its_last_day(day):
    if day < date(9999, 12, 1):
        last = month_end(day)
        assert (last.year, last.month) == (day.year, day.month)
        assert (last + timedelta(days=1)).day == 1


@pytest.mark.shared
def test_the_figures_that_the_rule_rests_on(shared_dir: Path):
    papers = pd.read_parquet(shared_dir / "corpora" / "arxiv_cs_1993_2019.parquet", columns=["id", "date"])
    days = [date.fromisoformat(text) for text in papers["date"]]
    ids = [f"arxiv:{one}" for one in papers["id"]]
    faults = Counter(date_fault(day, "day", one) for day, one in zip(days, ids, strict=True))
    assert faults == {None: 76396, "before_id_month": 88, "after_id_month": 16}
    in_month = sum(arxiv_month(one) == day.replace(day=1) for day, one in zip(days, ids, strict=True))
    assert in_month == 73186
