"""The services by name: how each is asked, and how its answers are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from analytics.exceptions import InputError
from flows.config.feed_settings import FeedSettings
from flows.feeds import (
    arxiv,
    arxiv_oai,
    biorxiv,
    crossref,
    daily_papers,
    europe_pmc,
    openalex,
    rss,
    semantic_scholar,
)
from flows.feeds.errors import TransientFeedError
from flows.feeds.names import FeedSpec
from flows.feeds.pages import Page, Request
from flows.feeds.windows import Window, split_days, split_months

__all__ = ["SERVICES", "Service", "read_answer"]


def _whole(window: Window) -> list[Window]:
    return [window]


@dataclass(frozen=True, slots=True)
class Service:
    """One service.

    Attributes
    ----------
    first_request : callable
        Spec, window and settings to the request of the first page.
    read_page : callable
        A request, the content of its answer, and the settings to a page.
    split : callable
        A window to those that are asked for one by one, each a feed of its own.
    """

    source: str
    first_request: Callable[[FeedSpec, Window, FeedSettings], Request]
    read_page: Callable[[Request, bytes, FeedSettings], Page]
    split: Callable[[Window], list[Window]] = _whole


SERVICES: Mapping[str, Service] = {
    "daily-papers": Service(
        daily_papers.SOURCE, daily_papers.first_request, daily_papers.read_page, split_days
    ),
    # arXiv gives no more than 30,000 papers of one query, fewer than a category has in some years.
    "arxiv": Service(arxiv.SOURCE, arxiv.first_request, arxiv.read_page, split_months),
    "arxiv-oai": Service(arxiv_oai.SOURCE, arxiv_oai.first_request, arxiv_oai.read_page),
    "openalex": Service(openalex.SOURCE, openalex.first_request, openalex.read_page),
    "semantic-scholar": Service(
        semantic_scholar.SOURCE, semantic_scholar.first_request, semantic_scholar.read_page
    ),
    "biorxiv": Service(biorxiv.SOURCE, biorxiv.first_request, biorxiv.read_page),
    "medrxiv": Service(biorxiv.SOURCE, biorxiv.first_request, biorxiv.read_page),
    "crossref": Service(crossref.SOURCE, crossref.first_request, crossref.read_page),
    "europepmc": Service(europe_pmc.SOURCE, europe_pmc.first_request, europe_pmc.read_page),
    "rss": Service(rss.SOURCE, rss.first_request, rss.read_page),
}


def read_answer(service: str, request: Request, content: bytes, settings: FeedSettings) -> Page:
    """Read one page of a service.

    Raises
    ------
    TransientFeedError
        When the answer is not what the service gives: a page of HTML about maintenance, half a JSON.
    FeedError
        When the answer is the service's own report of an error.
    """
    try:
        return SERVICES[service].read_page(request, content, settings)
    except InputError as error:
        raise TransientFeedError(f"an answer of {request.host} cannot be read: {error}") from None
