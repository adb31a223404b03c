"""One request to a service and one page of its answer, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from analytics.papers import Feed

__all__ = ["Page", "Request"]

Parameters = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One GET request.

    Attributes
    ----------
    url : str
        Address without the parameters.
    params : tuple of (str, str)
        Sent as they are, percent-encoded.
    headers : tuple of (str, str)
        Sent in addition to the client's own; may hold a key, so they are never shown.
    secrets : tuple of (str, str)
        Parameters that are sent like `params` and never shown.
    location : str
        What is asked for, for people: the `location` of the feed.
    public_only : bool
        Whether it may lead to public addresses only, see `flows.feeds.addresses`.
    """

    url: str
    params: Parameters = ()
    headers: Parameters = field(default=(), repr=False)
    secrets: Parameters = field(default=(), repr=False)
    location: str = ""
    public_only: bool = False

    @property
    def host(self) -> str:
        """Name of the host that is asked, for messages and the pace; empty for an invalid address."""
        try:
            return urlsplit(self.url).hostname or ""
        except ValueError:
            return ""

    def with_params(self, **changed: str) -> Request:
        """Ask again with other values of some parameters; new ones come last.

        Examples
        --------
        >>> Request("https://a.org", (("q", "x"), ("p", "0"))).with_params(p="1", token="t").params
        (('q', 'x'), ('p', '1'), ('token', 't'))
        """
        params = tuple({**dict(self.params), **changed}.items())
        return replace(self, params=params)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an answer."""

    feed: Feed
    next: Request | None = None
