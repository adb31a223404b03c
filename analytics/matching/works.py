"""Works among records: a partition that depends on the set of records alone, never on their order.

Records are joined from the surest pair on. Two groups join when the comparisons between them say
so on average and none contradicts; a record that fits two different works equally well joins neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from analytics.matching.joins import Join, Pair, Work
from analytics.matching.records import ComparedRecord
from analytics.matching.scoring import JOINED_FROM, Evidence, compare_records
from analytics.matching.statements import Stated, stated_groups

__all__ = ["group_works"]

_TIED = 1.5
"""Bits by which one work must fit better than another for a record to join it."""

_MOST_OF_ONE = 8
"""Records of one statement that are compared with others: looks at one arXiv paper differ little."""


def group_works(
    records: Mapping[str, ComparedRecord],
    pairs: Iterable[Pair],
    stated: Stated,
    recurring: Collection[str] = (),
) -> list[Work]:
    """Group records into works, sorted by their first record; every record is in one of them.

    Parameters
    ----------
    records : mapping of str to ComparedRecord
        Under keys whose order breaks ties.
    pairs : iterable of (str, str)
        Records that share a block key, each pair once or more.
    recurring : collection of str
        Keys of records whose title recurs among other works, see `recurring_records`.
    """
    return _Grouping(records, stated, frozenset(recurring)).run(pairs)


class _Grouping:
    """Agglomeration of nodes (records that are one by statement) into works."""

    def __init__(
        self, records: Mapping[str, ComparedRecord], stated: Stated, recurring: frozenset[str]
    ) -> None:
        self._records = records
        self._stated = stated
        self._recurring = recurring
        self._nodes, self._stated_joins = stated_groups(sorted(records), stated)
        self._node_of = {key: number for number, node in enumerate(self._nodes) for key in node}
        self._ids = [frozenset(stated.ids[key] for key in node if key in stated.ids) for node in self._nodes]
        self._apart = {
            frozenset((self._node_of[one], self._node_of[other]))
            for one, other in stated.apart
            if one in records and other in records
        }
        self._compared: dict[Pair, Evidence] = {}
        self._best: dict[tuple[int, int], tuple[float, Pair]] = {}

    def run(self, pairs: Iterable[Pair]) -> list[Work]:
        links = self._links(pairs)
        near: dict[int, set[int]] = defaultdict(set)
        for one, other in links:
            near[one].add(other)
            near[other].add(one)
        group_of: dict[int, tuple[int, ...]] = {number: (number,) for number in range(len(self._nodes))}
        joins: dict[tuple[int, ...], tuple[Join, ...]] = {
            (number,): because for number, because in enumerate(self._stated_joins)
        }
        for one, other in links:
            first, second = group_of[one], group_of[other]
            if first == second or not self._fit(first, second):
                continue
            bound = self._bits(one, other) - _TIED
            if self._is_tied(first, second, near, group_of, bound) or self._is_tied(
                second, first, near, group_of, bound
            ):
                continue
            union = tuple(sorted(first + second))
            joins[union] = (*joins.pop(first), *joins.pop(second), self._join(first, second))
            group_of |= dict.fromkeys(union, union)
        works = [
            Work(tuple(sorted(key for number in group for key in self._nodes[number])), because)
            for group, because in joins.items()
        ]
        return sorted(works, key=lambda work: work.records)

    def _links(self, pairs: Iterable[Pair]) -> list[tuple[int, int]]:
        """Pairs of nodes that some pair of records joins, the surest first."""
        found: set[tuple[int, int]] = set()
        for one, other in pairs:
            first, second = sorted((self._node_of[one], self._node_of[other]))
            if first == second or self._compare(one, other).bits < JOINED_FROM:
                continue
            if not self._is_forbidden(first, second):
                found.add((first, second))
        joined = [(self._bits(*pair), pair) for pair in found]
        joined = [(bits, pair) for bits, pair in joined if bits >= JOINED_FROM]
        return [pair for _, pair in sorted(joined, key=lambda entry: (-entry[0], entry[1]))]

    def _is_forbidden(self, one: int, other: int) -> bool:
        ids = self._ids[one], self._ids[other]
        return bool(all(ids) and not ids[0] & ids[1]) or frozenset((one, other)) in self._apart

    def _bits(self, one: int, other: int) -> float:
        return self._agreement(one, other)[0]

    def _agreement(self, one: int, other: int) -> tuple[float, Pair]:
        """Bits of the two records of either node that agree best, and their keys."""
        place = (one, other) if one < other else (other, one)
        if place not in self._best:
            candidates = [
                (self._compare(mine, theirs).bits, (mine, theirs))
                for mine in self._nodes[place[0]][:_MOST_OF_ONE]
                for theirs in self._nodes[place[1]][:_MOST_OF_ONE]
            ]
            self._best[place] = max(candidates, key=lambda entry: entry[0])
        return self._best[place]

    def _compare(self, one: str, other: str) -> Evidence:
        pair = (one, other) if one < other else (other, one)
        if pair not in self._compared:
            recurs = not self._recurring.isdisjoint(pair)
            self._compared[pair] = compare_records(*(self._records[key] for key in pair), recurs=recurs)
        return self._compared[pair]

    def _fit(self, first: tuple[int, ...], second: tuple[int, ...]) -> bool:
        """Whether two groups may be one work: nothing contradicts, and the smaller one fits on average."""
        if self._contradict(first, second):
            return False
        smaller, larger = sorted((first, second), key=len)
        best = [max(self._bits(one, other) for other in larger) for one in smaller]
        return sum(best) >= JOINED_FROM * len(best)

    def _contradict(self, first: tuple[int, ...], second: tuple[int, ...]) -> bool:
        for one in first:
            for other in second:
                if (
                    self._is_forbidden(one, other)
                    or self._compare(*self._agreement(one, other)[1]).contradicts
                ):
                    return True
        return len(first) > 1 and len(second) > 1 and self._differ_in_year(first, second)

    def _differ_in_year(self, first: tuple[int, ...], second: tuple[int, ...]) -> bool:
        """Whether each group is sure of a year of its own: a paper at a conference and its journal version.

        One record may be wrong about its year; two that agree on one are not.
        """
        sides = [
            [self._records[key] for number in group for key in self._nodes[number]]
            for group in (first, second)
        ]
        if any(record.is_preprint for record in sides[0]) != any(record.is_preprint for record in sides[1]):
            return False
        years = [{record.published.year for record in side if record.published} for side in sides]
        dois = [{record.doi for record in side if record.doi} for side in sides]
        return all(years) and not years[0] & years[1] and not dois[0] & dois[1]

    def _is_tied(
        self,
        group: tuple[int, ...],
        chosen: tuple[int, ...],
        near: Mapping[int, set[int]],
        group_of: Mapping[int, tuple[int, ...]],
        bound: float,
    ) -> bool:
        """Whether a group fits a third one, which is another work than the chosen one, about as well."""
        for one in group:
            for other in sorted(near[one]):
                third = group_of[other]
                if third in (group, chosen) or self._bits(one, other) < bound:
                    continue
                if self._contradict(third, chosen):
                    return True
        return False

    def _join(self, first: tuple[int, ...], second: tuple[int, ...]) -> Join:
        links = [self._agreement(one, other) for one in first for other in second]
        _, pair = max(links, key=lambda entry: entry[0])
        average = round(sum(bits for bits, _ in links) / len(links), 1)
        return Join(*pair, average, tuple(text for text, _ in self._compare(*pair).parts))
