"""What one reader's mail is about, and what this reader knows already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

__all__ = ["Edition", "edition_of"]


@dataclass(frozen=True)
class Edition:
    """One reader's choice, and the state of the reader's last mail.

    Attributes
    ----------
    since : date or None
        Day of the run of that mail; None for a first mail, which holds the papers of the newest week.
    known_moves : frozenset of (kind, series_id, verdict), or None
        Rising and falling series of that run; None where it is not known.
    known_topics : frozenset of str, or None
        Ids of the topics that this reader knows, so that they are not new; None where that is not known.
    watch : tuple of str or None
        Names of watches whose papers come first; None for all.
    words : tuple of str
        Phrases that this reader watches for besides.
    when_still : {"papers", "short", "none"}
        What is in the mail when nothing moved: as the setting `mail_when_still`.
    """

    since: date | None = None
    known_moves: frozenset[tuple[str, str, str]] | None = None
    known_topics: frozenset[str] | None = None
    watch: tuple[str, ...] | None = None
    words: tuple[str, ...] = ()
    when_still: Literal["papers", "short", "none"] = "papers"


def edition_of(manifest: Mapping[str, Any]) -> Edition:
    """Edition for somebody who read the mail of the run before, and all of it."""
    since = manifest.get("since")
    return Edition(since=None if since is None else date.fromisoformat(str(since["as_of"])[:10]))
