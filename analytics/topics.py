"""Topics: clusters of papers found in their vectors, with terms, a label and representative papers.

Rows are put into a canonical order first, because the layout depends on it. A fit leaves a `TopicState`,
by which later papers join its topics and a later fit keeps their ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from analytics.clustering import TopicParameters, cluster_vectors
from analytics.identity import TopicEvent, match_clusters, topic_events
from analytics.quality import npmi_coherence
from analytics.tables import UNCLUSTERED, empty_table
from analytics.terms import chosen_terms, class_weights, count_terms, written_terms
from analytics.text import display_forms
from analytics.topic_groups import label_groups, topic_groups
from analytics.topic_labels import label_topics
from analytics.topic_regions import TopicRegions, TopicState, nearest_topics, topic_regions

__all__ = [
    "MOST_FITTED",
    "SMALLEST_CLUSTERED_CORPUS",
    "TopicFit",
    "TopicParameters",
    "TopicState",
    "describe_topics",
    "fit_topics",
    "join_topics",
    "topic_parameters",
]

SMALLEST_CLUSTERED_CORPUS = 15
"""Below this number of papers density has no meaning, so nothing is clustered."""

MOST_FITTED = 20_000
"""Papers that are clustered at most; the others join the topics of these."""

_REPRESENTATIVES = 3


@dataclass(frozen=True)
class TopicFit:
    """Topics of a corpus.

    Attributes
    ----------
    assignments : DataFrame
        One row a paper, in the order given. ``topic_id`` (``"-1"``: none) and how it came about, ``basis``:
        ``clustered``, ``nearest`` (within the reach of the nearest topic) or ``none``. ``strength`` is that
        of the cluster, 0 where the paper was not clustered. ``nearest_topic_id`` and ``similarity`` (cosine
        to its center) name the nearest topic whatever the distance, None and 0 where there is no topic.
    topics : DataFrame
        Columns of the run table `topics`, largest first.
    parameters : TopicParameters or None
        None when the corpus was too small to be clustered.
    reason : str
        One sentence for the report.
    state : TopicState
        For later papers.
    events : tuple of TopicEvent
        What became of the topics at this fit; `join_topics` tells none.
    """

    assignments: pd.DataFrame
    topics: pd.DataFrame
    parameters: TopicParameters | None
    reason: str
    state: TopicState
    events: tuple[TopicEvent, ...] = ()


def topic_parameters(n_papers: int, min_topic_size: int | None = None) -> TopicParameters | None:
    """Parameters that follow the corpus size, from 1 paper to 100,000 and beyond.

    The smallest topic grows with the square root of the corpus, ``max(5, 0.3 sqrt(n))``: 5 papers up
    to 300, 24 at 6,141, 95 at 100,000, so that the number of topics stays readable (a few dozen to a
    few hundred) while a doubled corpus may still show finer subjects. Neighbourhoods shrink below
    225 papers because 15 neighbours of 40 papers are no neighbourhood.

    Parameters
    ----------
    n_papers : int
    min_topic_size : int, optional
        The user's own smallest topic instead of the rule's, at least 2.

    Returns
    -------
    TopicParameters or None
        None below `SMALLEST_CLUSTERED_CORPUS` papers.

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


def fit_topics(
    papers: pd.DataFrame,
    vectors: NDArray[np.float32],
    *,
    random_state: int = 0,
    min_topic_size: int | None = None,
    previous: TopicState | None = None,
    first_number: int = 1,
    most: int = MOST_FITTED,
) -> TopicFit:
    """Cluster papers into topics, those of before under their ids.

    Papers that no cluster takes join the nearest topic where they lie within its reach (the cosine that
    95 % of its clustered papers have to its center); the rest belong to none.

    Parameters
    ----------
    papers : DataFrame of n rows
        Columns ``paper_id`` (unique), ``title``, ``abstract``, ``published``; any row order, not modified.
    vectors : float32 array of shape (n, d)
        Unit rows in the order of `papers`.
    random_state : int, default 0
        Seed of the layout.
    min_topic_size : int, optional
        See `topic_parameters`.
    previous : TopicState, optional
        Topics of before: they draw the layout a little, and clusters that are the same subject keep
        their ids, see `analytics.identity.match_clusters`.
    first_number : int, default 1
        Number of the first new topic; new ones are numbered by size.
    most : int
        Papers that are clustered at most, sampled evenly over time; the others join.

    Returns
    -------
    TopicFit
        The same for every row order.
    """
    parameters = topic_parameters(min(len(papers), most), min_topic_size)
    order = np.argsort(papers["paper_id"].to_numpy(dtype=str), kind="stable")
    ordered = papers.iloc[order].reset_index(drop=True)
    rows = np.ascontiguousarray(vectors[order], dtype=np.float32)
    before = None if previous is None else _joined(ordered["paper_id"], rows, previous)
    if parameters is None:
        return _no_topics(papers, None, before)
    fitted = _evenly_over_time(ordered, most)
    known, held = _held_topics(before, fitted)
    found = cluster_vectors(rows[fitted], parameters, random_state=random_state, previous=held)
    if (found.labels < 0).all():
        return _no_topics(papers, parameters, before)
    ids = _name_clusters(found.labels, rows[fitted], known, held, first_number)
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
    assignments = _joined(ordered["paper_id"], rows, TopicState(clustered, regions))
    state = TopicState(assignments[["paper_id", "topic_id", "strength", "basis"]], regions)
    return _found(papers, ordered, rows, assignments, parameters, state, _events(before, assignments))


def join_topics(papers: pd.DataFrame, vectors: NDArray[np.float32], state: TopicState) -> TopicFit:
    """Give papers their topics without a new fit.

    Papers of the fit keep theirs; the others join the nearest topic where they lie within its reach.

    Parameters
    ----------
    papers, vectors
        See `fit_topics`.
    state : TopicState
        Of a fit in the same vector space.

    Returns
    -------
    TopicFit
        Without parameters and events; `state` is the given one.
    """
    order = np.argsort(papers["paper_id"].to_numpy(dtype=str), kind="stable")
    ordered = papers.iloc[order].reset_index(drop=True)
    rows = np.ascontiguousarray(vectors[order], dtype=np.float32)
    if not state.regions.topic_ids:
        return _no_topics(papers, None)
    assignments = _joined(ordered["paper_id"], rows, state)
    return _found(papers, ordered, rows, assignments, None, state, ())


def _joined(paper_ids: pd.Series, vectors: NDArray[np.float32], state: TopicState) -> pd.DataFrame:
    """Assignments by a state: members as they are, others to the nearest topic within its reach."""
    near = nearest_topics(vectors, state.regions)
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


def _held_topics(
    before: pd.DataFrame | None, fitted: NDArray[np.int64]
) -> tuple[list[str], NDArray[np.int64] | None]:
    """Ids of the earlier topics, and the place in them of each fitted paper's, -1 without one."""
    if before is None:
        return [], None
    known = sorted(set(before["topic_id"]) - {UNCLUSTERED})
    codes = pd.Index(known).get_indexer(before["topic_id"].to_numpy()[fitted])
    return known, codes.astype(np.int64)


def _name_clusters(
    labels: NDArray[np.int64],
    vectors: NDArray[np.float32],
    known: list[str],
    held: NDArray[np.int64] | None,
    first_number: int,
) -> dict[int, str]:
    """Id of each cluster: an earlier topic's where it is the same subject, else the next number."""
    by_size = list(_ranks_by_size(labels))
    names: dict[int, str] = {}
    if known and held is not None:
        shape = (len(known) + 1, len(by_size) + 1)  # the last of either is for papers in none
        place = {label: at for at, label in enumerate(by_size)}
        columns = np.array([place.get(label, -1) for label in labels.tolist()])
        shared = np.zeros(shape, dtype=np.int64)
        np.add.at(shared, (held, columns), 1)
        similarity = _centers(vectors, held, len(known)) @ _centers(vectors, columns, len(by_size)).T
        sizes = shared[:-1].sum(axis=1), shared[:, :-1].sum(axis=0)
        same = match_clusters(shared[:-1, :-1], similarity, sizes)
        names = {by_size[column]: known[row] for row, column in same.items()}
    fresh = [label for label in by_size if label not in names]
    return names | {label: f"T{first_number + at:04d}" for at, label in enumerate(fresh)}


def _centers(vectors: NDArray[np.float32], codes: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    """Unit mean of the rows of each code from 0 to n - 1; zeros for a code without rows."""
    sums = np.zeros((n + 1, vectors.shape[1]))
    np.add.at(sums, codes, vectors)
    lengths = np.linalg.norm(sums[:-1], axis=1, keepdims=True)
    return np.asarray(sums[:-1] / np.where(lengths > 0, lengths, 1))


def _events(before: pd.DataFrame | None, after: pd.DataFrame) -> tuple[TopicEvent, ...]:
    """What became of the topics; at a first fit all of them are born."""
    now = after.set_index("paper_id")["topic_id"]
    then = now[:0] if before is None else before.set_index("paper_id")["topic_id"]
    return tuple(topic_events(then, now))


def _found(
    papers: pd.DataFrame,
    ordered: pd.DataFrame,
    vectors: NDArray[np.float32],
    assignments: pd.DataFrame,
    parameters: TopicParameters | None,
    state: TopicState,
    events: tuple[TopicEvent, ...],
) -> TopicFit:
    """Put the assignments back in the order given, describe the topics, say it in a sentence."""
    at_fit = state.members["topic_id"].value_counts()  # not today's, so that groups change with a fit only
    sizes = [int(at_fit[one]) for one in state.regions.topic_ids]
    groups = topic_groups(state.regions.topic_ids, state.regions.centers, sizes)
    topics = describe_topics(ordered, vectors, assignments["topic_id"].to_numpy(), groups)
    given = assignments.set_index("paper_id").loc[papers["paper_id"]].reset_index()
    n_loose = int((given["topic_id"] == UNCLUSTERED).sum())
    reason = f"{len(topics)} topics; {n_loose} of {len(papers)} papers stand in none"
    return TopicFit(given, topics, parameters, reason, state, events)


def _no_topics(
    papers: pd.DataFrame, parameters: TopicParameters | None, before: pd.DataFrame | None = None
) -> TopicFit:
    """Fit in which no paper stands in a topic; those of before have retired."""
    if len(papers) < SMALLEST_CLUSTERED_CORPUS:
        reason = (
            f"{len(papers)} papers are too few to cluster; topics are looked for from "
            f"{SMALLEST_CLUSTERED_CORPUS} papers on"
        )
    else:
        reason = "no group of papers was dense enough to be called a topic"
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
    members = assignments[["paper_id", "topic_id", "strength", "basis"]]
    nowhere = TopicRegions((), np.zeros((0, 0), dtype=np.float32), np.zeros(0))
    state = TopicState(members, nowhere)
    topics, events = empty_table("topics"), _events(before, assignments)
    return TopicFit(assignments, topics, parameters, reason, state, events)


def _ranks_by_size(clusters: NDArray[np.int64]) -> dict[int, int]:
    """Cluster number to rank, largest first; ties by the cluster's first row, which is canonical."""
    numbers, first, sizes = np.unique(clusters, return_index=True, return_counts=True)
    kept = [
        (-size, row, number) for number, row, size in zip(numbers, first, sizes, strict=True) if number >= 0
    ]
    return {int(number): rank for rank, (_, _, number) in enumerate(sorted(kept), start=1)}


def describe_topics(
    papers: pd.DataFrame,
    vectors: NDArray[np.float32],
    topic_ids: NDArray[np.object_],
    groups: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Name topics by what their papers say: a label, ten terms and three representative papers of each.

    Parameters
    ----------
    papers : DataFrame of n rows
        `paper_id`, `title`, `abstract`, in canonical order.
    vectors : float32 array of shape (n, d)
    topic_ids : array of object, shape (n,)
        `UNCLUSTERED` for a paper in no topic.
    groups : mapping of topic_id to group_id, optional
        See `analytics.topic_groups.topic_groups`.

    Returns
    -------
    DataFrame
        Columns of the run table `topics`, largest first.
    """
    known = sorted(set(topic_ids.tolist()) - {UNCLUSTERED})
    codes = pd.Index(known).get_indexer(topic_ids).astype(np.int64)
    counts, terms = count_terms((papers["title"] + "\n" + papers["abstract"]).tolist())
    weights = class_weights(counts, codes)[-len(known) :]  # without the papers in no topic, which are first
    members = {code: np.flatnonzero(codes == code) for code in range(len(known))}
    ids = papers["paper_id"].to_numpy()
    display = display_forms(papers["abstract"])
    labels = label_topics(members, counts, terms, vectors=vectors, display=display)
    occurrences = _per_topic(counts, codes, len(known))
    group_of = [(groups or {}).get(topic_id) for topic_id in known]
    group_labels = label_groups(group_of, weights, occurrences, terms, names=labels.values(), display=display)
    rows = []
    for code in sorted(members, key=lambda code: (-len(members[code]), known[code])):
        own = members[code]
        middle = vectors[own].mean(axis=0)
        nearest = np.argsort(-(vectors[own] @ middle), kind="stable")[:_REPRESENTATIVES]
        chosen = chosen_terms(weights[[code]].toarray().ravel(), occurrences[[code]].toarray().ravel(), terms)
        rows.append(
            {
                "topic_id": known[code],
                "label": labels[code],
                "top_terms": written_terms(chosen, terms, display),
                "coherence": npmi_coherence(counts, chosen),
                "n_papers": len(own),
                "representative_papers": ids[own[nearest]].tolist(),
                "group_id": group_of[code],
                "group_label": group_labels.get(str(group_of[code])),
            }
        )
    return pd.DataFrame(rows)


def _per_topic(counts: sparse.csr_array, codes: NDArray[np.int64], n_topics: int) -> sparse.csr_array:
    """Uses of each term in each topic, by one product."""
    rows = np.flatnonzero(codes >= 0)
    shape = (n_topics, len(codes))
    return sparse.csr_array(sparse.csr_array((np.ones_like(rows), (codes[rows], rows)), shape=shape) @ counts)
