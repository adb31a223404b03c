"""``papertrends merge`` and ``split``: a person's word about works holds, is kept by its day, and travels."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from typer.testing import CliRunner

from analytics.papers import Feed, PaperRecord
from flows.commands.cli import app
from flows.commands.decision_file import COLUMNS, read_decision_file
from flows.store import Store
from flows.store.schema import records, sightings

DAY = date(2025, 3, 4)
FIRST = PaperRecord(
    "Charting the currents of narrow harbors with borrowed buoys", "", date(2011, 1, 1), "stated", "year",
    authors=("Ada Example", "Bo Muster"), doi="10.5555/a",
)  # fmt: skip
MISTYPED = PaperRecord(
    "Charting the currents of narrow harbors with borrowed boys", "", authors=("A. Example", "B. Muster")
)
OTHER = PaperRecord(
    "Where the gulls of the estuary sleep",
    "",
    date(2012, 1, 1),
    "stated",
    "year",
    authors=("Ada Example", "Bo Muster"),
)
PREPRINT = PaperRecord("Bees that lose their way home", "", arxiv_id="2503.00001")


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Runs a command in a workspace that holds the papers."""
    monkeypatch.chdir(tmp_path)
    for name in ("WORKSPACE", "THEMES", "LABELLER", "AS_OF"):
        monkeypatch.delenv(f"PAPERTRENDS_{name}", raising=False)
    fill("w")

    def run(*arguments, status=0, workspace="w"):
        result = CliRunner().invoke(app, [*map(str, arguments), "--workspace", workspace])
        assert result.exit_code == status, result.output
        assert "Traceback" not in result.output
        return result

    return run


def fill(workspace: str, *more: PaperRecord) -> None:
    with Store.open(Path(workspace)) as store:
        for number, record in enumerate((FIRST, MISTYPED, OTHER, PREPRINT, *more)):
            store.ingest_feed(Feed("file", f"{number}.csv", DAY, (record,)), seen_on=DAY)


def papers(workspace: str = "w", as_of: date = date(2030, 1, 1)) -> list[str]:
    with Store.open(Path(workspace)) as store:
        return store.read_papers(as_of)["paper_id"].tolist()


def test_paper_says_why_its_records_are_one(call):
    lines = call("paper", "10.5555/a").stdout.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("two records match"))
    assert lines[start] == (
        "two records match, 100.0% sure: same title but for spelling, 2 of 2 authors shared"
    )
    assert sorted(lines[start + 1 : start + 3]) == [
        f"  {MISTYPED.title}  [file 1.csv, 2025-03-04]",
        f"  {FIRST.title} (2011)  [file 0.csv, 2025-03-04]",
    ]
    assert lines[start + 3] == "if they are different works: papertrends split doi:10.5555/a"
    assert "sure" not in call("paper", "2503.00001").stdout


def test_a_split_holds_against_later_looks_and_a_merge_takes_it_back(call):
    before = papers()
    assert len(before) == 3
    said = call("split", "doi:10.5555/a", "--as", "Ada", "--as-of", "2025-06-01").stdout
    assert "same title but for spelling, 2 of 2 authors shared" in said
    after = papers()
    assert len(after) == 4
    assert papers(as_of=date(2025, 5, 31)) == before, "what was not known yet on a day does not count there"
    assert papers(as_of=date(2025, 6, 1)) == after
    again = PaperRecord(MISTYPED.title, "", authors=MISTYPED.authors, url="https://example.org/again")
    fill("w", again)
    assert papers() == after, "another look at the record that was split off stays with it"
    (split_off,) = set(after) - set(before)
    said = call("merge", "doi:10.5555/a", split_off, "--as", "Ada", "--as-of", "2025-06-01").stdout
    assert said.startswith(f"doi:10.5555/a and {split_off} are one paper now: doi:10.5555/a\n")
    assert papers() == before


def test_a_merge_joins_what_nothing_else_would_arxiv_papers_too(call):
    second = PaperRecord("Bees lost and found", "", arxiv_id="2503.00002")
    fill("w", second)
    call("merge", "2503.00002", "2503.00001", "--as", "Ada")
    assert "arxiv:2503.00002" not in papers()
    newer = PaperRecord("Bees lost and found, revised", "", arxiv_id="2503.00002", version=2)
    fill("w", newer)
    assert "arxiv:2503.00002" not in papers(), "a later version belongs to the merged paper too"
    lines = call("paper", "2503.00002").stdout
    assert lines.startswith("arxiv:2503.00001")
    assert "two records match: a person said so" in lines
    call("split", "2503.00001", "--as", "Ada")
    assert {"arxiv:2503.00001", "arxiv:2503.00002"} <= set(papers())


def test_decisions_travel_to_another_workspace(call):
    call("split", "doi:10.5555/a", "--as", "Ada")
    call("merge", "Where the gulls of the estuary sleep", "2503.00001", "--as", "Bo")
    told = call("merge", "--export", "works.csv").stdout
    assert told == "works   works.csv: 2 decisions about two records each\n"
    text = Path("works.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0] == ",".join(COLUMNS)
    assert MISTYPED.title in text

    with Store.open(Path("v")) as empty:
        assert empty.read_papers(DAY).empty
    said = call("merge", "--take", "works.csv", workspace="v").stdout
    assert "2 decisions, 2 of them new" in said
    assert "2 are about records that are not in this workspace" in said
    fill("v")
    assert papers("v") == papers("w")
    call("merge", "--export", "again.csv", workspace="v")
    assert Path("again.csv").read_text(encoding="utf-8") == text
    assert "2 decisions, 0 of them new" in call("merge", "--take", "again.csv").stdout
    call("merge", "--export", "works.csv")


def test_the_newest_word_about_two_records_holds(call):
    call("split", "doi:10.5555/a", "--as", "Ada", "--as-of", "2025-06-03")
    split_off = set(papers()) - {"doi:10.5555/a", "arxiv:2503.00001"}
    (split_off,) = (one for one in split_off if call("paper", one).stdout.find(MISTYPED.title) > 0)
    call("merge", split_off, "doi:10.5555/a", "--as", "Bo", "--as-of", "2025-06-05")
    assert [len(papers(as_of=date(2025, 6, day))) for day in (2, 3, 4, 5)] == [3, 4, 4, 3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("merge",), "give two papers, A and B, or --export FILE, or --take FILE"),
        (("merge", "a"), "give two papers"),
        (("merge", "a", "b", "--export", "x.csv"), "give two papers"),
        (("merge", "2503.00001", "2503.00001"), "are already one paper, arxiv:2503.00001"),
        (("merge", "2503.00001", "2503.99999"), "no paper '2503.99999' among the 3"),
        (
            ("split", "2503.00001"),
            "there is nothing to split: all records of the paper state the same arXiv id",
        ),
        (("merge", "--take", "none.csv"), "cannot read none.csv"),
        (("merge", "--export", "w/runs/r/a.csv"), "is in a run folder"),
        (("split", "2503.00001", "--as", "=x"), "is not a valid labeller name"),
    ],
)
def test_mistakes_are_reported_in_one_line(call, arguments, message):
    result = call(*arguments, status=2)
    assert message in result.stderr.replace("\n", " ")
    assert len(papers()) == 3


def test_a_file_of_something_else_is_left_alone(call):
    Path("papers.csv").write_text("title\nA paper\n", encoding="utf-8")
    assert "is not a file of exported decisions" in call("merge", "--export", "papers.csv", status=2).stderr
    assert "no column 'one'" in call("merge", "--take", "papers.csv", status=2).stderr.replace("\n", " ")


def test_a_bad_line_costs_no_other(tmp_path):
    good = f"{'a' * 32},{'b' * 32},2025-01-01,1,Ada,x,y"
    bad = [
        f"{'a' * 31},{'b' * 32},2025-01-01,1,Ada,,",
        f"{'a' * 32},{'a' * 32},2025-01-01,1,Ada,,",
        f"{'a' * 32},{'b' * 32},soon,1,Ada,,",
        f"{'a' * 32},{'b' * 32},2025-01-01,3,Ada,,",
        f"{'a' * 32},{'b' * 32},2025-01-01,1,,,",
    ]
    path = tmp_path / "works.csv"
    path.write_text("\n".join([",".join(COLUMNS), good, *bad]) + "\n", encoding="utf-8")
    found = read_decision_file(path)
    assert len(found.decisions) == 1
    assert [fault.partition(":")[0] for fault in found.faults] == [
        "line 3, column one", "line 4, columns one and other name the same record; name two different records",
        "line 5, column day", "line 6, column works", "line 7, column person",
    ]  # fmt: skip


def test_the_least_certain_joins_come_first_and_only_of_what_was_known(call):
    later = PaperRecord("Where the gulls of the estuary sleep: a walk in winter", "", authors=("A. Example",))
    with Store.open(Path("w")) as store:
        store.ingest_feed(Feed("file", "late.csv", date(2025, 9, 1), (later,)), seen_on=date(2025, 9, 1))
        late = store.least_certain_joins(date(2025, 9, 1), 10)
        early = store.least_certain_joins(DAY, 10)
    titles = [{one.one.record.title, one.other.record.title} for one in late]
    assert titles == [{OTHER.title, later.title}, {FIRST.title, MISTYPED.title}]
    assert late[0].join.bits < late[1].join.bits
    assert early == late[1:]
    call("split", "doi:10.5555/a", "--as", "Ada")
    with Store.open(Path("w")) as store:
        assert store.least_certain_joins(date(2030, 1, 1), 10) == late[:1]


def test_the_least_certain_joins_are_found_in_time_in_proportion(call, assert_grows_in_proportion):
    size = 8000
    for n in (size // 8, size):
        fill(str(n))
        with Store.open(Path(str(n))) as store, store._engine.begin() as connection:
            for table, key in ((records, "record_id"), (sightings, "sighting_id")):
                row = dict(connection.execute(select(table)).mappings().first())
                names = [hashlib.sha256(str(place).encode()).hexdigest()[:32] for place in range(n)]
                rows = [row | {"record_id": name, key: name} for name in names]
                connection.execute(insert(table), rows)

    def read(n):
        with Store.open(Path(str(n))) as store:
            assert len(store.least_certain_joins(DAY, 10)) == 1

    assert_grows_in_proportion(read, size)
