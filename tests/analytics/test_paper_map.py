from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from analytics.tables import UNCLUSTERED
from analytics.topics.paper_map import lay_out_topics, paper_positions
from analytics.topics.topic_regions import TopicRegions, nearest_topics, topic_regions


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def planted(n_groups: int = 4, a_group: int = 5, papers: int = 30, seed: int = 0):
    """Topics in groups, papers around them, every tenth in none: vectors, assignments, regions, groups."""
    rng = np.random.default_rng(seed)
    groups = rng.standard_normal((n_groups, 64))
    centers = np.repeat(groups, a_group, axis=0) + 0.5 * rng.standard_normal((n_groups * a_group, 64))
    vectors = unit(
        np.repeat(centers, papers, axis=0) + 0.4 * rng.standard_normal((len(centers) * papers, 64))
    )
    ids = np.repeat([f"T{at:04d}" for at in range(len(centers))], papers).astype(object)
    regions = topic_regions(vectors, ids)
    near = nearest_topics(vectors, regions)
    stands = ids.copy()
    stands[::10] = UNCLUSTERED
    assignments = pd.DataFrame(
        {
            "paper_id": [f"p{at:05d}" for at in range(len(ids))],
            "topic_id": stands,
            "nearest_topic_id": np.array(regions.topic_ids, dtype=object)[near.topics],
        }
    )
    return vectors, assignments, regions, np.repeat(np.arange(n_groups), a_group)


@cache
def planted_positions() -> pd.DataFrame:
    """Positions of the papers of `planted`, to read only."""
    vectors, assignments, regions, _ = planted()
    return paper_positions(vectors, assignments, regions)


class TestLayOutTopics:
    def test_neighbors_on_the_map_are_of_one_group(self):
        _, _, regions, groups = planted(6, 6)
        places = lay_out_topics(regions.centers)
        distances = np.linalg.norm(places[:, None] - places, axis=2)
        np.fill_diagonal(distances, np.inf)
        assert (groups[distances.argmin(axis=1)] == groups).mean() == 1.0
        assert np.median(distances.min(axis=1)) == pytest.approx(1)

    @pytest.mark.slow
    @pytest.mark.parametrize("k", [0, 1, 2, 3, 7, 8, 9, 40])
    def test_any_number_of_topics_has_finite_places(self, k):
        places = lay_out_topics(
            unit(np.random.default_rng(k).standard_normal((k, 16))) if k else np.zeros((0, 16))
        )
        assert places.shape == (k, 2)
        assert np.isfinite(places).all()
        assert np.abs(places.sum(axis=0)).max(initial=0) < 1e-6 * max(1, k)

    def test_topics_in_one_place_do_not_break_it(self):
        assert np.isfinite(lay_out_topics(np.ones((12, 4)) / 2)).all()

    def test_always_the_same(self):
        _, _, regions, _ = planted()
        assert (lay_out_topics(regions.centers) == lay_out_topics(regions.centers)).all()


class TestPaperPositions:
    def test_papers_are_around_their_topic(self):
        _, assignments, regions, _ = planted()
        found = planted_positions()
        assert list(found["paper_id"]) == list(assignments["paper_id"])
        places = lay_out_topics(regions.centers)
        at = found[["x", "y"]].to_numpy()
        own = pd.Index(regions.topic_ids).get_indexer(assignments["topic_id"])
        nearest = np.linalg.norm(at[:, None] - places, axis=2).argmin(axis=1)
        assert (nearest == own)[own >= 0].mean() > 0.97

    def test_papers_in_no_topic_are_beyond_the_others(self):
        _, assignments, regions, _ = planted()
        found = planted_positions()
        places = lay_out_topics(regions.centers)
        by = pd.Index(regions.topic_ids).get_indexer(assignments["nearest_topic_id"])
        away = np.linalg.norm(found[["x", "y"]].to_numpy() - places[by], axis=1)
        is_loose = (assignments["topic_id"] == UNCLUSTERED).to_numpy()
        for topic in range(len(places)):
            own = by == topic
            assert away[own & is_loose].min(initial=np.inf) >= away[own & ~is_loose].max(initial=0) * 0.95

    @pytest.mark.slow
    def test_a_paper_leans_to_the_topic_that_it_resembles(self):
        for seed in range(3):
            vectors, assignments, regions, _ = planted(3, 5, papers=60, seed=seed)
            places = lay_out_topics(regions.centers)
            topics = np.arange(len(places))
            near = np.argsort(-(regions.centers @ regions.centers.T), axis=1)[:, 1]
            own = [np.flatnonzero(assignments["topic_id"] == one)[0] for one in regions.topic_ids]
            mixed = vectors.copy()
            mixed[own] = unit(regions.centers[topics] + 0.8 * regions.centers[near])
            there = paper_positions(mixed, assignments, regions)[["x", "y"]].to_numpy()[own]
            leaning = ((there - places) * (places[near] - places)).sum(axis=1)
            assert (leaning > 0).all()

    def test_new_papers_hardly_move_the_others(self):
        vectors, assignments, regions, _ = planted(papers=60)
        some = np.flatnonzero(np.arange(len(vectors)) % 40)
        before = paper_positions(vectors[some], assignments.iloc[some], regions)
        after = paper_positions(vectors, assignments, regions).iloc[some]
        moved = np.abs(before[["x", "y"]].to_numpy() - after[["x", "y"]].to_numpy())
        assert np.quantile(moved, 0.99) < 0.05

    @pytest.mark.slow
    def test_row_order_does_not_matter(self):
        vectors, assignments, regions, _ = planted()
        order = np.random.default_rng(0).permutation(len(vectors))
        one = planted_positions().iloc[order].reset_index(drop=True)
        other = paper_positions(vectors[order], assignments.iloc[order], regions)
        np.testing.assert_allclose(one[["x", "y"]], other[["x", "y"]], atol=0.0015)

    def test_a_single_topic_and_none(self):
        vectors, assignments, regions, _ = planted(1, 1)
        assert np.isfinite(paper_positions(vectors, assignments, regions)[["x", "y"]]).all(axis=None)
        nowhere = TopicRegions((), np.zeros((0, 0), dtype=np.float32), np.zeros(0))
        assert paper_positions(vectors, assignments.assign(topic_id=UNCLUSTERED), nowhere).empty

    def test_a_topic_that_the_regions_lack_is_stood_for_by_the_nearest(self):
        vectors, assignments, regions, _ = planted()
        strange = assignments.copy()
        strange.loc[:4, "topic_id"] = "T9999"
        assert np.isfinite(paper_positions(vectors, strange, regions)[["x", "y"]]).all(axis=None)
