"""What was forgotten, and leaving it out of feeds that show it again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection, insert, select

from analytics.papers import paper_id_for
from flows.sources.identifiers import read_identifiers
from flows.store.blocks import in_blocks
from flows.store.schema import forgotten
from flows.store.stored_records import StoredRecord
from flows.store.usable import UsableFeed

__all__ = ["ForgottenRow", "forgotten_papers", "read_forgotten", "remember_forgotten", "without_forgotten"]


@dataclass(frozen=True, slots=True, order=True)
class ForgottenRow:
    """One identifier that may not come back: an id, the hash of a title, or a source."""

    day: date
    kind: str
    address: str
    person: str


def read_forgotten(connection: Connection) -> list[ForgottenRow]:
    """Everything that may not come back, by day."""
    rows = connection.execute(
        select(forgotten.c.day, forgotten.c.kind, forgotten.c.address, forgotten.c.person).where(
            forgotten.c.kind != "gone"
        )
    )
    return sorted(ForgottenRow(*row) for row in rows)


def without_forgotten(connection: Connection, feed: UsableFeed) -> UsableFeed:
    """Leave out of a feed what may not come back, with a warning that says how many records."""
    if connection.execute(select(forgotten.c.address).limit(1)).first() is None:
        return feed
    asked = select(forgotten.c.day).where(
        forgotten.c.kind == "source", forgotten.c.address.in_([feed.location, feed.name])
    )
    if day := connection.execute(asked).scalar():
        warning = (
            f"nothing was taken: this source was forgotten on {day}; give it another name to read it again"
        )
        return replace(feed, shown=(), rejects=(), warnings=(warning,))
    known = _known(connection, [one for one, _ in feed.shown])
    shown = tuple(pair for pair in feed.shown if not _addresses(pair[0]) & known)
    left_out = len(feed.shown) - len(shown)
    if not left_out:
        return feed
    warning = f"{left_out} of {len(feed.shown)} records were left out: their papers were forgotten"
    return replace(feed, shown=shown, warnings=(*feed.warnings, warning))


def _addresses(said: StoredRecord) -> set[str]:
    """Identifiers by which a record is recognized; the title alone only where it states no arXiv id."""
    stated = {one for one in (said.stated_id, f"doi:{said.doi}" if said.doi else None) if one}
    return stated if said.record.arxiv_id else stated | {said.title_key}


def _known(connection: Connection, said: Iterable[StoredRecord]) -> set[str]:
    wanted = sorted(set().union(*map(_addresses, said)))
    found: set[str] = set()
    for block in in_blocks(wanted):
        query = select(forgotten.c.address).where(forgotten.c.kind == "paper", forgotten.c.address.in_(block))
        found.update(connection.execute(query).scalars())
    return found


def forgotten_papers(connection: Connection, asked: str) -> tuple[str, ...]:
    """Ids of the papers that went with a forgotten paper (any id, or its exact title) or source."""
    ids = read_identifiers(asked)
    wanted = {asked, paper_id_for(asked or "-")}
    wanted |= {f"arxiv:{ids.arxiv_id}"} if ids.arxiv_id else set()
    wanted |= {f"doi:{ids.doi}"} if ids.doi else set()
    named = select(forgotten.c.removed_with).where(
        forgotten.c.kind != "gone", forgotten.c.address.in_(sorted(wanted))
    )
    went = select(forgotten.c.address).where(
        forgotten.c.kind != "source", forgotten.c.removed_with.in_(named)
    )
    return tuple(sorted(connection.execute(went).scalars()))


def remember_forgotten(
    connection: Connection, kind: str, addresses: Iterable[str], removed_with: str, by: tuple[date, str]
) -> None:
    """Add identifiers that went with a paper or source, `by` whom on which day; known ones stay."""
    known = set(connection.execute(select(forgotten.c.address).where(forgotten.c.kind == kind)).scalars())
    rows = [
        {"kind": kind, "address": one, "removed_with": removed_with, "day": by[0], "person": by[1]}
        for one in sorted(set(addresses) - known)
    ]
    if rows:
        connection.execute(insert(forgotten), rows)
