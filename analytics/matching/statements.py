"""What is known of records without comparing them: identifiers, and what people said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from analytics.matching.joins import STATED, Join, Pair

__all__ = ["Stated", "stated_groups"]


@dataclass(frozen=True, slots=True)
class Stated:
    """What is known without comparing.

    Attributes
    ----------
    ids : mapping of str to str
        Identifier of a record's work: equal ones are one work, different ones never.
    joined, apart : collection of (str, str)
        Pairs of records that a person called one work, or two. Where these contradict each other or
        `ids`, `joined` holds.
    """

    ids: Mapping[str, str]
    joined: Collection[Pair] = ()
    apart: Collection[Pair] = ()


def stated_groups(
    keys: Sequence[str], stated: Stated
) -> tuple[list[tuple[str, ...]], list[tuple[Join, ...]]]:
    """Records that are one work by statement.

    `keys` are those of all records, sorted. Every record is in one group, each group sorted; for each group
    the statements of people that hold it together are returned, none too many.
    """
    parent = {key: key for key in keys}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    def unite(one: str, other: str) -> bool:
        first, second = sorted((root(one), root(other)))
        parent[second] = first
        return first != second

    first_of: dict[str, str] = {}
    for key in keys:
        if key in stated.ids:
            unite(first_of.setdefault(stated.ids[key], key), key)
    said = [
        (one, other)
        for one, other in sorted(stated.joined)
        if one in parent and other in parent and unite(one, other)
    ]
    groups: dict[str, list[str]] = defaultdict(list)
    joins: dict[str, list[Join]] = defaultdict(list)
    for key in keys:
        groups[root(key)].append(key)
    for one, other in said:
        joins[root(one)].append(Join(one, other, STATED, ("a person said so",)))
    return [tuple(group) for group in groups.values()], [tuple(joins[first]) for first in groups]
