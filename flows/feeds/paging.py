"""Pages of a service into parts of feeds, whatever the network does.

Nothing here raises for what a service does: a feed that does not come whole ends with a part whose
`failure` says why, and what came before is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from analytics.papers import Feed
from flows.config.feed_settings import FeedSettings
from flows.feeds.errors import FeedError
from flows.feeds.names import DAILY_PAPERS, RSS, FeedSpec
from flows.feeds.pages import Page, Request
from flows.feeds.services import SERVICES, Service
from flows.feeds.windows import Window, window_text

__all__ = ["Read", "fetch_feeds"]

Read = Callable[[str, Request], Page]
"""Gives the page of a request to a service, or raises `FeedError` when it has given up."""

_MOST_PAGES = 10_000
_MOST_FAILURES = 3


def fetch_feeds(
    spec: FeedSpec, windows: Sequence[Window], settings: FeedSettings, read: Read
) -> Iterator[Feed]:
    """Fetch the windows of a feed, page by page.

    A window becomes one feed, in parts of one page each. ``daily-papers`` is asked day by day and
    ``arxiv`` by calendar months, each a feed of its own. After three failed feeds in a row the service is
    taken to be down, and the rest is one failed feed that was never asked for.

    The last part of each feed has `is_last`. `name` is the identity of `spec`, `window` that of the feed.

    Windows are asked for in their order; ``rss`` has none and is asked once.
    """
    service = SERVICES[spec.name]
    if spec.name == RSS:
        today_only = (date.min, date.min)
        yield from _fetch_window(spec, today_only, service.first_request(spec, today_only, settings), read)
        return
    asked = [part for window in windows for part in service.split(window)]
    failures = 0
    for number, window in enumerate(asked):
        if failures == _MOST_FAILURES:
            yield _not_asked_for(spec, asked[number:], service)
            return
        request = service.first_request(spec, window, settings)
        for feed in _fetch_window(spec, window, request, read):
            yield feed
            if feed.is_last:
                failures = failures + 1 if feed.failure else 0


def _fetch_window(spec: FeedSpec, window: Window, request: Request, read: Read) -> Iterator[Feed]:
    asked: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
    shown: Feed | None = None
    following: Request | None = request
    failure: str | None = None
    for _ in range(_MOST_PAGES):
        if following is None:
            return
        key = (following.url, following.params)
        if key in asked:
            failure = f"{following.host} repeats its cursor: the page that follows was already given"
            break
        asked.add(key)
        try:
            page = read(spec.name, following)
        except FeedError as error:
            failure = str(error)
            break
        if shown is not None and _same_papers(page.feed, shown):
            failure = f"{following.host} repeats its page: asked for the next, it gave the same papers"
            break
        shown, following = page.feed, page.next
        yield _part(page.feed, spec, window, is_last=following is None)
    else:
        failure = f"{request.host} has more than {_MOST_PAGES:,} pages; ask for fewer days at once"
    if failure is not None:
        source = SERVICES[spec.name].source
        yield _part(Feed(source, request.location, None, (), failure=failure), spec, window, is_last=True)


def _same_papers(feed: Feed, shown: Feed) -> bool:
    """Tell whether two pages hold the same; two empty ones say nothing."""
    held = (feed.records, feed.rejects)
    return held != ((), ()) and held == (shown.records, shown.rejects)


def _part(feed: Feed, spec: FeedSpec, window: Window, *, is_last: bool) -> Feed:
    """One page as a part of its feed: what the parser cannot know is filled in."""
    return replace(
        feed,
        day=window[0] if spec.name == DAILY_PAPERS else None,
        name=spec.identity,
        window=None if spec.name == RSS else window,
        is_last=is_last,
    )


def _not_asked_for(spec: FeedSpec, rest: Sequence[Window], service: Service) -> Feed:
    window = rest[0][0], rest[-1][1]
    return Feed(
        service.source,
        spec.location(window),
        None,
        (),
        name=spec.identity,
        window=window,
        failure=f"{window_text(window)} was not asked for, because {_MOST_FAILURES} feeds in a row failed",
    )
