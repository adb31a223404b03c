"""The JSON object in what a model wrote."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["answer_members"]

_LONGEST_ANSWER = 20_000
_END_OF_REASONING = "</think>"


def answer_members(text: str) -> list[tuple[str, Any]]:
    """Names and values of the one JSON object in a text, around which prose and code fences may stand.

    What a model writes before ``</think>`` does not count. Empty when the text cannot be used: without an
    object, with several, with a name given twice, or longer than 20,000 characters.

    Examples
    --------
    >>> answer_members('Sure! {"name": "Reward hacking"} I hope that helps.')
    [('name', 'Reward hacking')]
    >>> answer_members('{"name": "one"} or {"name": "other"}'), answer_members("I cannot.")
    ([], [])
    """
    written = text.rpartition(_END_OF_REASONING)[2]
    objects = [] if len(written) > _LONGEST_ANSWER else _objects(written)
    if len(objects) != 1:
        return []
    names = [name for name, _ in objects[0]]
    return objects[0] if len(names) == len(set(names)) else []


def _objects(text: str) -> list[list[tuple[str, Any]]]:
    """Members of the JSON objects in a text that are in no other object; two at most."""
    # Of each object the pairs, so that a name given twice is seen.
    decoder = json.JSONDecoder(object_pairs_hook=list)
    found: list[list[tuple[str, Any]]] = []
    position = text.find("{")
    while position >= 0 and len(found) < 2:
        try:
            members, end = decoder.raw_decode(text, position)
            found.append(members)
        except (ValueError, RecursionError):
            end = position + 1
        position = text.find("{", end)
    return found
