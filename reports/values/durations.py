"""Lengths of time in words."""

from __future__ import annotations

import math

from reports.values.formatting import plural

__all__ = ["TWO_YEARS", "before_words", "more_words", "newest_words", "span_words"]

TWO_YEARS = 730.0
"""Days from which a change is also given per year."""

_WEEK, _MONTH, _YEAR = 7.0, 30.44, 365.25
_NINE_MONTHS = 270.0
_QUARTER = (80, 100)
_ABOUT_A_YEAR = (330, 400)


def span_words(days: float) -> str:
    """Length of a span: in weeks below nine months, in months below two years, then in years.

    Examples
    --------
    >>> [span_words(days) for days in (1, 7, 224, 580, 730, 1279, 3652)]
    ['1 week', '1 week', '32 weeks', '19 months', '2 years', '3.5 years', '10 years']
    """
    if days < _NINE_MONTHS:
        return plural(max(1, round(days / _WEEK)), "week")
    if days < TWO_YEARS:
        return plural(round(days / _MONTH), "month")
    years = round(days / _YEAR, 1)
    return f"{years:.0f} years" if years >= 10 or years == int(years) else f"{years:.1f} years"


def more_words(days: float) -> str:
    """Length of a wait that is known roughly.

    Examples
    --------
    >>> [more_words(days) for days in (0.2, 9, 33, 150, 900, 4000)]
    ['1 day', '9 days', '5 weeks', '5 months', '2.5 years', '11 years']
    """
    if days < 2 * _WEEK:
        return plural(max(1, math.ceil(days)), "day")
    if days < 4 * _MONTH:
        return plural(round(days / _WEEK), "week")
    if days < TWO_YEARS:
        return plural(round(days / _MONTH), "month")
    return span_words(days)


def newest_words(days: float) -> str:
    """Length of the newest part, to follow "the newest".

    Examples
    --------
    >>> [newest_words(days) for days in (56, 91, 365)]
    ['8 weeks', '3 months', 'year']
    """
    if _QUARTER[0] <= days <= _QUARTER[1]:
        return "3 months"
    return "year" if _is_about_a_year(days) else span_words(days)


def before_words(days: float) -> str:
    """Length of the part before the newest, to follow "the".

    Examples
    --------
    >>> [before_words(days) for days in (126, 364)]
    ['18 weeks before', 'year before']
    """
    return "year before" if _is_about_a_year(days) else f"{span_words(days)} before"


def _is_about_a_year(days: float) -> bool:
    return _ABOUT_A_YEAR[0] <= days <= _ABOUT_A_YEAR[1]
