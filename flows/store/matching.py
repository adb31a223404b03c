"""Which paper a record shows: by its arXiv id, else by its DOI, else by title, authors and year.

The answer depends on the set of records alone, so a paper seen by its title first and with its
identifier later ends as the same single paper as in the other order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from analytics.papers import PaperRecord, fold_title, paper_id_for
from flows.store.stored_records import StoredRecord

__all__ = ["match_records"]

SHORT_TITLE_BYTES = 20
"""A folded title below this many UTF-8 bytes ("editorial", "reply") names no work by itself."""

YEARS_APART = 1
"""A preprint of December and its print of January show the same work."""

SHARED_AUTHORS = 0.5
"""Part of the shorter list of authors that two records of one work share at least: lists are cut."""

MOST_COMPARED = 200
"""Records of one title ("Untitled") that are compared pair by pair; of more, only equal ones are one work."""

_SHORTEST_NAME = 3


def match_records(records: Iterable[StoredRecord]) -> dict[str, str]:
    """Paper that each record is held to show.

    1. A record with an arXiv id shows the paper of that id.
    2. One with a DOI shows the arXiv paper that states this DOI too, when exactly one does; else the
       arXiv paper of its title, when exactly one agrees and that one states no other DOI; else the
       paper of its DOI.
    3. One with a title alone shows the paper with an identifier and the same folded title, when
       exactly one agrees; else it is one paper with the records of that title that agree with it.

    Two records of one title *agree* when at least half the authors of the shorter list stand in the
    other, or, where a list is missing, when neither the numbers of authors nor the years (one apart
    at most) contradict. A title below 20 bytes needs the same abstract, or both authors and year.

    Parameters
    ----------
    records : iterable of StoredRecord
        All records that may decide about one another: with a record also those of its identifier,
        of its DOI and, for one without an arXiv id, of its title.

    Returns
    -------
    dict of str to str
        `paper_id` by `record_id`.
    """
    groups = _Groups.of(records)
    placed: dict[str, str] = {}
    for doi, said in sorted(groups.by_doi.items()):
        placed |= dict.fromkeys((one.record_id for one in said), _paper_of_doi(doi, groups))
    for arxiv, said in groups.by_arxiv.items():
        placed |= dict.fromkeys((one.record_id for one in said), arxiv)
    identified: dict[str, list[StoredRecord]] = defaultdict(list)
    for group in (*groups.by_arxiv.values(), *groups.by_doi.values()):
        for one in group:
            identified[placed[one.record_id]].append(one)
    rivals: dict[str, set[str]] = defaultdict(set)
    for paper_id, said in identified.items():
        for one in said:
            rivals[one.title_key].add(paper_id)
    for title, said in groups.by_title.items():
        placed |= _place_by_title(title, said, {rival: identified[rival] for rival in rivals[title]})
    return placed


@dataclass(frozen=True, slots=True)
class _Groups:
    """Records by what they state: arXiv ids, DOIs without one, titles without either."""

    by_arxiv: dict[str, list[StoredRecord]] = field(default_factory=lambda: defaultdict(list))
    by_doi: dict[str, list[StoredRecord]] = field(default_factory=lambda: defaultdict(list))
    by_title: dict[str, list[StoredRecord]] = field(default_factory=lambda: defaultdict(list))
    arxiv_of_doi: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    dois_of_arxiv: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    arxiv_of_title: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(cls, records: Iterable[StoredRecord]) -> _Groups:
        groups = cls()
        for said in records:
            stated, doi = said.stated_id, said.doi
            if stated is None:
                groups.by_title[said.title_key].append(said)
            elif stated.startswith("arxiv:"):
                groups.by_arxiv[stated].append(said)
                groups.arxiv_of_title[said.title_key].add(stated)
                if doi is not None:
                    groups.arxiv_of_doi[doi].add(stated)
                    groups.dois_of_arxiv[stated].add(doi)
            elif doi is not None:
                groups.by_doi[doi].append(said)
        return groups


def _paper_of_doi(doi: str, groups: _Groups) -> str:
    """Paper of the records that state this DOI and no arXiv id; they stay together."""
    states_it_too = groups.arxiv_of_doi.get(doi, set())
    if len(states_it_too) == 1:
        return min(states_it_too)
    said = groups.by_doi[doi]
    titled = {arxiv for one in said for arxiv in groups.arxiv_of_title.get(one.title_key, ())}
    free = [arxiv for arxiv in sorted(titled) if not groups.dois_of_arxiv.get(arxiv)]
    agreeing = [arxiv for arxiv in free if _all_agree(said, groups.by_arxiv[arxiv])]
    return agreeing[0] if len(agreeing) == 1 else f"doi:{doi}"


def _all_agree(said: Sequence[StoredRecord], others: Sequence[StoredRecord]) -> bool:
    records = [one.record for one in others]
    return all(_agrees(one.record, records) for one in said)


def _place_by_title(
    title: str, said: Sequence[StoredRecord], rivals: Mapping[str, Sequence[StoredRecord]]
) -> dict[str, str]:
    """Papers of the records that state no identifier, all of one folded title."""
    placed: dict[str, str] = {}
    alone: list[StoredRecord] = []
    candidates = {paper_id: [other.record for other in others] for paper_id, others in rivals.items()}
    if len(candidates) > MOST_COMPARED:
        candidates = {}
    for one in said:
        agreeing = [paper_id for paper_id, others in candidates.items() if _agrees(one.record, others)]
        if len(agreeing) == 1:
            placed[one.record_id] = agreeing[0]
        else:
            alone.append(one)
    for number, cluster in enumerate(_clusters(alone)):
        paper_id = title if number == 0 else _further_id(cluster[0].record)
        placed |= dict.fromkeys((one.record_id for one in cluster), paper_id)
    return placed


def _clusters(said: Sequence[StoredRecord]) -> list[list[StoredRecord]]:
    """Works among records of one title, the earliest first: each record agrees with all of its cluster.

    Records are taken in an order of their own (those that say most, then the earliest), and each joins
    the first cluster that it agrees with.
    """
    clusters: list[list[StoredRecord]] = []
    ordered = sorted(said, key=_clustering_order)
    if len(ordered) > MOST_COMPARED:
        return [list(equal) for _, equal in groupby(ordered, key=lambda one: _clustering_order(one)[:-1])]
    for one in ordered:
        for cluster in clusters:
            if all(_agrees(one.record, [other.record]) for other in cluster):
                cluster.append(one)
                break
        else:
            clusters.append([one])
    return clusters


def _clustering_order(said: StoredRecord) -> tuple[object, ...]:
    record = said.record
    vagueness = (not record.authors) + (record.published is None)
    year = record.published.year if record.published else 0
    return vagueness, year, record.authors, fold_title(record.abstract), said.record_id


def _further_id(record: PaperRecord) -> str:
    """Id of a second work of one title: the title with what tells it apart."""
    year = str(record.published.year) if record.published else ""
    return paper_id_for("\n".join((record.title, year, *record.authors, record.abstract)))


def _agrees(record: PaperRecord, others: Sequence[PaperRecord]) -> bool:
    """Whether a record may show the work that all of `others`, of the same folded title, show."""
    year_apart = _years_apart(record, others)
    named = [other for other in others if other.authors and record.authors]
    shared = max((_shared_authors(record, other) for other in named), default=None)
    if len(fold_title(record.title).encode()) < SHORT_TITLE_BYTES:
        abstract = fold_title(record.abstract)
        if abstract and any(fold_title(other.abstract) == abstract for other in others):
            return True
        return shared is not None and shared >= SHARED_AUTHORS and year_apart in {0, 1}
    if shared is not None and (shared >= SHARED_AUTHORS or shared == 0):
        return shared > 0
    if shared is None and _counts_differ(record, others):
        return False
    return year_apart is None or year_apart <= YEARS_APART


def _years_apart(record: PaperRecord, others: Sequence[PaperRecord]) -> int | None:
    """Years to the nearest known year of the others, None when either is unknown."""
    years = [other.published.year for other in others if other.published]
    if record.published is None or not years:
        return None
    return min(abs(record.published.year - year) for year in years)


def _counts_differ(record: PaperRecord, others: Sequence[PaperRecord]) -> bool:
    counts = {other.n_authors or len(other.authors) for other in others} - {0}
    count = record.n_authors or len(record.authors)
    return bool(count and counts and count not in counts)


def _shared_authors(one: PaperRecord, other: PaperRecord) -> float:
    """Part of the shorter list of authors whose names stand in the other, in any order and form."""
    lists = sorted(([_name_parts(name) for name in record.authors] for record in (one, other)), key=len)
    found = sum(any(parts & candidate for candidate in lists[1]) for parts in lists[0])
    return found / len(lists[0])


def _name_parts(name: str) -> frozenset[str]:
    """Words of a name that can be compared: initials say too little, unless there is nothing else."""
    words = [folded for word in name.replace("-", " ").split() if (folded := fold_title(word))]
    return frozenset(word for word in words if len(word) >= _SHORTEST_NAME) or frozenset(words)
