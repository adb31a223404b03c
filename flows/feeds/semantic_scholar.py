"""Semantic Scholar: ``GET /paper/search/bulk?query=...``, pages of 1,000 papers by token."""

from __future__ import annotations

from flows.config.feed_settings import FeedSettings
from flows.feeds.names import FeedSpec
from flows.feeds.pages import Page, Request
from flows.feeds.windows import Window
from flows.sources.files import decode_text
from flows.sources.semantic_scholar import SOURCE, next_token, parse_semantic_scholar

__all__ = ["SOURCE", "first_request", "read_page"]

_FIELDS = "title,abstract,externalIds,publicationDate,year,authors,url,venue,fieldsOfStudy"


def first_request(spec: FeedSpec, window: Window, settings: FeedSettings) -> Request:
    """Ask for the papers of a search that were published in a window."""
    key = settings.semantic_scholar_key
    return Request(
        f"{settings.semantic_scholar_url.rstrip('/')}/paper/search/bulk",
        (
            ("query", spec.query),
            ("fields", _FIELDS),
            ("publicationDateOrYear", f"{window[0]}:{window[1]}"),
        ),
        headers=(("x-api-key", key),) if key else (),
        location=spec.location(window),
    )


def read_page(request: Request, content: bytes, settings: FeedSettings) -> Page:  # noqa: ARG001 - one shape for all services
    """Read a page; the next is asked for by adding its token to the same request."""
    text = decode_text(content, location=request.location)
    feed = parse_semantic_scholar(text, location=request.location, day=None)
    token = next_token(text)
    return Page(feed, request.with_params(token=token) if token else None)
