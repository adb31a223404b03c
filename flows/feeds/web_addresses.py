"""Web addresses of arXiv and Hugging Face, as the feeds that read them."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qs, urlsplit

from analytics.exceptions import InputError

__all__ = ["feed_of_address"]

_ARXIV = re.compile(r"(?:[a-z-]+\.)?arxiv\.org")
_CATEGORY = re.compile(r"[a-z-]+(?:\.[A-Za-z-]+)?")
_DAYS = re.compile(r"/papers/(?:date|week|month)/(\d{4}-W?\d{2}(?:-\d{2})?)")
_PAPER = re.compile(r"/(?:papers|abs|pdf|html|api/papers)/(\d{4}\.\d{4,5}|[a-z-]+/\d{7})(?:v\d+)?(?:\.pdf)?")


def feed_of_address(address: str) -> str | None:
    """Name of the feed that reads what a web page shows, None for pages of other sites.

    Raises
    ------
    InputError
        When the page is of a known site and no feed reads it; the message says which one comes near.

    Examples
    --------
    >>> feed_of_address("https://arxiv.org/list/cs.AI/recent")
    'arxiv:cat:cs.AI'
    >>> feed_of_address("https://huggingface.co/papers/date/2025-10-03")
    'daily-papers:2025-10-03'
    >>> feed_of_address("https://example.org/") is None
    True
    """
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").lower().removeprefix("www.")
    except ValueError:
        return None
    if _PAPER.fullmatch(parts.path.rstrip("/")):
        if host in ("huggingface.co", "hf.co") or _ARXIV.fullmatch(host):
            raise InputError(
                f"{address.strip()[:200]!r} is one paper; feeds read many: write a search such as "
                'arxiv:ti:"words of its title", or save its entry as a file'
            )
        return None
    if host in ("huggingface.co", "hf.co"):
        return _hugging_face(address, parts)
    return _arxiv(address, parts, host) if _ARXIV.fullmatch(host) else None


def _hugging_face(address: str, parts: SplitResult) -> str:
    query = parse_qs(parts.query)
    days = _DAYS.fullmatch(parts.path.rstrip("/"))
    asked = (
        days[1] if days else next((query[one][0] for one in ("date", "week", "month") if one in query), "")
    )
    if days or (asked and parts.path.rstrip("/") in ("/papers", "/api/daily_papers")):
        return f"daily-papers:{asked}"
    raise InputError(
        f"{address.strip()[:200]!r} names no days; for Hugging Face's Daily Papers write them, as in "
        "daily-papers:2025-10 or daily-papers:2025-10-01..2025-10-31"
    )


def _arxiv(address: str, parts: SplitResult, host: str) -> str:
    first, *rest = [one for one in parts.path.split("/") if one] or [""]
    query = parse_qs(parts.query)
    if first == "list" and rest and _CATEGORY.fullmatch(rest[0]):
        return f"arxiv:cat:{rest[0]}" if "." in rest[0] else f"arxiv:cat:{rest[0]}.*"
    if first in ("rss", "atom") and rest:
        return f"rss:{address.strip()}"
    if first == "api" and "search_query" in query:
        return f"arxiv:{query['search_query'][0]}"
    if first == "search" and query.get("query"):
        return f"arxiv:all:{query['query'][0]}"
    if first == "oai" or host.startswith("oaipmh"):
        example = f"arxiv-oai:{query['set'][0]}" if "set" in query else "arxiv-oai:cs"
        raise InputError(f"{address.strip()[:200]!r} is read by the feed {example} and a window of days")
    raise InputError(
        f"{address.strip()[:200]!r} is no list or search that a feed reads; write one, as in "
        "arxiv:cat:cs.AI or arxiv:all:curiosity"
    )
