"""OpenAlex: ``GET /works?filter=...&cursor=*``, pages by cursor."""

from __future__ import annotations

import re

from flows.config.feed_settings import FeedSettings
from flows.feeds.names import FeedSpec
from flows.feeds.pages import Page, Request
from flows.feeds.windows import Window
from flows.sources.files import decode_text
from flows.sources.openalex import SOURCE, next_cursor, parse_openalex

__all__ = ["SOURCE", "first_request", "read_page"]

# "primary_topic.id:T10028" is a filter; "Attention: a survey" is a search for words.
_FILTER = re.compile(r"[a-z][a-z0-9_.]*:\S.*", re.ASCII | re.DOTALL)


def first_request(spec: FeedSpec, window: Window, settings: FeedSettings) -> Request:
    """Ask for the works of a filter, or of a search for words, that were published in a window."""
    days = f"from_publication_date:{window[0]},to_publication_date:{window[1]}"
    is_filter = _FILTER.fullmatch(spec.query) is not None
    search = () if is_filter else (("search", spec.query),)
    contact = (("mailto", settings.contact),) if settings.contact else ()
    return Request(
        f"{settings.openalex_url.rstrip('/')}/works",
        (
            *search,
            ("filter", f"{spec.query},{days}" if is_filter else days),
            ("per-page", str(settings.openalex_page_size)),
            ("cursor", "*"),
            *contact,
        ),
        secrets=(("api_key", settings.openalex_key),) if settings.openalex_key else (),
        location=spec.location(window),
    )


def read_page(request: Request, content: bytes, settings: FeedSettings) -> Page:  # noqa: ARG001 - one shape for all services
    """Read a page; the last may hold a cursor too, and then an empty one follows."""
    text = decode_text(content, location=request.location)
    feed = parse_openalex(text, location=request.location, day=None)
    cursor = next_cursor(text)
    if not cursor or not (feed.records or feed.rejects):
        return Page(feed)
    return Page(feed, request.with_params(cursor=cursor))
