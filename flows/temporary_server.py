"""Prefect's temporary server, started in its own process while this one still imports what a run needs."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from prefect.settings import PREFECT_API_URL, PREFECT_SERVER_EPHEMERAL_ENABLED

__all__ = ["started_ahead"]


@contextmanager
def started_ahead(modules: Sequence[str] = ()) -> Iterator[None]:
    """Start the server before the block and wait for its answer after it.

    Where the user has a server, none is started. What goes wrong is left to Prefect, which tries again
    when a flow starts and says what is wrong.

    Parameters
    ----------
    modules : sequence of str
        Slow libraries to be imported meanwhile, and after the block too; what is wrong with one is said where
        it is used.
    """
    starting = []
    if not PREFECT_API_URL.value() and PREFECT_SERVER_EPHEMERAL_ENABLED.value():
        from prefect.server.api.server import SubprocessASGIServer

        starting.append(_in_background(SubprocessASGIServer().start))
    yield
    for name in modules:
        _in_background(importlib.import_module, name)
    for thread in starting:
        thread.join()


def _in_background(function: Callable[..., object], *arguments: object) -> threading.Thread:
    def call() -> None:
        with suppress(Exception):
            function(*arguments)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    return thread
