"""Saved answers of the Daily Papers API: three shapes, hostile entries, the folder of 415 days."""

from __future__ import annotations

import copy
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from analytics.exceptions import InputError
from analytics.papers import Feed
from flows.sources.daily_papers_api import parse_daily_papers_answer
from flows.sources.recognition import read_source

DIARIES: dict[str, Any] = {
    "paper": {
        "id": "2503.00001",
        "authors": [
            {"_id": "1", "name": "Ada  Example", "hidden": False},
            {"_id": "2", "name": "Bo Muster", "hidden": True},
            {"_id": "3", "name": " "},
        ],
        "publishedAt": "2025-03-10T23:59:59.000Z",
        "title": "Diaries for\n  Planning Agents",
        "summary": "\n  An agent reads its own notes.\nIt errs less.\n",
        "upvotes": 12,
        "organization": {"_id": "9", "name": "example-lab", "fullname": "Example Lab "},
    },
    "publishedAt": "2025-03-11T04:00:00.000Z",
    "title": "Diaries for Planning Agents",
    "numComments": 2,
}
MAPS: dict[str, Any] = {
    "paper": {"id": "2503.00002", "title": "Maps That Redraw Themselves", "summary": "", "upvotes": 0},
    "publishedAt": "2025-03-11T04:00:00.000Z",
}
DAY = date(2025, 3, 11)


def parse(answer: object, day: date | None = DAY) -> Feed:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return parse_daily_papers_answer(text, location="answer.json", day=day)


def with_paper(**changes: object) -> dict[str, Any]:
    """The entry `DIARIES` with some fields of its paper changed; None takes a field out."""
    entry = copy.deepcopy(DIARIES)
    entry["paper"] = {k: v for k, v in {**entry["paper"], **changes}.items() if v is not None}
    return entry


class TestShapes:
    def test_every_field(self) -> None:
        feed = parse([DIARIES, MAPS])
        diaries, maps = feed.records
        assert (feed.source, feed.location, feed.day, feed.rejects) == (
            "daily-papers",
            "answer.json",
            DAY,
            (),
        )
        assert (diaries.title, diaries.abstract) == (
            "Diaries for Planning Agents",
            "An agent reads its own notes. It errs less.",
        )
        assert (diaries.published, diaries.published_basis, diaries.published_precision) == (
            date(2025, 3, 10),
            "stated",
            "day",
        )
        assert (diaries.authors, diaries.n_authors) == (("Ada Example", "Bo Muster"), 2)
        assert (diaries.upvotes, diaries.organization) == (12, "Example Lab")
        assert (diaries.arxiv_id, diaries.url) == ("2503.00001", "https://huggingface.co/papers/2503.00001")
        assert (diaries.position, maps.position) == ("entry 1", "entry 2")
        assert (maps.abstract, maps.upvotes, maps.authors, maps.n_authors) == ("", 0, (), None)
        assert (maps.published, maps.published_basis, maps.published_precision) == (None, "missing", "none")
        assert "entry 2" in feed.warnings[0]

    @pytest.mark.parametrize(
        "answer",
        [
            [repr(DIARIES), repr(MAPS)],
            [DIARIES, repr(MAPS)],
            {"status": "success", "date": "2025-03-11", "count": 2, "data": [repr(DIARIES), repr(MAPS)]},
            {"data": [DIARIES, MAPS]},
            "\ufeff \n" + json.dumps([DIARIES, MAPS], indent=4),
        ],
    )
    def test_all_shapes_say_the_same(self, answer: object) -> None:
        assert parse(answer) == parse([DIARIES, MAPS])

    def test_day_of_the_wrapped_shape(self) -> None:
        wrapped = {"date": "2025-03-12", "data": [DIARIES]}
        assert parse(wrapped, None).day == date(2025, 3, 12)
        named = parse(wrapped, DAY)
        assert named.day == DAY
        assert "2025-03-12" in named.warnings[0]
        assert parse({"date": "soon", "data": [DIARIES]}, None).day is None

    def test_an_empty_answer_is_a_feed_without_records(self) -> None:
        assert parse("[]") == Feed("daily-papers", "answer.json", DAY, ())

    def test_a_paper_twice_stays_twice(self) -> None:
        assert [record.paper_id for record in parse([DIARIES, DIARIES]).records] == ["arxiv:2503.00001"] * 2


class TestFields:
    @pytest.mark.parametrize(
        ("written", "day"),
        [
            ("2025-03-10T00:00:00.000Z", date(2025, 3, 10)),
            ("2025-03-10", date(2025, 3, 10)),
            ("2025-03-10T23:30:00", date(2025, 3, 10)),
            ("2025-03-10T23:30:00-05:00", date(2025, 3, 11)),
            ("2025-03-10T01:30:00+09:00", date(2025, 3, 9)),
            ("10 March 2025", None),
            ("0001-01-01T00:00:00+14:00", None),
            ("9999-12-31T23:59:59-14:00", None),
            ("", None),
            (1741564800, None),
            (None, None),
        ],
    )
    def test_time_of_publication_is_a_utc_day_and_never_the_entrys(
        self, written: object, day: date | None
    ) -> None:
        (record,) = parse([with_paper(publishedAt=written)]).records
        assert record.published == day
        assert record.published_basis == ("missing" if day is None else "stated")

    @pytest.mark.parametrize(
        ("identifier", "arxiv_id", "url_end"),
        [
            ("2503.00001v2", "2503.00001", "/2503.00001v2"),
            ("0704.0010", "0704.0010", "/0704.0010"),
            ("hf-report-7", None, "/hf-report-7"),
            ("../admin?x=1", None, None),
            (704.001, None, None),
            ("", None, None),
            (None, None, None),
        ],
    )
    def test_identifiers(self, identifier: object, arxiv_id: str | None, url_end: str | None) -> None:
        (record,) = parse([with_paper(id=identifier)]).records
        assert record.arxiv_id == arxiv_id
        assert (record.url is None) == (url_end is None)
        assert (record.url or "").endswith(url_end or "")
        assert record.paper_id.startswith("title:" if arxiv_id is None else "arxiv:")

    @pytest.mark.parametrize(
        ("upvotes", "expected"),
        [(3, 3), (0, 0), (-1, None), (True, None), ("3", None), (3.5, None), (10**30, None), (None, None)],
    )
    def test_upvotes(self, upvotes: object, expected: int | None) -> None:
        assert parse([with_paper(upvotes=upvotes)]).records[0].upvotes == expected

    @pytest.mark.parametrize(
        ("authors", "names"),
        [
            ([{"name": "A"}, {"name": ""}, {}, {"name": 5}, None], ("A",)),
            (["A", "B"], ("A", "B")),
            ("A, B", ()),
            ({"name": "A"}, ()),
            ([], ()),
        ],
    )
    def test_authors(self, authors: object, names: tuple[str, ...]) -> None:
        (record,) = parse([with_paper(authors=authors)]).records
        assert record.authors == names
        assert record.n_authors == (len(names) or None)

    @pytest.mark.parametrize(
        ("organization", "name"),
        [
            ({"name": "lab", "fullname": "The Lab"}, "The Lab"),
            ({"name": "lab", "fullname": ""}, "lab"),
            ({"name": "lab"}, "lab"),
            ("lab", "lab"),
            ({}, None),
            ([1], None),
        ],
    )
    def test_organization(self, organization: object, name: str | None) -> None:
        assert parse([with_paper(organization=organization)]).records[0].organization == name

    def test_organization_and_title_of_the_entry_stand_in(self) -> None:
        entry = {**with_paper(organization=None, title=None), "organization": {"name": "lab"}}
        (record,) = parse([entry]).records
        assert (record.organization, record.title) == ("lab", "Diaries for Planning Agents")

    def test_characters_that_no_store_takes(self) -> None:
        (record,) = parse([with_paper(title="A\x00B \ud800 C", summary="\u200b")]).records
        assert (record.title, record.abstract) == ("A B \ufffd C", "")


class TestRejects:
    @pytest.mark.parametrize(
        ("bad", "reason"),
        [
            (None, "not an object but NoneType"),
            (7, "not an object but int"),
            ([DIARIES], "not an object but list"),
            ({}, "no 'paper' object"),
            ({"paper": "2503.00001"}, "no 'paper' object"),
            ({"paper": {"title": "From another service", "corpusId": 1}}, "no 'paper' object"),
            ({"paper": {"id": "2503.00001"}}, "a paper without a title"),
            ({"paper": {"id": "2503.00001", "title": " \u200b\n"}}, "a paper without a title"),
            ({"paper": {"id": "2503.00001", "title": ["T"]}}, "a paper without a title"),
            ("{'paper': {'id': '2503", "no Python literal"),
            ("__import__('os').system('true')", "no Python literal"),
            ("{'paper': {'id': open('/etc/passwd')}}", "no Python literal"),
            ("{[]: 1}", "no Python literal"),
            ("-" * 50_000 + "1", "no Python literal"),
            ("1+" * 50_000 + "1", "no Python literal"),
            ("[" * 101 + "]" * 101, "nested more than 100 levels"),
            ("'" + "x" * 2_000_001 + "'", "more than 2,000,000"),
            ("'text'", "not an object but str"),
        ],
    )
    def test_one_bad_entry_costs_no_other(self, bad: object, reason: str) -> None:
        feed = parse([DIARIES, bad, MAPS])
        assert [record.position for record in feed.records] == ["entry 1", "entry 3"]
        (reject,) = feed.rejects
        assert reject.position == "entry 2"
        assert reason in reject.reason
        assert len(reject.excerpt) <= 200

    def test_an_endless_number_costs_itself(self) -> None:
        text = json.dumps([with_paper(upvotes=31), MAPS]).replace(": 31", ": " + "9" * 5_000)
        feed = parse(text)
        assert [record.upvotes for record in feed.records] == [None, 0]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "is empty"),
            ("<html><body>504 Gateway Time-out</body></html>", "HTML source"),
            ('[{"paper": {"id": "2503', "not valid JSON"),
            ('{"error": "Rate limit exceeded"}', "JSON of another shape"),
            ('{"data": {"paper": {}}}', "JSON of another shape"),
            ('"text"', "JSON of another shape"),
            ("3", "JSON of another shape"),
            ("[1, 2, 3]", "entry 1: not an object but int"),
            ('[{"title": "T"}]', "no 'paper' object"),
            ('["broken"]', "no Python literal"),
            ("[" * 100_000, "nested too deep"),
            ('[{"paper": ' + "9" * 5_000 + "}]", "no 'paper' object"),
            ("\x00\x01", "is binary"),
        ],
    )
    def test_what_is_no_answer_is_one_clear_line(self, text: str, message: str) -> None:
        with pytest.raises(InputError) as caught:
            parse(text)
        assert message in str(caught.value)
        assert str(caught.value).startswith("answer.json ")
        assert "\n" not in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.shared
class TestSharedAnswers:
    @pytest.fixture(scope="class")
    @classmethod
    def feeds(cls, shared_dir: Path) -> list[Feed]:
        return list(read_source(shared_dir / "corpora" / "hf_daily_papers"))

    def test_every_day_and_every_paper(self, feeds: list[Feed]) -> None:
        records = [record for feed in feeds for record in feed.records]
        assert len(feeds) == 415
        assert {feed.source for feed in feeds} == {"daily-papers"}
        assert [feed.day for feed in feeds] == sorted({feed.day for feed in feeds if feed.day is not None})
        assert (feeds[0].day, feeds[-1].day) == (date(2024, 5, 27), date(2025, 12, 31))
        assert len(records) == len({record.paper_id for record in records}) == 6141
        assert sum(len(feed.rejects) + len(feed.warnings) for feed in feeds) == 0

    def test_fields_are_whole(self, feeds: list[Feed]) -> None:
        records = [record for feed in feeds for record in feed.records]
        assert all(record.arxiv_id and record.url and record.abstract for record in records)
        assert all(record.published_basis == "stated" for record in records)
        assert sum(len(record.authors) for record in records) == 61_240
        assert sum(record.organization is not None for record in records) == 630
        assert all(record.upvotes is not None for record in records)
        assert not any("\n" in record.title + record.abstract for record in records)

    def test_no_paper_is_published_after_its_day(self, feeds: list[Feed]) -> None:
        late = [r for f in feeds for r in f.records if r.published and f.day and r.published > f.day]
        assert late == []

    def test_the_shapes_are_all_there(self, shared_dir: Path) -> None:
        shapes: Counter[str] = Counter()
        for path in (shared_dir / "corpora" / "hf_daily_papers").glob("*.json"):
            answer = json.loads(path.read_text(encoding="utf-8"))
            shapes[type(answer).__name__ if isinstance(answer, dict) else type(answer[0]).__name__ + "s"] += 1
        assert set(shapes) == {"dict", "dicts", "strs"}
        assert shapes["dict"] == 1
