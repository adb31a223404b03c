"""Cutting long lists into blocks: databases bound the number of values in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

__all__ = ["in_blocks"]

_T = TypeVar("_T")


def in_blocks(items: Iterable[_T], size: int = 500) -> Iterator[list[_T]]:
    """Cut into lists of at most `size` items.

    Examples
    --------
    >>> list(in_blocks("abc", 2))
    [['a', 'b'], ['c']]
    """
    rest = iter(items)
    while block := list(islice(rest, size)):
        yield block
