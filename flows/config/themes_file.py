"""The themes file: read and checked; errors name line and field."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from analytics.exceptions import InputError
from analytics.themes import Theme

__all__ = ["parse_themes", "read_themes", "themes_name"]

_MOST_THEMES = 200
_MOST_BYTES = 4_000_000
_TABLE = re.compile(r"^\s*\[\[\s*themes\s*\]\]")


class _DeclaredTheme(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$")
    name: str = Field(min_length=1, max_length=5000)
    description: str = Field(default="", max_length=5000)
    phrases: list[str] = Field(min_length=1, max_length=200)

    @field_validator("phrases")
    @classmethod
    def _phrases_say_something(cls, phrases: list[str]) -> list[str]:
        if any(not phrase.strip() for phrase in phrases):
            raise ValueError("a phrase is empty; remove it, or write words that papers of the theme use")
        return list(dict.fromkeys(phrases))


def read_themes(place: Path | str) -> tuple[Theme, ...]:
    """Themes declared in the file at a path, or at an address that fsspec knows.

    Raises
    ------
    InputError
        When the file is absent or unreadable, or as `parse_themes`.
    """
    try:
        content = _fetch(place) if isinstance(place, str) else place.read_bytes()
        text = content.decode("utf-8-sig")
    except Exception as error:  # each kind of store has its own
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise InputError(
            f"cannot read the themes file {place}: {reason}; give a TOML file such as data/themes.toml"
        ) from error
    return parse_themes(text, location=str(place))


def themes_name(place: Path | str) -> str:
    """Name of the file, without the folder or the store that it lies in.

    Examples
    --------
    >>> themes_name(Path("data/themes.toml")), themes_name("s3://bucket/ours.toml")
    ('themes.toml', 'ours.toml')
    """
    return PurePosixPath(place).name


def _fetch(address: str) -> bytes:
    import fsspec  # a tenth of a second that only an address costs

    with fsspec.open(address, "rb") as file:
        content: bytes = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"it is larger than {_MOST_BYTES // 1_000_000} MB")
    return content


def parse_themes(text: str, *, location: str) -> tuple[Theme, ...]:
    """Themes declared in TOML: a ``[[themes]]`` table each, with id, name, description and phrases.

    Raises
    ------
    InputError
        With the line and the field, when the text is not TOML, a field is missing, unknown or of the
        wrong kind, an id is declared twice, or there is no theme at all.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"{location} is not valid TOML: {error}; see data/themes.toml for the form"
        ) from error
    declared = document.pop("themes", None)
    if document:
        field = next(iter(document))
        line = _line_of_field(text.splitlines(), 0, len(text.splitlines()), field)
        raise InputError(
            f"{location}, line {line}: unknown field {field!r}; only [[themes]] tables are allowed"
        )
    if not isinstance(declared, list) or not declared or not all(isinstance(one, dict) for one in declared):
        raise InputError(
            f"{location} declares no theme; write at least one [[themes]] table with id, name, phrases"
        )
    if len(declared) > _MOST_THEMES:
        raise InputError(f"{location} declares {len(declared)} themes; at most {_MOST_THEMES} are allowed")
    themes = [_checked_theme(one, number, text, location) for number, one in enumerate(declared)]
    for number, theme in enumerate(themes):
        if theme.theme_id in {earlier.theme_id for earlier in themes[:number]}:
            line = _line(text, number, "id")
            raise InputError(
                f"{location}, line {line}: id {theme.theme_id!r} is declared twice; ids must differ"
            )
    return tuple(themes)


def _checked_theme(declared: dict[str, Any], number: int, text: str, location: str) -> Theme:
    try:
        theme = _DeclaredTheme.model_validate(declared)
    except ValidationError as error:
        problem = error.errors()[0]
        field = str(problem["loc"][0])
        line = _line(text, number, field)
        raise InputError(
            f"{location}, line {line}: field {field!r} of theme {number + 1}: {_in_words(problem)}"
        ) from error
    return Theme(theme.id, theme.name, theme.description, tuple(theme.phrases))


def _in_words(problem: Any) -> str:
    allowed = ", ".join(_DeclaredTheme.model_fields)
    given = repr(problem["input"])
    shown = given if len(given) <= 60 else f"{given[:57]}..."
    if problem["type"] == "extra_forbidden":
        return f"unknown; allowed fields: {allowed}"
    if problem["type"] == "missing":
        return f"missing; a theme has {allowed}"
    if problem["type"] == "string_pattern_mismatch":
        return f"given {shown}; an id has letters, digits, hyphens and underscores, at most 80"
    return f"{problem['msg']}; given {shown}"


def _line(text: str, number: int, field: str) -> int:
    """Line of a field of theme `number`, of the theme's header when the field is not there."""
    lines = text.splitlines()
    headers = [at for at, line in enumerate(lines) if _TABLE.match(line)]
    if number >= len(headers):  # themes written as one inline array
        return next((at + 1 for at, line in enumerate(lines) if line.lstrip().startswith("themes")), 1)
    stop = headers[number + 1] if number + 1 < len(headers) else len(lines)
    return _line_of_field(lines, headers[number], stop, field)


def _line_of_field(lines: list[str], start: int, stop: int, field: str) -> int:
    pattern = re.compile(rf"""^\s*\[*\s*["']?{re.escape(field)}["']?\s*[=\].]""")
    return next((at + 1 for at in range(start, stop) if pattern.match(lines[at])), start + 1)
