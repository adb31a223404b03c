"""Summary of a run in a few sentences, as plain values for the archive page and the feed."""

from __future__ import annotations

from typing import Any

from reports.context import ReportContext
from reports.values.verdict_row import VERDICTS

__all__ = ["make_summary"]

_MOST_TOPICS = 10


def make_summary(context: ReportContext) -> dict[str, Any]:
    """First screen of a report and its new topics, for the manifest of the run.

    Returns
    -------
    dict
        ``title``; ``verdicts``, the words that it knows; ``lead`` and ``note`` (sentences); ``headlines``
        (each ``verdict``, ``kind``, ``name``, ``claim``, ``known`` (how a theme's share is known, empty for a
        topic), ``evidence``, ``href`` within the page, ``is_fragile``); ``changes`` (sentences);
        ``new_topics`` (each ``name``, ``href``, ``n_papers`` in words), at most ten, without those of a first
        run.
    """
    moved, history = context.moved, context.topic_history
    # The events of a fit are news once, not in each run that uses it.
    events = history.events if history is not None and history.is_new else ()
    return {
        "title": context.head.title,
        "verdicts": list(VERDICTS),
        "lead": moved.lead,
        "note": moved.note,
        "headlines": [
            {
                "verdict": line.verdict,
                "kind": line.kind,
                "name": line.name,
                "claim": f"{line.number} {line.claim}".strip(),
                "known": f"{line.basis} {line.known}".strip(),
                "evidence": line.evidence,
                "href": line.href,
                "is_fragile": line.is_fragile,
            }
            for line in moved.headlines
        ],
        "changes": list(moved.changes),
        "new_topics": [
            {"name": event.name, "href": event.href, "n_papers": event.n_papers}
            for event in events
            if event.verb == "new" or event.verb.startswith("split")
        ][:_MOST_TOPICS],
    }
