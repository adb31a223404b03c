# ruff: noqa: E501, ISC004
"""How fast sources of each format get into a store, and whether memory grows with the file.

    python benchmarks/bench_ingest.py [--records 4000]

Invented papers are written in every format, and each file is read into a fresh store by a process of
its own, once at N records and once at 4 N. Where the data folder stands beside the checkout, its
corpora are read too. Prints records a second, peak memory, and the memory that 4 N took more than
N, and writes them to benchmarks/results/ingest.md and ingest.json. No Prefect, no network: the
seconds are those of reading, checking, merging and storing.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

import pandas as pd

from analytics.synthetic.corpus import make_corpus
from flows.ingest import ingest_source

RESULTS = Path(__file__).parent / "results"
SHARED = Path(__file__).resolve().parents[2] / "shared"
CORPORA = {
    "saved Daily Papers answers (415 files)": "corpora/hf_daily_papers",
    "arXiv listings (44 files)": "corpora/arxiv_daily_raw",
    "Parquet, arXiv 1993-2019": "corpora/arxiv_cs_1993_2019.parquet",
    "Parquet, ICLR 2017-2024": "corpora/iclr_2017_2024.parquet",
    "ACL Anthology": "api_samples/acl_anthology",
}
Row = dict[str, str]


def invented(n: int) -> list[Row]:
    """Papers with abstracts of about the usual length, each with an arXiv id and a DOI."""
    papers = make_corpus(2_000, random_state=0).papers
    rows = []
    for number in range(n):
        paper = papers.iloc[number % len(papers)]
        rows.append(
            {
                "id": f"{2000 + number // 90_000:04d}.{number % 90_000 + 10_000:05d}",
                "doi": f"10.1000/bench.{number}",
                "title": f"{paper['title']} {number}",
                "abstract": " ".join([paper["abstract"]] * 4)[:1200],
                "date": f"{paper['published']:%Y-%m-%d}",
                "author": "Ada Example",
            }
        )
    return rows


def write_csv(rows: list[Row], path: Path) -> None:
    """Comma-separated with a header."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_parquet(rows: list[Row], path: Path) -> None:
    """Row groups of 5,000, as large files have them."""
    pd.DataFrame(rows).to_parquet(path, row_group_size=5_000)


def lines(make: Callable[[Row], object]) -> Callable[[list[Row], Path], None]:
    """Write one JSON object a line."""
    return text(lambda row: json.dumps(make(row)), "", "\n", "\n")


def text(make: Callable[[Row], str], head: str, between: str, tail: str) -> Callable[[list[Row], Path], None]:
    """Write one text a record, within a frame."""

    def write(rows: list[Row], path: Path) -> None:
        path.write_text(head + between.join(make(row) for row in rows) + tail, encoding="utf-8")

    return write


def listing(row: Row) -> Row | dict[str, object]:
    """A crawler's line of arXiv."""
    address = f"https://arxiv.org/abs/{row['id']}"
    return {"id": row["id"], "abs": address, "authors": [row["author"]], "title": row["title"],
            "categories": ["cs.AI"], "comment": None, "summary": row["abstract"]}  # fmt: skip


def snapshot(row: Row) -> dict[str, object]:
    """A line of the arXiv snapshot."""
    return {"id": row["id"], "title": row["title"], "abstract": row["abstract"], "doi": row["doi"],
            "authors_parsed": [["Example", "Ada", ""]], "update_date": row["date"],
            "versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}]}  # fmt: skip


def daily(row: Row) -> dict[str, object]:
    """An entry of the Daily Papers API."""
    return {"paper": {"id": row["id"], "title": row["title"], "summary": row["abstract"], "upvotes": 3,
                      "publishedAt": f"{row['date']}T00:00:00.000Z", "authors": [{"name": row["author"]}]}}  # fmt: skip


def work(row: Row) -> dict[str, object]:
    """A work of OpenAlex."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(row["abstract"].split()):
        places.setdefault(word, []).append(place)
    return {"id": "https://openalex.org/W1", "doi": f"https://doi.org/{row['doi']}", "title": row["title"],
            "display_name": row["title"], "publication_date": row["date"], "type": "article",
            "authorships": [{"author": {"display_name": row["author"]}}],
            "abstract_inverted_index": places}  # fmt: skip


def scholar(row: Row) -> dict[str, object]:
    """A paper of Semantic Scholar."""
    return {"paperId": row["doi"], "title": row["title"], "abstract": row["abstract"],
            "externalIds": {"ArXiv": row["id"], "DOI": row["doi"]}, "publicationDate": row["date"],
            "authors": [{"name": row["author"]}]}  # fmt: skip


def atom(row: Row) -> str:
    """An entry of arXiv's search."""
    return (
        f"<entry><id>http://arxiv.org/abs/{row['id']}v1</id><title>{escape(row['title'])}</title>"
        f"<summary>{escape(row['abstract'])}</summary><published>{row['date']}T00:00:00Z</published>"
        f"<author><name>{row['author']}</name></author></entry>"
    )


def oai(row: Row) -> str:
    """A record of arXiv's OAI-PMH."""
    return (
        f"<record><header><identifier>oai:arXiv.org:{row['id']}</identifier></header><metadata>"
        f'<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>{row["id"]}</id><created>{row["date"]}</created>'
        f"<authors><author><keyname>Example</keyname><forenames>Ada</forenames></author></authors>"
        f"<title>{escape(row['title'])}</title><abstract>{escape(row['abstract'])}</abstract></arXiv></metadata></record>"
    )


def item(row: Row) -> str:
    """An item of a journal's RSS."""
    return (
        f"<item><title>{escape(row['title'])}</title><link>https://doi.org/{row['doi']}</link>"
        f"<description>{escape(row['abstract'])}</description>"
        "<pubDate>Mon, 03 Mar 2025 00:00:00 GMT</pubDate></item>"
    )


def bibtex(row: Row) -> str:
    """An article of BibTeX."""
    return (
        f"@article{{k{row['doi'].rpartition('.')[2]},\n  title = {{{row['title']}}},\n  author = {{Example, Ada}},\n"
        f"  abstract = {{{row['abstract']}}},\n  doi = {{{row['doi']}}},\n  year = {{{row['date'][:4]}}}\n}}\n"
    )


def ris(row: Row) -> str:
    """A record of RIS."""
    return (
        f"TY  - JOUR\nTI  - {row['title']}\nAU  - Example, Ada\nAB  - {row['abstract']}\n"
        f"DO  - {row['doi']}\nPY  - {row['date'][:4]}\nER  - \n"
    )


ATOM_HEAD = '<feed xmlns="http://www.w3.org/2005/Atom"><id>http://arxiv.org/api/x</id>'
OAI_HEAD = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>'
FORMATS: dict[str, tuple[str, Callable[[list[Row], Path], None]]] = {
    "CSV": ("csv", write_csv),
    "Parquet": ("parquet", write_parquet),
    "JSON lines": ("jsonl", lines(lambda row: row)),
    "arXiv listing": ("jsonl", lines(listing)),
    "arXiv snapshot": ("jsonl", lines(snapshot)),
    "JSON list": ("json", text(json.dumps, "[", ",", "]")),
    "Daily Papers answer": ("json", text(lambda row: json.dumps(daily(row)), "[", ",", "]")),
    "OpenAlex": ("json", text(lambda row: json.dumps(work(row)), '{"meta": {"count": 1}, "results": [', ",", "]}")),
    "Semantic Scholar": (
        "json",
        text(lambda row: json.dumps(scholar(row)), '{"total": 1, "token": null, "data": [', ",", "]}"),
    ),
    "arXiv Atom": ("xml", text(atom, ATOM_HEAD, "\n", "</feed>")),
    "arXiv OAI-PMH": ("xml", text(oai, OAI_HEAD, "\n", "</ListRecords></OAI-PMH>")),
    "RSS": ("xml", text(item, '<rss version="2.0"><channel><title>J</title>', "\n", "</channel></rss>")),
    "BibTeX": ("bib", text(bibtex, "", "\n", "")),
    "RIS": ("ris", text(ris, "", "\n", "")),
}  # fmt: skip


def measure(source: Path) -> dict[str, float]:
    """Read a source into a fresh store in a process of its own."""
    command = [sys.executable, __file__, "--measure", str(source)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def peak_mb() -> float:
    """Largest resident memory of this process, in MB; the parent's, which getrusage would inherit, left out."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def measure_here(source: str) -> None:
    """Print seconds, records, rejects and peak memory of reading a source, as JSON."""
    before = peak_mb()
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        counts = ingest_source(source, Path(folder), date(2026, 1, 1))
        seconds = time.perf_counter() - start
    found = {"seconds": seconds, "records": counts["records"], "rejected": counts["rejected"],
             "peak_mb": peak_mb(), "imports_mb": before}  # fmt: skip
    print(json.dumps(found))


def results(n_records: int) -> Iterator[dict[str, object]]:
    """One row a format, then one a corpus."""
    with tempfile.TemporaryDirectory() as folder:
        for name, (suffix, write) in FORMATS.items():
            found = []
            for factor in (1, 4):
                path = Path(folder) / f"papers-{factor}.{suffix}"
                write(invented(factor * n_records), path)
                found.append(measure(path))
                path.unlink()
            small, large = found
            yield {"source": name, **large, "grown_mb": large["peak_mb"] - small["peak_mb"]}
    for name, place in CORPORA.items():
        if (SHARED / place).exists():
            yield {"source": name, **measure(SHARED / place)}


def report(rows: list[dict[str, object]], about: dict[str, object]) -> list[str]:
    """The page, line by line."""
    heads = ("source", "records", "rejected", "seconds", "records/s", "peak MB", "MB more than at a quarter")
    table = ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for row in rows:
        speed = float(str(row["records"])) / float(str(row["seconds"]))
        grown = f"{row['grown_mb']:.0f}" if "grown_mb" in row else ""
        table.append(
            f"| {row['source']} | {row['records']} | {row['rejected']} | {row['seconds']:.1f} | {speed:.0f} "
            f"| {row['peak_mb']:.0f} | {grown} |"
        )
    return [
        "# Ingest", "",
        "Records into a fresh store, a process each. Formats above the corpora are invented papers with "
        "abstracts of about 1,200 characters.",
        "", *table, "", ", ".join(f"{name} {value}" for name, value in about.items()), "",
    ]  # fmt: skip


def main() -> None:
    """Run all formats and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=4_000, help="records of the smaller file")
    parser.add_argument("--measure", metavar="SOURCE", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        measure_here(chosen.measure)
        return
    rows = list(results(chosen.records))
    about: dict[str, object] = {
        "machine": f"{os.cpu_count()} cores {platform.machine()}", "python": platform.python_version(),
        "pandas": pd.__version__, "records": f"{4 * chosen.records} each",
    }  # fmt: skip
    page = "\n".join(report(rows, about))
    print(page)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "ingest.md").write_text(page, encoding="utf-8")
    found = json.dumps({"about": about, "rows": rows}, indent=1)
    (RESULTS / "ingest.json").write_text(found + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
