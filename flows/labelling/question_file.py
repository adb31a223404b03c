"""A labelling session as a CSV file to fill in, and reading the filled file."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from analytics.exceptions import InputError
from flows.labelling.csv_tables import CsvRow, CsvTable
from flows.labelling.sitting import AskedPaper
from flows.sources.plain_text import clean_text, excerpt

__all__ = ["FilledAnswers", "answers_of", "check_free", "write_questions"]

_PAPER_COLUMNS = ("paper_id", "title", "abstract", "published", "url")
_FROM = "from"
"""Column of files that the report saves: their papers were chosen by a reader, not drawn."""
_FORMULA = re.compile(r"^(?=[=+\-@\t\r])")
_SAID = {
    **dict.fromkeys(("1", "1.0", "yes", "y", "true", "x"), "yes"),
    **dict.fromkeys(("0", "0.0", "no", "n", "false"), "no"),
    **dict.fromkeys(("?", "unsure"), "unsure"),
}
_ALLOWED = "1, yes, y, true or x; 0, no, n or false; ? for unsure; or leave it blank"


@dataclass(frozen=True)
class FilledAnswers:
    """Contents of a filled file.

    Attributes
    ----------
    answers : dict of (str, str) to str
        By paper and theme, one of `analytics.labels.ANSWERS`.
    lines : dict of str to int
        Line of each paper that has an answer.
    chosen : frozenset of str
        Papers that a reader chose in the report.
    faults : tuple of str
        What could not be read, each with its line: these answers are lost until mended.
    doubts : tuple of str
        What was left aside and costs no answer.
    """

    answers: dict[tuple[str, str], str]
    lines: dict[str, int]
    chosen: frozenset[str]
    faults: tuple[str, ...]
    doubts: tuple[str, ...]


def check_free(path: Path) -> None:
    """Refuse a file that is there, for it may be filled, or in no folder: a draw for it would be in vain."""
    if path.exists():
        raise InputError(f"{path} exists and may contain answers; choose another --output")
    if not path.parent.is_dir():
        raise InputError(
            f"cannot write {path}: the folder {path.parent} does not exist; choose another --output"
        )


def write_questions(papers: Sequence[AskedPaper], theme_ids: Sequence[str], path: Path) -> None:
    """Write papers with a blank column per theme.

    UTF-8 with a byte order mark, by which spreadsheets know it. A text that a spreadsheet would take for a
    formula begins with an apostrophe.

    Raises
    ------
    InputError
        When the file is there already, see `check_free`, or cannot be written.
    """
    check_free(path)
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow([*_PAPER_COLUMNS, *theme_ids])
    for paper in papers:
        day = "" if paper.published is None else paper.published.isoformat()
        cells = (paper.paper_id, paper.title, paper.abstract, day, paper.url or "")
        # One line per paper, so that lines of the file are rows of the spreadsheet.
        writer.writerow([_FORMULA.sub("'", clean_text(cell)) for cell in cells] + [""] * len(theme_ids))
    try:
        path.write_text(content.getvalue(), encoding="utf-8-sig", newline="")
    except OSError as error:
        raise InputError(
            f"cannot write {path} ({error.strerror or error}); choose another --output"
        ) from error


def answers_of(table: CsvTable, theme_ids: Collection[str], *, known: Collection[str]) -> FilledAnswers:
    """Answers of a filled file, from `write_questions` or from the report.

    Raises
    ------
    InputError
        When no column is a theme's.
    """
    columns = [name for name in dict.fromkeys(table.names) if name in theme_ids]
    if not columns:
        raise InputError(
            f"no column is named after a theme id; the themes are {', '.join(theme_ids)} (see --themes),"
            f" the columns are {', '.join(name for name in table.names if name)}"
        )
    answers: dict[tuple[str, str], str] = {}
    lines: dict[str, int] = {}
    chosen: set[str] = set()
    faults = list(table.faults)
    papers = set(known)
    for row in table.rows:
        paper_id = row.cells["paper_id"]
        row_answers = _row_answers(row, columns, faults)
        if not row_answers:
            continue
        if paper_id not in papers:
            faults.append(
                f"line {row.line}, column paper_id: {excerpt(paper_id)!r} is not a paper of this workspace"
            )
            continue
        for theme_id, answer in row_answers.items():
            earlier = answers.setdefault((paper_id, theme_id), answer)
            if earlier != answer:
                faults.append(
                    f"line {row.line}, column {theme_id}: {answer}, where line {lines[paper_id]} says "
                    f"{earlier}; the first is used"
                )
        lines.setdefault(paper_id, row.line)
        if row.cells.get(_FROM):
            chosen.add(paper_id)
    doubts = (*_unknown_columns(table, theme_ids), *_one_sided(table, columns, answers))
    return FilledAnswers(answers, lines, frozenset(chosen), tuple(faults), doubts)


def _row_answers(row: CsvRow, columns: Sequence[str], faults: list[str]) -> dict[str, str]:
    answers = {}
    for theme_id in columns:
        cell = row.cells[theme_id]
        answer = _SAID.get(cell.casefold())
        if answer is not None:
            answers[theme_id] = answer
        elif cell:
            faults.append(
                f"line {row.line}, column {theme_id}: {excerpt(cell)!r} is not an answer; {_ALLOWED}"
            )
    return answers


def _unknown_columns(table: CsvTable, theme_ids: Collection[str]) -> list[str]:
    warnings = []
    expected = {*_PAPER_COLUMNS, _FROM, *theme_ids}
    for name in dict.fromkeys(table.names):
        if name and name not in expected:
            close = difflib.get_close_matches(name, list(theme_ids), n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            warnings.append(f"column {excerpt(name)!r} is not a theme id and is ignored{hint}")
    warnings += [
        f"column {name!r} occurs more than once; the first is used"
        for name in dict.fromkeys(table.names)
        if name and table.names.count(name) > 1
    ]
    return warnings


def _one_sided(table: CsvTable, columns: Sequence[str], answers: dict[tuple[str, str], str]) -> list[str]:
    """Columns with yes and blanks only: most likely the labeller marked only the hits."""
    warnings = []
    for theme_id in columns if _FROM not in table.names else ():
        theme_answers = {answer for (_, one), answer in answers.items() if one == theme_id}
        n_blank = sum(not row.cells[theme_id] for row in table.rows)
        if theme_answers == {"yes"} and n_blank:
            warnings.append(
                f"column {theme_id}: {n_blank} blank cells do not count as answers; write 0 where a paper"
                " does not belong to the theme"
            )
    return warnings
