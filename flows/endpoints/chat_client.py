"""Requests to an OpenAI-compatible chat endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flows.endpoints.endpoint_client import EndpointClient

__all__ = ["ChatClient", "ChatReply"]


@dataclass(frozen=True, slots=True)
class ChatReply:
    """What a chat endpoint answered.

    Attributes
    ----------
    text : str
        What the model wrote; empty where the answer holds no text.
    prompt_tokens, completion_tokens : int or None
        None where the server does not count.
    """

    text: str
    prompt_tokens: int | None
    completion_tokens: int | None


class ChatClient(EndpointClient):
    """Asks one endpoint for what a model says; see `EndpointClient` for retries, bounds and the key."""

    path = "/chat/completions"
    key_variable = "PAPERTRENDS_LABEL_KEY"
    max_bytes = 1_000_000
    named_by = "--by and --endpoint"

    def ask(self, payload: Mapping[str, Any]) -> ChatReply:
        """Answer to a request, see `post`."""
        return _reply(self.post(payload))


def _reply(body: bytes) -> ChatReply:
    """Text and tokens of a response; malformed responses have no text."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    usage = _item(answer, "usage")
    text = _item(_item(_item(_item(answer, "choices"), 0), "message"), "content")
    return ChatReply(
        text if isinstance(text, str) else "",
        _tokens(_item(usage, "prompt_tokens")),
        _tokens(_item(usage, "completion_tokens")),
    )


def _item(value: Any, key: str | int) -> Any:
    """Member of an object or list; None if missing."""
    try:
        return value[key]
    except (TypeError, KeyError, IndexError):
        return None


def _tokens(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12 else None
