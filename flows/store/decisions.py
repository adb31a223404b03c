"""What people decided about works: that two papers are one, or that one is two."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, insert, or_, select

from flows.store.blocks import in_blocks
from flows.store.matching import Decided
from flows.store.schema import work_decisions

__all__ = ["WorkDecision", "newest_decisions", "read_decisions", "write_decisions"]

_KEY = ("one", "other", "day")


@dataclass(frozen=True, slots=True, order=True)
class WorkDecision:
    """A person's word about two records.

    Attributes
    ----------
    one, other : str
        Ids of the records, `one` the smaller.
    day : date
        When it was said; a later day's word holds.
    """

    one: str
    other: str
    day: date
    is_one_work: bool
    person: str

    @classmethod
    def of(cls, pair: Iterable[str], day: date, *, is_one_work: bool, person: str) -> WorkDecision:
        """Build a decision about two different records, given in any order."""
        one, other = sorted(pair)
        return cls(one, other, day, is_one_work, person)


def write_decisions(connection: Connection, decisions: Iterable[WorkDecision]) -> None:
    """Add decisions; one about the same records of the same day is replaced."""
    new = {(one.one, one.other, one.day): one for one in decisions}
    same = and_(*(work_decisions.c[name] == bindparam(f"its_{name}") for name in _KEY))
    for block in in_blocks(new):
        keys = [dict(zip((f"its_{name}" for name in _KEY), key, strict=True)) for key in block]
        connection.execute(delete(work_decisions).where(same), keys)
        connection.execute(insert(work_decisions), [_row(new[key]) for key in block])


def read_decisions(
    connection: Connection, as_of: date = date.max, of_records: Iterable[str] | None = None
) -> list[WorkDecision]:
    """Decisions up to a day, superseded ones included; all, or those about some records. Sorted."""
    columns = [work_decisions.c[name] for name in ("one", "other", "day", "is_one_work", "person")]
    query = select(*columns).where(work_decisions.c.day <= as_of)
    if of_records is None:
        rows: set[Any] = set(connection.execute(query).all())
    else:
        rows = set()
        for block in in_blocks(sorted(of_records)):
            about = or_(work_decisions.c.one.in_(block), work_decisions.c.other.in_(block))
            rows.update(connection.execute(query.where(about)).all())
    return sorted(WorkDecision(*row) for row in rows)


def newest_decisions(decisions: Iterable[WorkDecision]) -> Decided:
    """Latest decision about each pair."""
    newest = {(one.one, one.other): one.is_one_work for one in sorted(decisions, key=lambda one: one.day)}
    joined = frozenset(pair for pair, is_one in newest.items() if is_one)
    return Decided(joined, frozenset(newest) - joined)


def _row(decision: WorkDecision) -> dict[str, Any]:
    return {
        "one": decision.one,
        "other": decision.other,
        "day": decision.day,
        "is_one_work": decision.is_one_work,
        "person": decision.person,
    }
