"""Papers as a table for spreadsheets: CSV, and a workbook of Excel with one sheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pandas as pd
import xlsxwriter

from flows.publication.exported_papers import COLUMNS

__all__ = ["render_csv", "render_xlsx"]

_FORMULA = re.compile(r"^\s*[=+\-@\t\r]")
_LONGEST_CELL = 32_767  # Excel's bound
# What XML cannot hold; a workbook with one of these does not open.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DAY_1980 = datetime(1980, 1, 1)  # noqa: DTZ001 - a workbook knows no time zone; the first day of zip files


def render_csv(papers: pd.DataFrame) -> str:
    """Write papers as CSV; a text that a spreadsheet would take for a formula begins with an apostrophe.

    Lists are joined by ``"; "``. It begins with a byte order mark, by which spreadsheets know UTF-8.
    """
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in _rows(papers):
        writer.writerow([f"'{one}" if isinstance(one, str) and _FORMULA.match(one) else one for one in row])
    return f"\ufeff{content.getvalue()}"


def render_xlsx(papers: pd.DataFrame) -> bytes:
    """Write papers as a workbook of Excel: the same bytes for the same papers.

    All texts are stored as texts, which no program takes for a formula or link. A cell holds 32,767
    characters.
    """
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as workbook:
        workbook.set_properties({"created": _DAY_1980})
        sheet = workbook.add_worksheet("papers")
        for at, row in enumerate((COLUMNS, *_rows(papers))):
            for column, value in enumerate(row):
                if isinstance(value, int):
                    sheet.write_number(at, column, value)
                else:
                    sheet.write_string(at, column, _UNPRINTABLE.sub("\ufffd", value)[:_LONGEST_CELL])
    return content.getvalue()


def _rows(papers: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    for paper in papers.to_dict("records"):
        yield tuple(_cell(paper[name]) for name in COLUMNS)


def _cell(value: Any) -> str | int:
    if isinstance(value, (list, tuple)):
        return "; ".join(value)
    if pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return value if isinstance(value, str) else int(value)
