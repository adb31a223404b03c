"""Quality of a theme's phrases, estimated from labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.labels.agreement import agreement_by_theme
from analytics.labels.answers import MODEL, counted_answers
from analytics.labels.checked_shares import Checked, check_shares, share_interval
from analytics.labels.drift import drift_test
from analytics.labels.learned_themes import LearnedTheme, days_of
from analytics.tables import TABLE_COLUMNS, is_among, validate_table
from analytics.themes import MEMBER

__all__ = ["theme_quality"]

Floats = NDArray[np.float64]


def theme_quality(
    paper_ids: Sequence[str],
    published: pd.Series,
    learned: Sequence[LearnedTheme],
    labels: pd.DataFrame,
    definitions: Mapping[str, str],
    *,
    least: float = MEMBER,
) -> pd.DataFrame:
    """Table `theme_quality`: answers of each theme, what its phrases alone find and miss, its checked share.

    Precision is the part of the papers found by the phrases alone that a reader would count; recall the part
    of those that a reader would count which the phrases find. Both come from check_shares, among the papers
    that are found and among the others, each with its own answers; the interval of recall is the delta
    method's on the log odds. `labels_to_halve` follows from the root of the number of answers.

    `definitions` are today's, see `analytics.themes.theme_definition`; a paper is found from probability
    `least` on. There is a row for each theme, in their order; measures that too few answers allow are NaN.
    """
    known = labels[is_among(labels["paper_id"], pd.Index(paper_ids))]
    counted = counted_answers(known)
    agreement = agreement_by_theme(known).set_index("theme_id")
    days = days_of(published)
    rows = []
    for one in learned:
        own = counted[counted["theme_id"] == one.theme_id]
        is_found = one.phrases_alone >= least
        both = agreement.loc[one.theme_id] if one.theme_id in agreement.index else None
        row: dict[str, Any] = dict.fromkeys(TABLE_COLUMNS["theme_quality"], np.nan)
        row |= {
            "theme_id": one.theme_id,
            "n_labels": len(own),
            "n_yes": int(own["is_yes"].sum()),
            "n_drawn": len(one.drawn),
            "n_earlier": int((own["definition"] != definitions[one.theme_id]).sum()),
            "labelled_by": _labelled_by(own["labeller"]),
            "n_both": 0 if both is None else int(both["n_both"]),
            "kappa": np.nan if both is None else float(both["kappa"]),
            "is_taught": one.taught.is_better,
            "is_checked": one.is_checked,
            "share_found": float(is_found.mean()) if len(is_found) else np.nan,
        }
        rows.append(row | (_measures(one, days, is_found) if one.is_checked else {}))
    return validate_table("theme_quality", pd.DataFrame(rows, columns=list(TABLE_COLUMNS["theme_quality"])))


def _labelled_by(labellers: pd.Series) -> str:
    """Who answered: ``people``, the models' names, or both."""
    models = sorted({one for one in labellers if one.startswith(MODEL)})
    people = ["people"] if len(labellers) and not labellers.str.startswith(MODEL).all() else []
    return ", ".join([*people, *models])


def _measures(one: LearnedTheme, days: Floats, is_found: NDArray[np.bool_]) -> dict[str, float]:
    """What enough answers say of a theme."""
    rows, is_yes = one.rows[one.drawn], one.is_yes[one.drawn]
    checked = one.check(days, np.zeros(len(days), dtype=np.int64))
    low, high = share_interval(checked.share, checked.deviation, checked.freedom)
    measures = {
        "share_checked": float(checked.share[0]),
        "checked_low": float(low[0]),
        "checked_high": float(high[0]),
        "r2": checked.explained,
        "labels_to_halve": float(3 * len(rows)),
        "drift_p": drift_test(one.taught.cross_fitted, rows, is_yes, days),
    }
    parts = [_within(one, days, part) for part in (is_found, ~is_found)]
    if parts[0] is not None:
        values = [parts[0].share, *share_interval(parts[0].share, parts[0].deviation, parts[0].freedom)]
        measures |= _named("precision", values)
        if parts[1] is not None:
            measures |= _named("recall", _recall(parts[0], parts[1], is_found.mean()))
    return measures


def _within(one: LearnedTheme, days: Floats, part: NDArray[np.bool_]) -> Checked | None:
    """Checked share among some of the papers by the answers about them, None without any."""
    rows = one.rows[one.drawn]
    inside = part[rows]
    if not inside.any():
        return None
    place = np.cumsum(part) - 1
    weights = one.weights[inside] * part.sum() / one.weights[inside].sum()
    return check_shares(
        one.taught.cross_fitted[part],
        place[rows[inside]],
        one.is_yes[one.drawn][inside],
        weights,
        days[part],
        np.zeros(int(part.sum()), dtype=np.int64),
    )


def _recall(found: Checked, others: Checked, part: float) -> list[Floats]:
    """Recall with its interval, from the shares among what is found and among the others."""
    hits, misses = part * found.share, (1 - part) * others.share
    total = hits + misses
    if not (total > 0).all():
        return [np.array([np.nan])] * 3
    recall = hits / total
    slopes = misses / total**2, hits / total**2
    deviation = np.hypot(slopes[0] * part * found.deviation, slopes[1] * (1 - part) * others.deviation)
    return [recall, *share_interval(recall, deviation, min(found.freedom, others.freedom))]


def _named(name: str, values: Sequence[Floats]) -> dict[str, float]:
    return {
        key: float(value[0]) for key, value in zip((name, f"{name}_low", f"{name}_high"), values, strict=True)
    }
