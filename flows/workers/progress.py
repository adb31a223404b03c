"""Progress of long stages, said once and heard by whoever listens (the terminal, Prefect, a test)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["Listener", "listening", "say_progress"]

Listener = Callable[[str, int, int], None]
"""Called with the stage, how much is done, and how much there is."""

_listeners: ContextVar[tuple[Listener, ...]] = ContextVar("listeners", default=())


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Report all progress inside the block to `listener`."""
    token = _listeners.set((*_listeners.get(), listener))
    try:
        yield
    finally:
        _listeners.reset(token)


def say_progress(stage: str, done: int, total: int) -> None:
    """Tell every listener that `done` of `total` are done in `stage`."""
    for listener in _listeners.get():
        listener(stage, done, total)
