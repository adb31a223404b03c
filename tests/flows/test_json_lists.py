"""Lists of papers in JSON of anybody's making, and which service's reader claims which JSON document."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from analytics.exceptions import InputError
from analytics.papers import Feed
from flows.sources import json_lists, openalex, openreview, semantic_scholar
from flows.sources.json_lists import parse_json_list

DIARIES: dict[str, Any] = {
    "id": "2503.00001",
    "title": "Diaries for Planning Agents",
    "abstract": "An agent reads its own notes.",
    "authors": ["Ada Example,", "Bo Muster"],
    "publishedAt": "2025-03-10T12:00:00Z",
    "upvotes": 7,
}
MAPS: dict[str, Any] = {"title": "Maps That Redraw Themselves", "year": 2024}
DAY = date(2025, 4, 1)
READERS: dict[str, Callable[[str], bool]] = {
    "openalex": openalex.looks_like,
    "semantic-scholar": semantic_scholar.looks_like,
    "openreview": openreview.looks_like,
    "list": json_lists.looks_like,
}


def parse(answer: object, day: date | None = DAY, **columns: str) -> Feed:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return parse_json_list(text, location="list.json", day=day, columns=columns)


def readers_of(text: str) -> list[str]:
    """Names of the readers that claim a document by its first 64 KB."""
    return [name for name, looks_like in READERS.items() if looks_like(text[:65_536])]


class TestLists:
    @pytest.mark.parametrize(
        "answer",
        [
            [DIARIES, MAPS],
            {"papers": [DIARIES, MAPS]},
            {
                "date": "2025-04-01",
                "tags": ["a", "b", "c"],
                "editors": [{"name": "Cy"}],
                "papers": [DIARIES, MAPS],
            },
        ],
    )
    def test_all_shapes_say_the_same(self, answer: object) -> None:
        feed = parse(answer)
        diaries, maps = feed.records
        assert (feed.source, feed.location, feed.day, feed.rejects, feed.warnings) == (
            "list",
            "list.json",
            DAY,
            (),
            (),
        )
        assert (diaries.arxiv_id, diaries.authors, diaries.upvotes) == (
            "2503.00001",
            ("Ada Example", "Bo Muster"),
            7,
        )
        assert (diaries.published, diaries.published_precision) == (date(2025, 3, 10), "day")
        assert (maps.published, maps.published_precision, maps.position) == (
            date(2024, 1, 1),
            "year",
            "entry 2",
        )

    def test_day_of_the_object_around(self) -> None:
        assert parse({"date": "2025-04-02", "papers": [MAPS]}, None).day == date(2025, 4, 2)
        named = parse({"date": "2025-04-02", "papers": [MAPS]})
        assert (named.day, "2025-04-02" in named.warnings[0]) == (DAY, True)
        assert parse({"date": "2025", "papers": [MAPS]}, None).day is None

    def test_an_empty_list_is_a_feed_without_records(self) -> None:
        assert parse({"date": "2025-04-01", "papers": []}) == Feed("list", "list.json", DAY, ())

    def test_keys_of_the_callers_own(self) -> None:
        (record,) = parse([{"Heading": "T", "Text": "A."}], Heading="title", Text="abstract").records
        assert (record.title, record.abstract) == ("T", "A.")

    def test_a_key_of_a_later_object_counts(self) -> None:
        assert parse([MAPS, {**MAPS, "abstract": "Late."}]).records[1].abstract == "Late."

    def test_an_id_without_quotes_keeps_its_digits(self) -> None:
        text = json.dumps([DIARIES]).replace('"2503.00001"', "2503.02130")
        assert parse(text).records[0].arxiv_id == "2503.02130"
        feed = parse(text.replace("2503.02130", "2503.0213"))
        assert feed.records[0].arxiv_id is None
        assert "lost digits" in feed.warnings[0]

    def test_the_time_of_fetching_is_no_date_of_publication(self) -> None:
        fetched = [
            {**DIARIES, "fetchedAt": DIARIES["publishedAt"]},
            {**DIARIES, "fetchedAt": DIARIES["publishedAt"]},
        ]
        feed = parse(fetched)
        assert {record.published for record in feed.records} == {None}
        assert "'publishedAt' is the time at which the list was fetched" in feed.warnings[0]
        apart = parse([*fetched, {**DIARIES, "fetchedAt": "2025-03-11"}])
        assert {record.published for record in apart.records} == {date(2025, 3, 10)}

    def test_one_bad_entry_costs_no_other(self) -> None:
        feed = parse([DIARIES, None, {"title": " "}, 5, MAPS])
        assert [record.position for record in feed.records] == ["entry 1", "entry 5"]
        assert [(reject.position, reject.reason) for reject in feed.rejects] == [
            ("entry 2", "not an object but NoneType"),
            ("entry 3", "a row without a title"),
            ("entry 4", "not an object but int"),
        ]

    def test_csl_and_crossref(self) -> None:
        item = {
            "DOI": "10.1000/ABC",
            "title": ["Diaries"],
            "author": [{"given": "Ada", "family": "Example"}],
            "issued": {"date-parts": [[2025, 3]]},
        }
        (record,) = parse([item]).records
        assert (record.title, record.doi, record.authors) == ("Diaries", "10.1000/abc", ("Ada Example",))
        assert (record.published, record.published_precision) == (date(2025, 3, 1), "month")

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                '[{"Heading": "T"}]',
                "has no column of titles among 'Heading'; name it with --map COLUMN=title",
            ),
            (
                '[{"title": ""}, {"title": null}]',
                "no paper that can be read (entry 1: a row without a title)",
            ),
            ('{"papers": {"title": "T"}}', "is an object with 'papers'"),
            ('{"papers": ["a", "b"]}', "is an object with 'papers'"),
            ("[1, 2]", "is an array of 2"),
            ("{}", "is an empty object"),
            ('"text"', "is a text"),
            ('[{"title": "cut', "cut off"),
            ("[" * 100_000, "nested too deep"),
            ("", "is empty"),
        ],
    )
    def test_what_is_no_list_is_one_clear_line(self, text: str, message: str) -> None:
        with pytest.raises(InputError) as caught:
            parse(text)
        assert message in str(caught.value)
        assert str(caught.value).startswith("list.json ")
        assert "\n" not in str(caught.value)


class TestZotero:
    ITEM: dict[str, Any] = {  # noqa: RUF012
        "key": "A",
        "version": 3,
        "library": {"id": 1},
        "data": {
            "key": "A",
            "itemType": "preprint",
            "title": "Diaries",
            "abstractNote": "Its text.",
            "date": "2025-03-10",
            "archiveID": "arXiv:2503.00001",
            "creators": [
                {"creatorType": "editor", "firstName": "Cy", "lastName": "Sample"},
                {"creatorType": "author", "firstName": "Ada", "lastName": "Example"},
                {"creatorType": "author", "name": "Example Lab"},
            ],
            "dateAdded": "2026-01-01T00:00:00Z",
        },
    }

    def test_an_item_alone_or_among_others(self) -> None:
        note = {**self.ITEM, "data": {"itemType": "note", "note": "Read it."}}
        feed = parse([note, self.ITEM])
        assert [(reject.position, reject.reason) for reject in feed.rejects] == [
            ("entry 1", "Zotero's note, which is no paper")
        ]
        (record,) = feed.records
        assert (record.title, record.abstract, record.arxiv_id) == ("Diaries", "Its text.", "2503.00001")
        assert (record.authors, record.published) == (("Ada Example", "Example Lab"), date(2025, 3, 10))
        assert parse(self.ITEM).records[0].authors == record.authors

    @pytest.mark.parametrize(
        ("entry", "kind"),
        [
            ({**ITEM, "data": {"itemType": "attachment", "title": "PDF"}}, "attachment"),
            ({**ITEM, "data": {"name": "Agents", "parentCollection": "B"}}, "collection"),
            ({"tag": "agents", "links": {}, "meta": {"type": 0}}, "tag"),
        ],
    )
    def test_what_is_no_item_is_refused_by_name(self, entry: dict[str, Any], kind: str) -> None:
        for answer in (entry, [entry]):
            assert readers_of(json.dumps(answer)) == ["list"]
            with pytest.raises(InputError, match=f"entry 1: Zotero's {kind}, which is no paper"):
                parse(answer)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(["title", "data", "key"]), inner, max_size=3)
    ),
    max_leaves=8,
)


class TestWhoClaimsWhat:
    @pytest.mark.parametrize(
        ("text", "readers"),
        [
            ('{"meta": {"count": 2, "per_page": 25}, "results": [{"title": "T", "pub', ["openalex"]),
            ('{"results": [{"id": "https://openalex.org/W27", "title": "T"}], "meta": {', ["openalex"]),
            ('{"error": "Invalid query", "message": "x"}', ["openalex"]),
            ('{"error": "Paper not found"}', ["semantic-scholar"]),
            ('[null, {"paperId": "27", "title": "T"', ["semantic-scholar"]),
            (
                '{"data": [{"authors": [{"authorId": "1"}], "title": "T", "paperId": "27"}',
                ["semantic-scholar"],
            ),
            ('{"total": 0, "offset": 0}', ["semantic-scholar"]),
            ('{"notes": [], "count": 0}', ["openreview"]),
            ('{"notes": [{"id": "a", "content": {"title": {"value": "T"', ["openreview"]),
            ('[{"id": "a", "content": {"title": "T"', ["openreview"]),
            ('[{"title": "T", "abstract": "A', ["list"]),
            ('{"date": "2026-05-07", "papers": [{"title": "T"', ["list"]),
            ('[{"Heading": "T"', ["list"]),
            # The Daily Papers API's, which are recognized before.
            ("[]", []),
            ('[{"paper": {"id": "2503.02130", "title": "T"}, "publishedAt": "2025", "title": "T"', []),
            ("[\"{'paper': {'id': '2503.02130'}}\"]", []),
            ('{"status": "success", "date": "2025-01-10", "count": 1, "data": ["{\'paper\'', []),
            (
                '{"status": "success", "date": "2025-01-10", "count": 1, "data": [{"paper": {"id": "2503.02130"',
                [],
            ),
            # JSON lines and what is no JSON.
            ('{"title": "T", "paperId": "1"}\n{"title": "U", "paperId": "2"}\n', []),
            ("[new](https://example.org) A title", []),
            ("@article{a, title={T}}", []),
            ("", []),
        ],
    )
    def test_by_hand(self, text: str, readers: list[str]) -> None:
        assert readers_of(text) == readers
        assert readers_of("\ufeff" + text) == readers

    @pytest.mark.shared
    def test_every_real_document_has_its_one_reader(self, shared_dir: Path) -> None:
        samples = shared_dir / "api_samples"
        expected = {
            "hf_daily_papers": ([], 8),
            "openalex": (["openalex"], 11),
            "semantic_scholar": (["semantic-scholar"], 61),
            "openreview": (["openreview"], 3),
            "markdown_feeds": (["list"], 1),
            "zotero": (["list"], 4),
        }
        for folder, (readers, n_documents) in expected.items():
            paths = sorted((samples / folder).glob("*.json"))
            assert len(paths) == n_documents
            for path in paths:
                own = ["list"] if path.name.startswith("tb-yasu") else readers
                text = path.read_text(encoding="utf-8")
                assert (path.name, readers_of(text)) == (path.name, own)
                # Cut off after any of its first thousands of characters no other reader claims it.
                assert set(readers_of(text[:3_000])) <= set(own)

    @pytest.mark.shared
    def test_no_day_of_the_daily_papers_is_claimed(self, shared_dir: Path) -> None:
        paths = sorted((shared_dir / "corpora" / "hf_daily_papers").glob("*.json"))
        assert len(paths) == 415
        assert [path.name for path in paths[::10] if readers_of(path.read_text(encoding="utf-8"))] == []


@pytest.mark.shared
class TestSharedLists:
    def test_a_crawlers_list(self, shared_dir: Path) -> None:
        path = shared_dir / "api_samples/markdown_feeds/wyfbean_scraped_2026-05-07.json"
        feed = parse(path.read_text(encoding="utf-8"), None)
        assert (len(feed.records), feed.rejects, feed.day) == (10, (), date(2026, 5, 7))
        # Its publishedAt is the crawler's clock, the same as fetchedAt.
        assert {record.published for record in feed.records} == {None}
        assert len(feed.warnings) == 1
        assert all(record.arxiv_id and record.abstract and record.upvotes for record in feed.records)
        assert sum(len(record.authors) for record in feed.records) == 84
        assert not any(name.endswith(",") for record in feed.records for name in record.authors)

    def test_a_conferences_list(self, shared_dir: Path) -> None:
        path = shared_dir / "api_samples/openreview/tb-yasu_iclr2025_all_papers_temp_100.json"
        feed = parse(path.read_text(encoding="utf-8"), None)
        assert (len(feed.records), feed.rejects, feed.warnings, feed.day) == (100, (), (), None)
        assert {(record.published, record.published_precision) for record in feed.records} == {
            (date(2025, 1, 1), "year")
        }
        assert sum(len(record.authors) for record in feed.records) == 464
        assert all(
            (record.url or "").startswith("https://openreview.net/forum?id=") for record in feed.records
        )

    def test_a_zotero_item(self, shared_dir: Path) -> None:
        (record,) = parse((shared_dir / "api_samples/zotero/item.json").read_text(encoding="utf-8")).records
        assert record.title == "Real-Time Rendering 4th: Ray Tracing"
        assert (len(record.authors), record.authors[0], record.published) == (6, "Tomas Akenine-Moller", None)
