"""A feed in RSS or Atom at a web address: one page, no window."""

from __future__ import annotations

from flows.config.feed_settings import FeedSettings
from flows.feeds.names import FeedSpec
from flows.feeds.pages import Page, Request
from flows.feeds.windows import Window
from flows.sources.files import decode_text
from flows.sources.rss import SOURCE, parse_rss

__all__ = ["SOURCE", "first_request", "read_page"]


def first_request(spec: FeedSpec, window: Window, settings: FeedSettings) -> Request:  # noqa: ARG001 - one shape for all services
    """Ask for the feed; it holds what its publisher put there last, whatever the days."""
    # The one address that no setting names: it may come from whoever wrote the list of sources.
    return Request(spec.query, location=spec.query, public_only=not settings.allow_private_feeds)


def read_page(request: Request, content: bytes, settings: FeedSettings) -> Page:  # noqa: ARG001 - one shape for all services
    """Read the feed."""
    text = decode_text(content, location=request.location)
    return Page(parse_rss(text, location=request.location, day=None))
