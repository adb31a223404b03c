"""Work in parts: one function over many parts, here by `map`, elsewhere on other processes or machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

__all__ = ["Each"]

Part = TypeVar("Part")
Result = TypeVar("Result")


class Each(Protocol):
    """How a function is applied to parts; the builtin `map` is one.

    Results come in the order of the parts. Parts are taken one by one as there is room for them, so
    that a generator of large arrays is never held whole. Function and parts can be pickled.
    """

    def __call__(self, function: Callable[[Part], Result], parts: Iterable[Part], /) -> Iterable[Result]:
        """Results of the function, in the order of the parts."""
