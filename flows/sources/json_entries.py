"""The entries of an answer, one by one: a record, or a reject that costs no other entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from analytics.papers import PaperRecord, RejectedRecord
from flows.sources.stated_dates import date_warning

__all__ = ["UnusableEntryError", "read_entries"]


class UnusableEntryError(Exception):
    """An entry that cannot be a paper; its text is the reason of the reject."""


def read_entries(
    entries: Iterable[Any],
    read: Callable[[Any, str, list[str]], PaperRecord],
    show: Callable[[Any], str],
) -> tuple[tuple[PaperRecord, ...], tuple[RejectedRecord, ...], tuple[str, ...]]:
    """Records, rejects and warnings of the entries of an answer, in their order.

    Parameters
    ----------
    entries : iterable
    read : callable
        Entry, position, and a list for the positions of unreadable dates, to a record; raises
        `UnusableEntryError` with the reason.
    show : callable
        Entry to the excerpt of its reject.
    """
    records: list[PaperRecord] = []
    rejects: list[RejectedRecord] = []
    unread: list[str] = []
    for number, entry in enumerate(entries, start=1):
        position = f"entry {number}"
        try:
            records.append(read(entry, position, unread))
        except UnusableEntryError as reason:
            rejects.append(RejectedRecord(position, str(reason), show(entry)))
    return tuple(records), tuple(rejects), date_warning(unread)
