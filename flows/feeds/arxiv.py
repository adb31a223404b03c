"""arXiv's search API: ``search_query=(...) AND submittedDate:[... TO ...]``, pages by ``start``."""

from __future__ import annotations

from collections.abc import Sequence

from analytics.exceptions import InputError
from flows.config.feed_settings import FeedSettings
from flows.feeds.errors import FeedError, TransientFeedError
from flows.feeds.names import FeedSpec
from flows.feeds.pages import Page, Request
from flows.feeds.windows import Window
from flows.sources.arxiv_atom import SOURCE, atom_paging, parse_arxiv_atom
from flows.sources.files import decode_text
from flows.sources.plain_text import clean_text

__all__ = ["MOST_IDS", "SOURCE", "first_request", "id_request", "read_page", "title_request"]

MOST_IDS = 100
"""Ids of one request: their list stands in the address, whose length servers bound."""

_TITLE_CANDIDATES = 5
_LONGEST_TITLE = 300
# Every entry of an error has an id of this form, and no paper has.
_ERROR_MARK = b"arxiv.org/api/errors"


def first_request(spec: FeedSpec, window: Window, settings: FeedSettings) -> Request:
    """Ask for the papers of a query that were first submitted in a window, oldest first."""
    days = f"submittedDate:[{window[0]:%Y%m%d}0000 TO {window[1]:%Y%m%d}2359]"
    return Request(
        settings.arxiv_url,
        (
            ("search_query", f"({spec.query}) AND {days}"),
            ("sortBy", "submittedDate"),
            ("sortOrder", "ascending"),
            ("start", "0"),
            ("max_results", str(settings.arxiv_page_size)),
        ),
        location=spec.location(window),
    )


def id_request(ids: Sequence[str], settings: FeedSettings) -> Request:
    """Ask for papers by their arXiv ids; unknown ones are simply absent from the answer.

    Raises
    ------
    InputError
        For no id, or more than `MOST_IDS`.
    """
    if not 0 < len(ids) <= MOST_IDS:
        raise InputError(f"{len(ids)} arXiv ids in one request; 1 to {MOST_IDS} are allowed")
    params = (("id_list", ",".join(ids)), ("max_results", str(len(ids))))
    return Request(settings.arxiv_url, params, location=f"{len(ids)} arXiv ids")


def title_request(title: str, settings: FeedSettings) -> Request:
    """Ask for the few papers whose title holds the words of `title` in their order.

    Examples
    --------
    >>> title_request('On "Agents"', FeedSettings()).params[0]
    ('search_query', 'ti:"On Agents"')
    """
    # The query language knows no way to write a quotation mark within a phrase.
    phrase = clean_text(title.replace('"', " ").replace("\\", " "))[:_LONGEST_TITLE]
    params = (("search_query", f'ti:"{phrase}"'), ("max_results", str(_TITLE_CANDIDATES)))
    return Request(settings.arxiv_url, params, location=f"the title {phrase[:60]!r}")


def read_page(request: Request, content: bytes, settings: FeedSettings) -> Page:  # noqa: ARG001 - one shape for all services
    """Read a page.

    Raises
    ------
    TransientFeedError
        When the page is empty before the end, as arXiv gives now and then; asked again, it is not.
    FeedError
        When the answer is arXiv's report of an error.
    """
    text = decode_text(content, location=request.location)
    try:
        feed = parse_arxiv_atom(text, location=request.location, day=None)
    except InputError as error:
        if _ERROR_MARK in content:
            raise FeedError(str(error)) from None
        raise
    params = dict(request.params)
    if "start" not in params:
        return Page(feed)
    paging = atom_paging(text)
    start = int(params["start"])
    reached = start + paging.n_entries
    if paging.n_entries == 0 and paging.total is not None and start < paging.total:
        raise TransientFeedError(
            f"{request.host} gave an empty page where papers {start + 1} to {paging.total} should follow"
        )
    # Without a total only an empty page is an end that can be seen.
    done = paging.n_entries == 0 if paging.total is None else reached >= paging.total
    return Page(feed, None if done else request.with_params(start=str(reached)))
