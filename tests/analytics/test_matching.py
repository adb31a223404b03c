"""Which records show one work: names and titles in all their forms, and laws that no set of records breaks."""

from __future__ import annotations

import itertools
import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.matching.block_keys import block_keys
from analytics.matching.names import may_be_one_person, parse_names, shared_names
from analytics.matching.normal_forms import plain_text
from analytics.matching.records import ComparedRecord
from analytics.matching.scoring import JOINED_FROM, compare_records
from analytics.matching.statements import Stated
from analytics.matching.titles import Wording, compare_titles, parse_title
from analytics.matching.works import group_works
from analytics.papers import PaperRecord
from tests.examples import examples

TITLE = "Charting the currents of narrow harbors with borrowed buoys"


def compared(title: str = TITLE, *authors: str, year: int | None = None, **fields: object) -> ComparedRecord:
    published = date(year, 1, 1) if year else None
    dated = (
        {"published": published, "published_basis": "stated", "published_precision": "year"} if year else {}
    )
    return ComparedRecord.of(
        PaperRecord(title, str(fields.pop("abstract", "")), authors=authors, **dated, **fields)
    )


@pytest.mark.parametrize(
    ("one", "other", "may_be"),
    [
        ("Li C.", "Chun Li", True),
        ("LI, C.", "Chun Li", True),
        ("LI CHUN", "Chun Li", True),
        ("Ng RT", "Raymond T. Ng", True),
        ("van der Berg, Anna M.", "A. Berg", True),
        ("Müller J", "Jürgen Mueller", True),
        ("Garcia-Molina, H.", "Héctor García Molina", True),
        ("Rosneblatt, Bill", "Bill Rosenblatt", True),
        ("Anna Muster 0001", "Anna Muster", True),
        ("Muster, A., Jr.", "Anna Muster", True),
        ("Muster", "Anna Muster", True),
        ("Li C.", "Li D.", False),
        ("Wang, Xiu", "Wang, Yan", False),
        ("Kevin Wang", "Kevin Wu", False),
        ("Bo Muster", "Bo Example", False),
    ],
)
def test_names(one, other, may_be):
    for pair in ((one, other), (other, one)):
        first, second = (parse_names([name]) for name in pair)
        assert may_be_one_person(first[0], second[0]) is may_be


def test_a_name_answers_for_one_other_only():
    assert (
        shared_names(parse_names(["Li C.", "Li C."]), parse_names(["Chun Li", "Bo Muster", "Di Test"])) == 1
    )
    assert parse_names(["et al.", "?", "", "and others", "…"]) == ()


@pytest.mark.parametrize(
    ("one", "other", "wording"),
    [
        (TITLE, TITLE.upper() + ".", Wording.SAME),
        (TITLE, f"{TITLE} (Extended Abstract)", Wording.SAME),
        (TITLE, f"Tutorial: {TITLE}", Wording.SAME),
        ("TNF-α and β-catenin in boats", "TNF-alpha and beta-catenin in boats", Wording.SAME),
        ("Web-based charts of harbors", "Webbased charts of harbours", Wording.SPELLING),
        (TITLE, TITLE.replace("borrowed", "borowed"), Wording.SPELLING),
        (TITLE, f"{TITLE}: forty crossings", Wording.CUT),
        (TITLE, f"A prize paper: {TITLE}", Wording.CUT),
        (TITLE, f"{TITLE} during forty crossings", Wording.STARTS_SAME),
        (TITLE, TITLE.replace("narrow", "narrow winter"), Wording.LONGER),
        (TITLE, TITLE.replace("buoys", "instruments"), Wording.REWORDED),
    ],
)
def test_titles(one, other, wording):
    found = compare_titles(parse_title(one), parse_title(other))
    assert found.wording is wording
    assert found == compare_titles(parse_title(other), parse_title(one))
    assert found.numbers_apart == 0
    assert not found.is_about


@pytest.mark.parametrize(
    ("one", "other", "numbers_apart"),
    [
        ("Report 2003", "Report 2004", 2),
        ("Harbors, part I", "Harbors, part II", 2),
        ("Harbors, part A", "Harbors, part B", 2),
        ("Report on the first workshop", "Report on the 2nd workshop", 2),
        ("Report on the fourth workshop", "Report on the 4th workshop", 0),
        ("Harbors 07", "Harbors 7", 0),
        ("Harbors", "Harbors 2001", 1),
    ],
)
def test_numbers_tell_titles_apart(one, other, numbers_apart):
    assert compare_titles(parse_title(one), parse_title(other)).numbers_apart == numbers_apart


@pytest.mark.parametrize("text", ["", "…", "<b>", "&#0;", "\\emph{", "(", "[]", "日本", "\ud83d", "a" * 5000])
def test_any_title_can_be_compared(text):
    record = compared(text or " ")
    assert block_keys(PaperRecord(text or " ", ""))
    assert compare_records(record, record).bits <= JOINED_FROM + 4
    assert isinstance(plain_text(text), str)


def test_a_vague_record_needs_more_than_its_title():
    by_ada = compared(TITLE, "Ada Example", year=2011)
    assert compare_records(by_ada, compared(TITLE)).bits >= JOINED_FROM
    assert compare_records(compared("Editorial", "Ada Example", year=2011), compared("Editorial")).bits < 0
    assert compare_records(by_ada, compared(TITLE, "Bo Muster", year=2011)).contradicts
    assert not compare_records(by_ada, compared(TITLE[:20])).contradicts, "too little is no contradiction"


def test_a_record_that_fits_two_works_joins_neither():
    works = {
        "a": compared(TITLE, "Ada Example", year=2001),
        "b": compared(TITLE, "Bo Muster", year=2011),
        "c": compared(TITLE),
    }
    pairs = list(itertools.combinations(works, 2))
    assert [work.records for work in group_works(works, pairs, Stated({}))] == [("a",), ("b",), ("c",)]
    works["c"] = compared(TITLE, "B. Muster")
    assert [work.records for work in group_works(works, pairs, Stated({}))] == [("a",), ("b", "c")]


def test_what_people_say_holds_over_what_records_say():
    works = {key: compared(TITLE, "Ada Example", year=2001) for key in "ab"} | {"c": compared("Bees")}
    said = Stated({}, joined=[("b", "c")], apart=[("a", "b")])
    found = group_works(works, list(itertools.combinations(works, 2)), said)
    assert [work.records for work in found] == [("a",), ("b", "c")]
    assert [join.reasons for work in found for join in work.joins] == [("a person said so",)]


_records = st.builds(
    lambda title, authors, year, doi, abstract: compared(
        title, *authors, year=year, doi=doi, abstract=abstract
    ),
    st.sampled_from([TITLE, f"{TITLE}: a study", TITLE.replace("narrow", "narow"), "Editorial", "Bees"]),
    st.sampled_from([(), ("Ada Example",), ("A. Example", "Bo Muster"), ("Cy Probe",)]),
    st.sampled_from([None, 2001, 2002, 2011]),
    st.sampled_from([None, None, "10.1/a", "10.1/b"]),
    st.sampled_from(["", "one two three four five six seven eight nine ten"]),
)


@examples(100)
@given(st.lists(_records, min_size=2, max_size=7), st.randoms(use_true_random=False))
def test_works_are_a_partition_that_no_order_changes(given_records, shuffler: random.Random):
    records = {f"{number}": record for number, record in enumerate(given_records)}
    pairs = list(itertools.combinations(records, 2))
    stated = Stated({"0": "x", "1": "y"})
    works = group_works(records, pairs, stated)
    assert sorted(key for work in works for key in work.records) == sorted(records)
    assert all(len(work.joins) == len(work.records) - 1 for work in works), "a join for each record but one"
    assert not any({"0", "1"} <= set(work.records) for work in works), "of different ids"
    again = [pair[:: shuffler.choice((1, -1))] for pair in pairs]
    shuffler.shuffle(again)
    assert group_works(dict(reversed(records.items())), again, stated) == works


@pytest.mark.slow
def test_different_papers_stay_apart():
    """A corpus without any duplicate: words drawn at random, authors from a small town, one year."""
    rng = random.Random(0)
    words = [
        f"{a}{b}"
        for a in ("sail", "chart", "harbor", "lamp", "wind", "net")
        for b in ("ing", "ed", "er", "ism", "less", "ful")
    ]
    names = [f"{a} {b}" for a in ("Ada", "Bo", "Cy", "Di") for b in ("Example", "Muster", "Probe", "Test")]
    records = {
        f"{n:03}": compared(" ".join(rng.sample(words, 7)), *rng.sample(names, 2), year=2011)
        for n in range(300)
    }
    works = group_works(records, itertools.combinations(records, 2), Stated({}))
    assert len(works) == 300
