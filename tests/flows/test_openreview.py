"""Notes of OpenReview: both versions of the API, which time is that of publication, what is no submission."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.sources.openreview import looks_like, parse_openreview


def ms(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, 12, tzinfo=UTC).timestamp() * 1000)


CONTENT: dict[str, Any] = {
    "title": "Diaries for  Planning Agents",
    "abstract": "An agent reads its own notes.",
    "authors": ["Ada Example", "Bo Muster"],
    "venue": "Example 2024 poster",
    "html": "https://arxiv.org/abs/2310.00001",
    "_bibtex": "@inproceedings{example2024,\nyear={2024}\n}",
}
NOTE: dict[str, Any] = {
    "id": "aBc-1_x",
    "forum": "aBc-1_x",
    "replyto": None,
    "cdate": ms(2023, 9, 20),
    "tcdate": ms(2023, 9, 21),
    "odate": ms(2023, 10, 13),
    "pdate": ms(2024, 1, 16),
    "mdate": ms(2024, 3, 5),
    "tmdate": ms(2025, 2, 2),
    "ddate": None,
    "content": CONTENT,
}
MAPS: dict[str, Any] = {"id": "maps", "content": {"title": "Maps That Redraw Themselves"}}


def parse(answer: object) -> Feed:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return parse_openreview(text, location="answer.json", day=date(2025, 4, 1))


def note(content: dict[str, object] | None = None, **changes: object) -> PaperRecord:
    (record,) = parse([{**NOTE, **changes, "content": {**CONTENT, **(content or {})}}]).records
    return record


def wrapped(content: dict[str, Any]) -> dict[str, Any]:
    """The content as version 2 of the API gives it."""
    return {name: {"value": value} for name, value in content.items()}


class TestNotes:
    def test_every_field(self) -> None:
        assert note() == PaperRecord(
            "Diaries for Planning Agents",
            "An agent reads its own notes.",
            published=date(2023, 10, 13),
            published_basis="stated",
            published_precision="day",
            updated=date(2024, 3, 5),
            authors=("Ada Example", "Bo Muster"),
            n_authors=2,
            url="https://openreview.net/forum?id=aBc-1_x",
            arxiv_id="2310.00001",
            venue="Example 2024",
            position="entry 1",
        )

    @pytest.mark.parametrize(
        "answer",
        [
            [NOTE, MAPS],
            {"notes": [NOTE, MAPS], "count": 2},
            {"aBc-1_x": NOTE, "maps": MAPS},
            {"notes": [{**NOTE, "content": wrapped(CONTENT)}, {**MAPS, "content": wrapped(MAPS["content"])}]},
        ],
    )
    def test_all_shapes_say_the_same(self, answer: object) -> None:
        assert looks_like(json.dumps(answer))
        feed = parse(answer)
        assert feed.records[0] == note()
        assert (feed.records[1].title, feed.records[1].published) == ("Maps That Redraw Themselves", None)
        assert (feed.source, feed.rejects, feed.warnings) == ("openreview", (), ())

    def test_one_note_alone_and_none(self) -> None:
        assert parse(NOTE).records == (note(),)
        assert parse({"notes": [], "count": 0}).records == ()

    @pytest.mark.parametrize(
        ("times", "published", "precision"),
        [
            ({}, date(2023, 10, 13), "day"),
            ({"odate": None}, date(2024, 1, 16), "day"),
            # An import of a paper that appeared long before it became public here.
            ({"pdate": ms(2015, 5, 7)}, date(2015, 5, 7), "day"),
            ({"odate": None, "pdate": None}, date(2023, 9, 20), "day"),
            ({"odate": None, "pdate": None, "cdate": None}, date(2023, 9, 21), "day"),
            ({"odate": None, "pdate": None, "cdate": None, "tcdate": None}, date(2024, 1, 1), "year"),
        ],
    )
    def test_published(self, times: dict[str, object], published: date, precision: str) -> None:
        record = note(**times)
        assert (record.published, record.published_precision) == (published, precision)

    def test_the_machines_clock_is_no_update(self) -> None:
        assert note(mdate=None).updated is None

    def test_times_that_cannot_be_read_are_said_once(self) -> None:
        bad = {"id": "b", "cdate": "soon", "content": {"title": "T"}}
        assert parse([NOTE, bad, {**NOTE, "mdate": "soon"}, MAPS]).warnings == (
            "a stated date that cannot be read is left out (entry 2 and 1 more)",
        )

    @pytest.mark.parametrize(
        ("content", "changes"),
        [
            ({"venue": "Example 2025 Conference Withdrawn Submission"}, {}),
            ({"venueid": "Example.cc/2025/Conference/Withdrawn_Submission"}, {}),
            ({}, {"invitation": "Example.cc/2021/Conference/-/Withdrawn_Submission"}),
            ({}, {"invitations": ["Example.cc/2025/-/Edit", "Example.cc/2025/-/Withdrawn_Submission"]}),
            ({}, {"ddate": ms(2024, 2, 2)}),
            ({"abstract": "This paper has been withdrawn."}, {}),
        ],
    )
    def test_withdrawn(self, content: dict[str, object], changes: dict[str, object]) -> None:
        assert note(content, **changes).is_withdrawn
        assert not note().is_withdrawn

    @pytest.mark.parametrize(
        ("authors", "names"),
        [
            (["Anonymous"], ()),
            ([{"fullname": "Ada Example", "username": "~Ada_Example1"}], ("Ada Example",)),
            (None, ()),
        ],
    )
    def test_authors(self, authors: object, names: tuple[str, ...]) -> None:
        assert note({"authors": authors}).authors == names

    @pytest.mark.parametrize("identifier", ["../a", "a&b", "", None, ["a", "b"], True])
    def test_an_odd_id_makes_no_address_of_openreview(self, identifier: object) -> None:
        assert note(id=identifier, forum=identifier).url == "https://arxiv.org/abs/2310.00001"


class TestWhatIsNoSubmission:
    @pytest.mark.parametrize(
        ("bad", "reason"),
        [
            (
                {**NOTE, "id": "review", "content": {"title": "Official Review", "review": "Good."}},
                "a review, comment or decision on a submission",
            ),
            ({**NOTE, "replyto": "aBc-1_x"}, "a review, comment or decision on a submission"),
            ({**NOTE, "content": {"abstract": "No title."}}, "a note without a title"),
            ({"id": "x", "content": None}, "not a note with a content"),
            (None, "not a note with a content"),
        ],
    )
    def test_one_bad_entry_costs_no_other(self, bad: object, reason: str) -> None:
        feed = parse({"notes": [NOTE, bad, MAPS]})
        assert [record.position for record in feed.records] == ["entry 1", "entry 3"]
        assert [(reject.position, reject.reason) for reject in feed.rejects] == [("entry 2", reason)]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                '{"name": "ForbiddenError", "message": "User is not authorized", "status": 403}',
                "error of OpenReview (User is not",
            ),
            ('{"notes": null}', "is an object with 'notes', without a note"),
            ('[{"title": "A flat list"}]', "is an array of 1, without a note"),
            ("{}", "is an empty object, without a note"),
            ("[]", "is an array of 0, without a note"),
            ("3", "is a number"),
            ('{"notes": [{"id', "cut off"),
            ("[" * 100_000, "nested too deep"),
            ("", "is empty"),
        ],
    )
    def test_what_is_no_answer_is_one_clear_line(self, text: str, message: str) -> None:
        with pytest.raises(InputError) as caught:
            parse(text)
        assert message in str(caught.value)
        assert str(caught.value).startswith("answer.json ")
        assert "\n" not in str(caught.value)


@pytest.mark.shared
class TestSharedAnswers:
    def test_accepted_papers_with_their_times(self, shared_dir: Path) -> None:
        feed = parse(
            (shared_dir / "api_samples/openreview/iclr2020_cached_or.json").read_text(encoding="utf-8")
        )
        assert (len(feed.records), feed.rejects, feed.warnings) == (687, (), ())
        assert sum(len(record.authors) for record in feed.records) == 3045
        assert {record.published_precision for record in feed.records} == {"day"}
        # All submissions became public on the day of the deadline.
        assert {record.published for record in feed.records} == {date(2019, 9, 25)}
        assert all(record.abstract and record.url and record.updated is None for record in feed.records)
        assert not any(record.is_withdrawn for record in feed.records)

    def test_the_same_papers_without_times(self, shared_dir: Path) -> None:
        feed = parse(
            (shared_dir / "api_samples/openreview/iclr2020_notes_v1_687.json").read_text(encoding="utf-8")
        )
        assert len({record.paper_id for record in feed.records}) == 687
        assert {(record.published, record.published_precision) for record in feed.records} == {
            (date(2020, 1, 1), "year")
        }


def test_a_venue_without_end_takes_no_time() -> None:
    assert note({"venue": " " * 1_000_000 + "x"}).venue == "x"
    assert note({"venue": "ICLR " + "oral " * 200_000}).venue is None
