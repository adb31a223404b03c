"""The store: what one feed leaves, what a second look changes, and which looks make one paper."""

from __future__ import annotations

import itertools
import random
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from analytics.papers import Feed, PaperRecord, RejectedRecord, content_hash, paper_id_for, paper_text
from analytics.tables import TABLE_COLUMNS
from flows.sources.daily_papers_api import parse_daily_papers_answer
from flows.sources.daily_papers_page import parse_daily_papers_page
from flows.store import IngestCounts, RunRow, Store
from flows.store.schema import metadata
from tests.examples import examples

DAY = date(2025, 3, 4)
LONG_TITLE = "Learning to Explore Sparse Worlds by Asking"

pytestmark = pytest.mark.usefixtures("database")


def make_record(title: str = LONG_TITLE, abstract: str = "We explore.", **fields: object) -> PaperRecord:
    if "published" in fields:
        fields = {"published_basis": "stated", "published_precision": "day", **fields}
    return PaperRecord(title, abstract, **fields)


def make_feed(
    *records: PaperRecord, day: date | None = DAY, location: str = "a.json", **fields: object
) -> Feed:
    return Feed("daily-papers", location, day, records, **fields)


def dump(store: Store, *, without: tuple[str, ...] = ()) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, sorted."""
    with store._engine.begin() as connection:
        return {
            table.name: sorted(
                (
                    tuple(value for name, value in row.items() if name not in without)
                    for row in connection.execute(select(table)).mappings()
                ),
                key=repr,
            )
            for table in metadata.sorted_tables
        }


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(tmp_path / "workspace") as opened:
        yield opened


def only_paper(store: Store, as_of: date = date(2030, 1, 1)) -> pd.Series:
    papers = store.read_papers(as_of)
    assert len(papers) == 1
    return papers.iloc[0]


def test_one_paper_comes_back_as_it_was_given(store):
    record = make_record(
        published=date(2025, 3, 1),
        authors=("Ada", "Grace"),
        n_authors=2,
        upvotes=7,
        organization="An Institute",
        url="https://example.org/1",
        arxiv_id="2503.02130",
    )
    assert store.ingest_feed(make_feed(record), seen_on=DAY) == IngestCounts(new=1)
    papers = store.read_papers(DAY)
    expected = [c for c in TABLE_COLUMNS["papers"] if c not in {"primary_theme", "topic_id"}] + [
        "content_hash"
    ]
    assert list(papers.columns) == expected
    row = papers.iloc[0].to_dict()
    assert pd.isna(row.pop("date_fault"))
    assert pd.isna(row.pop("updated"))
    assert pd.isna(row.pop("venue"))
    assert row == {
        "paper_id": "arxiv:2503.02130",
        "title": LONG_TITLE,
        "abstract": "We explore.",
        "published": pd.Timestamp(2025, 3, 1),
        "published_basis": "stated",
        "published_precision": "day",
        "published_source": "daily-papers",
        "is_withdrawn": False,
        "first_seen": pd.Timestamp(DAY),
        "authors": ["Ada", "Grace"],
        "n_authors": 2,
        "upvotes": 7,
        "organization": "An Institute",
        "categories": [],
        "url": "https://example.org/1",
        "sources": ["daily-papers"],
        "content_hash": content_hash(paper_text(LONG_TITLE, "We explore.")),
    }
    assert {str(papers[c].dtype) for c in ("published", "first_seen")} == {"datetime64[us]"}
    assert {str(papers[c].dtype) for c in ("n_authors", "upvotes")} == {"Int64"}
    assert {str(papers[c].dtype) for c in ("paper_id", "url", "organization")} == {"str"}


def test_empty_store_gives_typed_empty_tables(store):
    corpus = store.read_corpus(DAY)
    assert (len(corpus.papers), corpus.n_later) == (0, 0)
    assert str(corpus.papers["published"].dtype) == "datetime64[us]"
    looks = store.feed_looks(DAY)
    assert (len(looks), str(looks["end"].dtype)) == (0, "datetime64[us]")
    assert store.sources_summary(DAY).empty
    assert store.read_rejects().empty


def test_second_ingest_moves_last_seen_and_nothing_else(store):
    feeds = [
        make_feed(
            make_record(upvotes=3, arxiv_id="2503.02130"),
            make_record("Another Title of Some Length", upvotes=1),
            rejects=(RejectedRecord("line 9", "abstract without a title", "We"),),
            warnings=("a doubt",),
        ),
        # This source states no day of its own, so a later look must not count as another one.
        make_feed(make_record("A Page's Paper of Some Length"), day=None, location="page.txt"),
    ]
    for feed in feeds:
        store.ingest_feed(feed, seen_on=DAY)
    before, kept = dump(store), dump(store, without=("last_seen",))
    for feed in feeds:
        counts = store.ingest_feed(feed, seen_on=DAY)
        assert (counts.new, counts.known) == (0, len(feed.records))
    assert dump(store) == before
    for feed in feeds:
        store.ingest_feed(feed, seen_on=DAY + timedelta(days=9))
    assert dump(store, without=("last_seen",)) == kept
    assert dump(store) != before


def test_first_seen_is_the_earliest_day_ever_given(store):
    feed = make_feed(make_record(), day=None)
    for offset in (5, 9, 2, 7):
        store.ingest_feed(feed, seen_on=DAY + timedelta(days=offset))
    assert only_paper(store)["first_seen"] == pd.Timestamp(DAY + timedelta(days=2))


def test_counts_add_up_and_nothing_is_lost_unsaid(store):
    good, other = make_record(arxiv_id="2503.02130"), make_record("Another Title of Some Length")
    bad = [
        make_record("   ", position="entry 3"),
        make_record("Not an arXiv id", arxiv_id="2503", position="entry 4"),
        make_record("Too many votes", upvotes=2**40, position="entry 5"),
        PaperRecord("A date from nowhere", "", published=DAY, position="entry 6"),
    ]
    parsed = RejectedRecord("line 12", "half an entry", "...")
    counts = store.ingest_feed(make_feed(good, good, other, *bad, rejects=(parsed,)), seen_on=DAY)
    assert counts == IngestCounts(new=2, repeated=1, rejected=5)
    rejects = store.read_rejects()
    assert rejects["position"].tolist() == ["entry 3", "entry 4", "entry 5", "entry 6", "line 12"]
    assert rejects["reason"].str.len().gt(0).all()
    assert "2503.02130" in rejects["reason"][1]  # the reason says what an id looks like
    summary = store.sources_summary(DAY).iloc[0].to_dict()
    assert (summary["n_records"], summary["n_rejects"]) == (3, 5)
    assert counts + IngestCounts(known=4) == IngestCounts(new=2, known=4, repeated=1, rejected=5)


def test_text_that_no_database_takes_is_mended_not_lost(store):
    record = make_record("A\x00 title with \ud800 inside", "\ud83d\ude00 and \udfff", organization="\x00")
    feed = make_feed(record, warnings=("\ud800",), location="file\udcff.json")
    assert store.ingest_feed(feed, seen_on=DAY).new == 1
    assert store.sources_summary(DAY)["location"].tolist() == ["file\ufffd.json"]
    paper = only_paper(store)
    assert paper["title"] == "A\ufffd title with \ufffd inside"
    assert paper["abstract"] == "\U0001f600 and \ufffd"


@pytest.mark.parametrize("title", ["强化学习中的探索", "…", "x" * 200_000, "'; DROP TABLE papers; --", "🙂"])
def test_unusual_titles_are_kept_whole(store, title):
    store.ingest_feed(make_feed(make_record(title)), seen_on=DAY)
    paper = only_paper(store)
    assert (paper["title"], paper["paper_id"]) == (title, paper_id_for(title))


# --- several looks at one paper ---


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_later_look_fills_in_and_never_makes_worse(tmp_path, order):
    """Worked by hand: each field must come from the look that says most, in any order of ingest."""
    poor = make_record(LONG_TITLE.upper(), "", arxiv_id="2503.02130", n_authors=2, upvotes=50)
    guess = PaperRecord(
        LONG_TITLE,
        "Short.",
        date(2025, 10, 9),
        "year_inferred",
        "day",
        organization="First",
        arxiv_id="2503.02130",
    )
    stated = make_record(
        LONG_TITLE, "The long abstract.", published=date(2025, 3, 1), authors=("A", "B", "C"), upvotes=8,
        organization="Second", arxiv_id="2503.02130",
    )  # fmt: skip
    feeds = [make_feed(r, day=DAY + timedelta(days=i)) for i, r in enumerate((poor, guess, stated))]
    with Store.open(tmp_path) as store:
        for index in order:
            store.ingest_feed(feeds[index], seen_on=DAY + timedelta(days=30 + index))
        paper = only_paper(store)
    assert (paper["title"], paper["abstract"]) == (LONG_TITLE, "The long abstract.")
    assert (paper["published"], paper["published_basis"]) == (pd.Timestamp(2025, 3, 1), "stated")
    assert (paper["authors"], paper["n_authors"]) == (["A", "B", "C"], 3)
    assert paper["organization"] == "First"
    assert paper["upvotes"] == 8  # of the latest look, though an earlier one had more
    assert paper["first_seen"] == pd.Timestamp(DAY + timedelta(days=30))


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (("id_month", "month", date(2024, 5, 1)), ("stated", "year", date(2024, 1, 1))),
        (("stated", "year", date(2025, 1, 1)), ("year_inferred", "day", date(2024, 5, 1))),
        (("id_month", "month", date(2024, 5, 1)), ("year_inferred", "day", date(2023, 5, 2))),
        (("year_inferred", "day", date(2024, 5, 2)), ("missing", "none", None)),
        (("stated", "day", date(2024, 5, 2)), ("stated", "month", date(2024, 5, 1))),
        (("stated", "day", date(2024, 5, 2)), ("stated", "day", date(2024, 8, 1))),
    ],
)
def test_better_date_wins_whichever_comes_last(tmp_path, better, worse):
    for name, dates in (("up", (worse, better)), ("down", (better, worse))):
        with Store.open(tmp_path / name) as store:
            for i, (basis, precision, day) in enumerate(dates):
                record = PaperRecord(LONG_TITLE, "", day, basis, precision, doi="10.1/a")
                store.ingest_feed(make_feed(record, location=f"{i}"), seen_on=DAY)
            paper = only_paper(store)
        assert (paper["published_basis"], paper["published_precision"]) == better[:2]
        assert paper["published"] == pd.Timestamp(better[2])


def test_upvotes_of_one_day_take_the_largest(store):
    for upvotes in (4, 9, 6):
        store.ingest_feed(make_feed(make_record(upvotes=upvotes)), seen_on=DAY)
    assert only_paper(store)["upvotes"] == 9


# --- a record without an identifier ---

IDENTIFIED = make_record(arxiv_id="2503.02130", n_authors=3, published=date(2025, 3, 1))


@pytest.mark.parametrize("title_first", [False, True])
@pytest.mark.parametrize(
    ("by_title", "is_joined"),
    [
        (make_record(LONG_TITLE.lower() + "!"), True),
        (make_record(n_authors=3, published=date(2025, 3, 2)), True),
        (make_record(published=date(2024, 12, 31)), True),
        (make_record(published=date(2023, 12, 31)), False),
        (make_record(n_authors=4), False),
        (make_record(authors=("A", "B")), False),
        (make_record(LONG_TITLE + " Again"), False),
    ],
)
def test_a_title_alone_joins_the_paper_that_it_agrees_with(tmp_path, by_title, is_joined, title_first):
    feeds = [make_feed(IDENTIFIED), make_feed(by_title, location="page.txt")]
    with Store.open(tmp_path) as store:
        counts = [store.ingest_feed(feed, seen_on=DAY) for feed in (feeds[::-1] if title_first else feeds)]
        papers = store.read_papers(DAY)
    assert len(papers) == (1 if is_joined else 2)
    assert papers["paper_id"][0] == "arxiv:2503.02130"
    assert (counts[1].new, counts[1].known, counts[1].merged) == ((0, 1, 1) if is_joined else (1, 0, 0))


def test_two_papers_of_one_title_stay_two_and_a_bare_title_joins_neither(store):
    def column(doi: str | None) -> PaperRecord:
        return make_record("Notes on the Weather of the Inner Harbor in Winter", n_authors=1, doi=doi)

    store.ingest_feed(make_feed(column("10.1/a")), seen_on=DAY)
    store.ingest_feed(make_feed(column(None), location="page.txt"), seen_on=DAY)
    assert store.read_papers(DAY)["paper_id"].tolist() == ["doi:10.1/a"]
    # The second paper of that title makes the bare one ambiguous: it stands for itself again.
    store.ingest_feed(make_feed(column("10.1/B"), location="b.json"), seen_on=DAY)
    ids = store.read_papers(DAY)["paper_id"].tolist()
    assert ids == [
        "doi:10.1/a",
        "doi:10.1/b",
        paper_id_for("Notes on the Weather of the Inner Harbor in Winter"),
    ]


ISSUE = (
    "This issue holds nine papers on the charts of small boats, two on the wind, and a letter from a reader who "
    "asks why sails are white; we thank all who wrote, read and waited"
)


@pytest.mark.parametrize(
    ("abstract", "n_papers"), [(f"{ISSUE} …", 1), ("Another one.", 2), (ISSUE[::-1], 2), ("", 2)]
)
def test_a_short_title_needs_the_same_abstract(store, abstract, n_papers):
    store.ingest_feed(make_feed(make_record("Editorial", ISSUE, doi="10.1/a")), seen_on=DAY)
    store.ingest_feed(make_feed(make_record("Editorial", abstract), location="b"), seen_on=DAY)
    assert len(store.read_papers(DAY)) == n_papers


def ids_of(tmp_path: Path, *records: PaperRecord) -> list[str]:
    """Paper ids that the records end at, for every order of ingest (all orders of up to four)."""
    found = []
    for number, order in enumerate(itertools.permutations(records)):
        with Store.open(tmp_path / str(number)) as store:
            for record in order:
                store.ingest_feed(make_feed(record, location=f"{records.index(record)}"), seen_on=DAY)
            found.append(tuple(store.read_papers(date(2030, 1, 1))["paper_id"]))
    assert len(set(found)) == 1, set(found)
    return list(found[0])


def test_a_doi_joins_the_arxiv_paper_that_states_it_too(tmp_path):
    preprint = make_record(arxiv_id="2503.02130", doi="10.1000/XYZ")
    printed = make_record("A Quite Different Title in Print", doi="10.1000/xyz", published=date(2027, 1, 1))
    assert ids_of(tmp_path, preprint, printed) == ["arxiv:2503.02130"]


def test_a_doi_of_two_arxiv_papers_joins_neither(tmp_path):
    one, two = (
        make_record(f"Part {n} of a Long Work", arxiv_id=f"2503.0000{n}", doi="10.1/a") for n in (1, 2)
    )
    printed = make_record("Both Parts of a Long Work", doi="10.1/a")
    assert ids_of(tmp_path, one, two, printed) == ["arxiv:2503.00001", "arxiv:2503.00002", "doi:10.1/a"]


@pytest.mark.parametrize(
    ("printed", "is_one"),
    [
        ({"authors": ("Lovelace, Ada", "Hopper, G."), "published": date(2029, 5, 1)}, True),
        ({"authors": ("A. Lovelace", "G. Hopper", "C. Babbage")}, True),
        ({"authors": ("Charles Babbage",)}, False),
        ({"published": date(2025, 11, 1)}, True),
        ({"published": date(2029, 5, 1)}, False),
    ],
)
def test_a_print_with_a_doi_joins_its_preprint_by_title_with_authors_or_year(tmp_path, printed, is_one):
    known = {"authors": ("Ada Lovelace", "Grace Hopper"), "published": date(2025, 3, 1)}
    ids = ids_of(tmp_path, make_record(arxiv_id="2503.02130", **known), make_record(doi="10.1/a", **printed))
    assert ids == (["arxiv:2503.02130"] if is_one else ["arxiv:2503.02130", "doi:10.1/a"])


def test_a_preprint_that_states_another_doi_is_another_work(tmp_path):
    preprint = make_record(authors=("Ada Lovelace",), arxiv_id="2503.02130", doi="10.1/journal")
    proceedings = make_record(authors=("Ada Lovelace",), doi="10.1/conference")
    assert ids_of(tmp_path, preprint, proceedings) == ["arxiv:2503.02130", "doi:10.1/conference"]


def test_two_editorials_without_identifiers_stay_two(tmp_path):
    first = make_record(
        "Editorial", "On the first issue.", authors=("Ada Lovelace",), published=date(2001, 1, 17)
    )
    again = make_record("EDITORIAL", "", authors=("A. Lovelace",), published=date(2001, 1, 17))
    other = make_record(
        "Editorial", "On the ninth issue.", authors=("Ada Lovelace",), published=date(2009, 1, 1)
    )
    ids = ids_of(tmp_path, first, again, other)
    assert len(ids) == 2
    assert paper_id_for("Editorial") in ids


def test_long_titles_without_identifiers_are_one_work_unless_something_contradicts(tmp_path):
    vague = make_record()
    by_ada = make_record(authors=("Ada Lovelace",), published=date(2001, 1, 1))
    by_bo = make_record(authors=("Bo Muster",), published=date(2001, 1, 1))
    assert ids_of(tmp_path / "a", vague, by_ada) == [paper_id_for(LONG_TITLE)]
    assert len(ids_of(tmp_path / "b", by_ada, by_bo)) == 2


@pytest.mark.slow
def test_a_title_that_thousands_share_ends(store):
    """Pair by pair this would take twenty million comparisons."""
    records = [make_record("Untitled", f"Text {n // 2}.") for n in range(6000)]
    assert store.ingest_feed(make_feed(*records), seen_on=DAY).new == 3000


def test_a_new_look_decides_again_about_what_was_joined_under_an_older_title(store):
    """The paper's second look has another title and says how many authors there are: too many for the page's."""
    store.ingest_feed(make_feed(make_record(arxiv_id="2503.02130")), seen_on=DAY)
    store.ingest_feed(make_feed(make_record(n_authors=4), location="page.txt"), seen_on=DAY)
    assert store.read_papers(DAY)["paper_id"].tolist() == ["arxiv:2503.02130"]
    renamed = make_record("A New Title for the Same Work", n_authors=3, arxiv_id="2503.02130")
    store.ingest_feed(make_feed(renamed, location="b.json"), seen_on=DAY)
    assert store.read_papers(DAY)["paper_id"].tolist() == ["arxiv:2503.02130", paper_id_for(LONG_TITLE)]


def test_a_saved_archive_is_read_by_its_own_days(store):
    """All files are read on one day, the last first: the days of the feeds say which look is the latest."""
    for offset, upvotes, organization in ((2, 3, "Later"), (0, 9, "First"), (1, 5, None)):
        record = make_record(upvotes=upvotes, organization=organization)
        store.ingest_feed(make_feed(record, day=DAY + timedelta(days=offset)), seen_on=date(2026, 1, 1))
    paper = only_paper(store)
    assert (paper["upvotes"], paper["organization"]) == (3, "First")


# --- long feeds in parts ---


def parts_of(records: list[PaperRecord], size: int, **fields: object) -> list[Feed]:
    cuts = [records[start : start + size] for start in range(0, len(records), size)]
    return [make_feed(*cut, is_last=cut is cuts[-1], **fields) for cut in cuts]


def test_parts_are_one_feed_of_which_the_last_part_tells(store):
    records = [make_record(f"Paper number {i} of a long series") for i in range(5)]
    told = []
    for _, counts in store.ingest_feeds(iter(parts_of(records, 2)), seen_on=DAY):
        told.append((counts.new, len(store.sources_summary(DAY))))
    assert told == [(2, 0), (2, 0), (1, 1)]
    assert store.sources_summary(DAY)["n_records"].tolist() == [5]
    before = dump(store)
    assert sum(c.new for _, c in store.ingest_feeds(iter(parts_of(records, 2)), seen_on=DAY)) == 0
    assert dump(store) == before


def test_a_feed_cut_off_between_parts_ends_as_if_it_had_not_been(tmp_path):
    records = [make_record(f"Paper number {i} of a long series", arxiv_id=f"2503.0000{i}") for i in range(5)]

    def dying(parts: list[Feed]):
        yield from parts[:2]
        raise RuntimeError("killed")

    dumps = []
    for name, first in (("quiet", False), ("killed", True)):
        with Store.open(tmp_path / name) as opened:
            if first:
                with pytest.raises(RuntimeError, match="killed"):
                    list(opened.ingest_feeds(dying(parts_of(records, 2)), seen_on=DAY))
                assert len(opened.read_papers(DAY)) == 4
            list(opened.ingest_feeds(parts_of(records, 2), seen_on=DAY))
            dumps.append(dump(opened))
    assert dumps[0] == dumps[1]


def test_a_failure_is_kept_with_what_came(store):
    feed = make_feed(make_record(), name="arxiv:x", failure="the service answered 500")
    store.ingest_feed(feed, seen_on=DAY)
    assert store.sources_summary(DAY)["n_records"].tolist() == [1]
    assert store.feed_looks(DAY)["is_whole"].tolist() == [False]


# --- laws ---

_ids = st.sampled_from(
    [(None, None), (None, None), ("2503.00001", None), ("2503.00002", None), (None, "10.1/a"), (None, "10.1/B"),
     ("2503.00001", "10.1/A"), ("2503.00002", "10.1/a")]
)  # fmt: skip
_dates = st.one_of(
    st.just((None, "missing", "none")),
    st.tuples(
        st.dates(date(2023, 12, 30), date(2025, 1, 2)),
        st.sampled_from(["stated", "id_month", "year_inferred"]),
        st.sampled_from(["day", "month", "year"]),
    ),
)
_records = st.builds(
    lambda title, abstract, dated, authors, counts, organization, ids: PaperRecord(
        title, abstract, *dated, authors=authors, n_authors=counts[0], upvotes=counts[1],
        organization=organization, arxiv_id=ids[0], doi=ids[1],
    ),
    st.sampled_from([LONG_TITLE, LONG_TITLE.upper(), "Editorial", "Another Title of Some Length"]),
    st.sampled_from(["", "one", "two", "three"]),
    _dates,
    st.sampled_from([(), ("Ada",), ("Bo",), ("Ada", "Bo"), ("Cy", "Di", "Ada")]),
    st.tuples(st.sampled_from([None, 1, 2]), st.sampled_from([None, 1, 5])),
    st.sampled_from([None, "O", "P"]),
    _ids,
)  # fmt: skip
_looks = st.lists(
    st.tuples(
        st.lists(_records, max_size=3),
        st.sampled_from([None, DAY, DAY + timedelta(days=1)]),
        st.integers(0, 3),
    ),
    min_size=2,
    max_size=5,
)


@examples(25)
@given(_looks, st.randoms(use_true_random=False))
def test_the_order_of_ingest_never_matters(looks, shuffler: random.Random):
    steps = [
        (make_feed(*records, day=day, location=f"{i % 2}"), DAY + timedelta(days=offset))
        for i, (records, day, offset) in enumerate(looks)
    ]
    shuffled = steps + steps[:1]
    shuffler.shuffle(shuffled)
    with tempfile.TemporaryDirectory() as folder:
        dumps = []
        for name, order in (("a", steps), ("b", shuffled)):
            with Store.open(Path(folder) / name) as store:
                counts = [store.ingest_feed(feed, seen_on=seen_on) for feed, seen_on in order]
                dumps.append((dump(store), store.corpus_hash(date(2026, 1, 1))))
        for count, (feed, _) in zip(counts, shuffled, strict=True):
            assert count.new + count.known + count.repeated + count.rejected == len(feed.records)
    assert dumps[0] == dumps[1]


def test_rows_come_in_the_order_of_their_ids(store):
    ids = [f"2503.{number:05d}" for number in (7, 3, 9, 1)]
    records = [make_record(f"Paper number {i} of a long series", arxiv_id=i) for i in ids]
    store.ingest_feed(make_feed(*records), seen_on=DAY)
    assert store.read_papers(DAY)["paper_id"].tolist() == [f"arxiv:{i}" for i in sorted(ids)]


@pytest.mark.slow
def test_more_papers_than_a_statement_takes_values(store):
    records = [make_record(f"Paper number {i} of a long series") for i in range(1203)]
    assert store.ingest_feed(make_feed(*records), seen_on=DAY).new == 1203
    assert store.ingest_feed(make_feed(*records), seen_on=DAY).known == 1203
    assert store.read_papers(DAY)["title"].nunique() == 1203


def test_corpus_hash_changes_with_any_value_and_only_then(store):
    feed = make_feed(make_record(upvotes=1))
    store.ingest_feed(feed, seen_on=DAY)
    before = store.corpus_hash(DAY)
    store.ingest_feed(feed, seen_on=DAY + timedelta(days=1))
    assert store.corpus_hash(DAY) == before
    store.ingest_feed(make_feed(make_record(upvotes=2)), seen_on=DAY)
    assert store.corpus_hash(DAY) != before


def test_runs_are_remembered_under_their_ids(store):
    started = RunRow("b", DAY, "2025-03-04T06:00:00+00:00", "running")
    store.write_run(started)
    store.write_run(RunRow("a", DAY, "2025-03-03T06:00:00+00:00", "failed"))
    done = RunRow("b", DAY, started.started_at, "completed", "2025-03-04T06:01:00+00:00", "f" * 64, {"n": 1})
    store.write_run(done)
    assert [run.run_id for run in store.read_runs()] == ["a", "b"]
    assert store.read_runs()[1] == done


def test_tables_can_be_made_on_postgresql():
    for table in metadata.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=postgresql.dialect()))
        for index in table.indexes:
            assert "CREATE INDEX" in str(CreateIndex(index).compile(dialect=postgresql.dialect()))


@pytest.mark.shared
@pytest.mark.slow
def test_the_page_and_the_saved_answers_make_one_corpus(shared_dir, tmp_path):
    page = parse_daily_papers_page(
        (shared_dir / "seed" / "daily_papers_page.txt").read_text(encoding="utf-8"),
        location="page.txt",
        as_of=date(2025, 12, 10),
    )
    answers = [
        parse_daily_papers_answer(
            path.read_text(encoding="utf-8"), location=path.name, day=date.fromisoformat(path.stem)
        )
        for path in sorted((shared_dir / "corpora" / "hf_daily_papers").glob("*.json"))
    ]
    with Store.open(tmp_path) as store:
        counts = IngestCounts()
        for feed in answers:
            counts += store.ingest_feed(feed, seen_on=date(2026, 1, 1))
        assert counts == IngestCounts(new=6141)
        # 14 of the page's papers stand in the answers too; six of them without a date on the page.
        assert store.ingest_feed(page, seen_on=date(2026, 1, 1)) == IngestCounts(new=33, known=14, merged=14)
        assert len(store.read_papers(date(2026, 1, 1))) == 6174
        again = [store.ingest_feed(feed, seen_on=date(2026, 1, 2)) for feed in (*answers[::50], page)]
        assert sum(count.new for count in again) == 0
