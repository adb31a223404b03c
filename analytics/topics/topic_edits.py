"""People's own order of topics: names, merges, pinned and hidden topics, notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from analytics.tables import UNCLUSTERED, RunTables

__all__ = ["TopicEdit", "as_found", "merge_targets", "merged_alike", "topic_parts"]


@dataclass(frozen=True)
class TopicEdit:
    """What people decided about one topic.

    Attributes
    ----------
    name : str
        Empty: the label that the data gave.
    merge : tuple of str
        Ids of the topics that are shown as part of it.
    note : str
        Empty without one.
    """

    name: str = ""
    merge: tuple[str, ...] = ()
    pin: bool = False
    hide: bool = False
    note: str = ""


def as_found(assignments: pd.DataFrame, topics: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Topics and assignments of a fit with the columns that edits change, none of them edited.

    Assignments get `found_topic_id`; topics get `found_label`, `named_by` (``data``), `merged_ids`,
    `is_pinned`, `is_hidden` and `note`.
    """
    listed = topics.assign(
        found_label=topics["label"], named_by="data", is_pinned=False, is_hidden=False, note=""
    )
    listed["merged_ids"] = pd.Series([[] for _ in range(len(topics))], index=topics.index, dtype=object)
    return assignments.assign(found_topic_id=assignments["topic_id"]), listed


def merge_targets(edits: Mapping[str, TopicEdit], topic_ids: Iterable[str]) -> dict[str, str]:
    """Topic that each merged topic is part of, among those of a run.

    A topic that the run does not have is left out; without the target, so are all that it would take in.

    Examples
    --------
    >>> edits = {"T0001": TopicEdit(merge=("T0002", "T0009")), "T0008": TopicEdit(merge=("T0003",))}
    >>> merge_targets(edits, ["T0001", "T0002", "T0003"])
    {'T0002': 'T0001'}
    """
    known = set(topic_ids)
    return {
        part: target
        for target, edit in edits.items()
        if target in known
        for part in edit.merge
        if part in known
    }


def topic_parts(assignments: pd.DataFrame) -> dict[str, str]:
    """Topics of a run with the topics of the fit that they consist of, such as ``T0001+T0002``.

    Two runs count the same subject under an id only if its parts are the same. `assignments` is a table
    `topic_assignments`; where `found_topic_id` is missing, as in older runs, a topic is its only part.

    Examples
    --------
    >>> topic_parts(pd.DataFrame({"topic_id": ["T1", "T1", "T3", "-1"],
    ...                           "found_topic_id": ["T1", "T2", "T3", "-1"]}))
    {'T1': 'T1+T2', 'T3': 'T3'}
    """
    parts: dict[str, set[str]] = {}
    for part, topic_id in _found_pairs(assignments):
        if topic_id != UNCLUSTERED:
            parts.setdefault(topic_id, set()).add(part)
    return {topic_id: "+".join(sorted(parts[topic_id])) for topic_id in sorted(parts)}


def _found_pairs(assignments: pd.DataFrame) -> list[tuple[str, str]]:
    """Each topic of the fit, with the topic of the run that it is in."""
    pairs = assignments[["topic_id", "found_topic_id"]].drop_duplicates()
    found = pairs["found_topic_id"].where(pairs["found_topic_id"].notna(), pairs["topic_id"])
    return [(str(part), str(one)) for part, one in zip(found, pairs["topic_id"], strict=True)]


def merged_alike(before: RunTables, after: RunTables) -> RunTables:
    """Tables of an earlier run with its topics merged as in a later run, so that both count the same.

    Only `topics` and `topic_assignments` are changed, and only if people merged topics in one of the runs.

    Parameters
    ----------
    before, after : RunTables
        Runs whose topics keep their ids.
    """
    now, then = _found_pairs(after.topic_assignments), _found_pairs(before.topic_assignments)
    target_of = {part: topic_id for part, topic_id in now if part != topic_id}
    if not target_of and all(part == topic_id for part, topic_id in then):
        return before
    moved = {part: target_of.get(part, part) for part, _ in then}
    own = before.topic_assignments
    found = own["found_topic_id"].where(own["found_topic_id"].notna(), own["topic_id"])
    ids = sorted(set(moved.values()) - {UNCLUSTERED})
    topics = before.topics.set_index("topic_id").reindex(ids).rename_axis("topic_id").reset_index()
    assignments = own.assign(topic_id=found.map(moved).astype(own["topic_id"].dtype))
    return replace(before, topics=topics, topic_assignments=assignments)
