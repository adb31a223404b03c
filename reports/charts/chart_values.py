"""Charts in words and numbers: a sentence that describes the chart, and its data table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from reports.values.count_sentences import BANDS
from reports.values.formatting import NARROW, NO_VALUE, count, join_words, percent, plural
from reports.values.marks import Burst, Forecast, LevelChange, Marks
from reports.values.periods import Period, range_label
from reports.values.series import Series

__all__ = ["Values", "series_label", "series_values", "shares_values"]

_MOST_NAMED = 3
_SMOOTH = ("Smooth share", "95 % from", "to")
_COUNTED = ("Papers found", "Of all dated", "Share found")
_KNOWN_COLUMNS = {
    "": ("Papers", "Of all dated", "Share", "95 % from", "to", "Complete"),
    "found": (*_COUNTED, "95 % from, chance only", "to", "Complete"),
    "checked": (*_COUNTED, "Share checked", "95 % from", "to", "Complete"),
}


@dataclass(frozen=True, slots=True)
class Values:
    """The data table of a chart, formatted for readers: one header, rows of equal length."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def series_label(name: str, series: Series, marks: Marks) -> str:
    """One sentence that describes the chart to readers who cannot see it."""
    periods = series.periods
    span = range_label(periods[0], periods[-1])
    parts = [f"{name}: share of papers per {series.unit}, {span}", *_bases(series)]
    if len(series.complete) > 1:
        first, last = series.complete[0], series.complete[-1]
        parts.append(
            f"{percent(_on_the_line(first))} in {first.label}, {percent(_on_the_line(last))} in {last.label}"
        )
    elif series.latest is not None:
        parts.append(f"{percent(_on_the_line(series.latest))} in {series.latest.label}")
    incomplete = [period.label for period in periods if not period.is_complete]
    if incomplete:
        parts.append(f"incomplete: {join_words(incomplete[:3])}")
    empty = sum(period.is_empty for period in periods)
    if empty:
        parts.append(f"no paper at all in {plural(empty, series.unit)}")
    return "; ".join([*parts, *_mark_phrases(marks)]) + "."


def _on_the_line(period: Period) -> float:
    return period.smooth if period.has_smooth else period.share


def _bases(series: Series) -> list[str]:
    return [BANDS[series.basis]] if series.basis else []


def _mark_phrases(marks: Marks) -> list[str]:
    """Marks in words, the newest of each kind."""
    parts = []
    for change in marks.changes[-_MOST_NAMED:]:
        levels = f"{percent(change.before)} to {percent(change.after)}"
        parts.append(f"level changed in {change.period.label}, {levels}")
    parts += [f"burst {burst.label}" for burst in marks.bursts[-_MOST_NAMED:]]
    if marks.forecasts:
        last = marks.forecasts[-1]
        band = f"90{NARROW}% band {percent(last.low_90)} to {percent(last.high_90)}"
        parts.append(f"forecast {percent(last.share)} in {last.period.label}, {band}")
    return parts


def series_values(series: Series, marks: Marks) -> Values:
    """Table of one series: one row per period, forecast periods included.

    Columns for forecasts and marks are there where it has some.
    """
    columns = [
        series.unit.capitalize(),
        *_KNOWN_COLUMNS[series.basis],
        *(_SMOOTH if series.is_smooth else ()),
    ]
    ahead = {one.period.start: one for one in marks.forecasts}
    columns += ["Forecast", "50 % from", "to", "90 % from", "to"] if ahead else []
    has_names = bool(marks.bursts or marks.changes)
    columns += ["Marks"] if has_names else []
    rows = []
    for period in marks.axis(series):
        known = _known(period, series) if period in series.periods else ()
        row = known or (period.label, *[NO_VALUE] * len(_KNOWN_COLUMNS[series.basis]))
        row += _smooth(period) if series.is_smooth else ()
        row += _forecast(ahead.get(period.start)) if ahead else ()
        row += (_names(period, marks.bursts, marks.changes),) if has_names else ()
        rows.append(row)
    return Values(tuple(columns), tuple(rows))


def _known(period: Period, series: Series) -> tuple[str, ...]:
    found = period.n_papers / period.n_total if period.n_total else math.nan
    return (
        period.label,
        count(period.n_papers),
        count(period.n_total),
        *([percent(found)] if series.is_checked else []),
        percent(period.share),
        percent(period.low),
        percent(period.high),
        "yes" if period.is_complete else "no",
    )


def _smooth(period: Period) -> tuple[str, ...]:
    return tuple(percent(share) for share in (period.smooth, period.smooth_low, period.smooth_high))


def _forecast(one: Forecast | None) -> tuple[str, ...]:
    if one is None:
        return (NO_VALUE,) * 5
    return tuple(percent(share) for share in (one.share, one.low_50, one.high_50, one.low_90, one.high_90))


def _names(period: Period, bursts: tuple[Burst, ...], changes: tuple[LevelChange, ...]) -> str:
    """What is marked in a period."""
    names = ["burst"] if any(one.first.start <= period.start <= one.last.start for one in bursts) else []
    names += ["level changed"] if any(one.period.start == period.start for one in changes) else []
    return ", ".join(names)


def shares_values(series: Mapping[str, Series], marks: Mapping[str, Marks]) -> Values:
    """Table of several series over the same periods: one row per period, one share per series.

    What is forecast is in separate rows at the end.
    """
    first = next(iter(series.values()))
    shares = {
        name: {period.start: percent(period.share) for period in one.periods} for name, one in series.items()
    }
    rows = [
        (period.label, count(period.n_total), *(shares[name].get(period.start, NO_VALUE) for name in series))
        for period in first.periods
    ]
    ahead = {name: {f.period.start: f for f in marks[name].forecasts} for name in series}
    periods = {start: one.period for found in ahead.values() for start, one in found.items()}
    for start, period in sorted(periods.items()):
        cells = [percent(ahead[name][start].share) if start in ahead[name] else NO_VALUE for name in series]
        rows.append((f"{period.label}, forecast", NO_VALUE, *cells))
    names = (f"{name}, {one.basis}" if one.basis else name for name, one in series.items())
    return Values((first.unit.capitalize(), "All dated", *names), tuple(rows))
