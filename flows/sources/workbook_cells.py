"""A program of its own: the cells of a workbook as JSON lines, a sheet's name before its rows.

python-calamine lays a sheet out whole and ends its process where memory does not suffice, which a file of a
few bytes can bring about. So it runs as a process of its own with bounded memory, whose end harms no other.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from datetime import date, datetime

from python_calamine import CalamineWorkbook

_MOST_BYTES = 4 * 1024**3
_MOST_SHEETS = 50


def main(path: str) -> None:
    """Write the cells of the workbook at `path` to stdout."""
    with suppress(ImportError, ValueError, OSError):  # there is no such bound on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    workbook = CalamineWorkbook.from_path(path)
    for name in workbook.sheet_names[:_MOST_SHEETS]:
        sheet = workbook.get_sheet_by_name(name)
        sys.stdout.write(json.dumps(name) + "\n")
        for row in sheet.iter_rows():
            sys.stdout.write(json.dumps([_plain(cell) for cell in row]) + "\n")


def _plain(cell: object) -> object:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() and abs(cell) < 10**15 else repr(cell)
    return cell if cell is None or isinstance(cell, (str, int)) else str(cell)


if __name__ == "__main__":
    main(sys.argv[1])
