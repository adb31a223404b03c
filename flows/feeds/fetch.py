"""One page over the network, at the pace that its host wants."""

from __future__ import annotations

from flows.config.feed_settings import FeedSettings
from flows.feeds.errors import ServiceBusyError
from flows.feeds.guard import Limits, fetch_answer
from flows.feeds.pace import Pace
from flows.feeds.pages import Page, Request
from flows.feeds.services import read_answer

__all__ = ["fetch_page"]

_ARXIV = "arxiv.org"
# One pace for the process: two flows side by side must not ask arXiv twice as often.
_PACE = Pace()


def fetch_page(service: str, request: Request, settings: FeedSettings, *, pace: Pace = _PACE) -> Page:
    """Ask for one page and read it."""
    host = request.host
    # arXiv counts its machines together.
    is_arxiv = host == _ARXIV or host.endswith(f".{_ARXIV}")
    pace_name = _ARXIV if is_arxiv else host
    pace.wait(pace_name, settings.arxiv_pause_seconds if is_arxiv else 0.0)
    limits = Limits(
        max_bytes=settings.max_answer_mb * 1024 * 1024,
        answer_seconds=settings.answer_seconds,
        contact=settings.contact,
    )
    try:
        content = fetch_answer(request, limits=limits)
    except ServiceBusyError as busy:
        if busy.retry_after_s is not None:
            pace.hold_back(pace_name, busy.retry_after_s)
        raise
    return read_answer(service, request, content, settings)
