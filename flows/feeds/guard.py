"""The one place that talks to the network: one GET request, bounded in size and time.

Bounds are kept where a plain client keeps none: on the time of the whole answer rather than of one
read (a byte every 20 seconds never ends otherwise), and on the bytes after decompression rather than
on those sent (a gzip bomb). Redirects stay on the host that was asked, and where a request may lead
to public addresses only, every one of them is checked again. Nothing is retried here.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import ssl
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import httpx

from flows.feeds.addresses import PublicTransport, proxy_of, require_public_name
from flows.feeds.bodies import read_body, service_message, start_of_body
from flows.feeds.errors import FeedError, ServiceBusyError, TransientFeedError
from flows.feeds.faults import network_faults, passing_fault, remaining_allowance, spent_allowance
from flows.feeds.pages import Request

__all__ = ["Limits", "certificates", "fetch_answer"]

_LOGGER = logging.getLogger(__name__)
_MAX_REDIRECTS = 5
_TOO_MANY = 429
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one answer.

    Attributes
    ----------
    max_bytes : int
        Of the body, after decompression.
    answer_seconds : float
        From connecting to the last byte, redirects included.
    connect_seconds, read_seconds : float
        For connecting, and between two pieces of an answer.
    """

    max_bytes: int = 64 * _MB
    answer_seconds: float = 120.0
    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    contact: str | None = None

    @property
    def user_agent(self) -> str:
        """How the client names itself: services block what names no one to write to."""
        try:
            number = version("papertrends")
        except PackageNotFoundError:
            number = "0"
        return f"papertrends/{number}" + (f" (+mailto:{self.contact})" if self.contact else "")


def fetch_answer(request: Request, *, limits: Limits) -> bytes:
    """Body of the answer to one request, decompressed.

    Must not be called where an event loop runs: it starts one, because only that bounds the time of
    name look-up, handshakes, headers and body together.

    Raises
    ------
    ServiceBusyError
        Status 429 or 503.
    TransientFeedError
        Another 5xx, no connection, too slow, cut off, or an empty body.
    FeedError
        Another status, too large, or a redirect to another host.
    """
    # The same filter twice is kept once.
    logging.getLogger("httpx").addFilter(_hide_query)
    try:
        return asyncio.run(_fetch_in_time(request, limits))
    except FeedError as error:
        hidden = _without_secrets(str(error), request, limits)
        if hidden == str(error):
            raise
        if isinstance(error, ServiceBusyError):
            raise ServiceBusyError(hidden, error.retry_after_s) from None
        raise type(error)(hidden) from None


def _hide_query(record: logging.LogRecord) -> bool:
    """Take the parameters out of the addresses that httpx logs: one of them may be a key."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            argument.copy_with(query=None) if isinstance(argument, httpx.URL) else argument
            for argument in record.args
        )
    return True


async def _fetch_in_time(request: Request, limits: Limits) -> bytes:
    with network_faults(request.host, limits.answer_seconds):
        async with asyncio.timeout(limits.answer_seconds):
            return await _follow(request, limits)


async def _follow(request: Request, limits: Limits) -> bytes:
    """Ask, and follow redirects as long as they stay on the host."""
    timeout = httpx.Timeout(limits.read_seconds, connect=limits.connect_seconds)
    # Only what `BodyDecoder` can bound is offered; "deflate" is two formats under one name.
    headers = {"User-Agent": limits.user_agent, "Accept-Encoding": "gzip", **dict(request.headers)}
    url = httpx.URL(request.url)
    if request.params or request.secrets:
        url = url.copy_merge_params((*request.params, *request.secrets))
    async with _client(request, url, headers, timeout) as client:
        for _ in range(_MAX_REDIRECTS + 1):
            async with client.stream("GET", url) as response:
                if response.status_code not in _REDIRECTS:
                    return await _body(response, request, limits)
                url = _redirected(url, response)
    raise FeedError(f"{request.host} redirects more than {_MAX_REDIRECTS} times; check its address")


def _client(
    request: Request, url: httpx.URL, headers: dict[str, str], timeout: httpx.Timeout
) -> httpx.AsyncClient:
    """Client that leads where the request may: the settings' addresses anywhere, others to public ones."""
    if not request.public_only:
        return httpx.AsyncClient(verify=certificates(), headers=headers, timeout=timeout)
    proxy = proxy_of(url)
    if proxy is None:
        transport = PublicTransport(certificates())
        return httpx.AsyncClient(transport=transport, headers=headers, timeout=timeout, trust_env=False)
    require_public_name(url.host)
    return httpx.AsyncClient(
        verify=certificates(), proxy=proxy, headers=headers, timeout=timeout, trust_env=False
    )


@functools.cache
def certificates() -> ssl.SSLContext:
    """The certificates to trust; reading them takes longer than a request on the same machine."""
    return httpx.create_ssl_context()


def _redirected(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    try:
        target = url.join(response.headers.get("location", ""))
    except (httpx.InvalidURL, ValueError):
        raise FeedError(f"{url.host} redirects to an invalid address; check its address") from None
    upgraded = url.scheme == "http" and target.scheme == "https" and url.port is None and target.port is None
    same = (target.scheme, target.port) == (url.scheme, url.port)
    if target.host != url.host or not (same or upgraded):
        raise FeedError(
            f"{_origin(url)} redirects to {_origin(target)}, another host; "
            "if that is right, name it in the source or the settings"
        )
    return target


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.host}" + (f":{url.port}" if url.port else "")


async def _body(response: httpx.Response, request: Request, limits: Limits) -> bytes:
    host = request.host
    if response.status_code != 200:
        await _refuse(response, request, limits)
    if left := remaining_allowance(host, response.headers):
        _LOGGER.info("%s", left)
    size = response.headers.get("content-length", "")
    if size.isdecimal() and len(size) < 20 and int(size) > limits.max_bytes:
        raise _too_large(host, limits)
    try:
        content = await read_body(response, limits.max_bytes)
    except OverflowError:
        raise _too_large(host, limits) from None
    except EOFError as error:
        raise TransientFeedError(f"{host} cut its answer off ({error}); try again later") from None
    if not content.strip():
        raise TransientFeedError(f"{host} gave an empty answer; try again later")
    return content


def _too_large(host: str, limits: Limits) -> FeedError:
    size = f"{limits.max_bytes / _MB:g} MB"
    return FeedError(f"the answer of {host} is larger than the {size} allowed; ask for fewer days at once")


async def _refuse(response: httpx.Response, request: Request, limits: Limits) -> None:
    """Raise what a status other than 200 means, with what the service says about it."""
    status, host = response.status_code, request.host
    if status == 204:
        raise TransientFeedError(f"{host} gave an empty answer (status 204); try again later")
    # Before it is cut to a message, which may end within a key.
    content = _without_secrets((await start_of_body(response)).decode("utf-8", "replace"), request, limits)
    message = service_message(content)
    says = f": {message}" if message else ""
    if status == _TOO_MANY and (spent := spent_allowance(host, response.headers, says)):
        raise spent
    passing = passing_fault(host, status, response.headers.get("retry-after", ""), says)
    if passing is not None:
        raise passing
    raise FeedError(f"{host} refuses the request (status {status}){says}")


def _without_secrets(message: str, request: Request, limits: Limits) -> str:
    """Take keys and the contact out of what a service said; some repeat what they were sent."""
    for value in (*dict(request.secrets).values(), *dict(request.headers).values(), limits.contact):
        if value:
            message = message.replace(value, "***")
    return message
