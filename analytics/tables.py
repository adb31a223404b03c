"""The tables of a run, typed and validated.

A run is a `RunTables`: nothing but long-format DataFrames. analytics fills them, flows writes
them as Parquet, reports turns them into a page. `TABLE_COLUMNS` is the contract between the three.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.exceptions import PapertrendsError
from analytics.table_columns import TABLES

__all__ = [
    "ADDED_COLUMNS",
    "ADDED_TABLES",
    "TABLE_COLUMNS",
    "UNCLUSTERED",
    "RunTables",
    "empty_table",
    "is_among",
    "validate_table",
]

UNCLUSTERED = "-1"
"""`topic_id` of a paper that belongs to no topic."""

TABLE_COLUMNS: dict[str, dict[str, str]] = {
    name: {column: spec.kind for column, spec in table.columns.items()} for name, table in TABLES.items()
}
"""Kind of every column of every table, see `analytics.table_columns.Column`."""

ADDED_COLUMNS: dict[str, dict[str, object]] = {
    "papers": {
        "published_source": None,
        "date_fault": None,
        "updated": None,
        "is_withdrawn": False,
        "categories": (),
        "venue": None,
    },
    "topic_assignments": {
        "basis": None,
        "nearest_topic_id": None,
        "similarity": float("nan"),
        "found_topic_id": None,
    },
    "topics": {
        "coherence": float("nan"),
        **dict.fromkeys(("group_id", "group_label", "found_label"), None),
        "named_by": "data",
        "merged_ids": (),
        "is_pinned": False,
        "is_hidden": False,
        "note": "",
    },
    "theme_assignments": {"probability": float("nan")},
    "trends": dict.fromkeys(
        ("checked_share", "checked_low", "checked_high", "smooth_share", "smooth_low", "smooth_high"),
        float("nan"),
    ),
    "verdicts": {
        "is_fragile": False,
        "basis": "found",
        "period": "",
        **dict.fromkeys(("since", "parted", "until"), None),
        **dict.fromkeys(
            (
                "start_share",
                "end_share",
                "change",
                "change_low",
                "change_high",
                "steady_p",
                "papers_to_tell",
                "days_to_tell",
            ),
            float("nan"),
        ),
        "is_curved": False,
    },
    "forecasts": {"basis": "found"},
    "scored_forecasts": {"basis": "found"},
    "changes": {"by_correction": 0.0},
}
"""Columns that older run folders lack, with what is in them there."""

ADDED_TABLES = frozenset(
    {
        "unassigned", "bursts", "change_points", "forecasts", "backtests", "emerging", "emerging_scores",
        "scored_forecasts", "scored_claims", "topic_events", "positions",
        "theme_terms", "near_misses", "labels", "theme_quality", "watched", "groups",
    }
)  # fmt: skip
"""Tables that older run folders lack; they are empty there."""

_DTYPES = {
    "text": "str",
    "text?": "str",
    "int": "int64",
    "int?": "Int64",
    "float": "float64",
    "bool": "bool",
    "day": "datetime64[us]",
    "day?": "datetime64[us]",
    "texts": "object",
}


@dataclass(frozen=True)
class RunTables:
    """All tables of one run, see `TABLE_COLUMNS` for their columns."""

    papers: pd.DataFrame
    theme_assignments: pd.DataFrame
    near_misses: pd.DataFrame
    labels: pd.DataFrame
    theme_quality: pd.DataFrame
    positions: pd.DataFrame
    topic_assignments: pd.DataFrame
    themes: pd.DataFrame
    theme_terms: pd.DataFrame
    topics: pd.DataFrame
    topic_events: pd.DataFrame
    trends: pd.DataFrame
    verdicts: pd.DataFrame
    groups: pd.DataFrame
    watched: pd.DataFrame
    unassigned: pd.DataFrame
    bursts: pd.DataFrame
    change_points: pd.DataFrame
    forecasts: pd.DataFrame
    backtests: pd.DataFrame
    emerging: pd.DataFrame
    emerging_scores: pd.DataFrame
    scored_forecasts: pd.DataFrame
    scored_claims: pd.DataFrame
    changes: pd.DataFrame


def empty_table(name: str) -> pd.DataFrame:
    """Table `name` without rows, its columns typed.

    Examples
    --------
    >>> list(empty_table("themes").columns)
    ['theme_id', 'name', 'description', 'n_papers']
    """
    return _empty_table(name).copy()


@cache
def _empty_table(name: str) -> pd.DataFrame:
    kinds = TABLE_COLUMNS[name]
    return pd.DataFrame({column: pd.Series([], dtype=_DTYPES[kind]) for column, kind in kinds.items()})


def is_among(values: pd.Series, known: pd.Series | pd.Index) -> NDArray[np.bool_]:
    """Whether each value is one of many known texts.

    `Series.isin` makes a Python object of each known text that Arrow holds: 0.7 s for 75,000, 0.03 s here.

    Examples
    --------
    >>> is_among(pd.Series(["a", "b"]), pd.Series(["b", "c", "b"])).tolist()
    [False, True]
    """
    return np.asarray(pd.Index(known).unique().get_indexer(pd.Index(values)) >= 0)


def validate_table(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Copy of `table` with exactly the contract's columns, in its order and types.

    Raises
    ------
    PapertrendsError
        When a column is missing, or a value is null where the contract has none.
    """
    kinds = TABLE_COLUMNS[name]
    missing = [column for column in kinds if column not in table]
    if missing:
        raise PapertrendsError(f"table {name!r} lacks {', '.join(missing)}; it must have {', '.join(kinds)}")
    typed = table[list(kinds)]
    types, given = _empty_table(name).dtypes, typed.dtypes
    if other := {column: types[column] for column in kinds if given[column] != types[column]}:
        typed = typed.astype(other)
    # A growth that cannot be estimated is NaN, so floats may be null; keys and counts may not.
    whole = [column for column, kind in kinds.items() if kind in {"text", "day"}]
    for column, has_empty in typed[whole].isna().any().items():
        if has_empty:
            raise PapertrendsError(
                f"table {name!r} has an empty value in {column!r}; fill it or drop the row"
            )
    return typed.reset_index(drop=True)
