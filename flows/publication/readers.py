"""Readers of the digest: who is due, what each knows already, and the run as each wants to see it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from analytics.exceptions import InputError
from analytics.topics.novelty import known_topics
from flows.config.reader_settings import HowOften, Reader
from flows.config.settings import Settings
from flows.runs import read_tables
from flows.store import Store
from flows.store.mails import LastMail
from reports.sections.reader_view import view_of_themes
from reports.values.edition import Edition, edition_of
from reports.view import RunView

__all__ = ["Issue", "is_due", "issues_of", "readers_of"]

logger = logging.getLogger(__name__)

_APART = {
    "each run": timedelta(0),
    # Less than a week and a month, so that a mail which was late once does not skip the next.
    "weekly": timedelta(days=6, hours=12),
    "monthly": timedelta(days=27),
}


@dataclass(frozen=True)
class Issue:
    """One reader's issue of the mail."""

    address: str
    view: RunView
    edition: Edition


def readers_of(settings: Settings) -> tuple[Reader, ...]:
    """Readers of the settings; an address of `mail_to` reads everything with each run.

    Who is in both lists is a reader with a choice.
    """
    chosen = {reader.address.casefold() for reader in settings.readers}
    usual = tuple(Reader(address=one) for one in settings.mail_to if one.casefold() not in chosen)
    return (*usual, *settings.readers)


def is_due(how_often: HowOften, last: LastMail | None, at: datetime) -> bool:
    """Whether a reader who got the last mail then gets another one now.

    Examples
    --------
    >>> from datetime import UTC, date
    >>> last = LastMail("r1", date(2025, 12, 1), "2025-12-01T08:00:10+00:00")
    >>> now = datetime(2025, 12, 8, 8, 0, 2, tzinfo=UTC)
    >>> [is_due(how_often, last, now) for how_often in ("each run", "weekly", "monthly")]
    [True, True, False]
    """
    return last is None or at - datetime.fromisoformat(last.sent_at) >= _APART[how_often]


def issues_of(
    folder: Path, view: RunView, readers: tuple[Reader, ...], settings: Settings, at: datetime | None
) -> list[Issue]:
    """Issue of each reader who is due; of all readers where `at` is None.

    A reader's issue goes on from the last mail that this reader got, whatever runs came between.
    """
    workspace = folder.parents[1]
    last: dict[str, LastMail] = {}
    if Store.exists(workspace):
        with Store.open(workspace) as store:
            last = store.last_mails(folder.name)
    known: dict[str, dict[str, Any]] = {}
    issues = []
    for reader in readers:
        mine = last.get(reader.address)
        if at is not None and not is_due(reader.how_often, mine, at):
            continue
        edition = replace(
            edition_of(view.manifest),
            watch=reader.watch,
            words=reader.words,
            when_still=settings.mail_when_still,
        )
        if mine is not None and mine.as_of is not None:
            if mine.run_id not in known:
                known[mine.run_id] = _known(workspace / "runs" / mine.run_id, view)
            edition = replace(edition, since=mine.as_of, **known[mine.run_id])
        seen = view_of_themes(view, _themes(reader, view)) if reader.themes else view
        issues.append(Issue(reader.address, seen, edition))
    return issues


def _themes(reader: Reader, view: RunView) -> tuple[str, ...]:
    unknown = [one for one in reader.themes if one not in set(view.tables.themes["theme_id"])]
    if unknown:
        logger.warning(
            "setting readers: this run has no theme %s; its themes are %s",
            ", ".join(unknown),
            ", ".join(view.tables.themes["theme_id"]),
        )
    return reader.themes


def _known(folder: Path, view: RunView) -> dict[str, Any]:
    """What a run said of moves and topics; nothing where its folder is gone or damaged."""
    try:
        before = read_tables(folder, ("verdicts", "topics", "topic_assignments"))
    except InputError:
        return {}
    moves = before["verdicts"]
    moves = moves[moves["verdict"].isin(("rising", "falling")) & moves["window"].isin(("long", "recent"))]
    own = view.tables
    return {
        "known_moves": frozenset(zip(moves["kind"], moves["series_id"], moves["verdict"], strict=True)),
        "known_topics": known_topics(
            own.topics, own.topic_assignments, before["topics"], before["topic_assignments"]
        ),
    }
