"""Access control of the labelling server: token in the path, own origin, this machine only."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard"]

_REFUSED = "papertrends: open the address that papertrends label printed; this address lacks its token"
_ALWAYS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Lets requests through that state this server as host and origin, and the token in their path.

    A page of another site cannot name the token, cannot send JSON here, and, should it make its own
    name lead to this machine, is found out by the host that its requests state.

    `ticket` is the part after ``/start/`` of a path that leads to the token once. The command line of a
    browser can be read by other users of the machine, so this is what it gets.
    """

    def __init__(self, app: ASGIApp, *, token: str, ticket: str, port: int) -> None:
        self._app, self._token, self._ticket = app, token, ticket
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            return  # no other protocol is served
        answer = self._answer(scope["method"], scope["path"], Headers(scope=scope))

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_ALWAYS)
            await send(message)

        await (answer or self._app)(scope, receive, send_guarded)

    def _answer(self, method: str, path: str, headers: Headers) -> Response | None:
        """Refusal of a request, or a way to the token; None for one that may pass."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return PlainTextResponse("papertrends: unknown host", 421)
        first, _, rest = path.removeprefix("/").partition("/")
        if first == "start" and method == "GET" and self._ticket and _same(rest, self._ticket):
            self._ticket = ""
            return RedirectResponse(f"/{self._token}/", 303)
        if not _same(first, self._token):
            return PlainTextResponse(_REFUSED, 403)
        return None if method in {"GET", "HEAD"} else _refusal_to_write(headers, hosts[0])


def _refusal_to_write(headers: Mapping[str, str], host: str) -> Response | None:
    """Refuse write requests from other origins or with other content types."""
    if (
        headers.get("origin") != f"http://{host}"
        or headers.get("sec-fetch-site", "same-origin") != "same-origin"
    ):
        return PlainTextResponse("papertrends: another origin", 403)
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return PlainTextResponse("papertrends: only application/json", 415)
    return None


def _same(given: str, expected: str) -> bool:
    """Compare in constant time."""
    return secrets.compare_digest(given.encode("utf-8", "replace"), expected.encode())
