"""What could not be read is said: by ingest, status and a run's manifest."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from flows.analysis.steps import read_day
from flows.ingest import ingest_source
from flows.sources.unread import Unread, late_sentence, unread_in_store
from flows.store import Store

DAY = date(2026, 11, 28)


def folder(tmp_path: Path) -> Path:
    sources = tmp_path / "papers"
    sources.mkdir()
    rows = "".join(f"Lanterns {n},2020\n" for n in range(18))
    (sources / "good.csv").write_text(f"title,year\n{rows}", encoding="utf-8")
    (sources / "losses.csv").write_text(f"title,year\n{rows},2020\n,2021\nToo,many,cells\n", encoding="utf-8")
    (sources / "notes.txt").write_text("Bread, butter, and a lamp.", encoding="utf-8")
    (sources / "scan.pdf").write_bytes(b"%PDF-1.5\x00\x00")
    return sources


def test_files_and_rejects_are_named_by_ingest_and_by_the_store(tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    counts = ingest_source(str(folder(tmp_path)), workspace, DAY)
    notes, scan, lost = counts["warnings"][:3]
    assert notes.startswith("file not used: notes.txt is text of no form that is read")
    assert scan.startswith("file not used: scan.pdf is binary, not text")
    assert lost == (
        "losses.csv lost 3 of 21 entries: a row without a title (line 20 and 1 more); "
        "a row of 3 cells under 2 names of columns (line 22)"
    )
    with Store.open(workspace) as store:
        assert unread_in_store(store.sources_summary(DAY), store.read_rejects(DAY)) == [notes, scan, lost]
    assert read_day(workspace, DAY).warnings == (notes, scan, lost)


def test_each_file_that_is_not_used_has_a_line_up_to_twenty() -> None:
    unread = Unread()
    for number in range(23):
        unread.add("unknown", f"{number}.pdf", 0, [("file", f"{number}.pdf is binary, not text")])
    said = unread.sentences()
    assert said[0] == "file not used: 0.pdf is binary, not text"
    assert (len(said), said[-1]) == (21, "3 more files could not be used")


def test_small_losses_are_summed_with_one_place() -> None:
    unread = Unread()
    for number in range(3):
        unread.add("table", f"{number}.csv", 1_000, [("line 4", "a row without a title")] * (number + 1))
    assert unread.sentences() == [
        "6 entries of 3 files could not be a paper: a row without a title (0.csv, line 4 and 5 more)"
    ]
    assert Unread().sentences() == []


def test_papers_read_after_the_day_that_is_asked_for_are_counted(tmp_path: Path) -> None:
    workspace, early = tmp_path / "w", date(2026, 8, 21)
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("title,year\nLanterns,2020\nKites,2020\n", encoding="utf-8")
    second.write_text("title,year\nBoats,2020\n", encoding="utf-8")
    ingest_source(str(first), workspace, DAY)
    ingest_source(str(second), workspace, early)
    with Store.open(workspace) as store:
        assert store.late_papers(early) == (2, DAY)
        assert store.late_papers(DAY) == (0, None)


def test_saved_looks_of_a_day_read_after_it_are_late(tmp_path: Path) -> None:
    workspace, early = tmp_path / "w", date(2026, 8, 21)
    looks = tmp_path / "2025-10-03.csv"
    looks.write_text("title,year\nLanterns,2020\nKites,2020\n", encoding="utf-8")
    other = tmp_path / "b.csv"
    other.write_text("title,year\nBoats,2020\n", encoding="utf-8")
    ingest_source(str(looks), workspace, DAY)
    ingest_source(str(other), workspace, early)
    with Store.open(workspace) as store:
        assert store.late_papers(early) == (2, DAY)
    (said,) = read_day(workspace, early).warnings
    assert said == late_sentence(2, DAY, early)
    assert said.startswith("2 papers are left out as of 2026-08-21: read later, up to 2026-11-28")
