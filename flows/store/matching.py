"""Which paper each record shows: works among the records, and an id for each.

The answer depends on the set of records and on what people decided alone, so a paper seen by its title
first and with its identifier later ends as the same single paper as in the other order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from analytics.matching.block_keys import LARGEST_BLOCK, block_keys
from analytics.matching.joins import Work
from analytics.matching.records import ComparedRecord
from analytics.matching.recurring import is_recurring
from analytics.matching.statements import Stated
from analytics.matching.works import group_works
from analytics.papers import fold_title, paper_id_for
from flows.store.stored_records import StoredRecord

__all__ = [
    "ComparedRecords",
    "Decided",
    "Matched",
    "is_open",
    "match_all",
    "match_records",
]

_ARXIV = "arxiv:"


@dataclass(frozen=True, slots=True)
class Decided:
    """Pairs of records, by their ids, that a person called one work, or two."""

    joined: frozenset[tuple[str, str]] = frozenset()
    apart: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Matched:
    """Works with the id of the paper that each is."""

    works: Mapping[str, Work] = field(default_factory=dict)

    @property
    def paper_of(self) -> dict[str, str]:
        """Paper id by record id."""
        return {record_id: paper_id for paper_id, work in self.works.items() for record_id in work.records}


class ComparedRecords(Mapping[str, ComparedRecord]):
    """Records by their ids, each taken apart when it is first compared: most never are.

    What a record of an arXiv paper leaves unsaid is taken from the others of that paper, so that a list of
    titles tells as much as the best sighting of it.
    """

    def __init__(self, records: Iterable[StoredRecord]) -> None:
        self.stored: dict[str, StoredRecord] = {}
        self._siblings: dict[str, list[str]] = defaultdict(list)
        self._apart: dict[str, ComparedRecord] = {}
        self._whole: dict[str, ComparedRecord] = {}
        for record in records:
            self.add(record)

    def add(self, record: StoredRecord) -> None:
        """Add a record; all of its paper must be there before one is compared."""
        if record.record_id not in self.stored:
            self.stored[record.record_id] = record
            if not is_open(record):
                self._siblings[str(record.stated_id)].append(record.record_id)

    def part(self, record_ids: Iterable[str]) -> ComparedRecords:
        """Give some of the records, with all of their paper, without taking any apart again."""
        found = ComparedRecords(self.stored[key] for key in record_ids)
        found._apart, found._whole = self._apart, self._whole
        return found

    def apart(self, record_id: str) -> ComparedRecord:
        """Give a record by itself."""
        if record_id not in self._apart:
            self._apart[record_id] = ComparedRecord.of(self.stored[record_id].record)
        return self._apart[record_id]

    def keys_of(self, record_id: str) -> frozenset[int]:
        """Give the block keys of a record, which hang on nothing else."""
        return block_keys(self.stored[record_id].record)

    def __getitem__(self, record_id: str) -> ComparedRecord:
        if record_id not in self._whole:
            siblings = self._siblings.get(str(self.stored[record_id].stated_id), ())
            others = [self.apart(key) for key in sorted(siblings) if key != record_id]
            self._whole[record_id] = self.apart(record_id).filled(others)
        return self._whole[record_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self.stored)

    def __len__(self) -> int:
        return len(self.stored)


def is_open(stored: StoredRecord) -> bool:
    """Whether a record states no arXiv id, so that others may decide which paper it shows."""
    return stored.stated_id is None or not stored.stated_id.startswith(_ARXIV)


def match_all(
    compared: ComparedRecords,
    decided: Decided,
    keys: Mapping[str, Collection[int]] | None = None,
) -> Matched:
    """Find the works among all records that there are.

    `keys` are `block_keys` by record id, computed where not given.
    """
    opened = {key for key, stored in compared.stored.items() if is_open(stored)}
    if not opened and not decided.joined:
        return match_records(compared, (), decided)
    if keys is None:
        keys = {key: compared.keys_of(key) for key in compared}
    by_key: dict[int, list[str]] = defaultdict(list)
    for record_id in compared:
        for key in keys.get(record_id, ()):
            by_key[key].append(record_id)
    return match_records(compared, _candidate_pairs(by_key.values(), opened), decided)


def _candidate_pairs(blocks: Iterable[Sequence[str]], opened: set[str]) -> Iterator[tuple[str, str]]:
    """Pairs of each block, at least one of which is open; a block that is too large has none."""
    for block in blocks:
        if 1 < len(block) <= LARGEST_BLOCK:
            for one in opened.intersection(block):
                yield from ((one, other) for other in block if other != one)


def match_records(
    compared: ComparedRecords,
    pairs: Iterable[tuple[str, str]],
    decided: Decided,
    crowded: Collection[str] = (),
) -> Matched:
    """Find the works among records, given all that may decide about one another.

    Records of one arXiv id are one paper, of different ones never. All others are compared, see
    `analytics.matching`.

    Parameters
    ----------
    pairs : iterable of (str, str)
        Records that share a block key.
    crowded : collection of str
        DOIs and title keys (`StoredRecord.title_key`) that more than 100 records of the store state, one at
        least without an arXiv id: none of their works is called by them.
    """
    stored = compared.stored
    ids = {key: str(one.stated_id) for key, one in stored.items() if not is_open(one)}
    stated = Stated(ids, decided.joined, decided.apart)
    works = group_works(compared, pairs, stated, _recurring(compared, crowded))
    return Matched(_named(works, stored, crowded))


def _recurring(compared: ComparedRecords, crowded: Collection[str]) -> set[str]:
    """Records whose title recurs among other works; of titles that arXiv papers alone have, none."""
    by_title: dict[str, list[str]] = defaultdict(list)
    for key in sorted(compared):
        by_title[compared.stored[key].title_key].append(key)
    found: set[str] = set()
    for title, keys in by_title.items():
        has_open = any(is_open(compared.stored[key]) for key in keys)
        if title in crowded or (has_open and len(keys) > 2 and is_recurring([compared[key] for key in keys])):
            found.update(keys)
    return found


def _named(
    works: Sequence[Work], stored: Mapping[str, StoredRecord], crowded: Collection[str]
) -> dict[str, Work]:
    """Works under their ids: arXiv id, else DOI, else title; what two works claim goes to the first."""
    named: dict[str, Work] = {}
    claims: dict[str, list[Work]] = defaultdict(list)
    for work in works:
        claims[_best_id([stored[key] for key in work.records])].append(work)
    too_many = _crowded(stored.values()) | set(crowded)
    for kind in ("doi:", "title:"):
        for claimed in sorted(claim for claim in claims if claim.startswith(kind)):
            rivals = claims.pop(claimed)
            if len(rivals) > 1:
                rivals.sort(key=lambda work: _order(work, stored))
            if claimed.removeprefix("doi:") not in too_many:
                named[claimed] = rivals.pop(0)
            for work in rivals:
                if kind == "doi:":
                    claims[_title_id([stored[key] for key in work.records])].append(work)
                else:
                    further = _further_id(work, stored, named, is_sure=claimed not in too_many)
                    named[further] = work
    return named | {claim: work for claim, (work,) in claims.items()}


def _best_id(records: Sequence[StoredRecord]) -> str:
    arxiv = {str(one.stated_id) for one in records if not is_open(one)}
    if arxiv:
        return min(arxiv)
    dois = Counter(one.doi for one in records if one.doi is not None)
    return f"doi:{_commonest(dois)}" if dois else _title_id(records)


def _title_id(records: Sequence[StoredRecord]) -> str:
    return _commonest(Counter(one.title_key for one in records))


def _commonest(counts: Counter[str]) -> str:
    return min(counts, key=lambda text: (-counts[text], text))


def _crowded(records: Iterable[StoredRecord]) -> set[str]:
    opened = [one for one in records if is_open(one)]
    counts = Counter(one.doi for one in opened if one.doi) + Counter(one.title_key for one in records)
    return {text for text, count in counts.items() if count > LARGEST_BLOCK}


def _order(work: Work, stored: Mapping[str, StoredRecord]) -> tuple[object, ...]:
    """Works that say most come first, then the earliest."""
    return min(_record_order(stored[key]) for key in work.records)


def _record_order(stored: StoredRecord) -> tuple[object, ...]:
    record = stored.record
    vagueness = (not record.authors) + (record.published is None)
    year = record.published.year if record.published else 0
    return vagueness, year, record.authors, fold_title(record.abstract), stored.record_id


def _further_id(
    work: Work, stored: Mapping[str, StoredRecord], taken: Collection[str], *, is_sure: bool
) -> str:
    """Id of a second work of one title: the title with what tells it apart."""
    first = min((stored[key] for key in work.records), key=_record_order)
    record = first.record
    year = str(record.published.year) if record.published else ""
    apart = (record.title, year, *record.authors, record.abstract)
    found = paper_id_for("\n".join(apart))
    # Of a title that very many works have, only some are looked at together: the record tells them apart.
    return found if is_sure and found not in taken else paper_id_for("\n".join((*apart, first.record_id)))
