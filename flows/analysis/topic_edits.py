"""The step that puts people's own order on the topics of a run, and names edits without effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analytics.topics.edited_topics import apply_edits
from analytics.topics.topic_edits import TopicEdit, merge_targets
from flows.analysis.steps import Encoded
from flows.analysis.topics import FoundTopics
from flows.config.topics_file import TOPICS_FILE
from flows.store import Store

__all__ = ["EditedTopics", "edit_topics", "unused_edits"]

_MOST_NOTES = 20


@dataclass(frozen=True)
class EditedTopics:
    """Topics as people ordered them, and a sentence per edit that has no effect."""

    found: FoundTopics
    notes: tuple[str, ...]

    @property
    def facts(self) -> dict[str, Any]:
        """What the manifest says of the edits."""
        topics = self.found.topics.topics
        hidden = topics[topics["is_hidden"].astype(bool)]
        return {
            "named": int((topics["named_by"] == "people").sum()),
            "merged": int(topics["merged_ids"].map(len).sum()),
            "pinned": int(topics["is_pinned"].sum()),
            "hidden": len(hidden),
            "hidden_papers": int(hidden["n_papers"].sum()),
            "unused": list(self.notes),
        }


def edit_topics(
    workspace: Path,
    day: date,
    found: FoundTopics,
    encoded: Encoded,
    edits: Mapping[str, TopicEdit],
    names: Mapping[str, str],
) -> EditedTopics:
    """Apply edits, and names that a model gave, to the topics of a run.

    An edit belongs to the id of a topic. If a refit continues the topic, so does the edit; if it splits it,
    the part that keeps the id keeps the edit; if it merges the topic into another or ends it, the edit has no
    effect and is named.
    """
    known = set(found.topics.topics["topic_id"])
    edited = replace(found, topics=apply_edits(found.topics, encoded.papers, edits, names))
    if not edits:
        return EditedTopics(edited, ())
    with Store.open(workspace) as store:
        history = store.topic_history(day)
    notes = [*unused_edits(edits, known, history), *_split_off(edits, found)]
    if len(notes) > _MOST_NOTES:
        notes = [*notes[:_MOST_NOTES], f"{TOPICS_FILE}: {len(notes) - _MOST_NOTES} more of this kind"]
    return EditedTopics(edited, tuple(notes))


def unused_edits(edits: Mapping[str, TopicEdit], known: Set[str], history: pd.DataFrame) -> Iterator[str]:
    """Sentence for each edit, or part of a merge, that has no effect.

    Parameters
    ----------
    edits : mapping of topic_id to TopicEdit
    known : set of str
        Topics of the fit that the run uses.
    history : DataFrame
        Events of all fits, see `Store.topic_history`.
    """
    target_of = merge_targets(edits, known)
    ended = history[history["event"].isin(["merged", "retired"])].drop_duplicates("topic_id", keep="last")
    fates = ended.set_index("topic_id")[["event", "other_id", "as_of"]].to_dict("index")

    def fate(topic_id: str) -> str:
        end = fates.get(topic_id)
        if end is None:
            return "no topic has this id"
        day = str(end["as_of"])[:10]
        if end["event"] == "merged":
            return f"the fit of {day} merged the topic into {end['other_id']}"
        return f"the topic ended at the fit of {day}"

    for topic_id, edit in edits.items():
        if topic_id not in known:
            yield f"{TOPICS_FILE}: {topic_id} has no effect: {fate(topic_id)}"
            continue
        if topic_id in target_of and edit != TopicEdit():
            yield (
                f"{TOPICS_FILE}: what it says of {topic_id} has no effect while the topic is part of"
                f" {target_of[topic_id]}"
            )
        for part in edit.merge:
            # Where the data did the same meanwhile, nothing is missing.
            is_there = fates.get(part, {}).get("other_id") == topic_id
            if part not in known and not is_there:
                yield f"{TOPICS_FILE}: {part} in the merge of {topic_id} has no effect: {fate(part)}"


def _split_off(edits: Mapping[str, TopicEdit], found: FoundTopics) -> Iterator[str]:
    """Sentence for each topic that the last fit split off one that is hidden or merged."""
    hidden = {one for one, edit in edits.items() if edit.hide}
    inside = {part for edit in edits.values() for part in edit.merge}
    for event in found.topics.events:
        is_named = event.topic_id in edits or event.topic_id in inside
        if event.event == "split" and event.other_id in hidden | inside and not is_named:
            what = "hidden" if event.other_id in hidden else "part of a merge"
            new, old = event.topic_id, event.other_id
            yield f"{TOPICS_FILE}: {new} split off {old}, which is {what}; it is shown by itself"
