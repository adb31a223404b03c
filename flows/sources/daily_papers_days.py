"""Days as a Daily Papers listing writes them, and the year of those that carry none.

The listing writes ``Mar 12, 2024`` for a day of an earlier year and ``Oct 9`` for a day of its own
year; a count may follow (``Oct 9 2``). `PageDay` is such a line as it stands; `PageCalendar`
knows the page's own day and turns lines into dates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from analytics.papers import PublishedBasis

__all__ = ["PageCalendar", "PageDay", "parse_count", "parse_page_day"]

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""Years outside these are slips of the pen, and pandas or a chart would choke on them."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_LINE = re.compile(
    r"(?:published on )?"
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
    r" (?P<day>\d{1,2})(?:(?P<comma>,) ?(?P<year>\d{4})| (?P<bare>\d{4}))?(?: (?P<count>\d[\d.,]*[km]?))?",
    re.IGNORECASE | re.ASCII,
)
_COUNT = re.compile(
    r"(?P<plain>\d{1,9})|(?P<grouped>\d{1,3}(?:,\d{3}){1,2})|(?P<short>\d{1,6}(?:\.\d{1,2})?)(?P<unit>[km])",
    re.IGNORECASE | re.ASCII,
)
_LONGEST_DAY_LINE = 50
_BARE_YEARS = range(1990, LAST_YEAR + 1)


@dataclass(frozen=True, slots=True)
class PageDay:
    """One date line. `year` is None where the line has none, `count` likewise.

    `bare_year` marks ``Oct 9 2024``: a year without its comma, or a count of 2,024. The listing
    writes counts above 999 as ``2.02k``, so it is read as a year, and a warning says so.
    """

    month: int
    day: int
    year: int | None = None
    count: int | None = None
    bare_year: bool = False


def parse_count(text: str) -> int | None:
    """Read a count as the page shows it, None when `text` is not one.

    Examples
    --------
    >>> parse_count("12"), parse_count("1,204"), parse_count("1.2k"), parse_count("1.2")
    (12, 1204, 1200, None)
    """
    match = _COUNT.fullmatch(text)
    if match is None:
        return None
    if match["short"]:
        return round(float(match["short"]) * (1_000 if match["unit"] in "kK" else 1_000_000))
    return int((match["plain"] or match["grouped"]).replace(",", ""))


def parse_page_day(line: str) -> PageDay | None:
    """Read a date line, None when `line` is not one.

    A day that no month has (``Feb 31``) is still a date line: it is the calendar's to refuse.

    Examples
    --------
    >>> parse_page_day("Oct 9 2")
    PageDay(month=10, day=9, year=None, count=2, bare_year=False)
    >>> parse_page_day("Dec 22, 2024 2").year
    2024
    >>> parse_page_day("Oct 9 2024")
    PageDay(month=10, day=9, year=2024, count=None, bare_year=True)
    >>> parse_page_day("May the force be with you") is None
    True
    """
    if len(line) > _LONGEST_DAY_LINE:
        return None
    match = _DAY_LINE.fullmatch(line)
    if match is None:
        return None
    month = _MONTHS.index(match["month"][:3].lower()) + 1
    year, written_count = match["year"] or match["bare"], match["count"]
    is_bare = match["bare"] is not None and int(match["bare"]) in _BARE_YEARS
    if match["bare"] is not None and not is_bare:
        if written_count is not None:
            return None
        year, written_count = None, match["bare"]
    count = None if written_count is None else parse_count(written_count)
    if written_count is not None and count is None:
        return None
    return PageDay(month, int(match["day"]), None if year is None else int(year), count, is_bare)


@dataclass(frozen=True, slots=True)
class PageCalendar:
    """What is known about the day of one page.

    Attributes
    ----------
    year : int or None
        Year of the page; a date without a year belongs to it. None when nothing tells it.
    limit : tuple of (month, day) or None
        The page's own day: a later date without a year is of the year before.
    day : date or None
        The page's own day with its year, when both are known.
    """

    year: int | None
    limit: tuple[int, int] | None
    day: date | None

    @classmethod
    def of_page(cls, header: PageDay | None, *, newest_year: int | None, as_of: date | None) -> PageCalendar:
        """Calendar of the page headed by `header`.

        Parameters
        ----------
        header : PageDay or None
            The page's own day as it writes it.
        newest_year : int or None
            Newest year that stands in full on the page: the page is of the year after.
        as_of : date or None
            The day of the analysis: the page's day is the latest that is not after it.

        Examples
        --------
        >>> PageCalendar.of_page(PageDay(12, 10), newest_year=2024, as_of=None).day
        datetime.date(2025, 12, 10)
        >>> PageCalendar.of_page(PageDay(12, 10), newest_year=2024, as_of=date(2027, 3, 1)).day
        datetime.date(2026, 12, 10)
        """
        following = None if newest_year is None else newest_year + 1
        if header is None:
            if as_of is None:
                return cls(following, None, None)
            return cls(as_of.year, (as_of.month, as_of.day), None)
        limit = (header.month, header.day)
        year = header.year
        if year is None:
            year = following if as_of is None else _latest_year(limit, as_of)
        return cls(year, limit, None if year is None else _date_or_none(year, *limit))

    def date_of(self, page_day: PageDay) -> tuple[date | None, PublishedBasis]:
        """Date of a paper's date line and what it stands on.

        ``(None, "missing")`` when the page's year is unknown or the year has no such day.

        Examples
        --------
        >>> calendar = PageCalendar(2025, (1, 10), date(2025, 1, 10))
        >>> calendar.date_of(PageDay(12, 31))
        (datetime.date(2024, 12, 31), 'year_inferred')
        >>> calendar.date_of(PageDay(2, 29, 2023))
        (None, 'missing')
        """
        basis: PublishedBasis = "stated"
        year = page_day.year
        if year is None:
            if self.year is None:
                return None, "missing"
            is_later = self.limit is not None and (page_day.month, page_day.day) > self.limit
            year, basis = self.year - is_later, "year_inferred"
        day = _date_or_none(year, page_day.month, page_day.day)
        return (None, "missing") if day is None else (day, basis)


def _latest_year(month_day: tuple[int, int], as_of: date) -> int | None:
    # 29 February returns after at most eight years (1896 to 1904).
    for year in range(as_of.year, as_of.year - 9, -1):
        day = _date_or_none(year, *month_day)
        if day is not None and day <= as_of:
            return year
    return None


def _date_or_none(year: int, month: int, day: int) -> date | None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
