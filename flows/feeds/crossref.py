"""Crossref: ``GET /works?query.bibliographic=...&filter=from-pub-date:...&cursor=*``, pages by cursor."""

from __future__ import annotations

import re

from flows.config.feed_settings import FeedSettings
from flows.feeds.names import FeedSpec
from flows.feeds.pages import Page, Request
from flows.feeds.windows import Window
from flows.sources.crossref import SOURCE, next_cursor, parse_crossref
from flows.sources.files import decode_text

__all__ = ["SOURCE", "first_request", "read_page"]

# "issn:1234-5678,type:journal-article" are filters; "Attention: a survey" is a search for words.
_FILTERS = re.compile(r"(?:[a-z][a-z-]*:[^\s,:]+)(?:,[a-z][a-z-]*:[^\s,:]+)*", re.ASCII)


def first_request(spec: FeedSpec, window: Window, settings: FeedSettings) -> Request:
    """Ask for the works of a search for words, or of filters, that were published in a window."""
    days = f"from-pub-date:{window[0]},until-pub-date:{window[1]}"
    is_filter = _FILTERS.fullmatch(spec.query) is not None
    search = () if is_filter else (("query.bibliographic", spec.query),)
    return Request(
        f"{settings.crossref_url.rstrip('/')}/works",
        (
            *search,
            ("filter", f"{spec.query},{days}" if is_filter else days),
            ("rows", str(settings.crossref_page_size)),
            ("cursor", "*"),
            *((("mailto", settings.contact),) if settings.contact else ()),
        ),
        location=spec.location(window),
    )


def read_page(request: Request, content: bytes, settings: FeedSettings) -> Page:
    """Read a page; one with fewer works than asked for is the last, though it holds a cursor too."""
    text = decode_text(content, location=request.location)
    feed = parse_crossref(text, location=request.location, day=None)
    cursor = next_cursor(text)
    if not cursor or len(feed.records) + len(feed.rejects) < settings.crossref_page_size:
        return Page(feed)
    return Page(feed, request.with_params(cursor=cursor))
