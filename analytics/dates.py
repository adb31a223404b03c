"""Dates implied by arXiv ids, and implausible dates.

An arXiv id carries the month in which it was given: ``2503.02130`` is of March 2025. Over 76,500
papers of 1993 to 2019 the first version's date is in that month for 95.7 %, earlier by at most
92 days (submissions on hold) for 99.9 %, and later by more than a week for 0.02 %, all of them old
journal papers that were given backdated ids.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from analytics.papers import PublishedPrecision

__all__ = ["DateFault", "arxiv_month", "date_fault", "month_end"]

DateFault = Literal["before_1900", "before_id_month", "after_id_month"]
"""Why a stated date is in doubt; one after `as_of` is found where the day is known."""

_EARLIEST_YEAR = 1900

_ON_HOLD = timedelta(days=92)
_ANNOUNCED = timedelta(days=7)
_FIRST_ARXIV_YEAR = 91


def arxiv_month(paper_id: str) -> date | None:
    """First day of the month in which an arXiv id was given, None for any other id.

    Examples
    --------
    >>> arxiv_month("arxiv:2503.02130"), arxiv_month("arxiv:math/9301111")
    (datetime.date(2025, 3, 1), datetime.date(1993, 1, 1))
    >>> arxiv_month("doi:10.1/x") is None, arxiv_month("arxiv:2513.00001") is None
    (True, True)
    """
    kind, _, number = paper_id.partition(":")
    digits = number.rpartition("/")[2][:4]
    if kind != "arxiv" or not digits.isdecimal():
        return None
    year, month = int(digits[:2]), int(digits[2:])
    if not 1 <= month <= 12:
        return None
    # Ids of the form archive/YYMMNNN began in 1991 and ended in March 2007.
    century = 1900 if "/" in number and year >= _FIRST_ARXIV_YEAR else 2000
    return date(century + year, month, 1)


def month_end(day: date) -> date:
    """Last day of a date's month.

    Examples
    --------
    >>> month_end(date(2024, 2, 10))
    datetime.date(2024, 2, 29)
    """
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def date_fault(published: date | None, precision: PublishedPrecision, paper_id: str) -> DateFault | None:
    """Fault of a stated date; None if it is plausible or missing.

    A date may lie up to 92 days before its arXiv id's month and a week after it: feeds that date a paper by
    its announcement are days late. A date known to the month or year stands for all of it. `paper_id` has its
    prefix, ``"arxiv:2503.02130"``.

    Examples
    --------
    >>> date_fault(date(2025, 2, 27), "day", "arxiv:2503.02130") is None
    True
    >>> date_fault(date(2024, 2, 27), "day", "arxiv:2503.02130")
    'before_id_month'
    >>> date_fault(date(2025, 1, 1), "year", "arxiv:2503.02130") is None
    True
    >>> date_fault(date(2026, 1, 1), "year", "arxiv:2503.02130")
    'after_id_month'
    """
    if published is None:
        return None
    if published.year < _EARLIEST_YEAR:
        return "before_1900"
    given = arxiv_month(paper_id)
    if given is None:
        return None
    last = {"year": published.replace(month=12, day=31), "month": month_end(published)}.get(
        precision, published
    )
    if published > month_end(given) + _ANNOUNCED:
        return "after_id_month"
    return "before_id_month" if last < given - _ON_HOLD else None
