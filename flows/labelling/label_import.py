"""Import labels into the store: filled-in answers, and exported labels of another store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from analytics.exceptions import InputError
from analytics.tables import TABLE_COLUMNS
from analytics.themes import Theme, theme_definition
from flows.labelling.csv_tables import CsvTable, read_csv_table
from flows.labelling.draw_numbers import fitted_draws
from flows.labelling.label_file import is_label_file, labels_of
from flows.labelling.question_file import FilledAnswers, answers_of
from flows.store import Store

__all__ = ["TakenLabels", "take_file"]

_COLUMNS = list(TABLE_COLUMNS["labels"])


@dataclass(frozen=True)
class TakenLabels:
    """Result of importing a file of answers or labels.

    Attributes
    ----------
    faults : tuple of str
        What could not be read, a line each: these answers are lost until the file is mended.
    doubts : tuple of str
        What was left aside or is unexpected, and costs no answer.
    numbers : dict of int to int
        New numbers of the file's draws.
    """

    n_labels: int
    n_papers: int
    n_known: int
    labellers: tuple[str, ...]
    faults: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    numbers: dict[int, int] = field(default_factory=dict)


def take_file(
    workspace: Path, path: Path, themes: Sequence[Theme], *, labeller: str, day: date
) -> TakenLabels:
    """Take a file into the store of a workspace: filled questions, a file of the report, exported labels.

    Raises
    ------
    InputError
        When the file is of none of the three kinds, or nothing in it can be read.
    """
    table = read_csv_table(path, key="paper_id")
    with Store.open(workspace) as store:
        taken = (
            _take_labels(store, table, themes)
            if is_label_file(table)
            else _take_answers(store, table, themes, labeller=labeller, day=day)
        )
    if taken.faults and not taken.n_labels:
        rest = len(taken.faults) - 1
        more = f"; so do {rest} more" if rest else ""
        raise InputError(f"{path} holds no answer that can be read: {taken.faults[0]}{more}")
    return taken


def _take_answers(
    store: Store, table: CsvTable, themes: Sequence[Theme], *, labeller: str, day: date
) -> TakenLabels:
    draws, history = store.read_draws(day), store.read_label_history(day)
    known = {*store.read_papers(day)["paper_id"], *draws["paper_id"], *history["paper_id"]}
    definitions = {theme.theme_id: theme_definition(theme) for theme in themes}
    filled = answers_of(table, definitions, known=known)
    given = _label_rows(filled, draws, definitions, labeller, day)
    is_new = _is_new(given, store.read_labels(day))
    store.write_labels(given[is_new])
    return TakenLabels(
        n_labels=len(given),
        n_papers=given["paper_id"].nunique(),
        n_known=int((~is_new).sum()),
        labellers=(labeller,),
        faults=filled.faults,
        doubts=filled.doubts,
    )


def _label_rows(
    filled: FilledAnswers, draws: pd.DataFrame, definitions: dict[str, str], labeller: str, day: date
) -> pd.DataFrame:
    """Table `labels`; papers that were drawn belong to their newest draw, unless a reader chose them."""
    newest = draws.drop_duplicates("paper_id", keep="last")
    drawn = {
        paper_id: (draw, chance)
        for paper_id, draw, chance in zip(
            newest["paper_id"], newest["draw"], newest["draw_probability"], strict=True
        )
        if paper_id not in filled.chosen
    }
    rows = [
        (paper_id, theme_id, answer, labeller, day, *drawn.get(paper_id, (None, None)), definitions[theme_id])
        for (paper_id, theme_id), answer in filled.answers.items()
    ]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    return table.astype({"day": "datetime64[us]", "draw": "Int64", "draw_probability": "float64"})


def _is_new(given: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """Which answers the store lacks: a file read twice must not give them a newer day or definition."""
    keys = ["paper_id", "theme_id", "labeller"]
    both = given.merge(known[[*keys, "answer", "draw"]], on=keys, how="left", suffixes=("", "_known"))
    same = (both["answer"] == both["answer_known"]) & (both["draw"].isna() | both["draw_known"].notna())
    return ~same.fillna(False).astype(bool)


def _take_labels(store: Store, table: CsvTable, themes: Sequence[Theme]) -> TakenLabels:
    given = labels_of(table)
    draws, history = store.read_draws(), store.read_label_history()
    fitted, numbers = fitted_draws(given, draws, history)
    known = set(history.astype("str").itertuples(index=False, name=None))
    written = fitted.labels.astype("str").itertuples(index=False, name=None)
    store.write_labels(fitted.labels, fitted.draws)
    declared = {theme.theme_id for theme in themes}
    unknown = sorted(set(fitted.labels["theme_id"]) - declared)
    doubts = [
        f"{int((fitted.labels['theme_id'] == one).sum())} labels are of {one!r}, which is not a declared "
        "theme; they are kept"
        for one in unknown
    ]
    return TakenLabels(
        n_labels=len(fitted.labels),
        n_papers=fitted.labels["paper_id"].nunique(),
        n_known=sum(row in known for row in written),
        labellers=tuple(sorted(set(fitted.labels["labeller"]))),
        faults=given.faults,
        doubts=tuple(doubts),
        numbers=numbers,
    )
