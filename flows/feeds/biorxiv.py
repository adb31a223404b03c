"""bioRxiv and medRxiv: ``GET /details/biorxiv/2025-10-01/2025-10-31/0/json``, 100 preprints a page.

Their days are those on which a version was posted: a window brings new preprints and new versions of old
ones alike. There is no search; a query is one of their categories.
"""

from __future__ import annotations

from dataclasses import replace

from flows.config.feed_settings import FeedSettings
from flows.feeds.names import FeedSpec
from flows.feeds.pages import Page, Request
from flows.feeds.windows import Window
from flows.sources.files import decode_text
from flows.sources.preprint_services import BIORXIV_SOURCE as SOURCE
from flows.sources.preprint_services import next_biorxiv_cursor, parse_biorxiv

__all__ = ["SOURCE", "first_request", "read_page"]


def first_request(spec: FeedSpec, window: Window, settings: FeedSettings) -> Request:
    """Ask for the preprints of a server, or of one of its categories, that were posted in a window."""
    category = spec.query.casefold().replace(" ", "_")
    return Request(
        f"{settings.biorxiv_url.rstrip('/')}/details/{spec.name}/{window[0]}/{window[1]}/0/json",
        (("category", category),) if category else (),
        location=spec.location(window),
    )


def read_page(request: Request, content: bytes, settings: FeedSettings) -> Page:  # noqa: ARG001 - one shape for all services
    """Read a page; the next is asked for by the number of its first preprint, in the address."""
    text = decode_text(content, location=request.location)
    feed = parse_biorxiv(text, location=request.location, day=None)
    cursor = next_biorxiv_cursor(text)
    if cursor is None:
        return Page(feed)
    before, _, _ = request.url.removesuffix("/json").rpartition("/")
    return Page(feed, replace(request, url=f"{before}/{cursor}/json"))
