"""The words of a whole page against `gold/page.txt`, a file that a person can read and diff.

After a change that is meant, `pytest tests/reports/test_gold_page.py --update-gold` writes the file again.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

GOLD = Path(__file__).parent / "gold" / "page.txt"
CODE = {"script", "style"}
INLINE = {"a", "b", "bdi", "button", "code", "em", "i", "input", "kbd", "label", "option", "output", "select"}
INLINE |= {"small", "span", "strong", "sub", "sup", "text", "time", "td", "th", "tspan", "var"}
INDENTED = {"section", "details", "li", "table", "figure", "dl"}
MARKS = {"h1": "# ", "h2": "## ", "h3": "### ", "h4": "#### ", "li": "- ", "dt": "* ", "summary": "+ "}
BETWEEN = {"td": " | ", "th": " | ", "text": " / ", "option": " / "}
VOID = {"br", "hr", "img", "input", "link", "meta"}
MOST_ROWS = 4
"""Rows of a table that are written; the others have the same form."""


class ReadablePage(HTMLParser):
    """Lines that say what a page says: a heading, a sentence, a row of a table or the texts of a drawing each.

    Links are written ``[text](target)``, texts on hover ``{text}``, labels for screen readers ``{{text}}``.
    Styles, scripts (the policy with their hashes, too) and the shapes of drawings are left out.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._open: list[str] = []
        self._targets: list[str] = []
        self._words: list[str] = []
        self._mark = ""
        self._n_rows = 0
        self.feed(html)
        self.close()
        self._end_line()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if not self._is_inline(tag):
            self._end_line()
            self._mark = MARKS.get(tag, self._mark)
        if self._words and self._words[-1] not in BETWEEN.values():
            self._words.append(BETWEEN.get(tag, " " if tag not in INLINE else ""))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "table":
            self._n_rows = 0
        if tag == "section":
            self.lines += ["", f"=== {values.get('id', '')}"]
        if tag == "a":
            self._targets.append(values.get("href", ""))
            self._words.append("[")
        if values.get("title"):
            self._words.append(f"{{{values['title']}}} ")
        if values.get("aria-label"):
            self._words.append(f"{{{{{values['aria-label']}}}}} ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._words.append(f"]({self._targets.pop()})")
        if tag == "tr":
            self._n_rows += 1
            if self._n_rows > MOST_ROWS:
                self._words.clear()
        if not self._is_inline(tag):
            self._end_line()
        elif tag not in INLINE:
            self._words.append(" ")
        if tag == "table" and self._n_rows > MOST_ROWS:
            self._words = [f"({self._n_rows - MOST_ROWS} more rows)"]
            self._end_line()
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if not CODE & set(self._open):
            self._words.append(data)

    def _is_inline(self, tag: str) -> bool:
        """Whether an element continues a line: all of a row and all of a drawing are one."""
        row, drawing = "tr" in self._open and tag not in ("tr", "table"), "svg" in self._open and tag != "svg"
        return tag in INLINE or row or drawing

    def _end_line(self) -> None:
        text = " ".join("".join(self._words).split())
        self._words.clear()
        if not text:
            return
        indent = "  " * max(sum(tag in INDENTED for tag in self._open) - 1, 0)
        for sentence in re.split(r"(?<=[.?!]) (?=[^a-z])", text):
            self.lines.append(indent + self._mark + sentence)
            self._mark = ""


def differences(before: list[str], after: list[str]) -> str:
    """Lines that differ, each with a line of context; empty if none does."""
    return "\n".join(difflib.unified_diff(before, after, "gold/page.txt", "this page", n=1, lineterm=""))


@pytest.fixture(scope="module")
def page_html(run_of, render) -> str:
    """A page with nearly everything a page can show: labels, forecasts, groups and a comparison."""
    labelled, compared, grouped = (run_of(name) for name in ("labelled", "compared", "grouped"))
    groups = grouped.tables.topics.set_index("topic_id")[["group_id", "group_label"]]
    topics = labelled.tables.topics.drop(columns=list(groups)).join(groups, on="topic_id")
    run = labelled.with_tables(topics=topics, changes=compared.tables.changes)
    against = {name: compared.manifest[name] for name in ("against", "since")}
    return render(replace(run, manifest=run.manifest | against))


def test_page_says_what_the_gold_file_says(page_html, request):
    lines = ReadablePage(page_html).lines
    if request.config.getoption("--update-gold"):
        GOLD.write_text("\n".join(lines) + "\n", encoding="utf-8")
    changed = differences(GOLD.read_text(encoding="utf-8").splitlines(), lines)
    assert not changed, f"the page's words changed; if that is meant, run with --update-gold:\n{changed}"


def test_a_changed_sentence_shows_as_that_sentence(page_html):
    before = ReadablePage(page_html).lines
    after = ReadablePage(page_html.replace("Single periods are noisy", "Periods alone are noisy")).lines
    changed = [line for line in differences(before, after).splitlines()[2:] if line.startswith(("-", "+"))]
    assert len(changed) == 2
    assert "Single periods are noisy" in changed[0]
    assert "Periods alone are noisy" in changed[1]
