"""The real corpora beside the checkout, counted to the last record."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from flows.ingest import ingest_source
from flows.store import Store
from flows.store.schema import rejects, sightings

DAY = date(2026, 1, 1)

pytestmark = [pytest.mark.shared, pytest.mark.slow]


def counts_of(workspace: Path) -> dict[str, int]:
    with Store.open(workspace) as store, store._engine.begin() as connection:
        found = {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in (("sightings", sightings), ("rejects", rejects))
        }
        return {"papers": len(store.read_papers(DAY)), **found}


@pytest.fixture(scope="module")
def answers(shared_dir, tmp_path_factory) -> tuple[Path, dict[str, object]]:
    """A workspace of the saved answers, and what their ingest counted; work on a copy of it."""
    workspace = tmp_path_factory.mktemp("answers")
    return workspace, ingest_source(str(shared_dir / "corpora" / "hf_daily_papers"), workspace, DAY)


def test_daily_papers_to_the_last_record_once_and_again(shared_dir, answers, tmp_path):
    """6,141 entries in 415 files: each is a paper of its own, none is rejected, none stands on two days."""
    folder = shared_dir / "corpora" / "hf_daily_papers"
    entries = 0
    for path in folder.glob("*.json"):
        answer = json.loads(path.read_text(encoding="utf-8"))
        entries += len(answer["data"] if isinstance(answer, dict) else answer)
    workspace, first = answers
    assert (first["feeds"], first["records"]) == (415, entries)
    assert {name: first[name] for name in ("new", "known", "repeated", "rejected", "merged")} == {
        "new": 6141, "known": 0, "repeated": 0, "rejected": 0, "merged": 0
    }  # fmt: skip
    once = counts_of(workspace)
    assert once == {"papers": 6141, "sightings": 6141, "rejects": 0}
    shutil.copytree(workspace, tmp_path / "w")
    again = ingest_source(str(folder), tmp_path / "w", DAY)
    assert (again["new"], again["known"], again["records"]) == (0, 6141, entries)
    assert counts_of(tmp_path / "w") == once


def test_the_page_and_the_answers_are_one_corpus(shared_dir, answers, tmp_path):
    """47 papers of the page, 14 of which stand in the answers: found by title, all 6 without a date among them."""
    page = shared_dir / "seed" / "daily_papers_page.txt"
    folder = shared_dir / "corpora" / "hf_daily_papers"
    shutil.copytree(answers[0], tmp_path / "page-last")
    for name, order in (("page-first", (page, folder)), ("page-last", (page,))):
        for source in order:
            ingest_source(str(source), tmp_path / name, date(2026, 1, 1))
    found = []
    for name in ("page-first", "page-last"):
        with Store.open(tmp_path / name) as store:
            papers = store.read_papers(DAY)
            found.append(store.corpus_hash(DAY))
    assert found[0] == found[1]
    assert len(papers) == 6141 + 47 - 14
    both = papers[papers["sources"].map(len) == 2]
    assert len(both) == 14
    assert papers["published"].notna().all()
    assert both["paper_id"].str.startswith("arxiv:").all()
    # No title stands twice in the whole corpus.
    assert papers["title"].str.casefold().str.replace(r"\W", "", regex=True).is_unique


def test_listings_give_each_paper_once_first_seen_on_its_first_day(shared_dir, tmp_path):
    folder = shared_dir / "corpora" / "arxiv_daily_raw"
    days: dict[str, set[date]] = {}
    n_lines = 0
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            n_lines += 1
            days.setdefault(json.loads(line)["id"], set()).add(date.fromisoformat(path.stem))
    counts = ingest_source(str(folder), tmp_path, DAY)
    assert (counts["feeds"], counts["records"], counts["rejected"]) == (44, n_lines, 0)
    assert counts["new"] == len(days) == 6634
    # 9,825 lines: 6,634 papers, 2,157 shown again on a later day, 1,034 repeated within a file.
    assert (n_lines, counts["known"], counts["repeated"]) == (9825, 2157, 1034)
    with Store.open(tmp_path) as store:
        papers = store.read_papers(DAY)
        assert set(papers["paper_id"]) == {f"arxiv:{one}" for one in days}
        for arxiv_id in list(days)[::300]:
            sightings = store.read_paper(arxiv_id).sightings
            assert [one.day for one in sightings] == sorted(days[arxiv_id])
    # No line has a date; the id tells the month.
    assert papers["published_basis"].unique().tolist() == ["id_month"]


def test_the_parquet_of_arxiv_keeps_every_paper(shared_dir, tmp_path):
    counts = ingest_source(str(shared_dir / "corpora" / "arxiv_cs_1993_2019.parquet"), tmp_path, DAY)
    assert (counts["records"], counts["new"], counts["rejected"], counts["warnings"]) == (76500, 76500, 0, [])
    with Store.open(tmp_path) as store:
        papers = store.read_papers(DAY)
    assert len(papers) == 76500
    # Dates that the ids contradict: 88 lie long before, 16 after (backdated ids of old journal papers).
    assert Counter(papers["date_fault"].dropna()) == {"before_id_month": 88, "after_id_month": 16}
    assert Counter(papers["published_basis"]) == {"stated": 76484, "id_month": 16}
