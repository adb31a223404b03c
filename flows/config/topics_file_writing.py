"""Changes of ``topics.toml`` by command, comments kept, written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.exceptions import TOMLKitError

from analytics.exceptions import InputError, PapertrendsError
from flows.config.topics_file import TOPICS_FILE, parse_topic_edits, read_topic_edits
from flows.replacing import replacing

__all__ = ["FIELDS", "merge_topics", "reset_topic", "set_field", "write_change"]

FIELDS = ("name", "merge", "pin", "hide", "note")

_INTRO = "People's own order of topics, see docs/how-to/topics.md; papertrends topics --help changes it."

Change = Callable[[TOMLDocument], None]


def write_change(workspace: Path, change: Change) -> None:
    """Change the topics file of a workspace; the caller holds the workspace's lock.

    Raises
    ------
    InputError
        When the file, or what it would become, is not allowed; the file stays as it was.
    PapertrendsError
        When it cannot be written.
    """
    path = workspace / TOPICS_FILE
    read_topic_edits(workspace)  # a faulty file is named before it is changed
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8-sig")) if path.exists() else _new()
        change(document)
        text = tomlkit.dumps(document)
    except TOMLKitError as error:
        raise InputError(f"{path} cannot be changed: {error}; mend the file") from error
    parse_topic_edits(text, location=str(path))
    try:
        with replacing(path) as part:
            part.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise PapertrendsError(
            f"{path} cannot be written ({error.strerror or error}); allow this user to write there, or free"
            " space"
        ) from error


def set_field(topic_id: str, **fields: str | bool) -> Change:
    """Set fields of a topic; False removes the field."""

    def change(document: TOMLDocument) -> None:
        table = _table(document, topic_id)
        for field, value in fields.items():
            if value is False:
                table.pop(field, None)
            else:
                table[field] = value

    return change


def merge_topics(target: str, parts: Sequence[str]) -> Change:
    """Merge topics into `target`, with what was merged into them before."""

    def change(document: TOMLDocument) -> None:
        known = list(_table(document, target).get("merge", []))
        for part in parts:
            of_part = document.get(part, {})
            known += [part, *of_part.get("merge", [])]
            of_part.pop("merge", None)
            if part in document and not of_part:
                document.remove(part)
        _table(document, target)["merge"] = list(dict.fromkeys(known))

    return change


def reset_topic(topic_id: str, field: str | None = None) -> Change:
    """Remove what the file says about a topic, or one field of it; `merge` also takes it out of a merge."""

    def change(document: TOMLDocument) -> None:
        for name in [field] if field else FIELDS:
            document.get(topic_id, {}).pop(name, None)
        if field in (None, "merge"):
            for target in list(document):
                left = [one for one in document[target].get("merge", []) if one != topic_id]
                if len(left) < len(document[target].get("merge", [])):
                    document[target]["merge"] = left
                    if not left:
                        document[target].remove("merge")
        for one in list(document):
            if not document[one]:
                document.remove(one)

    return change


def _new() -> TOMLDocument:
    document = tomlkit.document()
    document.add(tomlkit.comment(_INTRO))
    document.add(tomlkit.nl())
    return document


def _table(document: TOMLDocument, topic_id: str) -> Any:
    if topic_id not in document:
        document[topic_id] = tomlkit.table()
    return document[topic_id]
