"""Requests to an endpoint of a model, limited in number, size and time."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, ClassVar

import httpx
from pydantic import SecretStr

from analytics.exceptions import InputError, PapertrendsError
from flows.endpoints.endpoint_address import parse_endpoint, require_private_or_https
from flows.feeds.bodies import read_body, service_message, start_of_body
from flows.feeds.errors import FeedError, ServiceBusyError, TransientFeedError
from flows.feeds.faults import network_faults, passing_fault
from flows.feeds.guard import Limits, certificates

__all__ = ["RETRY_PAUSES", "EndpointClient", "RequestsSpentError"]

logger = logging.getLogger(__name__)

RETRY_PAUSES = (2.0, 5.0, 15.0)
"""Seconds before each retry, at least; a server's own Retry-After may be longer."""
_CONNECT_SECONDS = 10.0
_LONG_PAUSE = 30.0
_NOT_THIS_REQUEST = frozenset({400, 413, 422})
"""Statuses that may be of the one request: it is too long, filtered, or in a form that is not known."""


class RequestsSpentError(PapertrendsError):
    """The bound on the number of requests is reached."""


class EndpointClient:
    """Asks one endpoint, a request at a time; redirects are never followed.

    Each kind of request has a subclass.

    Must not be used where an event loop runs: each request starts one, see `flows.feeds.guard`.

    Parameters
    ----------
    endpoint : str
        With or without ``/v1`` and `path`.
    key : SecretStr or None
        Sent as a bearer token; in no message, log or repr.
    most_requests : int
        Bound on all requests together, retries included.
    answer_seconds : float
        Bound of one answer, from connecting to the last byte. A model that is loaded first may take minutes.

    Attributes
    ----------
    path : str
        What a kind of request adds to the address of the endpoint.
    named_by : str
        Options that name model and endpoint, for messages.
    pauses : tuple of float
        Seconds before each retry, at least.
    longest_pause_s : float
        A server that asks for a longer pause is not asked again.

    Raises
    ------
    InputError
        When a bound is not above 0, the endpoint is not an address, or the key cannot be sent there.
    """

    path: ClassVar[str]
    key_variable: ClassVar[str]
    max_bytes: ClassVar[int]
    named_by: ClassVar[str]
    pauses: ClassVar[tuple[float, ...]] = RETRY_PAUSES
    longest_pause_s: ClassVar[float] = math.inf

    def __init__(
        self,
        endpoint: str,
        key: SecretStr | None,
        *,
        most_requests: int,
        answer_seconds: float = 180.0,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        if most_requests < 1 or not answer_seconds > 0:
            raise InputError(
                f"{most_requests} requests of {answer_seconds:g} seconds were allowed; both must be above 0"
            )
        self._endpoint = parse_endpoint(endpoint, self.path, self.key_variable)
        self._key = None if key is None else SecretStr(require_private_or_https(self._endpoint, key))
        self._most_requests = most_requests
        self._answer_seconds = answer_seconds
        self._sleep = sleep
        self.n_requests = 0

    def post(self, payload: Mapping[str, Any]) -> bytes:
        """Send a request, again after a pause where that may help; an answer that cannot be read is empty.

        Raises
        ------
        RequestsSpentError
            When the bound is reached.
        InputError
            When asking anything would fail: wrong key, unknown model, a redirect.
        TransientFeedError
            When the endpoint cannot be reached, or fails, after all retries.
        FeedError
            When it refuses this request.
        """
        content = json.dumps(payload).encode()
        for pause in self.pauses:
            try:
                return self._ask_once(content)
            except TransientFeedError as error:
                self._require_request()
                self._wait(pause, error)
        return self._ask_once(content)

    def _wait(self, pause: float, error: TransientFeedError) -> None:
        if isinstance(error, ServiceBusyError) and error.retry_after_s is not None:
            pause = max(pause, error.retry_after_s)
        if pause > self.longest_pause_s:
            raise error
        level = logging.WARNING if pause >= _LONG_PAUSE else logging.INFO
        logger.log(level, "%s; waiting %.0f seconds", error, pause)
        self._sleep(pause)

    def _require_request(self) -> None:
        if self.n_requests >= self._most_requests:
            raise RequestsSpentError(f"the {self._most_requests} requests that were allowed are spent")

    def _ask_once(self, content: bytes) -> bytes:
        self._require_request()
        self.n_requests += 1
        status, headers, body = asyncio.run(self._post(content))
        if status == httpx.codes.OK:
            return body
        message = self._message(body)
        says = f": {message}" if message else ""
        name = self._endpoint.name
        if passing := passing_fault(name, status, headers.get("retry-after", ""), says):
            raise passing
        if status in _NOT_THIS_REQUEST:
            raise FeedError(f"{name} refuses the request (status {status}){says}")
        if 300 <= status < 400:
            raise InputError(
                f"{name} redirects to {self._target(headers)}; if that is right, give it as the endpoint"
            )
        advice = {
            401: f"the key is wrong or missing; set {self.key_variable}",
            402: "the account has no credit",
            403: "the key may not use this model",
            404: f"the model is unknown, or the address is wrong; check {self.named_by}",
        }.get(status, "check the endpoint")
        raise InputError(f"{name} refuses all requests (status {status}){says}; {advice}")

    async def _post(self, content: bytes) -> tuple[int, httpx.Headers, bytes]:
        """Status, headers and body of one answer; a body that cannot be read or is too large is empty."""
        with network_faults(self._endpoint.name, self._answer_seconds):
            async with (
                asyncio.timeout(self._answer_seconds),
                self._client() as client,
                client.stream("POST", self._endpoint.url, content=content) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    return response.status_code, response.headers, await start_of_body(response)
                try:
                    body = await read_body(response, self.max_bytes)
                except (OverflowError, EOFError, FeedError):
                    body = b""
                return response.status_code, response.headers, body

    def _client(self) -> httpx.AsyncClient:
        headers = {
            "User-Agent": Limits().user_agent,
            "Accept-Encoding": "gzip",
            "Content-Type": "application/json",
            # A kept connection that the server has closed meanwhile would cost a request.
            "Connection": "close",
        }
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key.get_secret_value()}"
        return httpx.AsyncClient(
            verify=certificates(),
            headers=headers,
            # Nothing comes until a model has written all: only the whole answer has a bound.
            timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),
            trust_env=not self._endpoint.is_this_machine,
            follow_redirects=False,
        )

    def _target(self, headers: httpx.Headers) -> str:
        try:
            url = httpx.URL(self._endpoint.url).join(headers.get("location", ""))
        except (httpx.InvalidURL, ValueError):
            return "an invalid address"
        port = f":{url.port}" if url.port else ""
        return self._without_key(f"{url.scheme}://{url.host}{port}")

    def _message(self, body: bytes) -> str:
        text = body.decode("utf-8", "replace")
        with suppress(ValueError, RecursionError):
            # However the key is escaped there, here it is written in one way.
            text = json.dumps(json.loads(text), ensure_ascii=False)
        # Before it is cut to a message, which may end within the key.
        return service_message(self._without_key(text))

    def _without_key(self, text: str) -> str:
        if self._key is None:
            return text
        key = self._key.get_secret_value()
        return text.replace(json.dumps(key)[1:-1], "***").replace(key, "***")
