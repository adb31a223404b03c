"""Notes on the columns of a table: those that are not read, and ``--map`` where it has no use."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import astuple

from flows.sources.field_names import FieldMap
from flows.sources.plain_text import excerpt

__all__ = ["name_unread", "name_unused", "unread_columns"]

_LOGGER = logging.getLogger(__name__)
_NAMELESS = re.compile(r"column \d+")  # without a name in the header, or with a repeated one
_SHOWN = 8
_MOST_HEADERS = 100
_said: set[tuple[str, ...]] = set()
"""Headers whose columns were named: a folder of a thousand exports has one line."""


def unread_columns(names: Sequence[str], fields: FieldMap) -> list[str]:
    """Names of a table's columns that no field is read from.

    Examples
    --------
    >>> unread_columns(["Title", "Notes"], FieldMap(title=("Title",)))
    ['Notes']
    """
    read = {column for columns in astuple(fields) for column in columns}
    named = (name for name in dict.fromkeys(names) if isinstance(name, str) and not _NAMELESS.fullmatch(name))
    return [name for name in named if name not in read]


def name_unread(names: Sequence[str], fields: FieldMap, location: str) -> None:
    """Log the columns of a table that are not read, once for each header."""
    unread = unread_columns(names, fields)
    key = tuple(unread)
    if not unread or key in _said or len(_said) > _MOST_HEADERS:
        return
    _said.add(key)
    shown = ", ".join(repr(excerpt(one)[:60]) for one in unread[:_SHOWN])
    more = f" and {len(unread) - _SHOWN} more" if len(unread) > _SHOWN else ""
    _LOGGER.warning(
        "%s: columns that are not read: %s%s (name one with --map COLUMN=FIELD)", location, shown, more
    )


def name_unused(columns: Mapping[str, str], location: str) -> None:
    """Log that a file has no columns for ``--map`` to name."""
    given = ", ".join(f"{column}={field}" for column, field in columns.items())
    _LOGGER.warning("%s is not a table; --map %s is not used there", location, given)
