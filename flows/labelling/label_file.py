"""Write and read all labels and draws as one CSV file for a git repository."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, TypeVar

import pandas as pd

from analytics.exceptions import InputError
from analytics.labels import ANSWERS, MODEL
from analytics.tables import TABLE_COLUMNS
from flows.labelling.csv_tables import CsvRow, CsvTable
from flows.labelling.labellers import check_labeller
from flows.sources.plain_text import excerpt
from flows.store.labels import LabelDraw

__all__ = ["COLUMNS", "LabelFile", "is_label_file", "labels_of", "render_labels"]

_LABEL = tuple(TABLE_COLUMNS["labels"])
COLUMNS = (*_LABEL, "position", "random_state")
"""Columns of the file. A row without theme and answer is a paper of a draw, with its day and probability."""
_A_PAPER, _A_DAY = "the id of a paper", "a day as YYYY-MM-DD"
_A_DRAW, _A_CHANCE = "a number from 1", "a probability above 0 and at most 1"
_MOST_DRAWS, _MOST_SEED = 2**31 - 1, 2**32 - 1

_T = TypeVar("_T")


@dataclass(frozen=True)
class LabelFile:
    """Contents of such a file: labels (table `labels`), draws, and one line per faulty row."""

    labels: pd.DataFrame
    draws: tuple[LabelDraw, ...]
    faults: tuple[str, ...] = ()


class _DrawnPaper(NamedTuple):
    position: int
    paper_id: str
    probability: float
    day: date
    random_state: int


def render_labels(history: pd.DataFrame, draws: pd.DataFrame) -> str:
    """Write draws and labels as CSV: the same text for the same rows, a line each, in a stable order."""
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(COLUMNS)
    ordered = (
        draws.sort_values(["draw", "position"], kind="stable"),
        history.sort_values(["paper_id", "theme_id", "labeller", "day"], kind="stable"),
    )
    for table in ordered:
        for row in table.to_dict("records"):
            writer.writerow([_written(row.get(name)) for name in COLUMNS])
    return content.getvalue()


def is_label_file(table: CsvTable) -> bool:
    """Whether a table is of `render_labels`, by its header."""
    return {"theme_id", "answer", "labeller"} <= set(table.names)


def labels_of(table: CsvTable) -> LabelFile:
    """Labels and draws of such a file.

    Raises
    ------
    InputError
        When the header lacks a column.
    """
    missing = [name for name in COLUMNS if name not in table.names]
    if missing:
        raise InputError(
            f"the file of labels lacks the columns {', '.join(missing)}; write it with "
            "papertrends label --export"
        )
    faults = list(table.faults)
    labels: list[tuple[object, ...]] = []
    drawn: dict[int, list[_DrawnPaper]] = defaultdict(list)
    for row in table.rows:
        try:
            if row.cells["theme_id"] or row.cells["answer"]:
                labels.append(_label(row))
            else:
                number, paper = _cell(row, "draw", _draw_number, _A_DRAW), _drawn_paper(row)
                drawn[number].append(paper)
        except InputError as error:
            faults.append(f"line {row.line}, {error}")
    draws = tuple(_draw(number, papers) for number, papers in sorted(drawn.items()))
    return LabelFile(_label_table(labels), draws, tuple(faults))


def _label(row: CsvRow) -> tuple[object, ...]:
    labeller = row.cells["labeller"]
    check_labeller(labeller.removeprefix(MODEL), "column labeller:")
    is_drawn = bool(row.cells["draw"] or row.cells["draw_probability"])
    return (
        _cell(row, "paper_id", _matching(r"\S.{0,999}"), _A_PAPER),
        _cell(row, "theme_id", _matching(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}"), "the id of a theme"),
        _cell(row, "answer", _matching("|".join(ANSWERS)), f"one of {', '.join(ANSWERS)}"),
        labeller,
        _cell(row, "day", date.fromisoformat, _A_DAY),
        _cell(row, "draw", _draw_number, _A_DRAW) if is_drawn else None,
        _cell(row, "draw_probability", _chance, _A_CHANCE) if is_drawn else None,
        _cell(row, "definition", _matching("[0-9a-f]{0,16}"), "up to 16 hexadecimal digits"),
    )


def _drawn_paper(row: CsvRow) -> _DrawnPaper:
    return _DrawnPaper(
        _cell(row, "position", lambda text: _whole(text, 0, _MOST_DRAWS), "a number from 0"),
        _cell(row, "paper_id", _matching(r"\S.{0,999}"), _A_PAPER),
        _cell(row, "draw_probability", _chance, _A_CHANCE),
        _cell(row, "day", date.fromisoformat, _A_DAY),
        _cell(row, "random_state", lambda text: _whole(text, 0, _MOST_SEED), "the seed of a draw"),
    )


def _cell(row: CsvRow, name: str, read: Callable[[str], _T], wanted: str) -> _T:
    try:
        return read(row.cells[name])
    except ValueError:
        given = excerpt(row.cells[name])
        raise InputError(f"column {name}: {given!r} is not {wanted}") from None


def _matching(pattern: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(text)
        return text

    return read


def _whole(text: str, least: int, most: int) -> int:
    if not re.fullmatch("[0-9]{1,10}", text) or not least <= int(text) <= most:
        raise ValueError(text)
    return int(text)


def _draw_number(text: str) -> int:
    return _whole(text, 1, _MOST_DRAWS)


def _chance(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1:
        raise ValueError(text)
    return value


def _draw(number: int, papers: Sequence[_DrawnPaper]) -> LabelDraw:
    """Draw of its papers, each once, in the order of their positions."""
    chances = {paper.paper_id: paper.probability for paper in sorted(papers)}
    return LabelDraw(number, papers[0].day, papers[0].random_state, tuple(chances), tuple(chances.values()))


def _label_table(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(_LABEL))
    kinds = {"day": "datetime64[us]", "draw": "Int64", "draw_probability": "float64"}
    return table.astype({name: kinds.get(name, "str") for name in _LABEL})


def _written(value: Any) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return repr(value) if isinstance(value, float) else str(value)
