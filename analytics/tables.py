"""The tables of a run: names, columns and types in one place.

A run is a `RunTables`: nothing but long-format DataFrames. analytics fills them, flows writes
them as Parquet, reports turns them into a page. `TABLE_COLUMNS` is the contract between the three.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.exceptions import PapertrendsError

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

_FORECAST = {
    "kind": "text",
    "series_id": "text",
    "period_start": "day",
    "period_end": "day",
    "share": "float",
    "low_50": "float",
    "high_50": "float",
    "low_90": "float",
    "high_90": "float",
    "method": "text",
    "basis": "text",
    "last_start": "day",
}

# Kinds: text (never null), text? (nullable), int, int?, float, bool, day, day? and texts (a list of str).
# `day` is a pandas datetime64[us] at midnight without a zone.
TABLE_COLUMNS: dict[str, dict[str, str]] = {
    "papers": {
        "paper_id": "text",
        "title": "text",
        "abstract": "text",
        "published": "day?",
        "published_basis": "text",
        "published_precision": "text",
        "published_source": "text?",
        "date_fault": "text?",
        "updated": "day?",
        "is_withdrawn": "bool",
        "first_seen": "day",
        "authors": "texts",
        "n_authors": "int?",
        "upvotes": "int?",
        "organization": "text?",
        "url": "text?",
        "sources": "texts",
        "primary_theme": "text?",
        "topic_id": "text",
    },
    "theme_assignments": {
        "paper_id": "text",
        "theme_id": "text",
        "score": "float",
        "probability": "float",
        "is_primary": "bool",
        "phrase": "text",
    },
    "near_misses": {"theme_id": "text", "paper_id": "text", "score": "float", "probability": "float"},
    "labels": {
        "paper_id": "text",
        "theme_id": "text",
        "answer": "text",
        "labeller": "text",
        "day": "day",
        "draw": "int?",
        "draw_probability": "float",
        "definition": "text",
    },
    "theme_quality": {
        "theme_id": "text",
        "n_labels": "int",
        "n_yes": "int",
        "n_drawn": "int",
        "n_earlier": "int",
        "labelled_by": "text",
        "n_both": "int",
        "kappa": "float",
        "is_taught": "bool",
        "is_checked": "bool",
        "precision": "float",
        "precision_low": "float",
        "precision_high": "float",
        "recall": "float",
        "recall_low": "float",
        "recall_high": "float",
        "share_found": "float",
        "share_checked": "float",
        "checked_low": "float",
        "checked_high": "float",
        "r2": "float",
        "labels_to_halve": "float",
        "drift_p": "float",
    },
    "positions": {"paper_id": "text", "x": "float", "y": "float"},
    "topic_assignments": {
        "paper_id": "text",
        "topic_id": "text",
        "strength": "float",
        "basis": "text?",
        "nearest_topic_id": "text?",
        "similarity": "float",
    },
    "themes": {"theme_id": "text", "name": "text", "description": "text", "n_papers": "int"},
    "theme_terms": {
        "theme_id": "text",
        "term": "text",
        "n_lately": "int",
        "of_lately": "int",
        "n_before": "int",
        "of_before": "int",
        "p_value": "float",
        "q_value": "float",
    },
    "topics": {
        "topic_id": "text",
        "label": "text",
        "top_terms": "texts",
        "coherence": "float",
        "n_papers": "int",
        "representative_papers": "texts",
        "group_id": "text?",
        "group_label": "text?",
    },
    "topic_events": {
        "event": "text",
        "topic_id": "text",
        "other_id": "text?",
        "n_papers": "int",
        "papers": "texts",
    },
    "trends": {
        "kind": "text",
        "series_id": "text",
        "period_start": "day",
        "period_end": "day",
        "n_papers": "int",
        "n_total": "int",
        "share": "float",
        "share_low": "float",
        "share_high": "float",
        "is_complete": "bool",
        "checked_share": "float",
        "checked_low": "float",
        "checked_high": "float",
        "smooth_share": "float",
        "smooth_low": "float",
        "smooth_high": "float",
    },
    "verdicts": {
        "kind": "text",
        "series_id": "text",
        "window": "text",
        "basis": "text",
        "period": "text",
        "since": "day?",
        "parted": "day?",
        "until": "day?",
        "verdict": "text",
        "start_share": "float",
        "end_share": "float",
        "change": "float",
        "change_low": "float",
        "change_high": "float",
        "growth_per_year": "float",
        "growth_low": "float",
        "growth_high": "float",
        "p_value": "float",
        "q_value": "float",
        "steady_p": "float",
        "papers_to_tell": "float",
        "days_to_tell": "float",
        "is_curved": "bool",
        "n_papers": "int",
        "n_periods": "int",
        "is_fragile": "bool",
    },
    "unassigned": {
        "period_start": "day",
        "period_end": "day",
        "n_total": "int",
        "n_unclustered": "int",
        "n_undated": "int",
        "is_complete": "bool",
    },
    "bursts": {
        "kind": "text",
        "series_id": "text",
        "period_start": "day",
        "period_end": "day",
        "weight": "float",
        "p_value": "float",
        "q_value": "float",
    },
    "change_points": {
        "kind": "text",
        "series_id": "text",
        "period_start": "day",
        "share_before": "float",
        "share_after": "float",
        "p_value": "float",
        "q_value": "float",
    },
    "forecasts": _FORECAST,
    "backtests": {
        "method": "text",
        "error_ratio": "float",
        "pinball_ratio": "float",
        "coverage_50": "float",
        "coverage_90": "float",
        "p_over_last_value": "float",
        "p_over_trailing_mean": "float",
        "p_over_pooled_level": "float",
        "p_over_damped_trend": "float",
        "year_ratio": "float",
        "p_over_year": "float",
        "n_forecasts": "int",
        "n_origins": "int",
        "n_series": "int",
    },
    "emerging": {
        "kind": "text",
        "series_id": "text",
        "probability": "float",
        "growth_per_year": "float",
        "n_papers": "int",
    },
    "emerging_scores": {"cutoff": "day", "method": "text", "precision": "float", "base_rate": "float"},
    "scored_forecasts": {
        "run_id": "text",
        **_FORECAST,
        "actual": "float",
        "error": "float",
        "naive_error": "float",
        "inside_50": "bool",
        "inside_90": "bool",
    },
    "scored_claims": {
        "run_id": "text",
        "kind": "text",
        "series_id": "text",
        "verdict": "text",
        "last_start": "day",
        "share_before": "float",
        "share_after": "float",
        "came_true": "bool",
    },
    "changes": {
        "against": "text",
        "kind": "text",
        "series_id": "text",
        "from_share": "float",
        "to_share": "float",
        "by_new_papers": "float",
        "by_reassignment": "float",
        "by_definition": "float",
        "by_correction": "float",
    },
}

ADDED_COLUMNS: dict[str, dict[str, object]] = {
    "papers": {"published_source": None, "date_fault": None, "updated": None, "is_withdrawn": False},
    "topic_assignments": {"basis": None, "nearest_topic_id": None, "similarity": float("nan")},
    "topics": {"coherence": float("nan"), "group_id": None, "group_label": None},
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
"""Columns that older run folders lack, with what stands in them there."""

ADDED_TABLES = frozenset(
    {
        "unassigned", "bursts", "change_points", "forecasts", "backtests", "emerging", "emerging_scores",
        "scored_forecasts", "scored_claims", "topic_events", "positions",
        "theme_terms", "near_misses", "labels", "theme_quality",
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
    typed = pd.DataFrame(
        {column: table[column].astype(_DTYPES[kind]) for column, kind in kinds.items()},
        index=table.index,
    )
    for column, kind in kinds.items():
        # A growth that cannot be estimated is NaN, so floats may be null; keys and counts may not.
        if not kind.endswith("?") and kind not in {"float", "texts"} and typed[column].isna().any():
            raise PapertrendsError(
                f"table {name!r} has an empty value in {column!r}; fill it or drop the row"
            )
    return typed.reset_index(drop=True)
