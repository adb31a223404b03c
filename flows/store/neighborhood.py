"""Records that may affect each other's matching, found in the store from new records.

The neighbors of a record are those that it may be one work with, those of the same paper until now,
and those that state the same DOI, title or arXiv id, which names or contradicts its paper. What is found
is closed under this relation, so that matching it alone gives what matching the whole store would give.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Column, Connection, and_, func, or_, select

from analytics.matching.block_keys import LARGEST_BLOCK
from analytics.matching.scoring import JOINED_FROM, compare_records
from flows.store.blocks import in_blocks
from flows.store.decisions import WorkDecision, newest_decisions, read_decisions
from flows.store.keys import has_keys, stored_record
from flows.store.matching import ComparedRecords, Decided, is_open
from flows.store.schema import record_keys, records, work_decisions
from flows.store.stored_records import StoredRecord

__all__ = ["Neighborhood"]

_IS_OPEN = or_(records.c.stated_id.is_(None), records.c.stated_id.like("doi:%"))
"""Records without an arXiv id: the only ones whose paper others may decide."""


class Neighborhood:
    """A set of records that grows until nothing outside may decide about anything in it.

    What is read is added to `compared`.

    Attributes
    ----------
    placed : dict of str to str
        The records, by id, each with the paper that it is held to show until now.
    pairs : set of (str, str)
        Those that share a block key and may be one work.
    crowded : set of str
        DOIs and title keys that more than `LARGEST_BLOCK` records of the store state.
    """

    def __init__(self, connection: Connection, compared: ComparedRecords) -> None:
        self._connection = connection
        self._read = compared
        self._paper_of: dict[str, str] = {}
        self._decisions: set[WorkDecision] = set()
        self.placed: dict[str, str] = {}
        self.pairs: set[tuple[str, str]] = set()
        self.crowded: set[str] = set()

    def compared(self) -> ComparedRecords:
        """Give the records themselves."""
        return self._read.part(self.placed)

    def decided(self) -> Decided:
        """Give the decisions of people about them."""
        return newest_decisions(self._decisions)

    def grow(self, fresh: Collection[StoredRecord], decided: Collection[str] = ()) -> None:
        """Add new records, those that a new decision is about, and all that these may concern."""
        is_decided = self._connection.execute(select(work_decisions.c.one).limit(1)).first() is not None
        if not is_decided and not has_keys(self._connection):
            return
        frontier = {stored.record_id for stored in fresh if is_open(stored)}.union(decided)
        frontier |= self._open_near([stored for stored in fresh if not is_open(stored)])
        frontier |= self._members_of_overflown(fresh)
        if is_decided:
            frontier |= self._decided_about(fresh)
        while frontier:
            self._load(frontier)
            self.placed |= {record_id: self._paper_of[record_id] for record_id in frontier}
            frontier = (
                self._neighbors([self._read.stored[key] for key in sorted(frontier)]) - self.placed.keys()
            )

    def _open_near(self, fresh: Collection[StoredRecord]) -> set[str]:
        """Records without an arXiv id that new ones with one may concern."""
        ids = {stored.stated_id for stored in fresh}
        siblings = self._find(records.c.stated_id, ids)
        self._load(siblings)
        stored = [self._read.stored[key] for key in sorted(siblings)]
        found = self._find(records.c.paper_id, ids, _IS_OPEN)
        # A person may have called two arXiv papers one.
        found |= {one.record_id for one in stored if self._paper_of[one.record_id] != one.stated_id}
        found |= self._find(records.c.title_key, self._uncrowded_titles(stored), _IS_OPEN)
        # What is new may fill gaps of what was known of its paper: links may come and go.
        new = {one.record_id for one in fresh}
        before = [one for one in stored if one.record_id not in new]
        return found | self._linked(stored) | self._linked(before, ComparedRecords(before))

    def _members_of_overflown(self, fresh: Collection[StoredRecord]) -> set[str]:
        """Records of groups that became too large, whose shared key no longer counts."""
        found: set[str] = set()
        said_by: tuple[tuple[Column[Any], Iterable[Any]], ...] = (
            (records.c.title_key, (stored.title_key for stored in fresh)),
            (records.c.doi, (stored.doi for stored in fresh if stored.doi and is_open(stored))),
            (record_keys.c.key, (key for stored in fresh for key in self._keys_of(stored))),
        )
        for column, stated in said_by:
            n_fresh = Counter(stated)
            totals = self._count(column, n_fresh)
            over = [value for value, n in totals.items() if n - n_fresh[value] <= LARGEST_BLOCK < n]
            found |= self._find(column, over)
        return found

    def _neighbors(self, frontier: Collection[StoredRecord]) -> set[str]:
        opened = [stored for stored in frontier if is_open(stored)]
        found = self._find(
            records.c.stated_id, {stored.stated_id for stored in frontier if not is_open(stored)}
        )
        found |= self._find(records.c.paper_id, {self._paper_of[stored.record_id] for stored in frontier})
        found |= self._find(records.c.title_key, self._uncrowded_titles(frontier))
        found |= self._find(records.c.doi, self._uncrowded_dois(opened), _IS_OPEN)
        found |= self._decided_about(frontier)
        return found | self._linked(frontier)

    def _uncrowded_titles(self, frontier: Collection[StoredRecord]) -> set[str]:
        """Titles that open records have too, but not too many."""
        titles = {stored.title_key for stored in frontier}
        with_open = set(self._count(records.c.title_key, titles, _IS_OPEN))
        totals = self._count(records.c.title_key, with_open)
        self.crowded |= {title for title, n in totals.items() if n > LARGEST_BLOCK}
        return with_open - self.crowded

    def _uncrowded_dois(self, opened: Collection[StoredRecord]) -> set[str]:
        dois = {stored.doi for stored in opened if stored.doi}
        self.crowded |= {
            doi for doi, n in self._count(records.c.doi, dois, _IS_OPEN).items() if n > LARGEST_BLOCK
        }
        return dois - self.crowded

    def _decided_about(self, frontier: Collection[StoredRecord]) -> set[str]:
        found = read_decisions(self._connection, of_records=[stored.record_id for stored in frontier])
        self._decisions.update(found)
        partners = {record_id for decision in found for record_id in (decision.one, decision.other)}
        return self._find(records.c.record_id, partners)

    def _linked(
        self, frontier: Collection[StoredRecord], as_known: ComparedRecords | None = None
    ) -> set[str]:
        """Records that share a block key with one of the frontier and may be one work with it, and these.

        Of two records one at least states no arXiv id. With `as_known` the frontier is what it is there,
        and no pairs are kept.
        """
        by_key: dict[int, list[str]] = defaultdict(list)
        opened = {stored.record_id for stored in frontier if is_open(stored)}
        for stored in frontier:
            for key in self._keys_of(stored):
                by_key[key].append(stored.record_id)
        candidates: set[tuple[str, str]] = set()
        for key, member, is_member_open in self._block_members(by_key):
            for one in by_key[key]:
                if one != member and (is_member_open or one in opened):
                    candidates.add((one, member) if one < member else (member, one))
        self._load({key for pair in candidates for key in pair})
        if as_known is not None:
            linked = {pair for pair in candidates if self._may_be_one(*pair, as_known)}
        else:
            linked = (candidates & self.pairs) | {
                pair for pair in candidates - self.pairs if self._may_be_one(*pair)
            }
            self.pairs |= linked
        return {key for pair in linked for key in pair}

    def _keys_of(self, stored: StoredRecord) -> Iterable[int]:
        return self._read.keys_of(stored.record_id)

    def _may_be_one(self, one: str, other: str, as_known: ComparedRecords | None = None) -> bool:
        pair = [
            as_known[key] if as_known is not None and key in as_known else self._read[key]
            for key in (one, other)
        ]
        return compare_records(*pair).bits >= JOINED_FROM

    def _block_members(self, keys: Collection[int]) -> Iterable[tuple[int, str, bool]]:
        usable = [key for key, n in self._count(record_keys.c.key, keys).items() if 1 < n <= LARGEST_BLOCK]
        query = select(record_keys.c.key, record_keys.c.record_id, _IS_OPEN).join_from(record_keys, records)
        for block in in_blocks(sorted(usable)):
            for key, record_id, is_member_open in self._connection.execute(
                query.where(record_keys.c.key.in_(block))
            ):
                yield key, record_id, bool(is_member_open)

    def _count(self, column: Column[Any], values: Iterable[Any], *conditions: Any) -> Mapping[Any, int]:
        found: dict[Any, int] = {}
        for block in in_blocks(sorted(values)):
            query = select(column, func.count()).where(column.in_(block), *conditions).group_by(column)
            found.update((value, int(n)) for value, n in self._connection.execute(query))
        return found

    def _find(self, column: Column[Any], values: Iterable[Any], *conditions: Any) -> set[str]:
        found: set[str] = set()
        query = select(records.c.record_id)
        if column.table is record_keys:
            query = query.join_from(record_keys, records)
        for block in in_blocks(sorted(values)):
            found.update(
                self._connection.execute(query.where(and_(column.in_(block), *conditions))).scalars()
            )
        return found

    def _load(self, record_ids: Iterable[str]) -> None:
        """Read records, those of an arXiv paper with all others of that paper."""
        missing = [key for key in record_ids if key not in self._paper_of]
        of_papers = self._read_rows(records.c.record_id, missing)
        self._read_rows(records.c.stated_id, of_papers)

    def _read_rows(self, column: Column[Any], values: Iterable[str]) -> set[str]:
        """Read records into this object; gives the arXiv ids that they state."""
        ids: set[str] = set()
        for block in in_blocks(sorted(values)):
            for row in self._connection.execute(select(records).where(column.in_(block))):
                stored = stored_record(row)
                self._read.add(stored)
                self._paper_of[row.record_id] = row.paper_id
                if not is_open(stored):
                    ids.add(str(stored.stated_id))
        return ids
