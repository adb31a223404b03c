"""All papers of a run as CSV for spreadsheets."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from analytics.exceptions import PapertrendsError
from analytics.tables import UNCLUSTERED, RunTables
from reports.values.paper_lines import newest_first

__all__ = ["write_papers_csv"]

_LEFT_OUT = ("abstract", "primary_theme")


def write_papers_csv(tables: RunTables, path: Path) -> None:
    """Write the papers of a run, without their abstracts, newest first.

    Columns are those of the table `papers`, then `themes` (names, the primary one first) and `topic` (its
    label). Lists are joined by ``"; "``. A text that a spreadsheet would take for a formula begins with an
    apostrophe. UTF-8 with a byte order mark, by which spreadsheets know it.

    Raises
    ------
    PapertrendsError
        When the disk does not take it.
    """
    papers = newest_first(tables.papers.drop(columns=list(_LEFT_OUT)))
    columns = {name: _csv_column(pa.array(papers[name], from_pandas=True)) for name in papers}
    themes = papers["paper_id"].map(_themes(tables))
    columns["themes"] = _csv_column(pa.array(themes, pa.string(), from_pandas=True))
    labels = dict(zip(tables.topics["topic_id"], tables.topics["label"], strict=True))
    topics = papers["topic_id"].where(papers["topic_id"] != UNCLUSTERED).map(labels)
    columns["topic"] = _csv_column(pa.array(topics, pa.string(), from_pandas=True))
    try:
        with path.open("wb") as file:
            file.write("\ufeff".encode())
            pa.csv.write_csv(pa.table(columns), file)
    except OSError as error:
        raise PapertrendsError(
            f"{path} cannot be written ({error.strerror or error}); free space or choose another --workspace"
        ) from error


def _themes(tables: RunTables) -> dict[str, str]:
    names = dict(zip(tables.themes["theme_id"], tables.themes["name"], strict=True))
    rows = tables.theme_assignments.sort_values("is_primary", ascending=False, kind="stable")
    found: dict[str, str] = {}
    for paper_id, theme_id in zip(rows["paper_id"], rows["theme_id"], strict=True):
        found[paper_id] = f"{found[paper_id]}; {names[theme_id]}" if paper_id in found else names[theme_id]
    return found


def _csv_column(column: pa.Array) -> pa.Array:
    if pa.types.is_list(column.type):
        column = pc.binary_join(column.cast(pa.list_(pa.string())), "; ")
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.date32())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.replace_substring_regex(column, r"^([=+\-@\t\r])", r"'\1")
    return column
