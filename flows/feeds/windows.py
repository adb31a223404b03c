"""Windows of publication days: how they are written, which of their days still need a look.

A window is a pair of days, both included. Services list a paper days after its publication, so a day
is *settled* only by a look that was made some days after it.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from datetime import date, timedelta

from analytics.exceptions import InputError

__all__ = [
    "WRITTEN_WINDOWS",
    "Look",
    "Window",
    "default_window",
    "parse_window",
    "remaining_windows",
    "split_days",
    "split_months",
    "window_text",
]

Window = tuple[date, date]
"""First and last day, both included."""

Look = tuple[date, date, date]
"""First and last day that a whole look covered, and the day on which it was made."""

WRITTEN_WINDOWS = "today, yesterday, 2025-10-03, 2025-10, 2025-W40, 2025, or A..B of these (2025-10-01..)"

_EARLIEST_YEAR = 1800
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII | re.IGNORECASE)
_YEAR = re.compile(r"\d{4}", re.ASCII)


def parse_window(text: str, *, today: date) -> Window:
    """Read a written window; its end is cut at `today`.

    Raises
    ------
    InputError
        When it is not a window, ends before it starts, or starts after `today`.

    Examples
    --------
    >>> parse_window("2025-10", today=date(2025, 10, 20))
    (datetime.date(2025, 10, 1), datetime.date(2025, 10, 20))
    >>> parse_window("2025-W40..2025-10-06", today=date(2025, 12, 1))
    (datetime.date(2025, 9, 29), datetime.date(2025, 10, 6))
    """
    first, dots, last = text.partition("..")
    start, end = _one_side(first, text, today)
    if dots:
        end = _one_side(last, text, today)[1] if last else max(start, today)
    if end < start:
        raise InputError(
            f"the window {text!r} ends on {end}, before it starts on {start}; write the earlier day first"
        )
    if start > today:
        raise InputError(f"the window {text!r} starts on {start}, after today, {today}; write a past one")
    return start, min(end, today)


def window_text(window: Window) -> str:
    """Write a window the way that `parse_window` reads it.

    Examples
    --------
    >>> window_text((date(2025, 10, 1), date(2025, 10, 31)))
    '2025-10-01..2025-10-31'
    >>> window_text((date(2025, 10, 3), date(2025, 10, 3)))
    '2025-10-03'
    """
    return str(window[0]) if window[0] == window[1] else f"{window[0]}..{window[1]}"


def remaining_windows(window: Window, looks: Iterable[Look], *, overlap_days: int) -> list[Window]:
    """Days of `window` that are not settled, as contiguous ranges in order.

    Parameters
    ----------
    looks : iterable of (date, date, date)
        Earlier whole looks of the same identity: first day, last day, day of the look.
    overlap_days : int
        A day is settled by a look that covers it and was made at least so many days after it.

    Examples
    --------
    >>> october = (date(2025, 10, 1), date(2025, 10, 31))
    >>> looks = [(date(2025, 10, 1), date(2025, 10, 20), date(2025, 10, 20))]
    >>> remaining_windows(october, looks, overlap_days=3)
    [(datetime.date(2025, 10, 18), datetime.date(2025, 10, 31))]
    """
    first, last = window[0].toordinal(), window[1].toordinal()
    settled = sorted(
        (start.toordinal(), min(end.toordinal(), seen_on.toordinal() - overlap_days))
        for start, end, seen_on in looks
    )
    open_ranges: list[tuple[int, int]] = []
    for start, end in settled:
        if end < start:
            continue
        if start > first:
            open_ranges.append((first, min(start - 1, last)))
        first = max(first, end + 1)
        if first > last:
            break
    if first <= last:
        open_ranges.append((first, last))
    return [(date.fromordinal(start), date.fromordinal(end)) for start, end in open_ranges if start <= end]


def default_window(looks: Iterable[Look], today: date, first_days: int = 30) -> Window:
    """Window of a feed that names none: from the earliest day ever asked for to `today`.

    Parameters
    ----------
    looks : iterable of (date, date, date)
        Earlier looks of the same identity, as in `remaining_windows`.
    first_days : int
        How far back the first look goes.

    Examples
    --------
    >>> default_window([], date(2025, 10, 31))
    (datetime.date(2025, 10, 1), datetime.date(2025, 10, 31))
    """
    starts = [start for start, _, _ in looks]
    return min([*starts, today]) if starts else today - timedelta(days=first_days), today


def split_days(window: Window) -> list[Window]:
    """Windows of one day each."""
    days = range(window[0].toordinal(), window[1].toordinal() + 1)
    return [(day, day) for day in map(date.fromordinal, days)]


def split_months(window: Window) -> list[Window]:
    """Windows of at most one calendar month each.

    Examples
    --------
    >>> [window_text(part) for part in split_months((date(2025, 1, 30), date(2025, 3, 1)))]
    ['2025-01-30..2025-01-31', '2025-02-01..2025-02-28', '2025-03-01']
    """
    parts = []
    start, end = window
    while start <= end:
        last = min(_month_end(start), end)
        parts.append((start, last))
        if last == end:
            break
        start = last + timedelta(days=1)
    return parts


def _one_side(side: str, text: str, today: date) -> Window:
    """Read one side of a window, as a window of its own."""
    if side in ("today", "yesterday"):
        day = today - timedelta(days=side == "yesterday")
        return day, day
    try:
        found = _dated_side(side)
    except ValueError:
        found = None
    if found is None or found[0].year < _EARLIEST_YEAR:
        raise InputError(
            f"the window {text!r} holds {side!r}, which is no day, month, week or year; "
            f"write {WRITTEN_WINDOWS}"
        )
    return found


def _dated_side(side: str) -> Window | None:
    if match := _DAY.fullmatch(side):
        day = date(int(match[1]), int(match[2]), int(match[3]))
        return day, day
    if match := _MONTH.fullmatch(side):
        first = date(int(match[1]), int(match[2]), 1)
        return first, _month_end(first)
    if match := _WEEK.fullmatch(side):
        return date.fromisocalendar(int(match[1]), int(match[2]), 1), date.fromisocalendar(
            int(match[1]), int(match[2]), 7
        )
    if _YEAR.fullmatch(side):
        return date(int(side), 1, 1), date(int(side), 12, 31)
    return None


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
