"""Renumber draws from another store: equal draws are merged, different ones kept apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from flows.labelling.label_file import LabelFile
from flows.store.labels import LabelDraw

__all__ = ["fitted_draws"]


def fitted_draws(
    given: LabelFile, known_draws: pd.DataFrame, known_labels: pd.DataFrame
) -> tuple[LabelFile, dict[int, int]]:
    """Number the draws of a file so that they fit a store in which papers were drawn too.

    A draw of the file is one of the store where one of the two holds the papers of the other with the same
    probabilities. Another one keeps its number where that is free and gets a new one else.

    Returns
    -------
    file : LabelFile
        Labels with fitting numbers, and only the draws that the store lacks.
    numbers : dict of int to int
        New number of each draw that got one.
    """
    ours = _chances(known_draws, known_labels)
    theirs = _chances(_draw_table(given.draws), given.labels)
    numbers: dict[int, int] = {}
    for number, papers in sorted(theirs.items()):
        by_nearness = sorted(ours, key=lambda one: (one != number, one))
        same = [one for one in by_nearness if _agree(papers, ours[one])]
        taken = {*ours, *numbers.values()}
        free = number if number not in taken else 1 + max(taken | theirs.keys())
        numbers[number] = same[0] if same else free
    stored = set(known_draws["draw"])
    draws = tuple(
        replace(one, draw=numbers[one.draw]) for one in given.draws if numbers[one.draw] not in stored
    )
    labels = given.labels.assign(draw=given.labels["draw"].map(numbers).astype("Int64"))
    changed = {old: new for old, new in numbers.items() if old != new}
    return LabelFile(labels, draws, given.faults), changed


def _chances(draws: pd.DataFrame, labels: pd.DataFrame) -> dict[int, dict[str, float]]:
    """Probability of each paper of each draw, also of papers that are known by their labels alone."""
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for table in (labels[labels["draw"].notna()], draws):
        columns = (table["draw"], table["paper_id"], table["draw_probability"])
        for number, paper_id, chance in zip(*columns, strict=True):
            found[int(number)][paper_id] = float(chance)
    return dict(found)


def _agree(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    shared = one.keys() & other.keys()
    is_part = len(shared) == min(len(one), len(other))
    return bool(shared) and is_part and all(one[paper] == other[paper] for paper in shared)


def _draw_table(draws: Sequence[LabelDraw]) -> pd.DataFrame:
    rows = [
        (one.draw, paper_id, chance)
        for one in draws
        for paper_id, chance in zip(one.paper_ids, one.probabilities, strict=True)
    ]
    return pd.DataFrame(rows, columns=["draw", "paper_id", "draw_probability"])
