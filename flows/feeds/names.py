"""Names of feeds as a user writes them: ``arxiv:cat:cs.AI 2025-10-01..2025-10-31``."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from analytics.exceptions import InputError
from flows.feeds.windows import WRITTEN_WINDOWS, Window, parse_window, window_text
from flows.sources.plain_text import clean_text

__all__ = ["FEED_NAMES", "FeedSpec", "named_feed", "parse_feed_name"]

DAILY_PAPERS = "daily-papers"
RSS = "rss"
_WITHOUT_QUERY = ("biorxiv", "medrxiv")
_BY_QUERY = ("arxiv", "arxiv-oai", "openalex", "semantic-scholar", "crossref", "europepmc")
FEED_NAMES = (DAILY_PAPERS, *_BY_QUERY, *_WITHOUT_QUERY, RSS)

_LONGEST_QUERY = 2_000
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9_-]+", re.ASCII)
# What was meant as a window, well written or not: it starts with a year and holds nothing else.
_MEANT_AS_WINDOW = re.compile(r"(?:\d{4}(?:[-.][\dWw.-]*)?|(?:today|yesterday)(?:\.\.\S*)?)", re.ASCII)
_EXAMPLES = {
    "arxiv": "arxiv:cat:cs.AI 2025-10",
    "arxiv-oai": "arxiv-oai:cs 2025-10",
    "openalex": "openalex:primary_topic.id:T10028 2025-10",
    "semantic-scholar": "semantic-scholar:self-improving agents 2025-10",
    "crossref": "crossref:self-improving agents 2025-10",
    "europepmc": "europepmc:tafenoquine 2025-10",
    RSS: "rss:https://example.org/feed.xml",
}
# The list of Daily Papers begins in that month; nothing is there to be asked for before.
_FIRST_DAILY_PAPERS = date(2023, 5, 1)


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """A feed to fetch, by name.

    Attributes
    ----------
    query : str
        What is asked of it, in its own language; empty for ``daily-papers``, and for all of ``biorxiv``
        or ``medrxiv``, where it is a category.
    window : (date, date) or None
        First and last publication day; None where none was written.
    """

    name: str
    query: str
    window: Window | None = None

    @property
    def identity(self) -> str:
        """What is looked at again and again: the service and its query, without the window.

        Examples
        --------
        >>> FeedSpec("arxiv", "cat:cs.AI").identity, FeedSpec("daily-papers", "").identity
        ('arxiv:cat:cs.AI', 'daily-papers')
        """
        return f"{self.name}:{self.query}" if self.query else self.name

    def location(self, window: Window | None) -> str:
        """What one look asks for, for people.

        Examples
        --------
        >>> FeedSpec("arxiv", "cat:cs.AI").location((date(2025, 10, 1), date(2025, 10, 31)))
        'cat:cs.AI 2025-10-01..2025-10-31'
        >>> FeedSpec("daily-papers", "").location((date(2025, 10, 3), date(2025, 10, 3)))
        '2025-10-03'
        """
        return " ".join(part for part in (self.query, window_text(window) if window else "") if part)


def named_feed(source: str, day: date) -> FeedSpec | None:
    """Spec of a feed by name, None for the path of a file or folder.

    Raises
    ------
    InputError
        When it is written like a feed, is no file, and is not one of the feeds.
    """
    try:
        is_path = Path(source).exists()
    except (OSError, ValueError):  # a name that is too long, or holds NUL
        is_path = False
    return None if is_path else parse_feed_name(source, today=day)


def parse_feed_name(text: str, *, today: date) -> FeedSpec | None:
    r"""Read the name of a feed.

    The window of a query is its last word: a year or a day there is always read as the window.

    None when `text` is not of the form ``name:query`` at all, such as ``C:\papers`` or ``./a:b``.

    Raises
    ------
    InputError
        When the name is unknown, the query is empty or too long, the address is no web address, or
        the window is not one, lies in the future or ends before it starts.

    Examples
    --------
    >>> parse_feed_name("arxiv:cat:cs.AI 2025-10-03", today=date(2025, 12, 10)).query
    'cat:cs.AI'
    >>> parse_feed_name("C:\\papers", today=date(2025, 12, 10)) is None
    True
    """
    prefix, colon, rest = text.strip().partition(":")
    if not colon or not _PREFIX.fullmatch(prefix):
        return None
    name, query = prefix.lower(), clean_text(rest)
    if name not in FEED_NAMES:
        raise InputError(_unknown(prefix, text))
    if len(query) > _LONGEST_QUERY:
        raise InputError(f"the query of {name} has {len(query):,} characters; {_LONGEST_QUERY:,} are allowed")
    if name == DAILY_PAPERS:
        return _daily_papers(query, today)
    if name == RSS:
        return FeedSpec(name, _address(query))
    words = query.split(" ")
    window = None
    if _MEANT_AS_WINDOW.fullmatch(words[-1]):
        window = parse_window(words.pop(), today=today)
    if not any(words) and name not in _WITHOUT_QUERY:
        raise InputError(
            f"{clean_text(text)!r} asks {name} for nothing; write a query, as in {_EXAMPLES[name]!r}"
        )
    return FeedSpec(name, " ".join(words), window)


def _unknown(prefix: str, text: str) -> str:
    if prefix.lower() in ("http", "https"):
        return f"{clean_text(text)[:200]!r} is an address; for a feed in RSS or Atom write rss: before it"
    close = difflib.get_close_matches(prefix.lower(), FEED_NAMES, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    allowed = ", ".join(FEED_NAMES)
    return f"unknown feed {prefix!r}; {hint}Allowed are {allowed}, or the path of a file that exists"


def _daily_papers(query: str, today: date) -> FeedSpec:
    if not query:
        raise InputError(f"daily-papers needs the days to fetch; write daily-papers: and {WRITTEN_WINDOWS}")
    start, end = parse_window(query, today=today)
    if end < _FIRST_DAILY_PAPERS:
        raise InputError(f"daily-papers:{query} ends before Daily Papers began in May 2023; write later days")
    return FeedSpec(DAILY_PAPERS, "", (max(start, _FIRST_DAILY_PAPERS), end))


def _address(query: str) -> str:
    try:
        parts = urlsplit(query)
        host, scheme, _ = parts.hostname, parts.scheme, parts.port
    except ValueError:
        host = scheme = None
    if scheme not in ("http", "https") or not host or " " in query:
        raise InputError(f"rss needs a web address, not {query[:200]!r}; write it as in {_EXAMPLES[RSS]!r}")
    if parts.username is not None or parts.password is not None:
        # It would stand in the store, in the report and in every message.
        raise InputError(f"the address of rss on {host} holds a user name or a password; write it without")
    return query
