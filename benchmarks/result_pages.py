"""Results of a benchmark as a page in Markdown, and as JSON of the same name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["markdown_table", "write_results"]

_RESULTS = Path(__file__).parent / "results"


def markdown_table(rows: list[dict[str, Any]], columns: dict[str, str], *, form: str = ".3f") -> list[str]:
    """Lines of a table of some columns, given with their titles; floats are written in `form`."""
    lines = ["| " + " | ".join(columns.values()) + " |", "| " + " | ".join("---" for _ in columns) + " |"]
    for row in rows:
        cells = [f"{row[key]:{form}}" if isinstance(row[key], float) else str(row[key]) for key in columns]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def write_results(name: str, lines: list[str], found: dict[str, Any]) -> None:
    """Print the page and write it to ``results/<name>.md``, what was found to ``results/<name>.json``."""
    text = "\n".join(lines)
    print(text)
    _RESULTS.mkdir(exist_ok=True)
    (_RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    (_RESULTS / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
