"""Formats of numbers, dates and periods: one rule each, used everywhere.

Percent and multiplication signs are never separated from their number: the spaces next to them are
narrow no-break spaces (U+202F); a minus is a minus sign (U+2212).
"""

from __future__ import annotations

import math
import re
from datetime import date

__all__ = [
    "NARROW",
    "NO_VALUE",
    "TIMES",
    "clean",
    "clip",
    "count",
    "join_words",
    "long_day",
    "month_name",
    "odds",
    "p_value",
    "percent",
    "percent_range",
    "plural",
    "points",
    "q_value",
    "seconds",
    "two_digits",
]

NARROW = "\u202f"
"""Narrow no-break space, between a number and its sign."""

TIMES = "\u00d7"
"""Multiplication sign, before an odds ratio."""

NO_VALUE = "\u2013"
"""Dash, where a table has no number."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Embeddings, overrides and isolates: one that is left open reorders whatever follows it on the page.
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Controls but tab and line feed, and halves of surrogate pairs: neither HTML nor XML can hold them.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    r"""Text without characters that HTML or XML forbid or that disturb the line.

    Controls and lone surrogates become U+FFFD. Characters that force a direction are dropped: the
    page finds out the direction of each text by itself.

    Examples
    --------
    >>> clean("a\x00b") == "a\ufffdb", clean("\u202eevil\u202c")
    (True, 'evil')
    """
    return _UNPRINTABLE.sub("\ufffd", _DIRECTIONS.sub("", text))


def clip(text: str, length: int) -> str:
    """Clean text of at most `length` characters, an ellipsis standing for what was cut.

    Examples
    --------
    >>> clip("sparse rewards", 8)
    'sparse…'
    >>> clip("short", 8)
    'short'
    """
    text = clean(text)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def count(number: int) -> str:
    """Whole number with commas between thousands.

    Examples
    --------
    >>> count(6141)
    '6,141'
    """
    return f"{number:,}"


def plural(number: int, noun: str, many: str | None = None) -> str:
    """Count and noun in agreement.

    Examples
    --------
    >>> plural(1, "paper"), plural(6141, "paper"), plural(2, "series", "series")
    ('1 paper', '6,141 papers', '2 series')
    """
    return f"{count(number)} {noun if number == 1 else many or noun + 's'}"


def join_words(words: list[str] | tuple[str, ...]) -> str:
    """Words as a list in a sentence.

    Examples
    --------
    >>> join_words(["a"]), join_words(["a", "b"]), join_words(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def percent(share: float) -> str:
    """Share as a percentage: one decimal below 10 %, none above, a dash when there is none.

    What would round to nothing or to everything says that it is not.

    Examples
    --------
    >>> [percent(x).replace(NARROW, " ") for x in (0.0, 0.0004, 0.0312, 0.0996, 0.3101, 0.997, 1.0)]
    ['0 %', '<0.1 %', '3.1 %', '10 %', '31 %', '>99 %', '100 %']
    >>> percent(float("nan")) == NO_VALUE
    True
    """
    if math.isnan(share):
        return NO_VALUE
    value = 100.0 * share
    if value in (0.0, 100.0):
        return f"{value:.0f}{NARROW}%"
    if value < 0.05:
        return f"<0.1{NARROW}%"
    if value >= 99.5:
        return f">99{NARROW}%"
    return f"{value:.1f}{NARROW}%" if value < 9.95 else f"{value:.0f}{NARROW}%"


def percent_range(low: float, high: float) -> str:
    """Interval of a share in percent, the sign left to the share next to it.

    Examples
    --------
    >>> percent_range(0.294, 0.398), percent_range(0.0, 0.084), percent_range(0.004, 0.12)
    ('29 to 40', '0 to 8.4', '0.4 to 12')
    """
    return " to ".join(percent(end).removesuffix(f"{NARROW}%") for end in (low, high))


def points(change: float) -> str:
    """Difference of two shares in percentage points, signed, one decimal.

    Examples
    --------
    >>> points(0.0081), points(-0.0114) == "\u22121.1", points(-0.0001)
    ('+0.8', True, '0.0')
    """
    value = round(100.0 * change, 1)
    if value == 0.0:
        return "0.0"
    return f"+{value:.1f}" if value > 0 else f"\u2212{-value:.1f}"


def odds(ratio: float) -> str:
    """Odds ratio to two significant digits, with more where it would else read as no change.

    Examples
    --------
    >>> [odds(x) for x in (1.93, 0.6234, 12.4, 0.047, 1.0, 1.02, 0.996, 0.99996)]
    ['1.9', '0.62', '12', '0.047', '1.0', '1.02', '0.996', '1.0']
    >>> odds(1e300), odds(1e-9), odds(float("nan")) == NO_VALUE
    ('>1,000', '<0.001', True)
    """
    if math.isnan(ratio):
        return NO_VALUE
    if ratio > 1000:
        return ">1,000"
    if ratio < 0.001:
        return "<0.001"
    if 0.9 < ratio < 1.1:
        for decimals in (1, 2, 3):
            text = f"{ratio:.{decimals}f}"
            if float(text) != 1.0:
                return f"{ratio:.{max(decimals, 2)}f}"
        return "1.0"
    if ratio >= 9.95:
        return count(round(ratio))
    return f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.2g}"


def two_digits(number: float) -> int:
    """Round to two significant digits, ten and above to whole numbers.

    Examples
    --------
    >>> [two_digits(x) for x in (7.4, 363.0, 1249.0)]
    [7, 360, 1200]
    """
    digits = max(0, math.floor(math.log10(number)) - 1)
    return int(round(number, -digits)) if digits else round(number)


def q_value(q: float) -> str:
    r"""Write a false discovery rate: three decimals below 0.1, two above.

    Examples
    --------
    >>> [q_value(q).replace("\u00a0", " ") for q in (0.00012, 0.0123, 0.452)]
    ['q < 0.001', 'q = 0.012', 'q = 0.45']
    """
    return _chance("q", q)


def p_value(p: float) -> str:
    r"""Write a p value as `q_value` writes a false discovery rate.

    Examples
    --------
    >>> [p_value(p).replace("\u00a0", " ") for p in (0.0005, 0.0123, 0.452)]
    ['p < 0.001', 'p = 0.012', 'p = 0.45']
    """
    return _chance("p", p)


def _chance(letter: str, value: float) -> str:
    number = f"= {value:.3f}" if value < 0.1 else f"= {value:.2f}"
    return f"{letter} {number if value >= 0.001 else '< 0.001'}".replace(" ", "\u00a0")


def seconds(duration: float) -> str:
    """Duration in seconds: one decimal below ten, none above.

    Examples
    --------
    >>> seconds(0.04), seconds(41.6)
    ('0.0 s', '42 s')
    """
    return f"{duration:.1f} s" if duration < 9.95 else f"{duration:,.0f} s"


def long_day(day: date) -> str:
    """Day in running text.

    Examples
    --------
    >>> long_day(date(2025, 12, 1))
    '1 Dec 2025'
    """
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def month_name(month: int) -> str:
    """Short English name of month 1 to 12.

    Examples
    --------
    >>> month_name(3)
    'Mar'
    """
    return _MONTHS[month - 1]
