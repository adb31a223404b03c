"""Make the table of the sample: what is a fact about each Daily Paper, and no abstract.

Run once, by hand; the file in `data/sample` was made from the 415 saved answers of the Daily Papers API of
27 May 2024 to 31 December 2025 in `../shared/corpora/hf_daily_papers`. The same answers give the same bytes.

    python benchmarks/make_sample_titles.py ../shared/corpora/hf_daily_papers
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from analytics.papers import PaperRecord
from flows.sources.recognition import read_source

TARGET = Path(__file__).resolve().parents[1] / "data" / "sample" / "daily_papers_2024_2025.csv"
COLUMNS = ("id", "title", "date", "upvotes", "organization")


def main(folder: str, target: Path = TARGET) -> None:
    """Write one row per paper, by day and id; of a paper that is shown twice, the newest look."""
    newest: dict[str, PaperRecord] = {}
    for feed in read_source(folder):
        newest |= {record.arxiv_id: record for record in feed.records if record.arxiv_id}
    rows = sorted((one.published, one.arxiv_id, one) for one in newest.values() if one.published)
    with target.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(
            (arxiv_id, one.title, day, one.upvotes, one.organization) for day, arxiv_id, one in rows
        )
    print(f"{target.name}: {len(rows)} papers, {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
