"""Labels, and the draws of papers to label: added day by day, so that any past day can be read again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select

from analytics.exceptions import PapertrendsError
from analytics.labels import ANSWERS
from analytics.tables import TABLE_COLUMNS, validate_table
from flows.store.blocks import in_blocks
from flows.store.schema import label_draws, labels

__all__ = [
    "LabelDraw",
    "delete_labels",
    "next_draw",
    "read_draws",
    "read_label_history",
    "read_labels",
    "write_draw",
    "write_labels",
]

_COLUMNS = tuple(TABLE_COLUMNS["labels"])
_KEY = ("paper_id", "theme_id", "labeller", "day")
_DRAW_COLUMNS = ("draw", "position", "paper_id", "draw_probability", "day", "random_state")


@dataclass(frozen=True)
class LabelDraw:
    """Papers drawn for labelling, in the order in which to ask about them.

    Attributes
    ----------
    draw : int
        Number of the draw, from 1.
    probabilities : tuple of float
        With which each paper was drawn, above 0 and at most 1.
    """

    draw: int
    day: date
    random_state: int
    paper_ids: tuple[str, ...]
    probabilities: tuple[float, ...]


def write_labels(connection: Connection, table: pd.DataFrame) -> None:
    """Add labels; one of the same paper, theme, labeller and day is replaced.

    A replaced label that was drawn keeps its draw when the new one has none: a correction that is made in
    the report must not take a paper out of its draw.

    Of rows with the same key the last counts.

    Raises
    ------
    PapertrendsError
        When the table breaks its contract, an answer is unknown, or a draw has no probability.
    """
    new = {_key(row): row for row in _rows(_checked(table))}
    for block in in_blocks(new):
        papers = {key[0] for key in block}
        known = connection.execute(select(labels).where(labels.c.paper_id.in_(papers))).mappings()
        old = {_key(row): row for row in known if _key(row) in new}
        for key, row in old.items():
            if new[key]["draw"] is None:
                new[key].update(draw=row["draw"], draw_probability=row["draw_probability"])
        if old:
            same = and_(*(labels.c[name] == bindparam(f"its_{name}") for name in _KEY))
            keys = [{f"its_{name}": row[name] for name in _KEY} for row in old.values()]
            connection.execute(delete(labels).where(same), keys)
        connection.execute(insert(labels), [new[key] for key in block])


def delete_labels(connection: Connection, paper_id: str, labeller: str, day: date) -> None:
    """Delete a labeller's labels of a paper on a day."""
    its = and_(labels.c.paper_id == paper_id, labels.c.labeller == labeller, labels.c.day == day)
    connection.execute(delete(labels).where(its))


def read_label_history(connection: Connection, as_of: date = date.max) -> pd.DataFrame:
    """Every label up to a day, corrected ones included: table `labels`, sorted by its key."""
    query = select(labels).where(labels.c.day <= as_of).order_by(*(labels.c[name] for name in _KEY))
    rows = [tuple(row[name] for name in _COLUMNS) for row in connection.execute(query).mappings()]
    return validate_table("labels", pd.DataFrame(rows, columns=list(_COLUMNS)))


def read_labels(connection: Connection, as_of: date) -> pd.DataFrame:
    """Labels as they were known on a day: the newest answer per paper, theme and labeller.

    A corrected answer keeps the draw of the earlier one when it has none.

    The table `labels` is sorted by paper, theme and labeller.
    """
    history = read_label_history(connection, as_of)
    subject = list(_KEY[:3])
    drawn = history.groupby(subject, sort=False)[["draw", "draw_probability"]].ffill()
    return history.assign(**drawn).drop_duplicates(subject, keep="last", ignore_index=True)


def write_draw(connection: Connection, draw: LabelDraw) -> None:
    """Add a draw.

    Raises
    ------
    PapertrendsError
        When its number is taken: somebody else drew papers meanwhile.
    """
    taken = select(label_draws.c.draw).where(label_draws.c.draw == draw.draw).limit(1)
    if connection.execute(taken).first() is not None:
        raise PapertrendsError(
            f"draw {draw.draw} was made by another process in the meantime; nothing was written, try again"
        )
    rows = [
        {
            "draw": draw.draw,
            "paper_id": paper_id,
            "position": position,
            "draw_probability": probability,
            "day": draw.day,
            "random_state": draw.random_state,
        }
        for position, (paper_id, probability) in enumerate(
            zip(draw.paper_ids, draw.probabilities, strict=True)
        )
    ]
    if rows:
        connection.execute(insert(label_draws), rows)


def read_draws(connection: Connection, as_of: date = date.max) -> pd.DataFrame:
    """Papers drawn up to a day, in the order in which to ask about them.

    Columns: draw (int64), position (int64, from 0 in each draw), paper_id (str), draw_probability (float64),
    day (datetime64[us]), random_state (int64); sorted by draw and position.
    """
    query = (
        select(*(label_draws.c[name] for name in _DRAW_COLUMNS))
        .where(label_draws.c.day <= as_of)
        .order_by(label_draws.c.draw, label_draws.c.position)
    )
    table = pd.DataFrame(connection.execute(query).all(), columns=list(_DRAW_COLUMNS))
    kinds = ("int64", "int64", "str", "float64", "datetime64[us]", "int64")
    return table.astype(dict(zip(_DRAW_COLUMNS, kinds, strict=True)))


def next_draw(connection: Connection) -> int:
    """Number that no draw has, and no label's draw either: labels come from other stores too."""
    newest = [
        connection.execute(select(func.max(one))).scalar() for one in (label_draws.c.draw, labels.c.draw)
    ]
    return 1 + max((number for number in newest if number is not None), default=0)


def _checked(table: pd.DataFrame) -> pd.DataFrame:
    typed = validate_table("labels", table)
    unknown = sorted(set(typed["answer"]) - set(ANSWERS))
    if unknown:
        raise PapertrendsError(f"{unknown[0]!r} is not an answer; allowed are {', '.join(ANSWERS)}")
    chance, drawn = typed["draw_probability"], typed["draw"].notna()
    if (drawn != chance.notna()).any() or not chance[drawn].between(0, 1, inclusive="right").all():
        raise PapertrendsError(
            "a label has a draw without a probability above 0 and at most 1, or one without a draw; "
            "give both or neither"
        )
    return typed


def _rows(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in table.to_dict("records"):
        is_drawn = not pd.isna(row["draw"])
        yield {
            **row,
            "day": row["day"].date(),
            "draw": int(row["draw"]) if is_drawn else None,
            "draw_probability": float(row["draw_probability"]) if is_drawn else None,
        }


def _key(row: Any) -> tuple[Any, ...]:
    return tuple(row[name] for name in _KEY)
