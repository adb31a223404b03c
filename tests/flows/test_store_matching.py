"""Matching in the store: what comes in parts and in any order ends as matching all at once would have it."""

from __future__ import annotations

import random
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st
from sqlalchemy import func, select

import analytics.matching.recurring
import flows.store.matching
import flows.store.neighborhood
from analytics.papers import Feed, PaperRecord
from flows.store import Store
from flows.store.decisions import WorkDecision, newest_decisions, read_decisions
from flows.store.keys import stored_record
from flows.store.matching import ComparedRecords, Matched, match_all
from flows.store.schema import record_joins, record_keys, records
from flows.store.stored_records import StoredRecord
from tests.examples import examples

DAY = date(2025, 3, 4)
ABSTRACT = (
    "A fleet of small boats shares charts by lamp when the radio fails. We count how often two boats read the same "
    "chart in another way, over forty crossings and three kinds of weather, and what the crews made of it afterwards."
)
OTHER_ABSTRACT = (
    "Bees that lose their way home are followed with a thread of wool. Most find it within an hour; the rest settle "
    "where they are, which the literature on wool has so far passed over, and which we regret to confirm at length."
)


def placed(store: Store) -> dict[str, str]:
    with store._engine.begin() as connection:
        rows = connection.execute(select(records.c.record_id, records.c.paper_id))
        return {row.record_id: row.paper_id for row in rows}


def kept_joins(store: Store) -> list[tuple[str, str, float]]:
    with store._engine.begin() as connection:
        columns = (record_joins.c.one, record_joins.c.other, record_joins.c.bits)
        return sorted(tuple(row) for row in connection.execute(select(*columns)))


def matched_at_once(store: Store) -> dict[str, str]:
    return match_everything(store).paper_of


def match_everything(store: Store) -> Matched:
    with store._engine.begin() as connection:
        everything = [stored_record(row) for row in connection.execute(select(records))]
        decided = newest_decisions(read_decisions(connection))
    return match_all(ComparedRecords(everything), decided)


def ingest(store: Store, *batch: PaperRecord, location: str = "a") -> None:
    store.ingest_feed(Feed("file", location, DAY, batch), seen_on=DAY)


_titles = st.sampled_from(
    [
        "Sharing charts among small boats without radio",
        "Sharing charts among small boats",
        "Sharing chrats among smal boats without radio",
        "Charts shared among small boats without a radio (extended abstract)",
        "Tutorial: sharing charts among small boats without radio",
        "Notes from the harbor",
        "Notes from the harbour",
        "Editorial",
        "Bees",
    ]
)
_people = st.sampled_from(
    [
        (),
        ("Ada Example",),
        ("A. Example", "Bo Muster"),
        ("Muster B", "Example A"),
        ("Cy Probe",),
        ("Di Test", "Cy Probe"),
    ]
)
_ids = st.sampled_from(
    [{}, {}, {}, {"doi": "10.1/a"}, {"doi": "10.1/b"}, {"doi": "10.1101/2020.01.01.123456"},
     {"arxiv_id": "2503.00001"}, {"arxiv_id": "2503.00002"}, {"arxiv_id": "2503.00003", "doi": "10.1/a"}]
)  # fmt: skip
_dates = st.sampled_from(
    [
        {},
        *({"published": date(year, 1, 1), "published_basis": "stated", "published_precision": "year"} for year in (2018, 2019, 2021)),
        {"published": date(2019, 5, 17), "published_basis": "stated", "published_precision": "day"},
    ]
)  # fmt: skip
_records = st.builds(
    lambda title, abstract, authors, n_authors, ids, dated, url: PaperRecord(
        title, abstract, authors=authors, n_authors=n_authors, url=url, **ids, **dated
    ),
    _titles,
    st.sampled_from(["", "", ABSTRACT, OTHER_ABSTRACT]),
    _people,
    st.sampled_from([None, None, 2]),
    _ids,
    _dates,
    st.sampled_from([None, "https://example.org/1"]),
)


@pytest.mark.slow
@pytest.mark.parametrize("largest_block", [2, 4, 100])
def test_parts_in_any_order_end_as_all_at_once(monkeypatch, largest_block):
    """Small blocks overflow while records come, and take with them what they had joined."""
    for module in (flows.store.matching, flows.store.neighborhood, analytics.matching.recurring):
        monkeypatch.setattr(module, "LARGEST_BLOCK", largest_block)

    @examples(40, phases=[Phase.explicit, Phase.generate])  # to shrink takes long
    @given(
        st.lists(st.lists(_records, min_size=1, max_size=4), min_size=2, max_size=6),
        st.lists(
            st.tuples(st.integers(0, 30), st.integers(0, 30), st.booleans(), st.integers(0, 3)), max_size=2
        ),
        st.randoms(use_true_random=False),
    )
    def holds(batches, decisions, shuffler: random.Random):
        ends = []
        known = sorted({StoredRecord.of(record).record_id for batch in batches for record in batch})
        said = [
            WorkDecision.of(pair, date(2025, 3, 4 + offset), is_one_work=is_one, person="Ada")
            for one, other, is_one, offset in decisions
            if len(pair := {known[one % len(known)], known[other % len(known)]}) == 2
        ]
        steps = [*batches, *({(one.one, one.other, one.day): one for one in said}.values())]
        for turn in range(2):
            if turn:
                shuffler.shuffle(steps)
            with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
                for step in steps:
                    if isinstance(step, WorkDecision):  # perhaps about records that come later
                        store.decide_works([step])
                    else:
                        ingest(store, *step)
                    assert placed(store) == matched_at_once(store)
                assert kept_joins(store) == sorted(
                    (min(join.one, join.other), max(join.one, join.other), join.bits)
                    for work in match_everything(store).works.values()
                    for join in work.joins
                )
                ends.append((placed(store), store.corpus_hash(date(2030, 1, 1))))
        assert ends[0] == ends[1]

    holds()


def test_arxiv_papers_alone_need_no_keys(tmp_path):
    with Store.open(tmp_path) as store:
        ingest(store, *(PaperRecord(f"Paper {n} of many", "", arxiv_id=f"2503.0000{n}") for n in range(5)))

        def n_keyed() -> int:
            with store._engine.begin() as connection:
                query = select(func.count(record_keys.c.record_id.distinct()))
                return int(connection.execute(query).scalar_one())

        assert n_keyed() == 0
        ingest(store, PaperRecord("A paper without an identifier", ""), location="b")
        assert n_keyed() == 6
