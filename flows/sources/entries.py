"""The entries of a source, one by one: a record each, or a reject that costs no other entry.

Every format is read by this one loop. A format gives its entries with their positions, and one function
that reads an entry; whole answers become one feed here, long files the parts of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeAlias

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord, RejectedRecord
from flows.sources.formats import BLOCK, SourceFile
from flows.sources.records import Doubts, UnusableEntryError

__all__ = ["Entries", "EntryReader", "numbered"]

Entries: TypeAlias = Iterable[tuple[str, Any] | RejectedRecord]
"""Positions with their entries; what is no entry at all comes as its reject."""


def numbered(entries: Iterable[Any], noun: str = "entry") -> Iterator[tuple[str, Any]]:
    """Entries with their positions.

    Examples
    --------
    >>> list(numbered(["a", "b"]))
    [('entry 1', 'a'), ('entry 2', 'b')]
    """
    return ((f"{noun} {number}", entry) for number, entry in enumerate(entries, start=1))


@dataclass(frozen=True, slots=True)
class EntryReader:
    """How the entries of one format become a feed.

    Attributes
    ----------
    read : callable
        Entry, position and `Doubts` to a record; raises `UnusableEntryError` with the reason of a reject.
    show : callable
        Entry to the excerpt of its reject.
    """

    source: str
    read: Callable[[Any, str, Doubts], PaperRecord]
    show: Callable[[Any], str]

    def items(self, entries: Entries, doubts: Doubts) -> Iterator[PaperRecord | RejectedRecord]:
        """Give each entry's record or reject, in their order."""
        for entry in entries:
            if isinstance(entry, RejectedRecord):
                yield entry
                continue
            position, content = entry
            try:
                yield self.read(content, position, doubts)
            except UnusableEntryError as reason:
                yield RejectedRecord(position, str(reason), self.show(content))

    def whole(
        self,
        entries: Entries,
        *,
        location: str,
        day: date | None,
        doubts: Doubts | None = None,
        warnings: Iterable[str] = (),
    ) -> Feed:
        """Feed of one whole answer or document; `warnings` come before the doubts about its entries."""
        doubts = Doubts() if doubts is None else doubts
        records: list[PaperRecord] = []
        rejects: list[RejectedRecord] = []
        for item in self.items(entries, doubts):
            if isinstance(item, PaperRecord):
                records.append(item)
            else:
                rejects.append(item)
        said = (*warnings, *doubts.sentences())
        return Feed(self.source, location, day, tuple(records), tuple(rejects), said)

    def parts(
        self, entries: Entries, file: SourceFile, doubts: Doubts | None = None, warnings: Iterable[str] = ()
    ) -> Iterator[Feed]:
        """Feed of a long file in parts of `formats.BLOCK` entries each.

        There is at least one; the last has `is_last` and the warnings.

        Raises
        ------
        InputError
            When a short file holds rejects alone.
        """
        doubts = Doubts() if doubts is None else doubts
        records: list[PaperRecord] = []
        rejects: list[RejectedRecord] = []
        is_first = True
        for item in self.items(entries, doubts):
            if len(records) + len(rejects) >= BLOCK:
                part = Feed(self.source, file.location, file.day, tuple(records), tuple(rejects))
                yield replace(part, is_last=False)
                records, rejects, is_first = [], [], False
            if isinstance(item, PaperRecord):
                records.append(item)
            else:
                rejects.append(item)
        if is_first and rejects and not records:
            first = f"{rejects[0].position}: {rejects[0].reason}"
            raise InputError(
                f"{file.location} holds no paper that can be read ({first}); expected titles of papers"
            )
        said = (*warnings, *doubts.sentences())
        yield Feed(self.source, file.location, file.day, tuple(records), tuple(rejects), said)
