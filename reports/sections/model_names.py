"""What the page says of topics that a model named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports.values.formatting import clip, plural

__all__ = ["model_names_sentence"]


def model_names_sentence(manifest: Mapping[str, Any]) -> str:
    """Which model named how many topics; empty where none.

    Examples
    --------
    >>> model_names_sentence({"topics": {"model_names": {"model": "llama3.1:8b", "named": 2}}})
    'The model llama3.1:8b named 2 topics from their terms and titles.'
    >>> model_names_sentence({"topics": {}})
    ''
    """
    facts = manifest["topics"].get("model_names") or {}
    if not facts.get("named"):
        return ""
    topics = plural(int(facts["named"]), "topic")
    return f"The model {clip(str(facts['model']), 80)} named {topics} from their terms and titles."
