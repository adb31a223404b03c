"""A theme as a user declares it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

__all__ = ["Theme", "theme_definition"]


@dataclass(frozen=True)
class Theme:
    """A subject declared by the user.

    `theme_id` has letters, digits and hyphens; `phrases`, at least one, are what papers of the theme say of
    themselves.
    """

    theme_id: str
    name: str
    description: str
    phrases: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """What is turned into vectors: the phrases, then the description."""
        return (*self.phrases, self.description) if self.description else self.phrases


def theme_definition(theme: Theme) -> str:
    """Hash of what defines a theme, 16 hexadecimal digits: its description and phrases, not its name.

    A label carries the definition under which it was given.

    Examples
    --------
    >>> theme = Theme("a", "A", "About a.", ("x",))
    >>> theme_definition(theme) == theme_definition(Theme("b", "B", "About a.", ("x",)))
    True
    """
    parts = json.dumps([theme.description, list(theme.phrases)], ensure_ascii=False)
    return hashlib.sha256(parts.encode()).hexdigest()[:16]
