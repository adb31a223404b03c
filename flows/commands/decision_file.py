"""Write and read merge and split decisions as a CSV file for a git repository."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from analytics.exceptions import InputError
from flows.labelling.csv_tables import CsvRow, CsvTable, read_csv_table
from flows.labelling.labellers import check_labeller
from flows.sources.plain_text import excerpt
from flows.store.decisions import WorkDecision

__all__ = ["COLUMNS", "DecisionFile", "read_decision_file", "render_decisions"]

COLUMNS = ("one", "other", "day", "works", "person", "one_title", "other_title")
"""Columns of the file. Titles are for people; `one` and `other` are hashes of the records' content."""

_WORKS = {"1": True, "2": False}
_RECORD = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class DecisionFile:
    """Contents of such a file, and one line per row that could not be read."""

    decisions: tuple[WorkDecision, ...]
    faults: tuple[str, ...]


def render_decisions(decisions: Iterable[WorkDecision], titles: Mapping[str, str]) -> str:
    """Write decisions as CSV in a stable order: equal decisions give equal text."""
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(COLUMNS)
    for decision in sorted(decisions):
        works = "1" if decision.is_one_work else "2"
        shown = (_plain(titles.get(key, "")) for key in (decision.one, decision.other))
        writer.writerow(
            [decision.one, decision.other, decision.day.isoformat(), works, decision.person, *shown]
        )
    return content.getvalue()


def _plain(title: str) -> str:
    """Title that no spreadsheet takes for a formula."""
    return f"'{title}" if title.startswith(("=", "+", "-", "@")) else title


def read_decision_file(path: Path) -> DecisionFile:
    """Read such a file; an unreadable line does not affect the others.

    Raises
    ------
    InputError
        When it cannot be read at all, or lacks a column.
    """
    table = read_csv_table(path, key="one")
    missing = [name for name in COLUMNS[:5] if name not in table.names]
    if missing:
        raise InputError(
            f"{path} lacks the columns {', '.join(missing)}; write it with papertrends merge --export"
        )
    return _decisions_of(table)


def _decisions_of(table: CsvTable) -> DecisionFile:
    found: list[WorkDecision] = []
    faults = list(table.faults)
    for row in table.rows:
        try:
            found.append(_decision(row))
        except InputError as error:
            faults.append(f"line {row.line}, {error}")
    return DecisionFile(tuple(found), tuple(faults))


def _decision(row: CsvRow) -> WorkDecision:
    pair = [row.cells[name] for name in ("one", "other")]
    for name, cell in zip(("one", "other"), pair, strict=True):
        if not _RECORD.fullmatch(cell):
            raise InputError(
                f"column {name}: {excerpt(cell)!r} is not a record id; write 32 hexadecimal digits"
            )
    if pair[0] == pair[1]:
        raise InputError("columns one and other name the same record; name two different records")
    try:
        day = date.fromisoformat(row.cells["day"])
    except ValueError:
        raise InputError(f"column day: {excerpt(row.cells['day'])!r} is not a day as YYYY-MM-DD") from None
    works = row.cells["works"]
    if works not in _WORKS:
        raise InputError(
            f"column works: {excerpt(works)!r} is not 1 or 2, the number of works that the records show"
        )
    person = check_labeller(row.cells["person"], "column person:")
    return WorkDecision.of(pair, day, is_one_work=_WORKS[works], person=person)
