"""Topics: clusters of papers found in their vectors, and papers that join them later.

Rows are put into a canonical order first, because the layout depends on it. A fit leaves a `TopicState`,
by which later papers join its topics under their descriptions, and a later fit keeps their ids.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.parallel import Ahead, Each, postponed
from analytics.tables import UNCLUSTERED
from analytics.text.paper_terms import read_terms
from analytics.topics.cluster_names import held_topics, name_clusters
from analytics.topics.clustering import TopicParameters, cluster_vectors
from analytics.topics.identity import TopicEvent, topic_events
from analytics.topics.topic_descriptions import DESCRIPTION_COLUMNS, describe_topics, topic_table
from analytics.topics.topic_edits import as_found
from analytics.topics.topic_groups import topic_groups
from analytics.topics.topic_regions import TopicRegions, TopicState, nearest_topics, topic_regions

__all__ = [
    "MOST_FITTED",
    "SMALLEST_CLUSTERED_CORPUS",
    "TopicFit",
    "TopicParameters",
    "TopicState",
    "fit_topics",
    "join_topics",
    "topic_parameters",
]

SMALLEST_CLUSTERED_CORPUS = 15
"""Below this number of papers density has no meaning, so nothing is clustered."""

MOST_FITTED = 20_000
"""Papers that are clustered and described at most; the others join the topics of these."""


@dataclass(frozen=True)
class TopicFit:
    """Topics of a corpus.

    Attributes
    ----------
    assignments : DataFrame
        One row per paper, in the order given. ``topic_id`` (``"-1"``: none) and how it came about, ``basis``:
        ``clustered``, ``nearest`` (within the reach of the nearest topic) or ``none``. ``strength`` is that
        of the cluster, 0 where the paper was not clustered. ``nearest_topic_id`` and ``similarity`` (cosine
        to its center) name the nearest topic whatever the distance, None and 0 where there is no topic.
    topics : DataFrame
        Columns of the run table `topics`, largest first.
    parameters : TopicParameters or None
        None when the corpus was too small to be clustered.
    reason : str
        One sentence for the report.
    events : tuple of TopicEvent
        What happened to the topics at this fit; `join_topics` reports none.
    """

    assignments: pd.DataFrame
    topics: pd.DataFrame
    parameters: TopicParameters | None
    reason: str
    state: TopicState
    events: tuple[TopicEvent, ...] = ()


def topic_parameters(n_papers: int, min_topic_size: int | None = None) -> TopicParameters | None:
    """Parameters that follow the corpus size, from 1 paper to 100,000 and beyond.

    The smallest topic grows with the square root of the corpus, ``max(5, 0.3 sqrt(n))``: 5 papers up to 300,
    24 at 6,141, 95 at 100,000, so that the number of topics stays readable (a few dozen to a few hundred)
    while a doubled corpus may still show finer subjects. Neighbourhoods shrink below 225 papers because 15
    neighbours of 40 papers are no neighbourhood. `min_topic_size`, at least 2, is the user's own smallest
    topic instead. None below `SMALLEST_CLUSTERED_CORPUS` papers.

    Examples
    --------
    >>> topic_parameters(14) is None
    True
    >>> topic_parameters(47)
    TopicParameters(n_neighbors=7, n_components=5, min_cluster_size=5, min_samples=2)
    >>> topic_parameters(100_000).min_cluster_size
    95
    """
    if n_papers < SMALLEST_CLUSTERED_CORPUS:
        return None
    root = n_papers**0.5
    smallest = min_topic_size or max(5, round(0.3 * root))
    return TopicParameters(
        n_neighbors=int(np.clip(round(root), 5, 15)),
        n_components=5,
        min_cluster_size=smallest,
        min_samples=max(2, smallest // 4),
    )


def fit_topics(  # noqa: PLR0913 - the settings of a fit, and where parts are done
    papers: pd.DataFrame,
    vectors: NDArray[np.float32],
    *,
    random_state: int = 0,
    min_topic_size: int | None = None,
    previous: TopicState | None = None,
    first_number: int = 1,
    most: int = MOST_FITTED,
    each: Each = map,
    ahead: Ahead = postponed,
) -> TopicFit:
    """Cluster papers into topics, those of before under their ids.

    Papers that no cluster takes join the nearest topic where they lie within its reach (the cosine that 95 %
    of its clustered papers have to its center); the rest belong to none. The result is the same for every row
    order.

    Parameters
    ----------
    papers : DataFrame of n rows
        Columns ``paper_id`` (unique), ``title``, ``abstract``, ``published``; any row order, not modified.
    vectors : float32 array of shape (n, d)
        Unit rows in the order of `papers`.
    min_topic_size : int, optional
        See `topic_parameters`.
    previous : TopicState, optional
        Topics of before: they draw the layout a little, and clusters that are the same subject keep
        their ids, see `analytics.topics.identity.match_clusters`, and labels that are still apt, see
        `analytics.text.terms.label_topics`.
    first_number : int, default 1
        Number of the first new topic; new ones are numbered by size.
    most : int
        Papers that are clustered at most, sampled evenly over time; the others join. Labels and terms
        are those of the papers that were clustered.
    each : Each
        Where parts of the assignment and of the counting of terms are done.
    ahead : Ahead
        Where the papers' terms are read while they are clustered.
    """
    parameters = topic_parameters(min(len(papers), most), min_topic_size)
    ordered, rows = _canonical(papers, vectors)
    before = None if previous is None else _joined(ordered["paper_id"], rows, previous, each)
    if parameters is None:
        return _no_topics(papers, None, before)
    fitted = _evenly_over_time(ordered, most)
    sample = ordered.iloc[fitted]
    reading = ahead(partial(read_terms, sample["title"].tolist(), sample["abstract"].tolist(), each=each))
    known, held = held_topics(before, fitted)
    found = cluster_vectors(rows[fitted], parameters, random_state=random_state, previous=held)
    if (found.labels < 0).all():
        return _no_topics(papers, parameters, before)
    ids = name_clusters(found.labels, rows[fitted], known, held, first_number)
    members = pd.DataFrame(
        {
            "paper_id": ordered["paper_id"].to_numpy()[fitted],
            "topic_id": [ids.get(label, UNCLUSTERED) for label in found.labels.tolist()],
            "strength": found.strengths,
            "basis": np.where(found.labels < 0, "none", "clustered"),
        }
    )
    clustered = members[members["basis"] == "clustered"]
    in_cluster = members["topic_id"].where(members["basis"] == "clustered").astype(object)
    regions = topic_regions(rows[fitted], in_cluster.where(in_cluster.notna(), None).to_numpy())
    assignments = _joined(ordered["paper_id"], rows, TopicState(clustered, regions), each)
    state = TopicState(assignments[["paper_id", "topic_id", "strength", "basis"]], regions)
    described = describe_topics(
        reading(),
        rows[fitted],
        assignments["topic_id"].to_numpy()[fitted],
        groups=_groups(state),
        before=_labels(previous),
    )
    state = replace(state, descriptions=described)
    topics = topic_table(described, ordered["paper_id"], rows, assignments["topic_id"].to_numpy())
    return _found(papers, assignments, topics, parameters, state, _events(before, assignments))


def join_topics(
    papers: pd.DataFrame, vectors: NDArray[np.float32], state: TopicState, *, each: Each = map
) -> TopicFit:
    """Give papers their topics without a new fit.

    Papers of the fit keep theirs; the others join the nearest topic where they lie within its reach. Labels,
    terms and coherence are those of the fit; only where it left none, topics are described again, over at
    most `MOST_FITTED` papers evenly over time. The result has neither parameters nor events; its `state` is
    the given one.

    Parameters
    ----------
    papers, vectors
        See `fit_topics`.
    state : TopicState
        State of a fit in the same vector space.
    each : Each
        See `fit_topics`.
    """
    ordered, rows = _canonical(papers, vectors)
    if not state.regions.topic_ids:
        return _no_topics(papers, None)
    assignments = _joined(ordered["paper_id"], rows, state, each)
    ids = assignments["topic_id"].to_numpy()
    described = state.descriptions
    if described is None:
        sample = _evenly_over_time(ordered, MOST_FITTED)
        left_out = np.flatnonzero(~np.isin(ids, [*set(ids[sample].tolist()), UNCLUSTERED]))
        sample = np.union1d(sample, left_out)  # no topic is without a description
        chosen = ordered.iloc[sample]
        read = read_terms(chosen["title"].tolist(), chosen["abstract"].tolist(), each=each)
        described = describe_topics(read, rows[sample], ids[sample], groups=_groups(state))
    topics = topic_table(described, ordered["paper_id"], rows, ids)
    return _found(papers, assignments, topics, None, state, ())


def _canonical(
    papers: pd.DataFrame, vectors: NDArray[np.float32]
) -> tuple[pd.DataFrame, NDArray[np.float32]]:
    """Papers and vectors in order of id; as they are where they stand so, for copies of them are large."""
    order = np.argsort(papers["paper_id"].to_numpy(dtype=str), kind="stable")
    if (order == np.arange(len(order))).all():
        return papers.reset_index(drop=True), np.ascontiguousarray(vectors, dtype=np.float32)
    return papers.iloc[order].reset_index(drop=True), np.ascontiguousarray(vectors[order], dtype=np.float32)


def _groups(state: TopicState) -> dict[str, str]:
    """Broad groups of a fit's topics, by their sizes at the fit, so that they change with a fit only."""
    regions, at_fit = state.regions, state.members["topic_id"].value_counts()
    return topic_groups(
        regions.topic_ids, regions.centers, [int(at_fit.get(one, 0)) for one in regions.topic_ids]
    )


def _labels(state: TopicState | None) -> dict[str, str]:
    """Labels of the topics of a state, by id."""
    if state is None or state.descriptions is None:
        return {}
    return dict(zip(state.descriptions["topic_id"], state.descriptions["label"], strict=True))


def _joined(
    paper_ids: pd.Series, vectors: NDArray[np.float32], state: TopicState, each: Each
) -> pd.DataFrame:
    """Assignments by a state: members as they are, others to the nearest topic within its reach."""
    near = nearest_topics(vectors, state.regions, each=each)
    names = np.array([*state.regions.topic_ids, None], dtype=object)[near.topics]
    known = state.members.set_index("paper_id").reindex(paper_ids)
    is_new = known["topic_id"].isna().to_numpy()
    joins = is_new & near.within
    return pd.DataFrame(
        {
            "paper_id": paper_ids.to_numpy(),
            "topic_id": np.where(joins, names, np.where(is_new, UNCLUSTERED, known["topic_id"].to_numpy())),
            "strength": np.where(is_new, 0.0, known["strength"].to_numpy(dtype=float)),
            "basis": np.where(joins, "nearest", np.where(is_new, "none", known["basis"].to_numpy())),
            "nearest_topic_id": names,
            "similarity": near.cosines,
        }
    )


def _evenly_over_time(papers: pd.DataFrame, most: int) -> NDArray[np.int64]:
    """Rows to cluster, in ascending order: all, or every so many by date and id."""
    if len(papers) <= most:
        return np.arange(len(papers))
    by_date = papers["published"].argsort(kind="stable").to_numpy()
    return np.sort(by_date[np.linspace(0, len(papers) - 1, most).round().astype(np.int64)])


def _events(before: pd.DataFrame | None, after: pd.DataFrame) -> tuple[TopicEvent, ...]:
    """What happened to the topics; at a first fit all of them are born."""
    now = after.set_index("paper_id")["topic_id"]
    then = now[:0] if before is None else before.set_index("paper_id")["topic_id"]
    return tuple(topic_events(then, now))


def _found(
    papers: pd.DataFrame,
    assignments: pd.DataFrame,
    topics: pd.DataFrame,
    parameters: TopicParameters | None,
    state: TopicState,
    events: tuple[TopicEvent, ...],
) -> TopicFit:
    """Restore the given order of the assignments, and summarize the fit in a sentence."""
    given = assignments.set_index("paper_id").loc[papers["paper_id"]].reset_index()
    n_loose = int((given["topic_id"] == UNCLUSTERED).sum())
    reason = f"{len(topics)} topics; {n_loose} of {len(papers)} papers in no topic"
    return TopicFit(*as_found(given, topics), parameters, reason, state, events)


def _no_topics(
    papers: pd.DataFrame, parameters: TopicParameters | None, before: pd.DataFrame | None = None
) -> TopicFit:
    """Fit in which no paper is in a topic; those of before have retired."""
    if len(papers) < SMALLEST_CLUSTERED_CORPUS:
        reason = (
            f"{len(papers)} papers are too few to cluster; topics are fitted from"
            f" {SMALLEST_CLUSTERED_CORPUS} papers on"
        )
    else:
        reason = "no group of papers was dense enough to be a topic"
    assignments = pd.DataFrame(
        {
            "paper_id": papers["paper_id"].to_numpy(),
            "topic_id": UNCLUSTERED,
            "strength": 0.0,
            "basis": "none",
            "nearest_topic_id": None,
            "similarity": 0.0,
        }
    )
    columns = [*DESCRIPTION_COLUMNS, "n_papers", "representative_papers"]
    members = assignments[["paper_id", "topic_id", "strength", "basis"]]
    nowhere = TopicRegions((), np.zeros((0, 0), dtype=np.float32), np.zeros(0))
    state = TopicState(members, nowhere, pd.DataFrame(columns=list(DESCRIPTION_COLUMNS)))
    topics, events = pd.DataFrame(columns=columns), _events(before, assignments)
    return TopicFit(*as_found(assignments, topics), parameters, reason, state, events)
