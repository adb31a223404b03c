"""Decompose a share's change between two runs into new papers and reassignment of old papers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.exceptions import InputError
from analytics.tables import UNCLUSTERED, RunTables, empty_table, validate_table

__all__ = ["KINDS", "share_changes"]

# Of each kind of series: the tables that list it and assign papers to it, and their key.
_TABLES = {
    "theme": ("themes", "theme_assignments", "theme_id"),
    "topic": ("topics", "topic_assignments", "topic_id"),
}
KINDS: tuple[str, ...] = tuple(_TABLES)
"""Kinds of series that can be compared."""


def share_changes(
    before: RunTables | None,
    after: RunTables,
    *,
    against: str,
    definition_changed: bool,
    kinds: Collection[str] = ("theme",),
) -> pd.DataFrame:
    """Split each series' change of share between two runs into parts that add up to it.

    A share here is a series' papers over all dated papers of the run, all periods together.

    *Method.* One step after the other, because a split in which all parts are measured from the
    same start leaves a remainder [1]_. First the papers of the earlier run are kept and those that
    the later run still holds get its assignments: the share moves by ``(n' - n) / N``, with n and
    n' the series' papers among those in both runs by the old and the new assignment, and N the
    earlier run's papers. Then the papers change with the assignments held: whatever came, went,
    gained or lost its date is the rest. With the steps the other way round, papers that came
    would be counted by assignments that were never made, so that order is not open.

    *Checked themes.* Where both runs have checked a theme, its checked shares are compared, and the change
    has two parts. ``by_new_papers`` is that part of the share found, times the later run's ratio of the
    checked share to the share found. The rest is ``by_correction``: the same papers, estimated from other
    labels or with another definition.

    *Answers.* Other themes whose labels differ between the runs have ``by_correction`` in place of
    ``by_reassignment``, for labels teach which papers belong to a theme.

    *Limitations.* A paper that was reassigned both by a changed definition and by chance
    counts once: when definitions changed, all reassignment is theirs, because the two cannot be told
    apart after the fact.

    Parameters
    ----------
    before : RunTables or None
        The earlier run; None for a first run.
    definition_changed : bool
        The themes file, the vectorizer or a setting that decides assignments differs between the
        runs. A theme that is in one of them only is a changed definition in any case.
    kinds : collection of {"theme", "topic"}
        Topics only where a topic's id means the same in both runs.

    Returns
    -------
    DataFrame
        The table `changes`: one row per series of either run, those of the later run first.
        ``by_new_papers + by_reassignment + by_definition + by_correction`` equals
        ``to_share - from_share`` but for rounding. A series absent from a run has the share 0 there. Empty
        for a first run, and when a run has no dated paper and so no shares.

    Raises
    ------
    InputError
        When a kind is unknown.

    References
    ----------
    .. [1] Kitagawa (1955), doi:10.1080/01621459.1955.10501299

    Examples
    --------
    See the tests for runs worked by hand. A first run has nothing to compare:

    >>> tables = RunTables(**{name: empty_table(name) for name in RunTables.__dataclass_fields__})
    >>> len(share_changes(None, tables, against="", definition_changed=False))
    0
    """
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise InputError(f"no kind {unknown[0]!r} of series; kinds are {', '.join(KINDS)}")
    if before is None or before.papers["published"].isna().all() or after.papers["published"].isna().all():
        return empty_table("changes")
    old, new = _dated_ids(before), _dated_ids(after)
    sides = (
        _Side(before, old, new.get_indexer(old) >= 0),
        _Side(after, new, old.get_indexer(new) >= 0),
    )
    found = [_kind_changes(kind, *sides, definition_changed) for kind in KINDS if kind in kinds]
    if not found:
        return empty_table("changes")
    return validate_table("changes", pd.concat(found, ignore_index=True).assign(against=against))


@dataclass(frozen=True)
class _Side:
    """A run, its dated papers, and which of them the other run dates too."""

    tables: RunTables
    dated: pd.Index
    in_both: NDArray[np.bool_]


def _kind_changes(kind: str, before: _Side, after: _Side, definition_changed: bool) -> pd.DataFrame:
    """Split of all series of one kind, see `share_changes`."""
    listed_old, listed_new = _listed(kind, before.tables), _listed(kind, after.tables)
    series = listed_new.append(listed_old.difference(listed_new, sort=False))
    (n_old, kept_old), (n_new, kept_new) = _counts(kind, before, series), _counts(kind, after, series)
    moved = kept_new - kept_old
    n_before = len(before.dated)
    from_share, to_share = n_old / n_before, n_new / len(after.dated)
    reread = moved / n_before
    redefined = pd.Series(definition_changed, series)
    answered = pd.Series(False, series)
    if kind == "theme":
        redefined |= ~series.isin(listed_old.intersection(listed_new))
        answered |= series.isin(_answered_since(before.tables, after.tables)) & ~redefined
    changes = pd.DataFrame(
        {
            "kind": kind,
            "series_id": series,
            "from_share": from_share,
            "to_share": to_share,
            # From whole counts, so that it is exactly 0 when no paper came or went.
            "by_new_papers": to_share - (n_old + moved) / n_before,
            "by_reassignment": reread.mask(redefined | answered, 0.0),
            "by_definition": reread.where(redefined, 0.0),
            "by_correction": reread.where(answered, 0.0),
        }
    )
    return _as_checked(changes, before.tables, after.tables) if kind == "theme" else changes


def _as_checked(changes: pd.DataFrame, before: RunTables, after: RunTables) -> pd.DataFrame:
    """Changes of themes, those that both runs have checked by their checked shares."""
    checked = pd.DataFrame(
        {
            name: run.theme_quality.set_index("theme_id")["share_checked"].reindex(changes["series_id"])
            for name, run in (("from_share", before), ("to_share", after))
        }
    ).set_index(changes.index)
    times = (checked["to_share"] / changes["to_share"]).where(changes["to_share"] > 0, 1.0)
    news = changes["by_new_papers"] * times
    rest = checked["to_share"] - checked["from_share"] - news
    by_labels = checked.assign(by_new_papers=news, by_reassignment=0.0, by_definition=0.0, by_correction=rest)
    both = checked.notna().all(axis=1)
    changes.loc[both, by_labels.columns] = by_labels[both]
    return changes


def _answered_since(before: RunTables, after: RunTables) -> set[str]:
    """Themes that have other answers in the later run."""
    answers = [
        set(run.labels[["theme_id", "paper_id", "labeller", "answer"]].itertuples(index=False, name=None))
        for run in (before, after)
    ]
    return {theme_id for theme_id, *_ in answers[0] ^ answers[1]}


def _dated_ids(run: RunTables) -> pd.Index:
    """Ids of the papers that a share counts."""
    return pd.Index(run.papers.loc[run.papers["published"].notna(), "paper_id"])


def _listed(kind: str, run: RunTables) -> pd.Index:
    """Ids of the run's series of one kind, in its order, the unclustered left out."""
    listing, _, key = _TABLES[kind]
    ids = pd.Index(getattr(run, listing)[key])
    return ids[ids != UNCLUSTERED]


def _counts(kind: str, run: _Side, series: pd.Index) -> tuple[pd.Series, pd.Series]:
    """Distinct papers that a run assigns to each series: dated ones, and those that both runs date."""
    _, assignments, key = _TABLES[kind]
    pairs = getattr(run.tables, assignments)[["paper_id", key]].drop_duplicates()
    place = run.dated.get_indexer(pairs["paper_id"])
    is_dated = place >= 0
    is_in_both = is_dated & run.in_both[place]
    of_dated, of_both = (
        pairs.loc[rows, key].value_counts().reindex(series, fill_value=0) for rows in (is_dated, is_in_both)
    )
    return of_dated, of_both
