"""Which mails of a run were sent: claimed before, confirmed after, so that none is sent twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, delete, func, insert, select, update

from flows.store.schema import mails, runs

__all__ = [
    "LastMail",
    "claim_mail",
    "confirm_mail",
    "last_mail",
    "read_last_mails",
    "read_unsure_mails",
    "release_mail",
]


@dataclass(frozen=True, slots=True)
class LastMail:
    """The newest mail that a recipient got: its run, the day of that run, and when it was sent (ISO text)."""

    run_id: str
    as_of: date | None
    sent_at: str


def claim_mail(connection: Connection, run_id: str, recipient: str, claimed_at: str) -> bool | None:
    """Claim the mail of a run to a recipient.

    None where it is claimed now; else whether it was sent: False where it was claimed and nobody knows what
    happened to it.
    """
    known = connection.execute(
        select(mails.c.is_sent).where(mails.c.run_id == run_id, mails.c.recipient == recipient)
    ).scalar_one_or_none()
    if known is None:
        row = {"run_id": run_id, "recipient": recipient, "claimed_at": claimed_at, "is_sent": False}
        connection.execute(insert(mails), row)
        return None
    return bool(known)


def confirm_mail(connection: Connection, run_id: str, recipient: str) -> None:
    """Note that a claimed mail was taken by the server."""
    mine = (mails.c.run_id == run_id) & (mails.c.recipient == recipient)
    connection.execute(update(mails).where(mine).values(is_sent=True))


def release_mail(connection: Connection, run_id: str, recipient: str) -> None:
    """Give a claim back: the server did not take the mail."""
    mine = (mails.c.run_id == run_id) & (mails.c.recipient == recipient)
    connection.execute(delete(mails).where(mine))


def last_mail(connection: Connection) -> str | None:
    """When a mail was last claimed (ISO text), None without one."""
    found: str | None = connection.execute(select(func.max(mails.c.claimed_at))).scalar_one()
    return found


def read_unsure_mails(connection: Connection) -> set[str]:
    """Runs with a claimed mail whose outcome is unknown."""
    return set(connection.execute(select(mails.c.run_id).where(mails.c.is_sent.is_(False))).scalars())


def read_last_mails(connection: Connection, before: str) -> dict[str, LastMail]:
    """Newest mail of each recipient about a run before `before`; one of unknown outcome does not count."""
    query = (
        select(mails.c.recipient, mails.c.run_id, runs.c.as_of, mails.c.claimed_at)
        .join_from(mails, runs, mails.c.run_id == runs.c.run_id, isouter=True)
        .where(mails.c.is_sent.is_(True), mails.c.run_id < before)
        .order_by(mails.c.run_id)
    )
    return {row.recipient: LastMail(*row[1:]) for row in connection.execute(query)}
