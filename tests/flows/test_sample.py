"""The committed sample keeps the page's layout and facts and holds none of its prose.

The rules here are plain text rules on purpose: they must not lean on the parser that the sample exercises.
"""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.make_sample_titles import COLUMNS, main
from flows.config.default_files import DEFAULT_DAY, DEFAULT_SOURCES
from flows.sources.recognition import read_source

ROOT = Path(__file__).resolve().parents[2]

RUN_WORDS = 8
SUMMARY_CHARS = 300
"""A line longer than this is a summary; the longest title of the page has 133 characters."""

FURNITURE = [
    "new",
    "Get trending papers in your email inbox!",
    "Subscribe",
    "Daily Papers",
    "byAK and the research community",
    "Dec 10",
]
MONTH_DAY = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [1-9]\d?"
DATE_WITH_YEAR = re.compile(MONTH_DAY + r", (?:19|20)\d\d( \d+)?")
DATE_WITHOUT_YEAR = re.compile(MONTH_DAY + r"( \d+)?")
AUTHOR_COUNT = re.compile(r"  • (\d+) authors")

Run = tuple[str, ...]


def is_summary(line: str) -> bool:
    return len(line) > SUMMARY_CHARS


def word_runs(text: str) -> Iterator[Run]:
    """Every run of `RUN_WORDS` consecutive words of `text`, in lower case."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return (tuple(words[i : i + RUN_WORDS]) for i in range(len(words) - RUN_WORDS + 1))


def foreign_runs(text: str, original: set[Run]) -> list[str]:
    return [" ".join(run) for run in word_runs(text) if run in original]


@pytest.fixture(scope="module")
def sample_lines(sample_path: Path) -> list[str]:
    return sample_path.read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def page_lines(shared_dir: Path) -> list[str]:
    return (shared_dir / "seed" / "daily_papers_page.txt").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def title_rows() -> list[dict[str, str]]:
    with DEFAULT_SOURCES[1].open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def page_runs(page_lines: list[str]) -> set[Run]:
    runs = {run for line in page_lines if is_summary(line) for run in word_runs(line)}
    assert len(runs) > 5_000, "the original page has about 11,000 words; too few runs were read from it"
    return runs


@pytest.fixture(scope="module")
def project_files() -> list[Path]:
    """List the files that are committed or about to be: tracked ones and new ones not ignored."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("needs git and a checkout to know which files belong to the project")
    command = [git, "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_every_summary_has_60_to_120_words(sample_lines: list[str]) -> None:
    summaries = [line for line in sample_lines if is_summary(line)]
    assert len(summaries) == 47
    assert len(set(summaries)) == 47
    off = {line[:40]: len(line.split()) for line in summaries if not 60 <= len(line.split()) <= 120}
    assert off == {}


def test_summaries_are_clean_single_lines(sample_lines: list[str]) -> None:
    summaries = [line for line in sample_lines if is_summary(line)]
    assert [line for line in summaries if line != " ".join(line.split())] == []
    assert [line for line in summaries if "http" in line or not line.endswith((".", "?"))] == []


def test_no_run_of_words_serves_two_summaries(sample_lines: list[str]) -> None:
    uses = Counter(run for line in sample_lines if is_summary(line) for run in set(word_runs(line)))
    assert [" ".join(run) for run, count in uses.items() if count > 1] == []


def test_title_stands_two_lines_above_each_summary(sample_lines: list[str]) -> None:
    at = [i for i, line in enumerate(sample_lines) if is_summary(line)]
    assert all(sample_lines[i - 1] == "" and sample_lines[i - 3] == "" for i in at)
    titles = [sample_lines[i - 2] for i in at]
    assert len(set(titles)) == 47
    assert all(15 < len(title) < 140 for title in titles)
    assert titles[0].startswith("OmniMatch: ")
    assert titles[-1] == "Long Term Memory: The Foundation of AI Self-Evolution"


def test_counts_of_structural_lines(sample_lines: list[str]) -> None:
    assert [line for line in sample_lines if line][: len(FURNITURE)] == FURNITURE

    author_counts = [int(m[1]) for line in sample_lines if (m := AUTHOR_COUNT.fullmatch(line))]
    assert len(author_counts) == 40
    assert (min(author_counts), max(author_counts)) == (1, 18)
    assert sample_lines.count("tencent Tencent") == 1

    dots = [i for i, line in enumerate(sample_lines) if line == "·"]
    assert len(dots) == 41
    dates = [sample_lines[i + 1] for i in dots]
    with_year = [m for date in dates if (m := DATE_WITH_YEAR.fullmatch(date))]
    without_year = [m for date in dates if (m := DATE_WITHOUT_YEAR.fullmatch(date))]
    assert (len(with_year), len(without_year)) == (24, 17)
    assert sum(m[1] is not None for m in with_year + without_year) == 12


def test_six_works_have_no_line_of_authors_and_date(sample_lines: list[str]) -> None:
    filled = [line for line in sample_lines if line]
    after = [nxt for line, nxt in pairwise(filled) if is_summary(line)]
    bare = [line for line in after if not AUTHOR_COUNT.fullmatch(line) and line != "tencent Tencent"]
    assert len(after) == 47
    assert len(bare) == 6, "a bare summary is followed by the next title"


def test_the_table_holds_facts_of_6141_papers_and_no_prose(title_rows: list[dict[str, str]]) -> None:
    assert len(title_rows) == len({row["id"] for row in title_rows}) == 6141
    assert all(tuple(row) == COLUMNS for row in title_rows)
    days = [date.fromisoformat(row["date"]) for row in title_rows]
    assert days == sorted(days)
    assert (days[0], days[-1]) == (date(2024, 5, 23), date(2025, 12, 29))
    assert max(days) <= DEFAULT_DAY
    assert all(row["upvotes"].isdigit() for row in title_rows)
    assert max(len(value) for row in title_rows for value in row.values()) < SUMMARY_CHARS
    assert DEFAULT_SOURCES[1].stat().st_size < 900_000


def test_the_table_is_read_whole(title_rows: list[dict[str, str]]) -> None:
    parts = list(read_source(DEFAULT_SOURCES[1]))
    assert not any(part.rejects or part.warnings for part in parts)
    found = [one for part in parts for one in part.records]
    assert [one.arxiv_id for one in found] == [row["id"] for row in title_rows]
    assert {one.abstract for one in found} == {""}
    assert {one.published_precision for one in found} == {"day"}
    assert sum(one.organization is not None for one in found) == 630


@pytest.mark.shared
def test_the_table_is_what_the_script_makes(shared_dir: Path, tmp_path: Path) -> None:
    main(str(shared_dir / "corpora" / "hf_daily_papers"), tmp_path / "titles.csv")
    assert (tmp_path / "titles.csv").read_bytes() == DEFAULT_SOURCES[1].read_bytes()


def test_word_runs_by_hand() -> None:
    assert list(word_runs("One two; three-four 5.6 SEVEN (eight) nine")) == [
        ("one", "two", "three", "four", "5", "6", "seven", "eight"),
        ("two", "three", "four", "5", "6", "seven", "eight", "nine"),
    ]
    assert list(word_runs("only seven words are in this one")) == []


@pytest.mark.shared
def test_all_lines_but_the_summaries_are_the_pages(sample_lines: list[str], page_lines: list[str]) -> None:
    assert [is_summary(line) for line in sample_lines] == [is_summary(line) for line in page_lines]
    assert [line for line in sample_lines if not is_summary(line)] == [
        line for line in page_lines if not is_summary(line)
    ]


@pytest.mark.shared
def test_no_eight_words_of_the_page_are_in_the_sample(sample_lines: list[str], page_runs: set[Run]) -> None:
    assert foreign_runs("\n".join(sample_lines), page_runs) == []


@pytest.mark.shared
def test_no_eight_words_of_the_page_are_in_the_project(
    project_files: list[Path], sample_path: Path, page_runs: set[Run]
) -> None:
    assert {sample_path, Path(__file__).resolve()} <= set(project_files), "files are missing"
    copied: dict[str, list[str]] = {}
    for path in project_files:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # an image or another binary file holds no prose
        if runs := foreign_runs(text, page_runs):
            copied[str(path.relative_to(ROOT))] = runs
    assert copied == {}
