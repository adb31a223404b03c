# ruff: noqa: E501
"""Is every paper there once? Labelled duplicates, two literature searches, and 76,500 papers that are all different.

    python benchmarks/bench_dedup.py

Files of shared/dedup are ingested as a person would ingest them, one after the other into one store, and
two rows count as one paper when their records do. Precision, recall and F1 are over pairs of the two sides
of DBLP-ACM (Koepcke, Thor & Rahm 2010, doi:10.14778/1920841.1920904). Of the searches (dedupe-sweep's public
tests) sensitivity is the part of the rows marked as duplicates that share a paper with another row, specificity the
part of the other rows that do not. arXiv's papers are ingested with their ids, which must keep all
apart, and matched again without ids: what is joined then is a bound on false joins, for some were submitted
twice. Writes benchmarks/results/dedup.md and dedup.json.
"""

from __future__ import annotations

import csv
import json
import platform
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench_ingest import measure
from sqlalchemy import select

from analytics.matching.scoring import JOINED_FROM
from analytics.papers import PaperRecord, fold_title
from flows.clock import today
from flows.sources.recognition import read_source
from flows.store import Store
from flows.store.matching import ComparedRecords, Decided, match_all
from flows.store.schema import records
from flows.store.stored_records import StoredRecord

SHARED = Path(__file__).resolve().parents[2] / "shared"
RESULTS = Path(__file__).parent / "results"
ARXIV = SHARED / "corpora" / "arxiv_cs_1993_2019.parquet"
PUBLISHED = {
    "papertrends before: equal titles, authors, DOIs": (0.953, 0.912, 0.932),
    "a simple title rule": (None, None, 0.980),
    "Ditto, trained on labelled pairs (Li et al. 2020, doi:10.14778/3421424.3421431)": (None, None, 0.989),
}
TARGETS = {
    "f1": 0.975,
    "precision": 0.98,
    "sensitivity": 0.985,
    "specificity": 0.995,
    "seconds": 40.0,
    "peak_mb": 600.0,
}
BANDS = (JOINED_FROM, 6.0, 10.0, 1e9)


def papers_of(store: Store, path: Path) -> list[str]:
    """Paper that each row of a file shows, in the order of the file, after it was ingested."""
    said: list[StoredRecord] = []
    for feed in read_source(str(path)):
        if feed.rejects:
            raise SystemExit(f"{path}: {feed.rejects[0]}; rows and records do not correspond any more")
        said += map(StoredRecord.of, feed.records)
        store.ingest_feed(feed, seen_on=today())
    return [said_one.record_id for said_one in said]


def placed(store: Store) -> dict[str, str]:
    """Paper of each record of a store."""
    with store._engine.begin() as connection:  # noqa: SLF001
        rows = connection.execute(select(records.c.record_id, records.c.paper_id))
        return {row.record_id: row.paper_id for row in rows}


def column(path: Path, name: str) -> list[str]:
    """Column of a CSV file as text."""
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        return [row[name] for row in csv.DictReader(file)]


def measure_pairs() -> dict[str, Any]:
    """DBLP-ACM: pairs found and true."""
    folder = SHARED / "dedup"
    sides = [folder / "dblp.csv", folder / "acm.csv"]
    truth = set(
        zip(*(column(folder / "dblp_acm_matches.csv", name) for name in ("idDBLP", "idACM")), strict=True)
    )
    with TemporaryDirectory() as workspace, Store.open(Path(workspace)) as store:
        rows = [papers_of(store, path) for path in sides]
        paper_of = placed(store)
    of_paper: list[dict[str, list[str]]] = [defaultdict(list), defaultdict(list)]
    for side, path, shown in zip(of_paper, sides, rows, strict=True):
        for key, record_id in zip(column(path, "id"), shown, strict=True):
            side[paper_of[record_id]].append(key)
    found = {
        pair for paper in of_paper[0] for pair in product(of_paper[0][paper], of_paper[1].get(paper, ()))
    }
    right = len(found & truth)
    precision, recall = right / len(found), right / len(truth)
    return {
        "pairs": len(truth),
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall),
    }


def measure_search(name: str) -> dict[str, Any]:
    """Rows of a literature search: duplicates found, unique ones left alone."""
    path = SHARED / "dedup" / f"sweep_{name}.csv"
    marked = [bool(text) for text in column(path, "caption")]
    with TemporaryDirectory() as workspace, Store.open(Path(workspace)) as store:
        shown = papers_of(store, path)
        paper_of = placed(store)
    ids = [paper_of[record_id] for record_id in shown]
    joined = [ids.count(paper_id) > 1 for paper_id in ids]
    n_marked = sum(marked)
    return {
        "search": name,
        "rows": len(ids),
        "duplicates": n_marked,
        "papers": len(set(ids)),
        "sensitivity": sum(a and b for a, b in zip(marked, joined, strict=True)) / n_marked,
        "specificity": sum(not a and not b for a, b in zip(marked, joined, strict=True))
        / (len(ids) - n_marked),
    }


def arxiv_records() -> list[PaperRecord]:
    """All records of the arXiv corpus."""
    return [record for feed in read_source(str(ARXIV)) for record in feed.records]


def without_id(record: PaperRecord, *, abstract: bool, authors: bool) -> PaperRecord:
    """Record as a bibliography has it: the year alone, no identifiers, abstract and authors or not."""
    year = date(record.published.year, 1, 1) if record.published else None
    return replace(
        record, arxiv_id=None, doi=None, url=record.arxiv_id, published=year,
        published_precision="year" if year else "none", published_basis="stated" if year else "missing",
        abstract=record.abstract if abstract else "", authors=record.authors if authors else (),
        n_authors=record.n_authors if authors else None,
    )  # fmt: skip


def measure_arxiv() -> dict[str, Any]:
    """ArXiv's papers with their ids, then without."""
    found = measure(ARXIV)
    known = arxiv_records()
    compared = ComparedRecords(map(StoredRecord.of, known))
    works = match_all(compared, Decided()).works
    titles: dict[str, int] = defaultdict(int)
    for record in known:
        titles[fold_title(record.title)] += 1
    masked = []
    for abstract, authors in ((True, True), (False, True), (False, False)):
        bare = [without_id(record, abstract=abstract, authors=authors) for record in known]
        matched = match_all(ComparedRecords(map(StoredRecord.of, bare)), Decided()).works
        said = ["titles and years", *(["authors"] if authors else []), *(["abstracts"] if abstract else [])]
        masked.append({"compared": ", ".join(said), "joined": len(known) - len(matched)})
    return {
        "papers": len(known),
        "joined": len(known) - len(works),
        "equal_titles": sum(n > 1 for n in titles.values()),
        "seconds": found["seconds"],
        "peak_mb": found["peak_mb"],
        "without_ids": masked,
    }


def checks(
    pairs: dict[str, Any], searches: Sequence[dict[str, Any]], arxiv: dict[str, Any]
) -> Iterator[tuple[str, bool]]:
    """Every target with what was found."""
    for name in ("f1", "precision"):
        yield (
            f"DBLP-ACM, {name} at least {TARGETS[name]:.3f}: {pairs[name]:.4f}",
            pairs[name] >= TARGETS[name],
        )
    for search in searches:
        for name in ("sensitivity", "specificity"):
            yield (
                f"{search['search']}, {name} at least {TARGETS[name]:.3f}: {search[name]:.4f}",
                search[name] >= TARGETS[name],
            )
    yield (
        f"arXiv papers joined to another, none: {arxiv['joined']} ({arxiv['equal_titles']} titles are in it twice)",
        arxiv["joined"] == 0,
    )
    yield (
        f"{arxiv['papers']} arXiv papers ingested within {TARGETS['seconds']:.0f} s: {arxiv['seconds']:.1f} s",
        arxiv["seconds"] <= TARGETS["seconds"],
    )
    yield (
        f"in at most {TARGETS['peak_mb']:.0f} MB: {arxiv['peak_mb']:.0f} MB",
        arxiv["peak_mb"] <= TARGETS["peak_mb"],
    )


def report(found: dict[str, Any], about: dict[str, Any]) -> list[str]:
    """The page, line by line."""
    pairs, searches, arxiv = found["pairs"], found["searches"], found["arxiv"]
    lines = [
        "# Every paper once",
        "",
        f"Written by `make bench-dedup` ({about['seconds']:.0f} s, {about['machine']}).",
        "",
    ]
    lines += ["| target | holds |", "| --- | --- |"]
    lines += [f"| {said} | {'yes' if holds else 'NO'} |" for said, holds in checks(pairs, searches, arxiv)]
    lines += ["", f"DBLP-ACM, whole ({pairs['pairs']} pairs), without training:", ""]
    lines += ["| | precision | recall | F1 |", "| --- | --- | --- | --- |"]
    rows = {"papertrends": (pairs["precision"], pairs["recall"], pairs["f1"]), **PUBLISHED}
    lines += [
        f"| {name} | " + " | ".join("" if value is None else f"{value:.3f}" for value in values) + " |"
        for name, values in rows.items()
    ]
    lines += [
        "",
        "Literature searches (the best published program, Deduklick, reports F1 .9975 on sets of its own, doi:10.1186/s13643-022-02045-9):",
        "",
    ]
    lines += [
        "| search | rows | duplicates | papers | sensitivity | specificity |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {one['search']} | {one['rows']} | {one['duplicates']} | {one['papers']} | {one['sensitivity']:.4f} | {one['specificity']:.4f} |"
        for one in searches
    ]
    lines += [
        "",
        f"{arxiv['papers']} arXiv papers without their ids, a bound on false joins (some papers were submitted twice):",
        "",
    ]
    lines += ["| what is compared | papers joined to another | part |", "| --- | ---: | ---: |"]
    lines += [
        f"| {one['compared']} | {one['joined']} | {one['joined'] / arxiv['papers']:.2%} |"
        for one in arxiv["without_ids"]
    ]
    return [*lines, ""]


def main() -> None:
    """Measure and write the page."""
    if not (SHARED / "dedup").exists():
        raise SystemExit(f"there is no {SHARED / 'dedup'}; the benchmark needs the data beside the checkout")
    start = time.perf_counter()
    found = {
        "pairs": measure_pairs(),
        "searches": [measure_search(name) for name in ("copper", "tafenoquine")],
        "arxiv": measure_arxiv(),
    }
    about = {
        "seconds": time.perf_counter() - start,
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
    }
    text = "\n".join(report(found, about))
    print(text)
    (RESULTS / "dedup.md").write_text(text, encoding="utf-8")
    (RESULTS / "dedup.json").write_text(
        json.dumps({"about": about, **found}, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
