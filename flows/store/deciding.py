"""Overruling the matching: two papers become one, or one becomes two, by a person's word that stays."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import product

from sqlalchemy import Connection

from analytics.exceptions import InputError
from analytics.matching.joins import Join
from flows.store.decisions import WorkDecision
from flows.store.history import find_paper
from flows.store.joins import least_certain_parts, read_joins, read_records
from flows.store.placing import distinct_values
from flows.store.schema import records
from flows.store.sightings import decide_works

__all__ = ["MergedPapers", "Overruled", "SplitPaper", "merge_papers", "split_paper"]


@dataclass(frozen=True, slots=True)
class Overruled:
    """Who overrules the matching, and when."""

    person: str
    day: date


@dataclass(frozen=True, slots=True)
class MergedPapers:
    """Two papers that a person called one: their ids, and that of the paper that they are now."""

    before: tuple[str, str]
    paper_id: str


@dataclass(frozen=True, slots=True)
class SplitPaper:
    """A paper that a person called two.

    `parts` are the papers that it is now, with how many of its records, the larger part first.
    """

    before: str
    parts: tuple[tuple[str, int], tuple[str, int]]
    join: Join


def merge_papers(connection: Connection, one: str, other: str, by: Overruled) -> MergedPapers:
    """Call two papers one work.

    Raises
    ------
    InputError
        When one of them is not there, or both are the same paper.
    """
    first, second = (find_paper(connection, asked) for asked in (one, other))
    if first == second:
        raise InputError(f"{one} and {other} are already one paper, {first}; name two papers")
    stored = [read_records(connection, paper_id) for paper_id in (first, second)]
    _decide(connection, product(stored[0], stored[1]), by, is_one_work=True)
    (paper_id,) = _papers_of(connection, stored[0])
    return MergedPapers((first, second), paper_id)


def split_paper(connection: Connection, asked: str, by: Overruled) -> SplitPaper:
    """Call a paper two works, divided at the join that is least certain.

    Raises
    ------
    InputError
        When it is not there, or its records are one by their arXiv id alone.
    """
    paper_id = find_paper(connection, asked)
    stored = read_records(connection, paper_id)
    larger, smaller, join = least_certain_parts(stored, read_joins(connection, stored))
    _decide(connection, product(larger, smaller), by, is_one_work=False)
    parts = tuple((next(iter(_papers_of(connection, part[:1]))), len(part)) for part in (larger, smaller))
    return SplitPaper(paper_id, (parts[0], parts[1]), join)


def _decide(
    connection: Connection, pairs: Iterable[tuple[str, str]], by: Overruled, *, is_one_work: bool
) -> None:
    decisions = [WorkDecision.of(pair, by.day, is_one_work=is_one_work, person=by.person) for pair in pairs]
    decide_works(connection, decisions)


def _papers_of(connection: Connection, record_ids: Collection[str]) -> set[str]:
    return distinct_values(connection, records.c.paper_id, records.c.record_id, record_ids)
