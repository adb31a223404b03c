"""The labelling page: one paper at a time, a button and a key per theme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.render import policy_hash, render_page_of, script_of, style_of
from reports.values.formatting import clip

__all__ = ["LabellingPage", "LabellingTheme", "labelling_policy", "render_labelling_page", "theme_keys"]

_STYLE = "labelling.css.j2"
_SCRIPTS = ("labelling_request", "labelling_view", "labelling_keys", "labelling")
_RESERVED = "udq"
_DIGITS = "123456789"
_LETTERS = "".join(letter for letter in "abcdefghijklmnopqrstuvwxyz" if letter not in _RESERVED)
_KEYS = _DIGITS + _LETTERS + _LETTERS.upper()
_LONGEST_NAME, _LONGEST_DESCRIPTION, _LONGEST_PHRASE = 120, 1500, 200
_MOST_PHRASES = 30


@dataclass(frozen=True, slots=True)
class LabellingTheme:
    """A theme with the key that answers yes for it; empty where the keys ran out."""

    theme_id: str
    name: str
    key: str
    description: str
    phrases: tuple[str, ...]

    @classmethod
    def shown(
        cls, theme_id: str, name: str, key: str, description: str, phrases: Sequence[str]
    ) -> LabellingTheme:
        """Theme with its texts cut to what the page has room for."""
        shown = tuple(clip(phrase, _LONGEST_PHRASE) for phrase in phrases[:_MOST_PHRASES])
        return cls(theme_id, clip(name, _LONGEST_NAME), key, clip(description, _LONGEST_DESCRIPTION), shown)


@dataclass(frozen=True, slots=True)
class LabellingPage:
    """What the page holds from the start; papers and counts are fetched by its script.

    `then` and `go_on` are commands to run after the last answer: to use the answers, and to answer more.
    """

    themes: tuple[LabellingTheme, ...]
    then: str
    go_on: str


def theme_keys(n_themes: int) -> tuple[str, ...]:
    """One key per theme: digits, then small letters, then capital letters; empty after the 55th theme.

    The letters of the page's commands are left out: `u` undo, `d` descriptions, `q` stop.

    Examples
    --------
    >>> theme_keys(11)[-2:], len(set(theme_keys(55))), theme_keys(56)[-1]
    (('a', 'b'), 55, '')
    """
    return tuple(_KEYS[at] if at < len(_KEYS) else "" for at in range(n_themes))


def render_labelling_page(page: LabellingPage) -> str:
    """HTML of the labelling page; its script and style are inside."""
    return render_page_of("labelling.html.j2", extra_style=_STYLE, scripts=_SCRIPTS, page=page)


def labelling_policy() -> str:
    """Content security policy of the page: its one style, its one script, and requests to its own server."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{policy_hash(style_of(_STYLE))}'",
            f"script-src '{policy_hash(script_of(_SCRIPTS))}'",
            "connect-src 'self'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        )
    )
