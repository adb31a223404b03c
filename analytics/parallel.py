"""Parallel work: one function over many parts, with `map`, threads, processes or other machines."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

__all__ = ["Ahead", "Each", "blocks_of", "on_threads", "postponed"]

Part = TypeVar("Part")
Result = TypeVar("Result")


class Each(Protocol):
    """Applies a function to parts, like the builtin `map`.

    Results come in the order of the parts. Parts are taken one by one as there is room for them, so
    that a generator of large arrays is never held whole. Function and parts can be pickled.
    """

    def __call__(self, function: Callable[[Part], Result], parts: Iterable[Part], /) -> Iterable[Result]:
        """Results of the function, in the order of the parts."""


class Ahead(Protocol):
    """Starts work before its result is needed; `postponed` runs it on demand."""

    def __call__(self, work: Callable[[], Result], /) -> Callable[[], Result]:
        """Start the work; the returned function gives its result."""


def postponed(work: Callable[[], Result]) -> Callable[[], Result]:
    """Run work when its result is requested.

    Examples
    --------
    >>> postponed(lambda: 3)()
    3
    """
    return work


def on_threads(function: Callable[[Part], Result], parts: Iterable[Part]) -> Iterator[Result]:
    """Results of a function, in the order of the parts, on as many threads as this process has cores.

    For array operations, which let other threads run; linear algebra should be limited to one thread by
    the caller, so that each part is one thread's work and the same on every machine. The parts are taken
    all at once.

    Examples
    --------
    >>> list(on_threads(abs, [1, -2]))
    [1, 2]
    """
    with ThreadPoolExecutor(_n_cores()) as threads:
        yield from threads.map(function, parts)


def blocks_of(n: int, size: int) -> list[slice]:
    """Blocks of n rows.

    Examples
    --------
    >>> blocks_of(5, 4)
    [slice(0, 4, None), slice(4, 5, None)]
    """
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


def _n_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
