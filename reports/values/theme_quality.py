"""Quality of a theme's count: found by its phrases alone, with a few answers, or checked on answers.

Read from the tables `theme_quality` and `themes`; nothing is estimated again.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from analytics.labels import MODEL
from analytics.tables import RunTables
from reports.values.formatting import clip

__all__ = ["ANSWERS_TO_CHECK", "Measure", "Quality", "make_qualities"]

ANSWERS_TO_CHECK = 60
"""Answers on drawn papers from which a theme's share is usually checked."""


@dataclass(frozen=True, slots=True)
class Measure:
    """An estimate with the ends of its 95 % interval; NaN where it is not known."""

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan

    @property
    def is_known(self) -> bool:
        """Whether there is a value; its interval may still be missing."""
        return not math.isnan(self.value)

    @property
    def has_interval(self) -> bool:
        """Whether both ends are known."""
        return not (math.isnan(self.low) or math.isnan(self.high))


@dataclass(frozen=True, slots=True)
class Quality:
    """What is known of the count of one theme.

    Attributes
    ----------
    n_found, n_corpus : int
        Papers that belong to the theme, and all papers, dated or not.
    n_labels, n_yes : int
        Answers but the unsure ones, and those that say yes.
    n_drawn : int
        Answers on papers that were drawn at random: only these enter estimates.
    n_earlier : int
        Answers that were given under an earlier definition of the theme.
    has_people : bool
        Whether people answered.
    models : tuple of str
        Models that answered.
    n_both, kappa
        Papers that both a person and a model answered, and their agreement (Cohen's kappa).
    is_taught : bool
        Whether membership follows from the answers, not from the phrases alone.
    is_checked : bool
        Whether the share is estimated from the answers.
    precision, recall, share : Measure
        Share of found papers that are right; share of right papers that are found; checked share.
    r2, labels_to_halve, drift_p : float
        NaN where not known.
    """

    n_found: int
    n_corpus: int
    n_labels: int = 0
    n_yes: int = 0
    n_drawn: int = 0
    n_earlier: int = 0
    has_people: bool = False
    models: tuple[str, ...] = ()
    n_both: int = 0
    kappa: float = math.nan
    is_taught: bool = False
    is_checked: bool = False
    precision: Measure = Measure()
    recall: Measure = Measure()
    share: Measure = Measure()
    r2: float = math.nan
    labels_to_halve: float = math.nan
    drift_p: float = math.nan

    @property
    def state(self) -> str:
        """``checked``, ``few`` (answers, but too few to correct the count) or ``found``."""
        if self.is_checked:
            return "checked"
        return "few" if self.n_labels else "found"

    @property
    def word(self) -> str:
        """How its shares are known: ``checked`` or ``found``."""
        return "checked" if self.is_checked else "found"

    @property
    def share_found(self) -> float:
        """Part of all papers that is found; NaN in an empty corpus."""
        return self.n_found / self.n_corpus if self.n_corpus else math.nan


def make_qualities(tables: RunTables) -> dict[str, Quality]:
    """Quality of each theme by its id, in the order of the table `themes`.

    Without rows in `theme_quality`, as in older runs, every theme is found by its phrases alone.
    """
    rows = {row["theme_id"]: row for row in tables.theme_quality.to_dict("records")}
    n_corpus = len(tables.papers)
    return {
        theme_id: _quality(rows.get(theme_id), int(n_papers), n_corpus)
        for theme_id, n_papers in zip(tables.themes["theme_id"], tables.themes["n_papers"], strict=True)
    }


def _quality(row: Mapping[Hashable, Any] | None, n_found: int, n_corpus: int) -> Quality:
    """Row of `theme_quality` as a value; a share that is called checked and missing is not checked."""
    if row is None:
        return Quality(n_found, n_corpus)
    labellers = [one.strip() for one in str(row["labelled_by"]).split(",") if one.strip()]
    models = [one for one in labellers if one.startswith(MODEL)]
    share = Measure(row["share_checked"], row["checked_low"], row["checked_high"])
    return Quality(
        n_found,
        n_corpus,
        n_labels=int(row["n_labels"]),
        n_yes=int(row["n_yes"]),
        n_drawn=int(row["n_drawn"]),
        n_earlier=int(row["n_earlier"]),
        has_people=len(models) < len(labellers),
        models=tuple(clip(one.removeprefix(MODEL), 60) for one in models),
        n_both=int(row["n_both"]),
        kappa=row["kappa"],
        is_taught=bool(row["is_taught"]),
        is_checked=bool(row["is_checked"]) and share.is_known,
        precision=_measure(row, "precision"),
        recall=_measure(row, "recall"),
        share=share,
        r2=row["r2"],
        labels_to_halve=row["labels_to_halve"],
        drift_p=row["drift_p"],
    )


def _measure(row: Mapping[Hashable, Any], name: str) -> Measure:
    return Measure(row[name], row[f"{name}_low"], row[f"{name}_high"])
