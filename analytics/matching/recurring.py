"""Titles that recur among different works: columns ("Reminiscences on ..."), reports of every year."""

from __future__ import annotations

from collections.abc import Sequence

from analytics.matching.block_keys import LARGEST_BLOCK
from analytics.matching.names import shared_names
from analytics.matching.records import ComparedRecord

__all__ = ["is_recurring"]

_WORKS = 3
_YEARS_APART = 2


def is_recurring(records: Sequence[ComparedRecord]) -> bool:
    """Whether records of one title show three different works or more.

    Two records show different works when fewer than half the authors of the shorter list are in the other
    or, where that says nothing, when the years are two apart or more. Single authors say nothing: an editor
    writes a column for years. Of more than 100 records the title recurs in any case. `records` are of one
    title, in an order that does not depend on when they came.

    Examples
    --------
    >>> from datetime import date
    >>> from analytics.papers import PaperRecord
    >>> def column(year):
    ...     stated = {"published": date(year, 1, 1), "authors": ("Ada Example",)}
    ...     return ComparedRecord.of(PaperRecord("Notes of a treasurer", "", **stated))
    >>> is_recurring([column(2000), column(2002)]), is_recurring([column(2000), column(2002), column(2004)])
    (False, True)
    """
    if len(records) > LARGEST_BLOCK:
        return True
    different: list[ComparedRecord] = []
    for record in records:
        if all(_are_different(record, other) for other in different):
            different.append(record)
            if len(different) >= _WORKS:
                return True
    return False


def _are_different(one: ComparedRecord, other: ComparedRecord) -> bool:
    if one.doi is not None and one.doi == other.doi:
        return False
    if one.names and other.names:
        fewest = min(len(one.names), len(other.names))
        if shared_names(one.names, other.names) < fewest / 2:
            return True
        if fewest > 1:
            return False
    elif one.n_authors and other.n_authors and one.n_authors != other.n_authors:
        return True
    if one.published is None or other.published is None or one.is_preprint != other.is_preprint:
        return False
    return abs(one.published.year - other.published.year) >= _YEARS_APART
