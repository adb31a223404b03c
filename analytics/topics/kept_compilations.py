"""Functions that numba compiled, kept from process to process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

__all__ = ["keeping_compilations"]

_ALONE = RLock()


@contextmanager
def keeping_compilations() -> Iterator[None]:
    """Let numba keep what it compiles for modules that are imported in the block.

    umap does not ask for it, and compiles for four seconds in every process. Numba keeps functions next to
    their module, or in the user's cache where that cannot be written, and makes them again when the module's
    file, numba or the processor is another one. Where it can write to neither, nothing is kept. One thread at
    a time is in the block.
    """
    import numba

    with _ALONE:
        yield from _patched(numba)


def _patched(numba: Any) -> Iterator[None]:
    compiled = numba.njit
    kept: set[Any] = set()

    def njit(*signature: Any, **options: Any) -> Any:
        if signature and callable(signature[0]):
            return _kept(compiled, signature[0], (), options, kept)
        return lambda function: _kept(compiled, function, signature, options, kept)

    numba.njit = njit
    try:
        yield
    finally:
        numba.njit = compiled


def _kept(
    compiled: Callable[..., Any],
    function: Callable[..., Any],
    signature: Any,
    options: dict[str, Any],
    kept: set[Any],
) -> Any:
    # Numba takes the parallel and the sequential form of a function for one, so only the first is kept.
    cache = options.get("cache", function not in kept)
    kept.add(function)
    try:
        return compiled(*signature, **{**options, "cache": cache})(function)
    except RuntimeError:  # no folder that could be written
        return compiled(*signature, **{**options, "cache": False})(function)
