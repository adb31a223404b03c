"""A map of the corpus in two dimensions that stays as it is while the topics stay.

Topics are laid out first, by their centers alone, and papers around their topic. So new papers find their
place on the map of the last run, where a layout of all papers would draw another map each night.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.manifold import TSNE

from analytics.tables import UNCLUSTERED, empty_table
from analytics.topics.topic_regions import TopicRegions

__all__ = ["lay_out_topics", "paper_positions"]

_FEWEST_EMBEDDED = 8
"""Topics below which the two main directions of the centers show all that there is."""
_PERPLEXITY = 12.0
_STEPS = 500
"""Steps of t-SNE; twice as many keep .69 of the five nearest of 98 topics, these keep .68."""
_NEIGHBORS = 10
"""Topics around a topic that say which way its papers lean."""
_REACH = 0.7
"""Twice the root mean square distance of a topic's papers, over the distance to the nearest topic."""
_RIM = 2.4
"""Farthest place of a paper, in root mean squares; papers in no topic stand from here on outwards."""


def lay_out_topics(centers: NDArray[np.floating]) -> NDArray[np.float64]:
    """Place topics in the plane, near ones near each other.

    Centers are seen from the middle of all. From `_FEWEST_EMBEDDED` on, t-SNE [1]_ by cosine distances
    starts from the two main directions, so that no chance is in it; fewer topics are on those directions.

    `centers` are unit rows, shape (k, d), in an order that stays: the last digits depend on it. Returns shape
    (k, 2), with mean 0, scaled so that the median distance of a topic to its nearest is one.

    References
    ----------
    .. [1] van der Maaten & Hinton (2008), Visualizing data using t-SNE, JMLR 9, 2579-2605.

    Examples
    --------
    >>> lay_out_topics(np.eye(2)).round(3).tolist()
    [[0.5, 0.0], [-0.5, 0.0]]
    >>> lay_out_topics(np.ones((1, 3))).tolist()
    [[0.0, 0.0]]
    """
    k = len(centers)
    if k < 2:
        return np.zeros((k, 2))
    apart = np.asarray(centers, dtype=np.float64)
    apart = apart - apart.mean(axis=0)
    main = _main_directions(apart)
    if k >= _FEWEST_EMBEDDED:
        lengths = np.linalg.norm(apart, axis=1, keepdims=True)
        model = TSNE(
            metric="cosine",
            perplexity=min(_PERPLEXITY, (k - 1) / 3),
            init=(main / max(float(main[:, 0].std()), 1e-12) * 1e-4).astype(np.float32),
            max_iter=_STEPS,
            random_state=0,
            n_jobs=1,
        )
        main = model.fit_transform((apart / np.maximum(lengths, 1e-12)).astype(np.float32)).astype(np.float64)
    main = main - main.mean(axis=0)
    nearest = _distances(main).min(axis=1)
    scale = float(np.median(nearest)) or float(nearest.max())
    return np.asarray(main / scale if scale else main, dtype=np.float64)


def paper_positions(
    vectors: NDArray[np.float32], assignments: pd.DataFrame, regions: TopicRegions
) -> pd.DataFrame:
    """Place of every paper on the map.

    A paper stands around its topic's place, on the side of those topics that it resembles more than its
    topic does: the nearest topics' centers and places give a linear map of differences (least squares of
    smallest norm), which is taken of the paper's difference to its own center. Within a topic the squares
    of distances are set by its size and the room around it. A paper in no topic stands beyond the rim of
    the nearest one.

    Parameters
    ----------
    vectors : float32 array of shape (n, d)
        Unit rows.
    assignments : DataFrame of n rows
        `paper_id`, `topic_id`, `nearest_topic_id`, in the order of `vectors`.

    Returns
    -------
    DataFrame
        Columns of the run table `positions`; empty without topics. The unit is the median distance of a
        topic to the nearest one. The same for every row order but for the last digits.
    """
    if not regions.topic_ids or not len(vectors):
        return empty_table("positions")
    places = lay_out_topics(regions.centers)
    room = _distances(places).min(axis=1) if len(places) > 1 else np.ones(1)
    own = assignments["nearest_topic_id"].to_numpy(dtype=object)
    stands = assignments["topic_id"].to_numpy(dtype=object)
    is_loose = stands == UNCLUSTERED
    codes = pd.Index(regions.topic_ids).get_indexer(np.where(is_loose, own, stands))
    # A paper of a topic that the regions lack, as an old registry may hold, is at the nearest.
    codes = np.where(codes < 0, np.maximum(pd.Index(regions.topic_ids).get_indexer(own), 0), codes)
    sizes = np.bincount(codes[~is_loose], minlength=len(places))
    # Of twice as many papers as the median topic has, the area is twice as large, as far as there is room.
    size = np.sqrt(sizes / max(1.0, float(np.median(sizes))))
    spread = _REACH / 2 * np.clip(np.minimum(room, 2.5) * np.clip(size, 0.5, 1.8), 0.2, room * 0.95)
    found = np.empty((len(vectors), 2))
    order = np.argsort(codes, kind="stable")
    for rows in np.split(order, np.searchsorted(codes[order], np.arange(1, len(places)))):
        if len(rows):
            code = int(codes[rows[0]])
            leaning = vectors[rows] @ _leaning(regions.centers, places, code)
            found[rows] = places[code] + spread[code] * _scattered(leaning, is_loose[rows])
    return pd.DataFrame(
        {"paper_id": assignments["paper_id"].to_numpy(), "x": found[:, 0].round(3), "y": found[:, 1].round(3)}
    )


def _main_directions(apart: NDArray[np.float64]) -> NDArray[np.float64]:
    """First two principal components of centered rows, each signed so that its largest part is positive."""
    left, sizes, _ = np.linalg.svd(apart, full_matrices=False)
    main = np.zeros((len(apart), 2))
    width = min(2, len(sizes))
    main[:, :width] = left[:, :width] * sizes[:width]
    # Rounded: of equally large parts the first decides, whatever the last digit.
    largest = np.abs(main).round(9).argmax(axis=0)
    signs = np.sign(main[largest, np.arange(2)])
    return np.asarray(main * np.where(signs == 0, 1, signs), dtype=np.float64)


def _distances(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances of all pairs, infinite on the diagonal."""
    distances: NDArray[np.float64] = np.linalg.norm(places[:, None] - places, axis=2)
    np.fill_diagonal(distances, np.inf)
    return distances


def _leaning(centers: NDArray[np.float32], places: NDArray[np.float64], code: int) -> NDArray[np.float32]:
    """Linear map, shape (d, 2), that takes the nearest centers' differences to their places' differences."""
    near = np.argsort(-(centers @ centers[code]), kind="stable")
    near = near[near != code][:_NEIGHBORS]
    if not len(near):
        axes = np.random.default_rng(0).standard_normal((centers.shape[1], 2))
        return np.asarray(axes / np.linalg.norm(axes, axis=0), dtype=np.float32)
    middle, others = centers[code].astype(np.float64), centers[near].astype(np.float64)
    # Seen from the topic, across its own direction: how near a paper lies to its center says no direction.
    apart = others - np.outer(others @ middle, middle)
    return np.asarray(np.linalg.pinv(apart, rcond=0.1) @ (places[near] - places[code]), dtype=np.float32)


def _scattered(leaning: NDArray[np.float32], is_loose: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Differences to a topic's place with a root mean square of one, those in no topic beyond the rim."""
    apart = leaning.astype(np.float64)
    inside = apart[~is_loose] if not is_loose.all() else apart
    apart = apart - inside.mean(axis=0)
    inside = apart[~is_loose] if not is_loose.all() else apart
    # One scale for both axes, so that directions stay.
    apart = apart / np.sqrt((inside**2).sum(axis=1).mean().clip(1e-12))
    length = np.linalg.norm(apart, axis=1, keepdims=True)
    bent = np.where(is_loose[:, None], _RIM + 0.5 * np.tanh(length / 2), _RIM * np.tanh(length / _RIM))
    return np.asarray(apart / np.maximum(length, 1e-12) * bent, dtype=np.float64)
