"""Europe PMC: ``GET /search?query=(...) AND FIRST_PDATE:[... TO ...]&cursorMark=*``, pages by mark."""

from __future__ import annotations

from analytics.exceptions import InputError
from flows.config.feed_settings import FeedSettings
from flows.feeds.errors import FeedError
from flows.feeds.names import FeedSpec
from flows.feeds.pages import Page, Request
from flows.feeds.windows import Window
from flows.sources.files import decode_text
from flows.sources.preprint_services import EUROPE_PMC_SOURCE as SOURCE
from flows.sources.preprint_services import next_europe_pmc_cursor, parse_europe_pmc

__all__ = ["SOURCE", "first_request", "read_page"]

# Europe PMC reports errors with the status of a success.
_ERROR_MARK = b'"errCode"'


def first_request(spec: FeedSpec, window: Window, settings: FeedSettings) -> Request:
    """Ask for the papers of a query that were first published in a window."""
    days = f"FIRST_PDATE:[{window[0]} TO {window[1]}]"
    return Request(
        f"{settings.europepmc_url.rstrip('/')}/search",
        (
            ("query", f"({spec.query}) AND {days}"),
            ("resultType", "core"),
            ("format", "json"),
            ("pageSize", str(settings.europepmc_page_size)),
            ("cursorMark", "*"),
            *((("email", settings.contact),) if settings.contact else ()),
        ),
        location=spec.location(window),
    )


def read_page(request: Request, content: bytes, settings: FeedSettings) -> Page:
    """Read a page; one with fewer results than asked for is the last, though it holds a mark too."""
    text = decode_text(content, location=request.location)
    try:
        feed = parse_europe_pmc(text, location=request.location, day=None)
    except InputError as error:
        if _ERROR_MARK in content:
            raise FeedError(str(error)) from None
        raise
    mark = next_europe_pmc_cursor(text)
    if not mark or len(feed.records) + len(feed.rejects) < settings.europepmc_page_size:
        return Page(feed)
    return Page(feed, request.with_params(cursorMark=mark))
