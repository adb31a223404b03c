"""Reading the store as of a past day: nothing seen or published later may influence the result."""

from __future__ import annotations

import random
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.papers import Feed, PaperRecord, RejectedRecord, paper_id_for
from analytics.trends.coverage import look_days
from flows.store import Store
from flows.store.corpus import _fold_papers, _stored_papers, known_by
from flows.store.schema import sightings
from tests.examples import examples

START = date(2025, 3, 1)
TITLE = "Learning to Explore Sparse Worlds by Asking"

pytestmark = pytest.mark.usefixtures("database")


def day(number: int) -> date:
    return START + timedelta(days=number)


def make_feed(*records: PaperRecord, on: date | None, location: str = "a.json", **fields: object) -> Feed:
    return Feed("daily-papers", location, on, records, **fields)


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(tmp_path / "workspace") as opened:
        yield opened


def titles_by_day(store: Store, *numbers: int) -> dict[int, list[str]]:
    return {n: sorted(store.read_papers(day(n))["title"]) for n in numbers}


def test_before_the_workspace_began_a_saved_look_counts_from_the_day_that_it_states(store):
    """An archive read on one day can be followed through its past; a page without a day cannot."""
    store.ingest_feed(make_feed(PaperRecord("A saved archive's paper", ""), on=day(2)), seen_on=day(90))
    store.ingest_feed(make_feed(PaperRecord("A page's own paper", ""), on=None), seen_on=day(90))
    assert titles_by_day(store, 1, 2, 89) == {
        1: [],
        2: ["A saved archive's paper"],
        89: ["A saved archive's paper"],
    }
    assert len(store.read_papers(day(90))) == 2
    assert [store.read_corpus(day(n)).n_later for n in (1, 2, 90)] == [2, 1, 0]


def test_what_is_read_later_changes_no_day_that_could_be_told(store):
    """The workspace began on day 5; on day 9 it reads a file that states day 2, and that tells of day 9 only."""
    store.ingest_feed(make_feed(PaperRecord("A page's own paper", ""), on=None), seen_on=day(5))
    told = store.corpus_hash(day(6))
    store.ingest_feed(make_feed(PaperRecord("A backfilled paper", ""), on=day(2)), seen_on=day(9))
    assert store.corpus_hash(day(6)) == told
    assert titles_by_day(store, 5, 8, 9) == {
        5: ["A page's own paper"],
        8: ["A page's own paper"],
        9: ["A backfilled paper", "A page's own paper"],
    }
    assert store.read_corpus(day(8)).n_later == 1


def test_papers_published_later_are_left_out_and_counted(store):
    dated = [
        PaperRecord(f"A paper of day {n}, at length", "", day(n), "stated", "day", arxiv_id=f"2503.0000{n}")
        for n in (0, 3, 8)
    ]
    store.ingest_feed(make_feed(*dated, PaperRecord("An undated paper", ""), on=day(1)), seen_on=day(1))
    corpus = store.read_corpus(day(3))
    assert corpus.papers["published"].dropna().max() == pd.Timestamp(day(3))
    assert (len(corpus.papers), corpus.n_later) == (3, 1)


def test_fields_and_upvotes_are_those_of_the_day(store):
    early = PaperRecord(TITLE, "Short.", upvotes=40, arxiv_id="2503.00001")
    late = PaperRecord(
        TITLE, "A longer abstract.", day(0), "stated", "day", upvotes=12, arxiv_id="2503.00001"
    )
    store.ingest_feed(make_feed(early, on=day(1)), seen_on=day(1))
    before = store.read_corpus(day(1))
    store.ingest_feed(make_feed(late, on=day(4), location="b.json"), seen_on=day(4))
    after = store.read_corpus(day(1))
    assert before.corpus_hash == after.corpus_hash
    pd.testing.assert_frame_equal(before.papers, after.papers)
    assert store.read_papers(day(4))["upvotes"].tolist() == [12]
    assert store.read_papers(day(4))["abstract"].tolist() == ["A longer abstract."]


def test_a_paper_known_by_its_title_then_keeps_that_id_in_the_past(store):
    store.ingest_feed(make_feed(PaperRecord(TITLE, ""), on=day(1)), seen_on=day(1))
    store.ingest_feed(make_feed(PaperRecord(TITLE, "", arxiv_id="2503.00001"), on=day(4)), seen_on=day(4))
    assert store.read_papers(day(3))["paper_id"].tolist() == [paper_id_for(TITLE)]
    assert store.read_corpus(day(3)).n_later == 0
    assert store.read_papers(day(4))["paper_id"].tolist() == ["arxiv:2503.00001"]


_records = st.builds(
    lambda title, abstract, published, upvotes, arxiv_id: PaperRecord(
        title,
        abstract,
        None if published is None else day(published),
        "missing" if published is None else "stated",
        "none" if published is None else "day",
        upvotes=upvotes,
        arxiv_id=arxiv_id,
    ),
    st.sampled_from([TITLE, TITLE.upper(), "Another Title of Some Length"]),
    st.sampled_from(["", "one", "three"]),
    st.sampled_from([None, -400, 0, 2]),
    st.sampled_from([None, 1, 5]),
    st.sampled_from([None, "2503.00001", "2503.00002"]),
)


@pytest.mark.slow
@examples(15)
@given(
    st.lists(st.tuples(st.lists(_records, max_size=3), st.booleans()), min_size=2, max_size=6),
    st.randoms(use_true_random=False),
)
def test_as_of_gives_what_a_run_on_that_day_gave(looks, shuffler: random.Random):
    """One look a day; the corpus of each evening must still be there when all later looks are in."""
    steps = [
        (make_feed(*records, on=day(n) if is_stated else None), day(n))
        for n, (records, is_stated) in enumerate(looks)
    ]
    with tempfile.TemporaryDirectory() as folder:
        evenings = []
        with Store.open(Path(folder) / "day-by-day") as store:
            for feed, today in steps:
                store.ingest_feed(feed, seen_on=today)
                evenings.append(store.corpus_hash(today))
            assert [store.corpus_hash(today) for _, today in steps] == evenings
            # The stored rows are the fold over all looks.
            with store._engine.begin() as connection:
                folded, _ = _fold_papers(connection, known_by(connection, sightings, day(99)), day(99))
                blocks = list(_stored_papers(connection))
        stored = [row for block in blocks for row in zip(*block.values(), strict=True)]
        assert sorted(zip(*folded.values(), strict=True)) == sorted(stored)
        shuffler.shuffle(steps)
        with Store.open(Path(folder) / "shuffled") as store:
            for feed, today in steps:
                store.ingest_feed(feed, seen_on=today)
            assert [store.corpus_hash(day(n)) for n in range(len(steps))] == evenings


def test_looks_hold_empty_feeds_and_no_repeats(store):
    store.ingest_feed(make_feed(on=day(3)), seen_on=day(9))
    store.ingest_feed(make_feed(PaperRecord("A paper", ""), on=day(1)), seen_on=day(9))
    store.ingest_feed(make_feed(PaperRecord("Its neighbor", ""), on=day(1), location="b"), seen_on=day(9))
    store.ingest_feed(make_feed(PaperRecord("A page's paper", ""), on=None), seen_on=day(7))
    store.ingest_feed(make_feed(PaperRecord("A page's paper", ""), on=None), seen_on=day(8))
    assert look_days(store.feed_looks(day(9))).tolist() == [pd.Timestamp(day(n)) for n in (1, 3, 7)]
    assert look_days(store.feed_looks(day(8))).tolist() == [pd.Timestamp(day(7))]
    assert look_days(store.feed_looks(day(2))).tolist() == [pd.Timestamp(day(1))]


def test_a_window_reaches_no_further_than_the_day_of_the_look(store):
    window = (day(1), day(30))
    store.ingest_feed(make_feed(on=None, name="arxiv:cat:cs.AI", window=window), seen_on=day(9))
    look = store.feed_looks(day(9)).iloc[0]
    assert (look["name"], look["start"], look["end"]) == (
        "arxiv:cat:cs.AI",
        pd.Timestamp(day(1)),
        pd.Timestamp(day(9)),
    )
    assert store.asked_windows("arxiv:cat:cs.AI") == [(*window, day(9))]


def test_a_failed_look_is_not_a_look_at_its_days_and_is_asked_again(store):
    window = (day(1), day(2))
    failed = make_feed(on=None, name="n", window=window, failure="the service answered 500")
    store.ingest_feed(failed, seen_on=day(2))
    looks = store.feed_looks(day(2))
    assert (looks["is_whole"].tolist(), look_days(looks).tolist()) == ([False], [])
    assert store.asked_windows("n") == []


def test_sources_summary_counts_the_newest_content_of_a_feed(store):
    reject = RejectedRecord("line 3", "half an entry")
    one, two = PaperRecord("The first paper", ""), PaperRecord("The second paper", "")
    store.ingest_feed(make_feed(one, on=None, location="page.txt"), seen_on=day(1))
    store.ingest_feed(make_feed(one, two, on=None, location="page.txt", rejects=(reject,)), seen_on=day(4))
    store.ingest_feed(make_feed(one, on=day(2), location="a.json"), seen_on=day(9))
    rows = [tuple(row) for row in store.sources_summary(day(9)).itertuples(index=False)]
    assert rows == [
        ("daily-papers", "a.json", pd.Timestamp(day(2)), 1, 0),
        ("daily-papers", "page.txt", pd.Timestamp(day(4)), 2, 1),
    ]
    assert store.sources_summary(day(1))["n_records"].tolist() == [1]
    assert len(store.read_rejects(day(3))) == 0
    assert len(store.read_rejects(day(4))) == 1
