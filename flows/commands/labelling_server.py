"""Serve the labelling page on this machine from the terminal."""

from __future__ import annotations

import errno
import os
import secrets
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import uvicorn

from analytics.exceptions import InputError
from flows.commands.console import out
from flows.labelling.access_control import Guard
from flows.labelling.app import LabellingApp
from flows.labelling.sitting import Sitting
from reports.values.formatting import plural

__all__ = ["check_port", "serve_sitting"]

_GRACE_S = 1
_ENDING = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]


def _print(line: str) -> None:
    out.print(line, markup=False, soft_wrap=True)


def serve_sitting(
    sitting: Sitting,
    *,
    port: int | None = None,
    open_browser: bool = True,
    then: str = "papertrends analyze",
    go_on: str = "papertrends label",
    say: Callable[[str], None] = _print,
) -> None:
    """Serve the labelling page on 127.0.0.1 until the user stops it.

    It ends with `q` on the page, Ctrl-C, SIGTERM or the terminal, and returns; each answer was saved when
    it was given. The address holds a random token; requests without it are refused.

    The sitting is called from another thread than the caller's while the page is served, one call at a time.
    """
    with closing(_listen(port)) as listener:
        number = listener.getsockname()[1]
        token, ticket = secrets.token_urlsafe(24), secrets.token_urlsafe(24)

        def stop() -> None:
            server.should_exit = True  # after the requests that are under way

        app = LabellingApp(sitting, then=then, go_on=go_on, stop=stop)
        guard = Guard(app.routes(), token=token, ticket=ticket, port=number)
        server = _Server(_config(guard))
        before, n_papers = app.n_answered, len(sitting.papers)
        say(f"Label {plural(n_papers - before, 'paper')} here: http://127.0.0.1:{number}/{token}/")
        say("Every answer is saved at once. Stop with q on the page or Ctrl-C here.")
        if open_browser and _has_browser():
            address = f"http://127.0.0.1:{number}/start/{ticket}"
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        try:
            server.run(sockets=[listener])
        finally:
            app.close()
    new = app.n_answered - before
    next_words = f" Next: {then}" if app.n_answered else ""
    say(f"{app.n_answered} of {plural(n_papers, 'paper')} answered, {new} of them now.{next_words}")


def check_port(port: int | None) -> None:
    """Refuse an unavailable port before papers are drawn.

    Raises
    ------
    InputError
        When the port is in use, reserved, or not a port.
    """
    _listen(port).close()


class _Server(uvicorn.Server):
    """A server that returns when a signal ends it; uvicorn's own raises the signal again."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End by the signals that a terminal sends; those that the caller ignores stay ignored."""
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread may listen to signals
            return
        heard = [one for one in _ENDING if signal.getsignal(one) is not signal.SIG_IGN]
        before = {one: signal.signal(one, self.handle_exit) for one in heard}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


def _config(app: Guard) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="critical",
        access_log=False,  # its lines would hold the token
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_S,
    )


def _listen(port: int | None) -> socket.socket:
    """Socket that listens on 127.0.0.1, on a free port without `port`."""
    if port is not None and not 1 <= port <= 65535:
        raise InputError(f"--port {port} is not a port; use 1 to 65535, or leave --port out for a free one")
    listener = socket.socket()
    try:
        if os.name == "posix":  # elsewhere this would share a port that is in use
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port or 0))
        listener.listen()
    except OSError as error:
        listener.close()
        reason = {errno.EADDRINUSE: "already in use", errno.EACCES: "reserved for the system"}
        fault = reason.get(error.errno or 0, str(error.strerror))
        raise InputError(
            f"port {port} of 127.0.0.1 is {fault}; use another --port, or leave --port out for a free one"
        ) from error
    return listener


def _has_browser() -> bool:
    """Whether a browser with a window can open; one within the terminal runs no scripts."""
    if sys.platform in {"win32", "darwin"}:
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
