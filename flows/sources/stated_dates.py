"""Dates as sources state them: what a form names for certain, at that precision, and never a guess.

``03/04/2025`` may be two days, so its year alone is read; ``13/04/2025`` and ``13.04.2025`` are one day
each. A span of months, a quarter or a week is the month in which it begins, a season or a span of years
is the (first) year: which months a season has depends on where one lives. A day that its month does not
have leaves the year.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

from analytics.papers import PublishedPrecision

__all__ = ["UNDATED", "StatedDate", "finest_date", "read_date", "read_dates", "serial_day"]

StatedDate = tuple[date | None, PublishedPrecision]
"""A day with its precision: the first day of the month or year where no finer one is stated."""

UNDATED: StatedDate = (None, "none")

_LONGEST = 64
_FINENESS: dict[PublishedPrecision, int] = {"none": 0, "year": 1, "month": 2, "day": 3}
_YEARS = range(1400, 2200)
# English, German, French, Spanish, Portuguese, Italian and Dutch, by the letters that tell a month.
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar jänner janvier janv enero ene janeiro gennaio gen januari",
            "feb february februar février fevrier fév fev févr febrero fevereiro febbraio febr februari",
            "mar march märz maerz mrz mars marzo março marco mrt maart",
            "apr april avril avr abril abr aprile",
            "may mai mayo maio maggio mei",
            "jun june juni juin junio junho giugno giu",
            "jul july juli juillet juil julio julho luglio lug",
            "aug august août aout agosto ago augustus",
            "sep sept september septembre septiembre setiembre setembro settembre set",
            "oct okt october oktober octobre octubre outubro ottobre out ott",
            "nov november novembre noviembre novembro",
            "dec dez dic déc december dezember décembre decembre diciembre dezembro dicembre",
        ),
        start=1,
    )
    for name in names.split()
}
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})(?:\2(\d{1,2}))?(?:[-/.]*)")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})?(?:\d{4}|\d{6})?")
_DAY_FIRST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_MONTH_FIRST = re.compile(r"(\d{1,2})[-/.](\d{4})")
_WEEK = re.compile(r"(\d{4})-?W(\d{2})(?:-?\d)?")
_QUARTER = re.compile(
    r"q([1-4])[ /-]?(\d{4})|(\d{4})[ /-]?q([1-4])|([1-4])\. ?quartal (\d{4})", re.IGNORECASE
)
_CHINESE = re.compile(r"(\d{4}) ?年(?: ?(\d{1,2}) ?月(?: ?(\d{1,2}) ?日)?)?")
_SPAN_MARK = re.compile(r" / |(?<=\d)/(?=\d{4}-)")
_YEAR_SPAN = re.compile(r"(\d{4}) ?[-\u2013/] ?(\d{4})")
# "12. 9. 2019" and "2019. 9. 12." are written with spaces in Czech and in Korean.
_POINT = re.compile(r"(?<=\d)\. (?=\d)")
_TIME = re.compile(r"[ T]\d{1,2}:\d{2}")
_WORD = re.compile(r"\d+|[^\W\d_]+")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th|er|º|°)\b", re.IGNORECASE)
_SHORT_YEAR = re.compile(r"(\d{1,2})[ -]([^\W\d_]{3,9})\.?[ -]'?(\d{2})")


def read_date(text: str) -> StatedDate:
    """Read one stated date.

    Read are ISO days, months, weeks and times, a year, ``20250304``, ``2025/3/4``, ``13/04/2025``, days
    and months with their names in seven languages, ``Mar-Apr 2019``, ``Q1 2020``, ``2020年1月2日``,
    ``2019. 9. 12.`` and the dates of mail and RSS. A time with a zone gives its UTC day; one without is
    UTC. Any year from 1 on is read: whether one is believable is decided where all dates of a paper are
    known.

    Examples
    --------
    >>> read_date("2025-03-04T23:30:00-05:00")
    (datetime.date(2025, 3, 5), 'day')
    >>> read_date("March 2025"), read_date("2019")
    ((datetime.date(2025, 3, 1), 'month'), (datetime.date(2019, 1, 1), 'year'))
    >>> read_date("Mon, 2 Apr 2007 19:18:42 GMT")[0], read_date("03/04/2025")
    (datetime.date(2007, 4, 2), (datetime.date(2025, 1, 1), 'year'))
    >>> read_date("Mar-Apr 2019"), read_date("Spring 2020")[1], read_date("soon")
    ((datetime.date(2019, 3, 1), 'month'), 'year', (None, 'none'))
    """
    text = " ".join(text.split())
    if not text or len(text) > _LONGEST:
        return UNDATED
    if text.isdecimal() and len(text) == 4:
        return _of(int(text))
    # A span of days: "2019-05-12/2019-05-15", "12 May 2019 / 15 May 2019".
    text = _POINT.sub(".", _SPAN_MARK.split(text, maxsplit=1)[0])
    for read in (_read_numbers, _read_time, _read_part_of_year, _read_words):
        if found := read(text):
            return found
    return UNDATED


def finest_date(dates: Iterable[StatedDate]) -> StatedDate:
    """Give the first date, made finer by later ones that lie within it.

    Examples
    --------
    >>> finest_date([read_date("2019"), read_date("2019-05"), read_date("2020-01-01")])
    (datetime.date(2019, 5, 1), 'month')
    """
    best = UNDATED
    for day, precision in dates:
        if day is None or _FINENESS[precision] <= _FINENESS[best[1]]:
            continue
        known = best[0]
        if known is None or (day.year == known.year and (best[1] == "year" or day.month == known.month)):
            best = day, precision
    return best


def read_dates(texts: Iterable[str]) -> StatedDate:
    """Read the date that several fields state together: one without a year belongs to another's year.

    Examples
    --------
    >>> read_dates(["OCT 13", "2022"]), read_dates(["JAN-FEB", "2021"])[1]
    ((datetime.date(2022, 10, 13), 'day'), 'month')
    """
    texts = list(texts)
    whole = [read_date(text) for text in texts]
    year = next((day.year for day, _ in whole if day is not None), None)
    if year is None:
        return UNDATED
    return finest_date(
        found if found[0] is not None or not text else read_date(f"{text} {year}")
        for text, found in sorted(zip(texts, whole, strict=True), key=lambda pair: pair[1][0] is None)
    )


def serial_day(number: float) -> StatedDate:
    """Day of a spreadsheet's number, counted from 1900; UNDATED for what cannot be one.

    Examples
    --------
    >>> serial_day(45360), serial_day(2023)
    ((datetime.date(2024, 3, 9), 'day'), (None, 'none'))
    """
    return (date(1899, 12, 30) + timedelta(days=int(number)), "day") if 20_000 <= number < 80_000 else UNDATED


def _of(year: int, month: int | None = None, day: int | None = None) -> StatedDate:
    """Date of its parts; a month or day that there cannot be leaves the year."""
    try:
        if not month:
            return date(year, 1, 1), "year"
        if not day:
            return date(year, month, 1), "month"
        return date(year, month, day), "day"
    except ValueError:
        return _of(year) if 1 <= year <= 9999 else UNDATED


def _read_numbers(text: str) -> StatedDate | None:
    """Dates of numbers alone."""
    if match := _ISO.fullmatch(text):
        return _of(int(match[1]), int(match[3]), int(match[4] or 0))
    if match := _YEAR_SPAN.fullmatch(text):
        return _of(int(match[1]))
    if match := _WEEK.fullmatch(text):
        try:
            monday = date.fromisocalendar(int(match[1]), int(match[2]), 1)
        except ValueError:
            return _of(int(match[1]))
        # The first week of a year may begin in December.
        return _of(int(match[1]), monday.month if monday.year == int(match[1]) else 1)
    if match := _DAY_FIRST.fullmatch(text):
        one, other, year = int(match[1]), int(match[3]), int(match[4])
        if match[2] == "." or (one > 12 >= other) or one == other:
            return _of(year, other, one)
        return _of(year, one, other) if other > 12 >= one else _of(year)
    if match := _MONTH_FIRST.fullmatch(text):
        return _of(int(match[2]), int(match[1]))
    if match := _COMPACT.fullmatch(text):
        month, day = int(match[2]), int(match[3] or 0)
        is_one = int(match[1]) in _YEARS and 1 <= month <= 12 and (match[3] is None or 1 <= day <= 31)
        return _of(int(match[1]), month, day) if is_one or len(text) == 8 else None
    if match := _CHINESE.fullmatch(text):
        return _of(int(match[1]), int(match[2] or 0), int(match[3] or 0))
    return None


def _read_time(text: str) -> StatedDate | None:
    if not _TIME.search(text) and "," not in text:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            time = read(text.removesuffix(" UTC"))
            return (time if time.tzinfo is None else time.astimezone(UTC)).date(), "day"
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
    # A zone by its name, or seconds in an odd form: the day stands before the time.
    match = re.match(r"(\d{4}-\d{1,2}-\d{1,2})[ T]\d", text)
    return _read_numbers(match[1]) if match else None


def _read_part_of_year(text: str) -> StatedDate | None:
    match = _QUARTER.fullmatch(text)
    if match is None:
        return None
    quarter = next(filter(None, match.group(1, 4, 5)))
    year = next(filter(None, match.group(2, 3, 6)))
    return _of(int(year), 3 * int(quarter) - 2)


def _read_words(text: str) -> StatedDate:
    """Dates with a month by name, and years among other words: ``c2019``, ``Spring 2020``."""
    if match := _SHORT_YEAR.fullmatch(text):
        month, short = _MONTHS.get(match[2].casefold()), int(match[3])
        return _of(short + (1900 if short > 68 else 2000), month, int(match[1])) if month else UNDATED
    words = _WORD.findall(_ORDINAL.sub("", text.casefold()))
    years = [word for word in words if word.isdecimal() and len(word) == 4 and int(word) in _YEARS]
    if not years or (len(words) > 8 or len(set(years)) > 2):
        return UNDATED
    year = int(years[0])
    months = [_MONTHS[word] for word in words if word in _MONTHS]
    if not months:
        # More numbers than the year may be a date of a form that is not known: its year is still plain.
        return _of(year)
    days = [int(word) for word in words if word.isdecimal() and len(word) <= 2]
    # "Nov-Dec 2019" names two months, "10-12 May 2019" two days: the first counts.
    return _of(year, months[0], days[0] if days else None)
