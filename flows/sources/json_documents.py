"""JSON documents of paper services: the parsed value or one clear line, and what single values mean.

A number with a point stays text, so that an id written as a bare ``2503.02130`` keeps its digits.
A value of a kind that a field cannot have is nothing: no service is trusted to keep to its own form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from analytics.exceptions import InputError
from flows.sources.markup import plain_prose
from flows.sources.plain_text import clean_text, excerpt, is_nothing, require_text
from flows.sources.stated_dates import UNDATED, StatedDate, finest_date, read_date

__all__ = [
    "count_of",
    "date_of",
    "dates_of",
    "first_text_of",
    "items_of",
    "object_of",
    "outline",
    "parse_json",
    "prose_of",
    "shape_of",
    "text_of",
]

_HIGHEST_COUNT = 1_000_000_000
_LONGEST_NUMBER = 18
_HIGHEST_WRITTEN = 10**13
_MOST_KEYS_SHOWN = 8
_DEEPEST_OUTLINE = 5
_MOST_PATHS = 2_000
_TOKEN = re.compile(r"[\[\]{}:,]|\"((?:[^\"\\]|\\.?)*)(?:\"|\Z)|[^\s\[\]{}:,\"]{1,100}", re.DOTALL)
_WHOLE_NUMBER = re.compile(r"(\d{1,13})(?:\.0{1,3})?", re.ASCII)


def parse_json(text: str, location: str, wanted: str) -> Any:
    """Value of a JSON document.

    Numbers with a point or an exponent stay text, and so do whole numbers of more than 18 digits;
    ``NaN`` and ``Infinity`` become None. Of a repeated key the last counts.

    Raises
    ------
    InputError
        When it is empty, binary, HTML, XML, broken, cut off or nested too deep.

    Examples
    --------
    >>> parse_json('{"id": 2503.02130, "votes": 3, "score": NaN}', "a.json", "papers")
    {'id': '2503.02130', 'votes': 3, 'score': None}
    >>> parse_json('[{"id": "2503', "a.json", "papers")
    Traceback (most recent call last):
    ...
    analytics.exceptions.InputError: a.json is JSON that is cut off after 13 characters; fetch or save it \
again; expected papers
    """
    text = require_text(text, location, wanted=wanted)
    try:
        return json.loads(text, parse_float=str, parse_int=_whole_number, parse_constant=lambda _name: None)
    except RecursionError:
        raise InputError(f"{location} is JSON nested too deep; expected {wanted}") from None
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
            fault = f"is JSON that is cut off after {len(text):,} characters; fetch or save it again"
        else:
            fault = f"is not valid JSON ({error.msg} at line {error.lineno} column {error.colno})"
        raise InputError(f"{location} {fault}; expected {wanted}") from None


@lru_cache(maxsize=2)
def outline(head: str) -> Mapping[tuple[str, ...], str]:
    r"""What the beginning of a JSON document holds, wherever it is cut off: paths, each with its first value.

    It is five levels deep at most; ``"[]"`` stands for any place of an array. The value is the raw text of a
    string or number, empty for an object or array. Empty when `head` is no beginning of one JSON object or
    array, as that of JSON lines is not.

    Examples
    --------
    >>> outline('{"total": 2, "data": [{"id": "a"}, {"id": "b", "au')
    {(): '', ('total',): '2', ('data',): '', ('data', '[]'): '', ('data', '[]', 'id'): 'a'}
    >>> outline('{"id": 1}\n{"id": 2}'), outline("# A title")
    ({}, {})
    """
    found: dict[tuple[str, ...], str] = {}
    path: list[str] = []  # the key or "[]" at which each open bracket's current value stands
    pending, is_value = "", True
    for token in _TOKEN.finditer(head.removeprefix("\ufeff")):
        mark = token[0]
        is_outside = not path
        if is_outside and (found or mark not in ("{", "[")):
            return {}
        if mark in "]}":
            path.pop()
        elif mark == ",":
            is_value = path[-1] == "[]"
        elif mark == ":":
            path[-1], is_value = pending, True
        elif not is_value:
            pending = token[1] or ""
        else:
            if len(path) <= _DEEPEST_OUTLINE and len(found) < _MOST_PATHS:
                found.setdefault(tuple(path), "" if mark in "{[" else mark.strip('"')[:100])
            if mark in "{[":
                path.append("[]" if mark == "[" else "")
                is_value = mark == "["
    return found


def object_of(value: object) -> dict[str, Any]:
    """Give `value` when it is a JSON object, else an empty one.

    Examples
    --------
    >>> object_of({"a": 1}), object_of(None)
    ({'a': 1}, {})
    """
    return value if isinstance(value, dict) else {}


def items_of(value: object) -> list[Any]:
    """Give `value` when it is a JSON array, else an empty one.

    Examples
    --------
    >>> items_of([1]), items_of("ab")
    ([1], [])
    """
    return value if isinstance(value, list) else []


def shape_of(value: object) -> str:
    """What a JSON value is, in words for a message.

    Examples
    --------
    >>> shape_of({"total": 0, "data": []}), shape_of([1, 2]), shape_of("text")
    ("an object with 'total', 'data'", 'an array of 2', 'a text')
    """
    if isinstance(value, dict):
        keys = [repr(excerpt(key)[:40]) for key in list(value)[:_MOST_KEYS_SHOWN]]
        more = f" and {len(value) - len(keys)} more" if len(value) > len(keys) else ""
        return f"an object with {', '.join(keys)}{more}" if keys else "an empty object"
    if isinstance(value, list):
        return f"an array of {len(value):,}"
    return "a text" if isinstance(value, str) else "null" if value is None else "a number or a truth value"


def text_of(value: object) -> str:
    """Clean text of a value: text itself, a whole number, the texts of a list, an object's value or name.

    Numbers with a point are no text, for they may have lost digits.

    Examples
    --------
    >>> text_of(" Example  Lab "), text_of(["One.", "Two."]), text_of({"name": "Example Lab"})
    ('Example Lab', 'One. Two.', 'Example Lab')
    >>> text_of(1984), text_of(2503.0213), text_of("nan"), text_of(None)
    ('1984', '', '', '')
    """
    if isinstance(value, Mapping):
        return first_text_of(value, ("value", "fullname", "display_name", "name"))
    if isinstance(value, (list, tuple)):
        value = " ".join(part for part in value if isinstance(part, str))
    if isinstance(value, str):
        text = clean_text(value)
        return "" if len(text) < 8 and is_nothing(text) else text
    return _digits(value)


def prose_of(value: object) -> str:
    """Text of a title or an abstract, without the HTML or JATS that a service put around it.

    Examples
    --------
    >>> prose_of("<jats:p>For $a<b$ &amp; more</jats:p>")
    'For $a<b$ & more'
    """
    return plain_prose(text_of(value))


def date_of(value: object) -> StatedDate:
    """Day of a value: a date, a text, a year, seconds or milliseconds since 1970, or a list of versions.

    Of versions, as arXiv's bulk metadata lists them, the first counts.

    Examples
    --------
    >>> date_of("2025-03-04"), date_of(2019.0)
    ((datetime.date(2025, 3, 4), 'day'), (datetime.date(2019, 1, 1), 'year'))
    >>> date_of(1577836800000)
    (datetime.date(2020, 1, 1), 'day')
    >>> date_of([{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}])
    (datetime.date(2007, 4, 2), 'day')
    """
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, Mapping):
        # A version of arXiv's, a value of OpenReview's, and a date of Crossref and CSL-JSON.
        parts = value.get("date-parts")
        value = value.get("created", value.get("value")) if parts is None else _joined_parts(parts)
    if isinstance(value, date):
        return _day_of(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = text_of(value) if isinstance(value, str) else _digits(value)
    number = _WHOLE_NUMBER.fullmatch(text)
    if number is None or len(number[1]) in (1, 2, 3, 8):
        return read_date(text)
    return read_date(number[1]) if len(number[1]) < 9 else _since_1970(int(number[1]))


def dates_of(values: Sequence[object]) -> StatedDate:
    """Day that several values state together: the first that can be read counts, later ones make it finer.

    A month or a day without a year belongs to the year of another value.

    Examples
    --------
    >>> dates_of([2019, "2019-05-03"]), dates_of(["SEP", 2018])
    ((datetime.date(2019, 5, 3), 'day'), (datetime.date(2018, 9, 1), 'month'))
    """
    dates = [date_of(value) for value in values]
    year = next((day.year for day, _ in dates if day is not None), None)
    if year is None:
        return UNDATED
    yearless = (
        read_date(f"{text} {year}")
        for value, (day, _) in zip(values, dates, strict=True)
        if day is None and isinstance(value, str) and (text := text_of(value)) and len(text) < 12
    )
    return finest_date((*dates, *yearless))


def count_of(value: object) -> int | None:
    """Whole number from 0 to a billion; None for any other value.

    Examples
    --------
    >>> count_of(3.0), count_of("1,204"), count_of(-1), count_of(True), count_of(2.5)
    (3, 1204, None, None, None)
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = clean_text(value).replace(",", "") if isinstance(value, str) else _digits(value)
    number = _WHOLE_NUMBER.fullmatch(text)
    count = int(number[1]) if number else None
    return count if count is not None and count <= _HIGHEST_COUNT else None


def _digits(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _HIGHEST_WRITTEN:
        return str(value)
    return ""


def _joined_parts(parts: object) -> str:
    """Day of ``[[2019, 3, 4]]``, its parts as numbers or texts."""
    first = parts[0] if isinstance(parts, list) and parts else None
    return "-".join(text_of(part) for part in first[:3]) if isinstance(first, list) else ""


def _day_of(value: date) -> StatedDate:
    try:
        if isinstance(value, datetime):
            value = (value if value.tzinfo is None else value.astimezone(UTC)).date()
    except (ValueError, OverflowError):
        return UNDATED
    # The missing time of pandas is a date by its class only.
    return (value, "day") if value == value else UNDATED


def _since_1970(number: int) -> StatedDate:
    seconds = number / 1_000 if number >= 10**11 else number
    return datetime.fromtimestamp(seconds, UTC).date(), "day"


def first_text_of(value: Mapping[Any, object], keys: tuple[str, ...]) -> str:
    """First text under `keys`; objects within are not looked into."""
    inner = (value.get(key) for key in keys)
    return next((text for item in inner if not isinstance(item, Mapping) and (text := text_of(item))), "")


def _whole_number(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits
