"""File names and anchors derived from user-defined ids."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["make_slugs"]


def make_slugs(ids: Iterable[str]) -> dict[str, str]:
    """Lower-case letters, digits and hyphens for each id, no two alike, in the order of `ids`.

    An id made of such characters keeps them. What would clash with another, or vanish, is numbered.

    Examples
    --------
    >>> make_slugs(["agents", "T0001", "../etc", "智能体"])
    {'agents': 'agents', 'T0001': 't0001', '../etc': 'etc', '智能体': 'x'}
    >>> make_slugs(["a b", "a/b"])
    {'a b': 'a-b', 'a/b': 'a-b-2'}
    """
    slugs: dict[str, str] = {}
    taken: set[str] = set()
    for name in ids:
        base = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "x"
        slug, number = base, 1
        while slug in taken:
            number += 1
            slug = f"{base}-{number}"
        taken.add(slug)
        slugs[name] = slug
    return slugs
