"""Papers as a table for spreadsheets: CSV, and a workbook of Excel with one sheet."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

import pandas as pd

from flows.publication.exported_papers import COLUMNS

__all__ = ["render_csv", "render_xlsx"]

_FORMULA = re.compile(r"^\s*[=+\-@\t\r]")
_LONGEST_CELL = 32_767  # Excel's bound
# What XML cannot hold; a workbook with one of these does not open.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DAY_1980 = (1980, 1, 1, 0, 0, 0)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PARTS = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" Type="{_OFFICE}/officeDocument"'
        ' Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="papers" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" Type="{_OFFICE}/worksheet"'
        ' Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}


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

    All texts are stored as texts, which no program takes for a formula; a cell holds 32,767 characters. The
    form is that of ECMA-376 with inline strings: a sheet without styles needs no library.
    """
    rows = "".join(_sheet_row(row) for row in (COLUMNS, *_rows(papers)))
    sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**_PARTS, "xl/worksheets/sheet1.xml": sheet}.items():
            part = zipfile.ZipInfo(name, _DAY_1980)
            part.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(part, _HEAD + text)
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


def _sheet_row(row: tuple[Any, ...]) -> str:
    cells = (
        f"<c><v>{one}</v></c>"
        if isinstance(one, int)
        else f'<c t="inlineStr"><is><t xml:space="preserve">{_text(one)}</t></is></c>'
        for one in row
    )
    return f"<row>{''.join(cells)}</row>"


def _text(value: str) -> str:
    return escape(_UNPRINTABLE.sub("\ufffd", value)[:_LONGEST_CELL])
