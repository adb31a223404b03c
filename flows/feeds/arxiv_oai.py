"""arXiv's OAI-PMH: ``verb=ListRecords&metadataPrefix=arXiv&set=cs``, pages by resumption token.

Its days are those on which a record changed, not those of first publication: a window brings new
papers and new versions of old ones alike. The date of each paper is its own.
"""

from __future__ import annotations

import re

from flows.config.feed_settings import FeedSettings
from flows.feeds.errors import FeedError
from flows.feeds.names import FeedSpec
from flows.feeds.pages import Page, Request
from flows.feeds.windows import Window
from flows.sources.files import decode_text
from flows.sources.oai_pmh import SOURCE, parse_oai_pmh, resumption_token
from flows.sources.plain_text import clean_text

__all__ = ["SOURCE", "first_request", "read_page"]

_ERROR = re.compile(r"<error code=[\"'](\w{1,40})[\"'][^<>]{0,200}>([^<]{0,1000})")
_EMPTY = "noRecordsMatch"
# An error stands before any record.
_HEAD = 4_000


def first_request(spec: FeedSpec, window: Window, settings: FeedSettings) -> Request:
    """Ask for the records of a set that changed in a window."""
    return Request(
        settings.arxiv_oai_url,
        (
            ("verb", "ListRecords"),
            ("metadataPrefix", "arXiv"),
            ("set", spec.query),
            ("from", window[0].isoformat()),
            ("until", window[1].isoformat()),
        ),
        location=spec.location(window),
    )


def read_page(request: Request, content: bytes, settings: FeedSettings) -> Page:  # noqa: ARG001 - one shape for all services
    """Read a page; the next is asked for by its token alone, as the protocol wants it."""
    text = decode_text(content, location=request.location)
    error = _ERROR.search(text[:_HEAD])
    if error is not None and error[1] != _EMPTY:
        message = clean_text(error[2])[:200]
        raise FeedError(f"{request.host} reports {error[1]}: {message}")
    feed = parse_oai_pmh(text, location=request.location, day=None)
    token = resumption_token(text)
    if not token:
        return Page(feed)
    following = (("verb", "ListRecords"), ("resumptionToken", token))
    return Page(feed, Request(request.url, following, request.headers, request.secrets, request.location))
