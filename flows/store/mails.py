"""Which mails of a run were sent: claimed before, confirmed after, so that none is sent twice."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, insert, select, update

from flows.store.schema import mails

__all__ = ["claim_mail", "confirm_mail", "last_mail", "read_unsure_mails", "release_mail"]


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
