"""Packages that another package would import without need: seconds of start, or worse."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from threading import get_ident
from types import ModuleType

__all__ = ["hidden", "skipping"]


@contextmanager
def skipping(*names: str) -> Iterator[None]:
    """Let imports of packages fail in the block, as if they were not installed; one that is loaded stays.

    Other threads import as always. `names` are top-level packages, such as ``torch``.

    Examples
    --------
    >>> with skipping("idlelib"):
    ...     import idlelib
    Traceback (most recent call last):
        ...
    ModuleNotFoundError: idlelib is skipped here
    """
    finder = _Refusing(frozenset(names))
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Take loaded modules out of sight in the block: packages behave as if nobody had imported them.

    Examples
    --------
    >>> import json
    >>> with hidden("json"):
    ...     "json" in sys.modules
    False
    >>> sys.modules["json"] is json
    True
    """
    loaded = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    try:
        yield
    finally:
        sys.modules |= loaded


class _Refusing(MetaPathFinder):
    """Finds no package of some names in the thread that made it."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._thread = get_ident()

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - importlib's signature
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> None:
        """Raise for what is skipped, leave the rest to the finders after it."""
        if fullname.partition(".")[0] in self._names and get_ident() == self._thread:
            raise ModuleNotFoundError(f"{fullname} is skipped here", name=fullname)
