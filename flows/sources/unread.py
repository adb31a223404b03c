"""What could not be read of the given files, in a few sentences: files, and rows by their reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

import pandas as pd

from analytics.papers import Feed
from flows.sources.formats import UNKNOWN
from flows.sources.records import stated_where
from reports.values.formatting import clip, plural

__all__ = ["Unread", "late_sentence", "unread_in_store"]

_FILES_SHOWN = 20
_LOSSES_SHOWN = 5
_REASONS_SHOWN = 3
_MOST_REASONS = 1_000
_LARGE_LOSS = 0.1
_LONGEST = 300


class Unread:
    """Files that could not be used, and rejects by file and reason, gathered feed by feed.

    Examples
    --------
    >>> unread = Unread()
    >>> unread.add("unknown", "a.pdf", 0, [("file", "a.pdf is binary, not text")])
    >>> unread.add("table", "b.csv", 18, [(f"line {n}", "a row without a title") for n in (3, 9)])
    >>> for sentence in unread.sentences():
    ...     print(sentence)
    file not used: a.pdf is binary, not text
    b.csv lost 2 of 20 entries: a row without a title (line 3 and 1 more)
    """

    def __init__(self) -> None:
        self._unusable: list[str] = []
        self._counts: dict[str, list[int]] = {}
        self._reasons: dict[str, Counter[str]] = {}
        self._places: dict[tuple[str, str], str] = {}

    def add_feed(self, feed: Feed) -> None:
        """Take a feed, or one part of it."""
        rejects = ((reject.position, reject.reason) for reject in feed.rejects)
        self.add(feed.source, feed.location, len(feed.records), rejects)

    def add(self, source: str, location: str, n_records: int, rejects: Iterable[tuple[str, str]]) -> None:
        """Take the records and the positions and reasons of the rejects of a file, or of a part of it."""
        if source == UNKNOWN:
            self._unusable += [reason for _, reason in rejects]
            return
        counts = self._counts.setdefault(location, [0, 0])
        reasons = self._reasons.setdefault(location, Counter())
        counts[0] += n_records
        for position, reason in rejects:
            counts[1] += 1
            if len(reasons) < _MOST_REASONS or reason in reasons:
                reasons[reason] += 1
                self._places.setdefault((location, reason), position)

    def sentences(self) -> list[str]:
        """Give a sentence on each file that could not be used, on each large loss, and on all rejects."""
        sentences = [f"file not used: {clip(reason, _LONGEST)}" for reason in self._unusable[:_FILES_SHOWN]]
        if more := len(self._unusable) - len(sentences):
            sentences.append(f"{plural(more, 'more file')} could not be used")
        lost = {
            location: (n_rejects, n_records + n_rejects)
            for location, (n_records, n_rejects) in self._counts.items()
            if n_rejects
        }
        large = [location for location, (n, n_all) in lost.items() if n >= _LARGE_LOSS * n_all]
        large.sort(key=lambda location: (-lost[location][0], location))
        for location in large[:_LOSSES_SHOWN]:
            n_rejects, n_all = lost[location]
            reasons = self._commonest([location])
            sentences.append(f"{location} lost {n_rejects:,} of {n_all:,} entries: {reasons}")
        others = [location for location in lost if location not in large[:_LOSSES_SHOWN]]
        if others:
            n_others = sum(lost[location][0] for location in others)
            files = plural(len(others), "file")
            entries = plural(n_others, "entry", "entries")
            sentences.append(f"{entries} of {files} could not be a paper: {self._commonest(others)}")
        return sentences

    def _commonest(self, locations: list[str]) -> str:
        """The commonest reasons with their counts, each with one place."""
        summed: Counter[str] = Counter()
        for location in locations:
            summed.update(self._reasons[location])
        parts = []
        for reason, number in sorted(summed.items(), key=lambda pair: (-pair[1], pair[0]))[:_REASONS_SHOWN]:
            location = next(one for one in locations if reason in self._reasons[one])
            place = self._places[location, reason]
            where = place if len(locations) == 1 else f"{location}, {place}"
            parts.append(stated_where(clip(reason, _LONGEST), where, number - 1))
        more = len(summed) - len(parts)
        return "; ".join(parts) + (f"; and {plural(more, 'other reason')}" if more else "")


def unread_in_store(sources: pd.DataFrame, rejects: pd.DataFrame) -> list[str]:
    """Sentences on what a store's sources lost, see `flows.store.Store.feed_summary` and `rejects`."""
    unread = Unread()
    lost = dict(tuple(rejects.groupby("location", sort=False)))
    for source, location, n_records in zip(
        sources["source"], sources["location"], sources["n_records"], strict=True
    ):
        own = lost.pop(location, None)
        pairs = [] if own is None else list(zip(own["position"], own["reason"], strict=True))
        unread.add(source, location, int(n_records), pairs)
    return unread.sentences()


def late_sentence(n_papers: int, last_read: date | None, as_of: date) -> str:
    """Sentence on papers that a day leaves out because they were read after it, empty without any.

    Examples
    --------
    >>> late_sentence(6141, date(2026, 11, 28), date(2026, 8, 21))
    '6,141 papers are left out as of 2026-08-21: read later, up to 2026-11-28; omit --as-of, or give \
2026-11-28, to include them'
    >>> late_sentence(0, None, date(2026, 8, 21))
    ''
    """
    if not n_papers or last_read is None:
        return ""
    papers = f"{plural(n_papers, 'paper')} {'is' if n_papers == 1 else 'are'}"
    return (
        f"{papers} left out as of {as_of}: read later, up to {last_read}; omit --as-of, or give {last_read}, "
        "to include them"
    )
