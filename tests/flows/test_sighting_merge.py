"""The fold from sightings to one paper: the same for every order, each field from the sighting that says most."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.papers import PaperRecord
from flows.store.merging import Sighting, merge_sightings, winning_sightings
from flows.store.stored_records import StoredRecord, decode_record, encode_record

DAY = date(2025, 3, 4)


def make_sighting(
    record: PaperRecord, day: int = 0, upvotes: int | None = None, source: str = "s"
) -> Sighting:
    return Sighting(StoredRecord.of(record), source, "a.json", DAY + timedelta(days=day), DAY, upvotes)


def make_record(title: str = "A title", abstract: str = "", **fields: object) -> PaperRecord:
    return PaperRecord(title, abstract, **fields)


_records = st.builds(
    lambda title, abstract, dated, authors, n_authors, names, arxiv_id: PaperRecord(
        title, abstract, *dated, authors=authors, n_authors=n_authors, organization=names[0], url=names[1],
        arxiv_id=arxiv_id,
    ),
    st.sampled_from(["A title", "A TITLE"]),
    st.sampled_from(["", "one", "two"]),
    st.sampled_from(
        [
            (None, "missing", "none"),
            (date(2025, 1, 1), "stated", "day"),
            (date(2025, 1, 2), "stated", "day"),
            (date(2025, 1, 1), "id_month", "month"),
        ]
    ),
    st.sampled_from([(), ("A",), ("B",)]),
    st.sampled_from([None, 0, 1, 2]),
    st.tuples(st.sampled_from([None, "O", "P"]), st.sampled_from([None, "https://a", "https://b"])),
    st.sampled_from([None, "2503.00001"]),
)  # fmt: skip
_looks = st.builds(
    make_sighting,
    _records,
    st.integers(0, 1),
    st.sampled_from([None, 0, 1, 2]),
    st.sampled_from(["s", "t"]),
)


@settings(max_examples=300)
@given(st.lists(_looks, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_order_and_repeats_of_looks_never_matter(sightings, shuffler: random.Random):
    shuffled = sightings + sightings[:2]
    shuffler.shuffle(shuffled)
    assert merge_sightings("p", shuffled) == merge_sightings("p", sightings)


@settings(max_examples=200)
@given(st.lists(_looks, min_size=1, max_size=4), _looks)
def test_one_more_look_never_takes_away_what_was_known(sightings, another):
    before, after = merge_sightings("p", sightings), merge_sightings("p", [*sightings, another])
    ranks = ["missing", "year_inferred", "id_month", "stated"]
    assert ranks.index(after["published_basis"]) >= ranks.index(before["published_basis"])
    assert len(after["abstract"]) >= len(before["abstract"])
    assert len(after["authors"]) >= len(before["authors"])
    assert after["first_seen"] <= before["first_seen"]
    assert set(after["sources"]) >= set(before["sources"])
    for field in ("n_authors", "upvotes", "organization", "url"):
        assert before[field] is None or after[field] is not None


@settings(max_examples=200)
@given(_records)
def test_a_record_survives_storage_and_its_key_knows_every_field_that_it_states(record):
    assert decode_record(encode_record(record)) == record
    for change in (
        {"title": "Other"},
        {"abstract": "x"},
        {"n_authors": 9},
        {"doi": "10.1/x"},
        {"authors": ("Z",)},
    ):
        other = PaperRecord(**{**{name: getattr(record, name) for name in PaperRecord.__slots__}, **change})
        assert StoredRecord.of(other).record_id != StoredRecord.of(record).record_id
    # Where it stood and how it was liked belong to the sighting.
    moved = PaperRecord(
        **{
            **{name: getattr(record, name) for name in PaperRecord.__slots__},
            "position": "line 9",
            "upvotes": 7,
        }
    )
    assert StoredRecord.of(moved) == StoredRecord.of(record)


def test_an_identifier_breaks_ties_of_text_date_authors_and_address():
    """Worked by hand: both sightings say as much; the record with an identifier is believed."""
    by_title = make_sighting(
        make_record("A TITLE", "one", published=date(2024, 12, 22), published_basis="stated",
                    published_precision="day", authors=("A. B.",), url="https://z"),
        day=1,
    )  # fmt: skip
    identified = make_sighting(
        make_record("A title", "two", published=date(2024, 12, 23), published_basis="stated",
                    published_precision="day", authors=("Ada B.",), url="https://a", arxiv_id="2412.00001"),
        day=0,
    )  # fmt: skip
    merged = merge_sightings("arxiv:2412.00001", [by_title, identified])
    assert merged["title"] == "A title"
    assert merged["published"] == date(2024, 12, 23)
    assert merged["authors"] == ["Ada B."]
    assert merged["url"] == "https://a"
    winners = winning_sightings("arxiv:2412.00001", [by_title, identified])
    assert {winners[field].stored.stated_id for field in ("text", "published", "authors", "url")} == {
        "arxiv:2412.00001"
    }


def test_title_and_abstract_come_from_one_look_and_a_new_title_counts():
    old = make_sighting(make_record("Old title", "Same text."), day=0)
    renamed = make_sighting(make_record("New title", "Same text."), day=1)
    cut = make_sighting(make_record("Newest title", "Same."), day=2)
    merged = merge_sightings("p", [cut, old, renamed])
    assert (merged["title"], merged["abstract"]) == ("New title", "Same text.")


def test_number_of_authors_is_the_largest_stated_or_listed():
    listed = make_sighting(make_record(authors=("A", "B", "C")))
    stated = make_sighting(make_record(n_authors=2))
    none = make_sighting(make_record())
    assert merge_sightings("p", [listed, stated, none])["n_authors"] == 3
    assert merge_sightings("p", [stated, none])["n_authors"] == 2
    assert merge_sightings("p", [none])["n_authors"] is None


# --- dates: which one is the first version's ---


def dated(day: date, precision: str = "day", basis: str = "stated", **fields: object) -> Sighting:
    record = make_record(published=day, published_basis=basis, published_precision=precision, **fields)
    return make_sighting(record)


@pytest.mark.parametrize(
    ("sightings", "expected"),
    [
        # The id says March 2025; nothing else is known.
        ([make_sighting(make_record())], (date(2025, 3, 1), "id_month", "month", None)),
        # A journal printed it two years later: not the first version.
        ([dated(date(2027, 5, 4))], (date(2025, 3, 1), "id_month", "month", "after_id_month")),
        # The id's own year says less than the id.
        ([dated(date(2025, 1, 1), "year")], (date(2025, 3, 1), "id_month", "month", None)),
        # An earlier year is of an earlier print, and in doubt.
        ([dated(date(2019, 1, 1), "year")], (date(2019, 1, 1), "stated", "year", "before_id_month")),
        # The first version's day stands, whatever the print says.
        ([dated(date(2027, 5, 4)), dated(date(2025, 2, 27))], (date(2025, 2, 27), "stated", "day", None)),
        # A day whose year was inferred is confirmed by the id, or not.
        ([dated(date(2025, 3, 9), "day", "year_inferred")], (date(2025, 3, 9), "year_inferred", "day", None)),
        ([dated(date(2024, 3, 9), "day", "year_inferred")], (date(2025, 3, 1), "id_month", "month", None)),
        ([dated(date(1815, 3, 9))], (date(1815, 3, 9), "stated", "day", "before_1900")),
    ],
)
def test_the_date_of_an_arxiv_paper(sightings, expected):
    paper = merge_sightings("arxiv:2503.02130", sightings)
    assert tuple(paper[f"published{end}"] for end in ("", "_basis", "_precision")) == expected[:3]
    assert paper["date_fault"] == expected[3]


def test_without_an_arxiv_id_a_stated_year_is_all_there_is():
    paper = merge_sightings("doi:10.1/a", [dated(date(2019, 1, 1), "year", doi="10.1/a")])
    assert (paper["published"], paper["published_basis"], paper["published_source"]) == (
        date(2019, 1, 1),
        "stated",
        "s",
    )


@pytest.mark.parametrize(
    "empty_words",
    [
        "This paper has been withdrawn by the author due to a crucial error.",
        "No abstract available.",
        "N/A",
        "…",
    ],
)
def test_words_in_place_of_an_abstract_never_beat_one(empty_words):
    sightings = [
        make_sighting(make_record(abstract="Short but real."), day=0),
        make_sighting(make_record(abstract=empty_words), day=5),
    ]
    assert merge_sightings("p", sightings)["abstract"] == "Short but real."
    cut = make_sighting(make_record(abstract="A long beginning of an abstract that was cut …"), day=3)
    assert merge_sightings("p", [*sightings, cut])["abstract"] == "Short but real."
    assert merge_sightings("p", [cut, sightings[1]])["abstract"].startswith("A long beginning")


def test_none_of_an_abstract_is_not_a_missing_abstract():
    sightings = [
        make_sighting(make_record(abstract="None of the agents explores.")),
        make_sighting(make_record(abstract="Short.")),
    ]
    assert merge_sightings("p", sightings)["abstract"] == "None of the agents explores."


@pytest.mark.parametrize(
    ("versions", "is_withdrawn"),
    [
        ([(1, False), (2, True)], True),
        ([(1, False), (2, True), (3, False)], False),
        ([(None, True), (1, False)], True),
        ([(1, False)], False),
    ],
)
def test_withdrawn_is_stated_by_the_newest_version(versions, is_withdrawn):
    sightings = [make_sighting(make_record(version=v, is_withdrawn=gone)) for v, gone in versions]
    assert merge_sightings("p", sightings)["is_withdrawn"] is is_withdrawn


def test_the_update_is_the_latest_and_never_the_publication():
    sightings = [
        make_sighting(make_record(updated=date(2025, 5, 1), version=2)),
        dated(date(2025, 3, 1), updated=date(2025, 4, 1), version=1),
    ]
    paper = merge_sightings("p", sightings)
    assert (paper["published"], paper["updated"], paper["version"]) == (date(2025, 3, 1), date(2025, 5, 1), 2)
