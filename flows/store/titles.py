"""Which paper a record without an identifier shows: the one of that title, if nothing contradicts.

The answer depends on the set of records alone, so a paper seen by its title first and with its
identifier later ends as the same single paper as in the other order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from analytics.papers import PaperRecord, fold_title
from flows.store.looks import StoredRecord

__all__ = ["match_titles"]

SHORT_TITLE_BYTES = 20
"""A folded title below this many UTF-8 bytes ("editorial", "reply") names no work by itself."""

YEARS_APART = 1
"""A preprint of December and its print of January show the same work."""


def match_titles(records: Iterable[StoredRecord]) -> dict[str, str]:
    """Paper that each record without an identifier is held to show.

    It is the paper with an identifier and the same folded title, when there is exactly one and it
    agrees: known years at most one apart, known numbers of authors equal, and for a title below 20
    bytes the same abstract. Otherwise the record stays under its title.

    Parameters
    ----------
    records : iterable of StoredRecord
        All records without an identifier of the titles in question, and *all* records of every paper
        that has an identifier and was ever shown under one of these titles.

    Returns
    -------
    dict of str to str
        `paper_id` by `record_id`, for the records without an identifier only.
    """
    by_paper: dict[str, list[PaperRecord]] = defaultdict(list)
    papers_of_title: dict[str, set[str]] = defaultdict(set)
    title_only: list[StoredRecord] = []
    for said in records:
        if said.stated_id is None:
            title_only.append(said)
        else:
            by_paper[said.stated_id].append(said.record)
            papers_of_title[said.title_key].add(said.stated_id)
    placed: dict[str, str] = {}
    for said in title_only:
        candidates = papers_of_title.get(said.title_key, set())
        placed[said.record_id] = said.title_key
        if len(candidates) == 1:
            (candidate,) = candidates
            if _agrees(said.record, by_paper[candidate]):
                placed[said.record_id] = candidate
    return placed


def _agrees(record: PaperRecord, others: Sequence[PaperRecord]) -> bool:
    """Whether nothing that is known of `record` contradicts all that is known of the paper."""
    years = [other.published.year for other in others if other.published]
    if record.published and years and min(abs(record.published.year - year) for year in years) > YEARS_APART:
        return False
    counts = {other.n_authors or len(other.authors) for other in others} - {0}
    count = record.n_authors or len(record.authors)
    if count and counts and count not in counts:
        return False
    if len(fold_title(record.title).encode()) >= SHORT_TITLE_BYTES:
        return True
    abstract = fold_title(record.abstract)
    return bool(abstract) and any(fold_title(other.abstract) == abstract for other in others)
