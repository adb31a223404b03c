"""Hugging Face Daily Papers: ``GET /api/daily_papers?date=2025-10-03&limit=100&p=0``, one feed a day."""

from __future__ import annotations

from datetime import date

from flows.config.feed_settings import FeedSettings
from flows.feeds.names import FeedSpec
from flows.feeds.pages import Page, Request
from flows.feeds.windows import Window
from flows.sources.daily_papers_api import SOURCE, parse_daily_papers_answer
from flows.sources.files import decode_text

__all__ = ["SOURCE", "first_request", "read_page"]


def first_request(spec: FeedSpec, window: Window, settings: FeedSettings) -> Request:
    """Ask for the first page of the first day of a window."""
    size = settings.daily_papers_page_size
    return Request(
        f"{settings.daily_papers_url.rstrip('/')}/api/daily_papers",
        (("date", window[0].isoformat()), ("limit", str(size)), ("p", "0")),
        location=spec.location(window),
    )


def read_page(request: Request, content: bytes, settings: FeedSettings) -> Page:
    """Read a page; one with fewer entries than asked for is the last."""
    params = dict(request.params)
    text = decode_text(content, location=request.location)
    feed = parse_daily_papers_answer(text, location=request.location, day=date.fromisoformat(params["date"]))
    if len(feed.records) + len(feed.rejects) < settings.daily_papers_page_size:
        return Page(feed)
    return Page(feed, request.with_params(p=str(int(params["p"]) + 1)))
