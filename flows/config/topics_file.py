"""People's topics file, ``topics.toml`` in the workspace: read and checked; errors name line and field."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from analytics.exceptions import InputError
from analytics.topics.topic_edits import TopicEdit

__all__ = ["TOPICS_FILE", "check_topic_id", "edits_hash", "parse_topic_edits", "read_topic_edits"]

TOPICS_FILE = "topics.toml"
LONGEST_NAME = 80
LONGEST_NOTE = 500
MOST_PINNED = 12
_MOST_BYTES = 1_000_000
_MOST_TOPICS = 2000
_ID = re.compile(r"T[0-9]{4,9}")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ONE_LINE = {"Cc", "Cs", "Zl", "Zp"}
"""Categories of characters that one line of text has none of: controls, surrogates, separators."""


class _DeclaredEdit(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)

    name: str = Field("", max_length=LONGEST_NAME)
    merge: list[str] = Field(default_factory=list, max_length=200)
    pin: bool = False
    hide: bool = False
    note: str = Field("", max_length=LONGEST_NOTE)

    @field_validator("name", "note")
    @classmethod
    def _is_a_line(cls, text: str) -> str:
        if not text:
            raise ValueError("it is empty; write some words, or remove the field")
        for character in text:
            if character in _BIDI or unicodedata.category(character) in _ONE_LINE:
                raise ValueError(
                    f"it has the control character U+{ord(character):04X}; write it without, in one line"
                )
        return text

    @field_validator("merge")
    @classmethod
    def _has_ids(cls, ids: list[str]) -> list[str]:
        for one in ids:
            check_topic_id(one)
        return ids


def check_topic_id(topic_id: str) -> str:
    """The id, if it has the form of one.

    Raises
    ------
    InputError
        When it has not.
    """
    if not _ID.fullmatch(topic_id):
        raise InputError(f"{topic_id[:60]!r} is no topic id; ids are such as T0001, see papertrends topics")
    return topic_id


def read_topic_edits(workspace: Path) -> dict[str, TopicEdit]:
    """Edits in the topics file of a workspace; empty without a file.

    Raises
    ------
    InputError
        When the file cannot be read, or as `parse_topic_edits`.
    """
    path = workspace / TOPICS_FILE
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot read {path}: {reason}; mend the file, or move it away") from error
    if len(content) > _MOST_BYTES:
        raise InputError(f"{path} is larger than {_MOST_BYTES // 1_000_000} MB; shorten it")
    return parse_topic_edits(text, location=str(path))


def parse_topic_edits(text: str, *, location: str) -> dict[str, TopicEdit]:
    """Edits declared in TOML: a table per topic, such as ``[T0001]``, with name, merge, pin, hide, note.

    Raises
    ------
    InputError
        With line and field, when the text is not TOML; a table is not named by a topic id; a field is
        unknown, of the wrong kind, too long, or has control characters; a topic is both pinned and hidden,
        merged into itself, into two topics, or into one that is itself merged; or too many are pinned.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{location} is not valid TOML: {error}; see docs/how-to/topics.md") from error
    if len(document) > _MOST_TOPICS:
        raise InputError(f"{location} has {len(document)} topics; at most {_MOST_TOPICS} are allowed")
    edits = {}
    for topic_id, declared in document.items():
        where = f"{location}, line {_line(text, topic_id)}"
        if not _ID.fullmatch(topic_id):
            raise InputError(
                f"{where}: {topic_id[:60]!r} is no topic id; name each table by an id, such as [T0001]"
            )
        if not isinstance(declared, dict):
            raise InputError(f"{where}: {topic_id} must be a table; write [{topic_id}] above its fields")
        edits[topic_id] = _checked(declared, topic_id, text, location)
    _check_merges(edits, text, location)
    pinned = [one for one, edit in edits.items() if edit.pin]
    if len(pinned) > MOST_PINNED:
        raise InputError(
            f"{location}: {len(pinned)} topics are pinned; at most {MOST_PINNED} can be, each has a chart"
        )
    return edits


def edits_hash(edits: Mapping[str, TopicEdit]) -> str:
    """Hash of what the edits say, whatever their order in the file; empty without any."""
    said = {one: asdict(edits[one]) for one in sorted(edits) if edits[one] != TopicEdit()}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest() if said else ""


def _checked(declared: dict[str, Any], topic_id: str, text: str, location: str) -> TopicEdit:
    try:
        edit = _DeclaredEdit.model_validate(declared)
    except ValidationError as error:
        problem = error.errors()[0]
        field = str(problem["loc"][0])
        line = _line(text, topic_id, field)
        raise InputError(
            f"{location}, line {line}: field {field!r} of {topic_id}: {_in_words(problem)}"
        ) from error
    if edit.pin and edit.hide:
        line = _line(text, topic_id)
        raise InputError(f"{location}, line {line}: {topic_id} is pinned and hidden; remove pin or hide")
    return TopicEdit(edit.name, tuple(dict.fromkeys(edit.merge)), edit.pin, edit.hide, edit.note)


def _in_words(problem: Any) -> str:
    given = repr(problem["input"])
    shown = given if len(given) <= 60 else f"{given[:57]}..."
    if problem["type"] == "extra_forbidden":
        return f"unknown; allowed fields: {', '.join(_DeclaredEdit.model_fields)}"
    if problem["type"] == "string_too_long":
        return f"{len(problem['input'])} characters, at most {problem['ctx']['max_length']}; shorten it"
    return f"{str(problem['msg']).removeprefix('Value error, ')}; given {shown}"


def _check_merges(edits: Mapping[str, TopicEdit], text: str, location: str) -> None:
    """Refuse merges in which a topic would be in two places, or in none."""
    taken: dict[str, str] = {}
    for target, edit in edits.items():
        where = f"{location}, line {_line(text, target, 'merge')}"
        for part in edit.merge:
            if part == target:
                raise InputError(f"{where}: {target} is merged into itself; remove it from its merge")
            if part in taken:
                raise InputError(
                    f"{where}: {part} is merged into {taken[part]} and into {target}; remove it from one"
                )
            taken[part] = target
    for target, edit in edits.items():
        if edit.merge and target in taken:
            raise InputError(
                f"{location}, line {_line(text, target, 'merge')}: {target} takes in {edit.merge[0]} and is"
                f" itself merged into {taken[target]}; list all of them in the merge of one topic"
            )


def _line(text: str, topic_id: str, field: str = "") -> int:
    """Line of a table's header, or of a field in it where it is found."""
    lines = text.splitlines()
    header = re.compile(rf"""^\s*\[?\s*["']?{re.escape(topic_id)}["']?\s*[\].=]""")
    start = next((at for at, line in enumerate(lines) if header.match(line)), 0)
    pattern = re.compile(rf"""^\s*(?:\w+\.)?["']?{re.escape(field)}["']?\s*[=.]""")
    stop = next((at for at in range(start + 1, len(lines)) if lines[at].lstrip().startswith("[")), len(lines))
    own = (at for at in range(start, stop) if field and pattern.match(lines[at]))
    return next(own, start) + 1
