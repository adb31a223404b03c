"""Looking up the publication day of papers that have none, by id or by exact title."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from analytics.papers import Feed, PaperRecord, fold_title
from flows.config.feed_settings import FeedSettings
from flows.feeds import arxiv
from flows.feeds.errors import FeedError
from flows.feeds.pages import Request
from flows.feeds.paging import Read
from flows.store.blocks import in_blocks

__all__ = ["LOOKUPS", "look_up_dates"]

LOOKUPS = ("arxiv",)
"""Services that can be asked."""

MOST_TITLES = 300
"""Titles asked for in one call: each is a request of its own, three seconds apart."""

SOURCE = "arxiv-dates"
"""Source of what was looked up, so that a date says where it comes from."""


def look_up_dates(undated: pd.DataFrame, settings: FeedSettings, read: Read) -> Iterator[Feed]:
    """Ask arXiv for papers without a day.

    Papers with an arXiv id are asked for by it, a hundred at once. The others are asked for by
    title, and only an answer of exactly that title is taken; whether it shows the same work is for
    the store to decide, by authors and year.

    The parts that it gives have no last one, because looking up dates does not count as fetching a feed.
    Warnings say what could not be asked.
    """
    has_id = undated["paper_id"].str.startswith("arxiv:")
    for ids in in_blocks(undated.loc[has_id, "paper_id"].str.removeprefix("arxiv:"), arxiv.MOST_IDS):
        yield _ask(arxiv.id_request(ids, settings), read, _has_one_of(ids))
    titles = [title for title in undated.loc[~has_id, "title"] if fold_title(title)]
    for title in titles[:MOST_TITLES]:
        feed = _ask(arxiv.title_request(title, settings), read, _has_title(title))
        yield feed
        if feed.warnings:
            # A service that is down is not asked for hundreds of titles.
            return
    if len(titles) > MOST_TITLES:
        n_left = len(titles) - MOST_TITLES
        left = f"{n_left} papers were not looked up: {MOST_TITLES} titles a call; run it again for more"
        yield _part((), (left,))


def _has_one_of(ids: list[str]) -> Callable[[PaperRecord], bool]:
    wanted = set(ids)
    return lambda record: record.arxiv_id in wanted


def _has_title(title: str) -> Callable[[PaperRecord], bool]:
    key = fold_title(title)
    return lambda record: fold_title(record.title) == key


def _ask(request: Request, read: Read, is_wanted: Callable[[PaperRecord], bool]) -> Feed:
    try:
        feed = read("arxiv", request).feed
    except FeedError as error:
        return _part((), (f"{request.location} could not be looked up: {error}",))
    return _part(tuple(record for record in feed.records if is_wanted(record)))


def _part(records: tuple[PaperRecord, ...], warnings: tuple[str, ...] = ()) -> Feed:
    return Feed(SOURCE, "papers without a day", None, records, warnings=warnings, is_last=False)
