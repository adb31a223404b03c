"""Topics of a fit as people ordered them.

The fit and its state stay as they are: edits change what a run shows and counts, never what was clustered,
so that they can be undone and survive refits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain, zip_longest

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.tables import UNCLUSTERED
from analytics.topics.identity import TopicEvent
from analytics.topics.topic_descriptions import DESCRIPTION_COLUMNS, topic_table
from analytics.topics.topic_edits import TopicEdit, as_found, merge_targets
from analytics.topics.topic_model import TopicFit

__all__ = ["apply_edits"]


def apply_edits(
    fit: TopicFit,
    vectors: NDArray[np.float32],
    edits: Mapping[str, TopicEdit],
    names: Mapping[str, str] | None = None,
) -> TopicFit:
    """Topics as people ordered them, and under the names of a model where people gave none.

    A merged topic is gone: its papers are those of the topic that took it in, which has the terms of all of
    them in turn, and no coherence, which only a fit measures. Edits of topics that `fit` does not have change
    nothing.

    Parameters
    ----------
    fit : TopicFit
        Not modified; its `state` stays that of the fit.
    vectors : float32 array of shape (n, d)
        Unit rows in the order of ``fit.assignments``.
    edits : mapping of topic_id to TopicEdit
    names : mapping of topic_id to str, optional
        What a model calls topics; the others keep the label of the data.

    Returns
    -------
    TopicFit
        With the columns that `analytics.topics.topic_edits.as_found` names.
    """
    target_of = merge_targets(edits, fit.topics["topic_id"])
    found = fit.assignments["topic_id"]
    assignments, topics = as_found(fit.assignments, fit.topics)
    if target_of:
        for column in ("topic_id", "nearest_topic_id"):
            ids = assignments[column]
            assignments[column] = ids.map(target_of).where(ids.isin(list(target_of)), ids)
        topics = _merged(topics, assignments, vectors, target_of)
    topics = _edited(topics, edits, names or {})
    n_loose = int((found == UNCLUSTERED).sum())
    reason = (
        f"{len(topics)} topics; {n_loose} of {len(found)} papers in no topic" if target_of else fit.reason
    )
    events = _merged_events(fit.events, target_of) if target_of else fit.events
    return replace(fit, assignments=assignments, topics=topics, reason=reason, events=events)


def _edited(topics: pd.DataFrame, edits: Mapping[str, TopicEdit], names: Mapping[str, str]) -> pd.DataFrame:
    """Topics with names, pins, hiding and notes."""
    own = [edits.get(one, TopicEdit()) for one in topics["topic_id"]]
    by_model = [names.get(one, "") for one in topics["topic_id"]]
    labels = [
        edit.name or name or label for edit, name, label in zip(own, by_model, topics["label"], strict=True)
    ]
    return topics.assign(
        label=pd.Series(labels, index=topics.index, dtype=topics["label"].dtype),
        named_by=[
            "people" if edit.name else "model" if name else "data"
            for edit, name in zip(own, by_model, strict=True)
        ],
        is_pinned=np.array([edit.pin for edit in own], dtype=bool),
        is_hidden=np.array([edit.hide for edit in own], dtype=bool),
        note=pd.Series([edit.note for edit in own], index=topics.index, dtype=topics["note"].dtype),
    )


def _merged(
    topics: pd.DataFrame,
    assignments: pd.DataFrame,
    vectors: NDArray[np.float32],
    target_of: Mapping[str, str],
) -> pd.DataFrame:
    """Table `topics` with merged ones as one, largest first."""
    rows_of = topics.set_index("topic_id")
    parts: dict[str, list[str]] = {}
    for part, target in target_of.items():
        parts.setdefault(target, []).append(part)
    kept = topics[~topics["topic_id"].isin(target_of)].set_index("topic_id", drop=False).rename_axis(None)
    described = kept.loc[list(parts)].assign(coherence=np.nan)
    terms = [_in_turn([rows_of["top_terms"][one] for one in (target, *own)]) for target, own in parts.items()]
    described["top_terms"] = pd.Series(terms, index=described.index, dtype=object)
    merged = [sorted(own) for own in parts.values()]
    described["merged_ids"] = pd.Series(merged, index=described.index, dtype=object)
    at = np.flatnonzero(assignments["topic_id"].isin(list(parts)))
    at = at[np.argsort(assignments["paper_id"].to_numpy(dtype=str)[at], kind="stable")]
    ids = assignments["topic_id"].to_numpy(dtype=object)
    sized = topic_table(
        described[list(DESCRIPTION_COLUMNS)], assignments["paper_id"].iloc[at], vectors[at], ids[at]
    ).set_index("topic_id")
    described["n_papers"] = sized["n_papers"].reindex(described.index).astype("int64")
    described["representative_papers"] = sized["representative_papers"].reindex(described.index)
    together = pd.concat([kept.drop(index=list(parts)), described])
    return together.sort_values(["n_papers", "topic_id"], ascending=[False, True], ignore_index=True)


def _in_turn(lists: list[list[str]]) -> list[str]:
    """As many terms as the first list has, from all lists in turn, each once.

    Examples
    --------
    >>> _in_turn([["a", "b", "c"], ["d", "a"]])
    ['a', 'd', 'b']
    """
    terms = dict.fromkeys(one for one in chain.from_iterable(zip_longest(*lists)) if one is not None)
    return list(terms)[: len(lists[0])]


def _merged_events(events: Iterable[TopicEvent], target_of: Mapping[str, str]) -> tuple[TopicEvent, ...]:
    """Events of the topics that are left; what happened among the parts of one is left out."""
    moved = (
        replace(one, other_id=target_of.get(one.other_id, one.other_id) if one.other_id else None)
        for one in events
        if one.topic_id not in target_of
    )
    return tuple(one for one in moved if one.other_id != one.topic_id)
