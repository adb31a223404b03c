"""Dates as sources state them, read strictly: what could be two days is none."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from analytics.papers import PublishedPrecision

__all__ = ["UNDATED", "StatedDate", "read_date"]

StatedDate = tuple[date | None, PublishedPrecision]
"""A day with its precision: the first day of the month or year where no finer one is stated."""

UNDATED: StatedDate = (None, "none")

_LONGEST = 64
_DAY = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MONTH = re.compile(r"(\d{4})[-/.](\d{1,2})")
_YEAR = re.compile(r"\d{4}")
_WRITTEN = (
    ("%d %B %Y", "day"),
    ("%d %b %Y", "day"),
    ("%B %d, %Y", "day"),
    ("%b %d, %Y", "day"),
    ("%B %d %Y", "day"),
    ("%b %d %Y", "day"),
    ("%d-%b-%Y", "day"),
    ("%B %Y", "month"),
    ("%b %Y", "month"),
    ("%B, %Y", "month"),
    ("%b, %Y", "month"),
    ("%Y %B", "month"),
    ("%Y %b", "month"),
)


def read_date(text: str) -> StatedDate:
    """Read one stated date.

    Read are ISO days, months and times, a year, ``20250304``, ``2025/3/4``, ``4 March 2025``,
    ``March 2025`` and the dates of mail and RSS. A time with a zone gives its UTC day; one without is
    UTC. ``03/04/2025`` may be two days and is none. Any year from 1 on is read: whether one is
    believable is decided where all dates of a paper are known.

    Examples
    --------
    >>> read_date("2025-03-04T23:30:00-05:00")
    (datetime.date(2025, 3, 5), 'day')
    >>> read_date("March 2025"), read_date("2019")
    ((datetime.date(2025, 3, 1), 'month'), (datetime.date(2019, 1, 1), 'year'))
    >>> read_date("Mon, 2 Apr 2007 19:18:42 GMT")[0], read_date("03/04/2025")
    (datetime.date(2007, 4, 2), (None, 'none'))
    """
    text = " ".join(text.split())
    if not text or len(text) > _LONGEST:
        return UNDATED
    for pattern in (_DAY, _COMPACT_DAY):
        if match := pattern.fullmatch(text):
            numbers = [int(part) for part in match.groups() if part.isdecimal()]
            return _of(numbers[0], numbers[1], numbers[2], "day")
    if match := _MONTH.fullmatch(text):
        return _of(int(match[1]), int(match[2]), 1, "month")
    if _YEAR.fullmatch(text):
        return _of(int(text), 1, 1, "year")
    return _read_time(text) or _read_written(text)


def _of(year: int, month: int, day: int, precision: PublishedPrecision) -> StatedDate:
    try:
        return date(year, month, day), precision
    except ValueError:
        return UNDATED


def _read_time(text: str) -> StatedDate | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            time = read(text)
            return (time if time.tzinfo is None else time.astimezone(UTC)).date(), "day"
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
    return None


def _read_written(text: str) -> StatedDate:
    for form, precision in _WRITTEN:
        try:
            day = datetime.strptime(text, form).date()  # noqa: DTZ007 - a written day has no zone
        except ValueError:
            continue
        return day, "month" if precision == "month" else "day"
    return UNDATED
