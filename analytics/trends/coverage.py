"""What the corpus covers: the days from first to last, and the gaps that its collection left.

A *look* is one reading of a feed: whose (`name`), for which days, how many records came, and whether
it came whole. See `LOOK_COLUMNS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = [
    "LOOK_COLUMNS",
    "CoverageSpan",
    "collection_gaps",
    "coverage_span",
    "look_days",
    "unwatched_periods",
]

LOOK_COLUMNS = ("name", "location", "start", "end", "n_records", "is_whole")
"""Columns of a table of looks: `start` and `end` (datetime64, both included) are the days that it covers."""

_DAY = pd.Timedelta(days=1)
_WATCHED_FRACTION = 0.5  # of the papers that appeared since the first look
_STRAY_FRACTION = 0.001  # of the papers: too few to stretch the span by leading years
_OLD_FRACTION = 0.002  # of the papers: too few to stretch it by leading months, if one month brings more
_SILENCE = 31 * _DAY  # no shorter silence means that a source has ended
_LOW = 0.5  # of the usual volume
_USUAL_PERIODS = 8  # periods before that say what is usual
_FEWEST_PERIODS = 4  # with fewer nothing is usual
_SHORTEST_MONTH = pd.Timedelta(days=27)


@dataclass(frozen=True, slots=True)
class CoverageSpan:
    """The days, both included, over which the corpus holds what its sources show."""

    start: pd.Timestamp
    end: pd.Timestamp


def look_days(looks: pd.DataFrame) -> pd.Series:
    """Distinct days up to which the whole looks reached, sorted.

    For `looks` see `LOOK_COLUMNS`.
    """
    return looks.loc[looks["is_whole"], "end"].drop_duplicates().sort_values(ignore_index=True)


def coverage_span(
    published: pd.Series,
    look_days: pd.Series,
    as_of: date,
    *,
    precision: pd.Series | None = None,
) -> CoverageSpan | None:
    """First and last day that the corpus covers whole, or None without a paper dated up to `as_of`.

    *Start.* A feed that was watched holds what appeared since the first look, and a few older
    papers that came up again: the start is the first look day when there are at least two look
    days and at least half the papers appeared from the first look on. Anything else is an archive
    (one copied page, a bulk file): the start is its first paper, leading calendar years left aside
    that together hold at most one paper in a thousand, because one wrong date must not add decades.
    So are leading months with at most two in a thousand before a month that holds more than all of
    them: older works that came up again beside new ones.

    *End.* The last look day, at most `as_of`. Where no paper appeared for longer before that day
    than ever before, and for more than 31 days, the source had ended: the end is its last paper.

    Parameters
    ----------
    published : Series of datetime64, shape (n_papers,)
        NaT where undated; papers dated after the last look count for nothing here.
    look_days : Series of datetime64
        Days on which a source was looked at, in any order, repeats allowed; may be empty.
    as_of : date
        Looks and papers after it are ignored.
    precision : Series of str, shape (n_papers,), optional
        `published_precision`: a first or last date known to the month or year stands for all of it.

    Examples
    --------
    >>> days = pd.to_datetime(pd.Series(["2023-05-01", "2024-05-30", "2024-06-03", "2024-06-11"]))
    >>> looks = pd.to_datetime(pd.Series(["2024-05-27", "2024-06-14"]))
    >>> span = coverage_span(days, looks, date(2024, 12, 31))
    >>> f"{span.start:%Y-%m-%d} to {span.end:%Y-%m-%d}"
    '2024-05-27 to 2024-06-14'
    """
    looks = look_days[look_days <= pd.Timestamp(as_of)]
    last = looks.max() if len(looks) else pd.Timestamp(as_of)
    dates = published[published <= last].sort_values()
    if dates.empty:
        return None
    first_look = looks.min()
    watched = bool(first_look < looks.max()) and bool((dates >= first_look).mean() >= _WATCHED_FRACTION)
    if not watched:
        per_year = dates.dt.year.value_counts().sort_index()
        dates = dates[dates.dt.year.isin(per_year.index[per_year.cumsum() > _STRAY_FRACTION * len(dates)])]
        dates = _without_old(dates)
    silence = dates.diff().max() if len(dates) > 1 else pd.Timedelta(0)
    ended = last - dates.iloc[-1] > max(silence, _SILENCE)
    grains = pd.Series("day", dates.index) if precision is None else precision[dates.index]
    start = first_look if watched else _whole(dates.iloc[0], grains.iloc[0]).start_time
    end = _whole(dates.iloc[-1], grains.iloc[-1]).end_time.normalize()
    return CoverageSpan(start, min(last, end) if ended else last)


def _without_old(dates: pd.Series) -> pd.Series:
    """Dates without those of leading months before a sudden beginning, sorted as given."""
    months = dates.dt.to_period("M")
    per_month = months.value_counts().sort_index()
    before = per_month.cumsum() - per_month
    begins = (before <= _OLD_FRACTION * len(dates)) & (per_month > before)
    return dates[months >= per_month.index[begins][-1]]


def _whole(day: pd.Timestamp, precision: str) -> pd.Period:
    """Day, month or year that a date of this precision stands for."""
    return day.to_period({"month": "M", "year": "Y"}.get(precision, "D"))


def collection_gaps(looks: pd.DataFrame, periods: pd.PeriodIndex) -> pd.DataFrame:
    """Periods in which a feed failed, or came back with less than half its usual volume.

    A *failed* look leaves a gap on the days that it was asked for, until a whole look of the same
    feed, or of the same place, covers them. The *volume* of a feed in a period is the sum over its
    days of the records that the fullest look at that day brought (those of a look at several days
    in equal parts), so that days nobody looked at count as none. What is usual is the median of
    the at most eight periods before; it takes four. Only periods that lie whole between the feed's
    first and last day count, and feeds with at least two looks.

    The rule is one of period and not of day on purpose: over 415 saved days of Hugging Face Daily
    Papers, 47 days lie below half of their usual number without any fault, and no month does.

    For `looks` see `LOOK_COLUMNS`; `periods` are those of the trends, in order, without a hole. Returns
    `name`, `period_start` (datetime64[us]), `reason` (a clause in plain words): one row per feed and period,
    sorted by period and name.

    Examples
    --------
    A feed asked for each month of half a year brings a hundred records, but 40 in May.

    >>> months = pd.period_range("2025-01", "2025-06", freq="M")
    >>> looks = pd.DataFrame({"name": "arxiv:cat:cs.AI", "location": "", "start": months.start_time,
    ...     "end": months.end_time.normalize(), "n_records": [100, 110, 90, 100, 40, 95], "is_whole": True})
    >>> collection_gaps(looks, months)["reason"].tolist()
    ['arxiv:cat:cs.AI brought 40 records instead of the usual 100']
    """
    rows: list[tuple[str, pd.Timestamp, str]] = []
    for name, own in looks.groupby("name", sort=True):
        rows += [(str(name), start, reason) for start, reason in _failed(str(name), own, looks, periods)]
        if own["is_whole"].sum() > 1:
            rows += [(str(name), start, reason) for start, reason in _low(str(name), own, periods)]
    table = pd.DataFrame(rows, columns=["name", "period_start", "reason"])
    table = table.astype({"name": "str", "period_start": "datetime64[us]", "reason": "str"})
    return table.sort_values(["period_start", "name", "reason"], ignore_index=True)


def unwatched_periods(looks: pd.DataFrame, periods: pd.PeriodIndex) -> pd.DatetimeIndex:
    """Starts of the periods that no test may count: a feed failed there or brought too little.

    As `collection_gaps`, but what is usual is judged by month where periods are shorter, see there. `periods`
    are in order, without a hole.

    Examples
    --------
    >>> months = pd.period_range("2025-01", "2025-06", freq="M")
    >>> looks = pd.DataFrame({"name": "arxiv:cat:cs.AI", "location": "", "start": months.start_time,
    ...     "end": months.end_time.normalize(), "n_records": [100, 110, 90, 100, 40, 95], "is_whole": True})
    >>> weeks = unwatched_periods(looks, pd.period_range("2025-04-21", "2025-06-08", freq="W-SUN"))
    >>> weeks.strftime("%m-%d").tolist()
    ['04-28', '05-05', '05-12', '05-19', '05-26']
    """
    if not len(periods):
        return pd.DatetimeIndex([])
    is_short = bool(periods[0].end_time - periods[0].start_time < _SHORTEST_MONTH)
    judged = periods
    if is_short and len(looks):
        judged = pd.period_range(looks["start"].min(), periods[-1].end_time, freq="M")
    bad: list[pd.Timestamp] = []
    for name, own in looks.groupby("name", sort=True):
        bad += [start for start, _ in _failed(str(name), own, looks, periods)]
        if own["is_whole"].sum() > 1:
            low = [start for start, _ in _low(str(name), own, judged)]
            bad += _overlapping(periods, pd.DatetimeIndex(low).to_period(judged.freq)) if low else []
    return pd.DatetimeIndex(sorted(set(bad)))


def _overlapping(periods: pd.PeriodIndex, others: pd.PeriodIndex) -> list[pd.Timestamp]:
    """Starts of the periods that share a day with any of the others."""
    starts, ends = periods.start_time, periods.end_time
    shared = np.zeros(len(periods), dtype=bool)
    for one in others:
        shared |= (starts <= one.end_time) & (ends >= one.start_time)
    return list(starts[shared])


def _failed(
    name: str, own: pd.DataFrame, looks: pd.DataFrame, periods: pd.PeriodIndex
) -> Iterator[tuple[pd.Timestamp, str]]:
    """Periods with a day that a failed look was asked for and no whole look covers."""
    failed = own[~own["is_whole"]]
    if failed.empty:
        return
    whole = looks[looks["is_whole"]]
    open_days: set[pd.Timestamp] = set()
    for row in failed.itertuples():
        heals = whole[(whole["name"] == name) | ((whole["location"] == row.location) & (row.location != ""))]
        days = pd.date_range(row.start, row.end)
        covered = np.zeros(len(days), dtype=bool)
        for start, end in zip(heals["start"], heals["end"], strict=True):
            covered |= (days >= start) & (days <= end)
        open_days |= set(days[~covered])
    days = pd.DatetimeIndex(sorted(open_days))
    for period in days.to_period(periods.freq).unique():
        inside = days[days.to_period(periods.freq) == period]
        shown = f"{inside[0]:%Y-%m-%d}" + (f" and {len(inside) - 1} more days" if len(inside) > 1 else "")
        yield period.start_time, f"{name} failed on {shown}"


def _low(name: str, own: pd.DataFrame, periods: pd.PeriodIndex) -> Iterator[tuple[pd.Timestamp, str]]:
    """Periods in which a feed brought less than half of its usual number of records."""
    whole = own[own["is_whole"]]
    first, last = whole["start"].min(), whole["end"].max()
    volume = _daily_volume(whole, first, last)
    days = pd.date_range(first, last)
    inside = (periods.start_time >= first) & (periods.end_time.normalize() <= last)
    counted = pd.Series(volume, index=days.to_period(periods.freq)).groupby(level=0).sum()
    totals = [(period, float(counted.get(period, 0.0))) for period in periods[inside]]
    for place, (period, total) in enumerate(totals):
        before = [earlier for _, earlier in totals[max(0, place - _USUAL_PERIODS) : place]]
        if len(before) >= _FEWEST_PERIODS and total < _LOW * (usual := float(np.median(before))):
            yield period.start_time, f"{name} brought {total:.0f} records instead of the usual {usual:.0f}"


def _daily_volume(whole: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> NDArray[np.float64]:
    """Records of each day by the fullest look at it, shape (n_days,)."""
    volume = np.zeros((last - first).days + 1)
    starts, ends = ((whole[column] - first).dt.days.to_numpy() for column in ("start", "end"))
    for start, end, records in zip(starts, ends, whole["n_records"].to_numpy(), strict=True):
        part = slice(start, end + 1)
        volume[part] = np.maximum(volume[part], records / (end + 1 - start))
    return volume
