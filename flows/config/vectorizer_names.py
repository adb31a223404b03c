"""Names of vectorizers as users write them: built in, with a model's name, or from another package."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

__all__ = ["BUILT_IN", "GROUP", "OPENAI", "SENTENCE", "check_vectorizer", "entry_point", "is_named"]

GROUP = "papertrends.vectorizers"
"""Entry points of packages that bring vectorizers."""
BUILT_IN = ("auto", "minilm", "minilm-128", "minilm-256", "student", "lexical")
SENTENCE, OPENAI = "sentence-transformers", "openai"


def check_vectorizer(name: str) -> str:
    """Give the name of a vectorizer back.

    Raises
    ------
    ValueError
        When nothing has that name, with what is allowed.

    Examples
    --------
    >>> check_vectorizer("openai:text-embedding-3-small")
    'openai:text-embedding-3-small'
    """
    kind, colon, rest = name.partition(":")
    if name in BUILT_IN or (kind in (SENTENCE, OPENAI) and rest.strip()):
        return name
    if (
        kind not in (*BUILT_IN, SENTENCE, OPENAI)
        and entry_point(kind) is not None
        and bool(colon) == bool(rest)
    ):
        return name
    others = sorted({one.name for one in entry_points(group=GROUP)} - {*BUILT_IN, SENTENCE, OPENAI})
    more = f", or of other packages {', '.join(others)}" if others else ""
    raise ValueError(f"choose {', '.join(BUILT_IN)}, {SENTENCE}:NAME-OR-FOLDER, {OPENAI}:MODEL{more}")


def is_named(name: str) -> bool:
    """Whether a name that was checked belongs to a vectorizer that `named_vectorizer` makes.

    Examples
    --------
    >>> is_named("auto"), is_named("openai:text-embedding-3-small")
    (False, True)
    """
    return name not in BUILT_IN


def entry_point(kind: str) -> EntryPoint | None:
    """Entry point of another package by the part of a name before its colon, None without one."""
    return next(iter(entry_points(group=GROUP, name=kind)), None)
