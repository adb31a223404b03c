"""arXiv as JSON lines: daily listings of a crawler, and the snapshot of all metadata."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analytics.exceptions import InputError
from analytics.papers import Feed
from flows.sources import json_lines
from flows.sources.arxiv_listings import looks_like_listing, looks_like_snapshot, read_listing, read_snapshot
from flows.sources.formats import BLOCK, SourceFile

LISTED: dict[str, Any] = {
    "id": "2503.00001",
    "pdf": "https://arxiv.org/pdf/2503.00001",
    "abs": "https://arxiv.org/abs/2503.00001",
    "authors": ["Ada  Example", "Bo Muster"],
    "title": "Diaries for\n  Agents",
    "categories": ["cs.AI"],
    "comment": None,
    "summary": "An agent reads\nits notes in $O(n)$.",
}
KEPT: dict[str, Any] = {
    "id": "hep-th/9901001",
    "submitter": "A. Example",
    "authors": "A. Example, B. Muster, Jr.",
    "title": "Maps that\n  redraw themselves",
    "comments": "12 pages",
    "journal-ref": None,
    "doi": "10.1000/ABC 10.1000/def",
    "report-no": None,
    "categories": "hep-th",
    "license": None,
    "abstract": "  We redraw maps.\n",
    "versions": [
        {"version": "v2", "created": "Tue, 3 Apr 2007 01:00:00 GMT"},
        {"version": "v10", "created": "Sat, 1 Jan 2011 00:00:00 GMT"},
        {"version": "v1", "created": "Mon, 4 Jan 1999 19:18:42 GMT"},
    ],
    "update_date": "2015-05-13",
    "authors_parsed": [["Example", "A.", ""], ["Muster", "B.", "Jr."], ["", "", ""], ["Lab", "", "", "x"]],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "2025-03-18.jsonl"


Reader = Callable[[SourceFile], Iterator[Feed]]


def read(path: Path, reader: Reader, *entries: object) -> list[Feed]:
    texts = [entry if isinstance(entry, str) else json.dumps(entry) for entry in entries]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return list(reader(SourceFile(path, path.name, date(2025, 3, 18))))


class TestListing:
    def test_every_field(self, path: Path) -> None:
        (feed,) = read(path, read_listing, LISTED)
        (record,) = feed.records
        assert (feed.source, feed.location, feed.day) == (
            "arxiv-listing",
            "2025-03-18.jsonl",
            date(2025, 3, 18),
        )
        assert (record.title, record.abstract) == (
            "Diaries for Agents",
            "An agent reads its notes in $O(n)$.",
        )
        assert (record.arxiv_id, record.version, record.url) == (
            "2503.00001",
            None,
            "https://arxiv.org/abs/2503.00001",
        )
        assert (record.authors, record.n_authors) == (("Ada Example", "Bo Muster"), 2)
        # The day of a listing is no date of a paper.
        assert (record.published, record.published_basis, record.updated) == (None, "missing", None)
        assert not record.is_withdrawn
        assert feed.warnings == ()

    def test_repeats_stay(self, path: Path) -> None:
        (feed,) = read(path, read_listing, LISTED, LISTED)
        assert [record.position for record in feed.records] == ["line 1", "line 2"]

    @pytest.mark.parametrize(
        ("changes", "withdrawn"),
        [
            ({"comment": "This paper has been withdrawn by the authors"}, True),
            ({"summary": "This paper has been withdrawn."}, True),
            ({"summary": "Cash is withdrawn at machines."}, False),
        ],
    )
    def test_withdrawals(self, path: Path, changes: dict[str, str], withdrawn: bool) -> None:
        (feed,) = read(path, read_listing, {**LISTED, **changes})
        assert feed.records[0].is_withdrawn == withdrawn

    def test_an_id_that_is_a_number(self, path: Path) -> None:
        line = json.dumps({**LISTED, "id": 5, "abs": None, "pdf": None})
        (feed,) = read(path, read_listing, line, line.replace('"id": 5', '"id": 2503.02130'))
        # What the line itself writes has all its digits.
        assert [record.arxiv_id for record in feed.records] == [None, "2503.02130"]
        assert feed.records[0].url is None


class TestSnapshot:
    def test_every_field(self, path: Path) -> None:
        (feed,) = read(path, read_snapshot, KEPT)
        (record,) = feed.records
        assert feed.source == "arxiv-snapshot"
        assert (record.title, record.abstract) == ("Maps that redraw themselves", "We redraw maps.")
        assert (record.arxiv_id, record.version) == ("hep-th/9901001", 10)
        assert (record.published, record.published_precision) == (date(1999, 1, 4), "day")
        assert record.updated == date(2011, 1, 1)
        assert record.authors == ("A. Example", "B. Muster Jr.", "Lab")
        assert (record.doi, record.url) == ("10.1000/abc", "https://arxiv.org/abs/hep-th/9901001")
        assert feed.warnings == ()

    def test_dates_that_are_not_there_or_cannot_be_read(self, path: Path) -> None:
        later = [{"version": "v2", "created": "Tue, 3 Apr 2007 01:00:00 GMT"}]
        odd = [{"version": "v1", "created": "soon"}, 7, {"version": 1}, {"created": "2007-01-01"}]
        (feed,) = read(
            path,
            read_snapshot,
            *({**KEPT, "versions": versions} for versions in (None, [], later, odd, "v1")),
        )
        assert [record.published for record in feed.records] == [None] * 5
        # What appeared as version 1 is not known from version 2.
        assert [record.updated for record in feed.records] == [None, None, date(2007, 4, 3), None, None]
        assert feed.warnings == ("a stated date that cannot be read is left out (line 3 and 2 more)",)

    def test_withdrawals(self, path: Path) -> None:
        (feed,) = read(
            path, read_snapshot, {**KEPT, "comments": "This submission has been withdrawn by arXiv"}
        )
        assert feed.records[0].is_withdrawn


@pytest.mark.parametrize("reader", [read_listing, read_snapshot])
class TestBoth:
    @pytest.mark.parametrize(
        ("bad", "reason"),
        [
            ("{}", "a paper without a title"),
            ('{"title": ["A"]}', "a paper without a title"),
            ('{"title": "cut', "not valid JSON"),
            ("[" * 50_000, "JSON nested too deep"),
        ],
    )
    def test_one_bad_line_costs_no_other(self, path: Path, reader: Reader, bad: str, reason: str) -> None:
        (feed,) = read(path, reader, bad, KEPT, "", bad)
        assert len(feed.records) == 1
        assert [(r.position, r.reason) for r in feed.rejects] == [("line 1", reason), ("line 4", reason)]

    def test_parts_and_refusals(self, path: Path, reader: Reader) -> None:
        feeds = read(path, reader, *[json.dumps(KEPT)] * (BLOCK + 1))
        assert [(len(feed.records), feed.is_last) for feed in feeds] == [(BLOCK, False), (1, True)]
        with pytest.raises(InputError, match="holds no paper"):
            read(path, reader, "words", "more")


class TestLooksLike:
    def test_each_claims_its_own(self) -> None:
        listing, snapshot = json.dumps(LISTED), json.dumps(KEPT)
        for head in (listing, listing + "\n" + listing[:50], "\ufeff" + listing, "{broken\n" + listing):
            assert (looks_like_listing(head), looks_like_snapshot(head)) == (True, False)
        for head in (snapshot, snapshot + "\n" + snapshot[:50]):
            assert (looks_like_listing(head), looks_like_snapshot(head)) == (False, True)
        for head in ("", "[" + listing + "]", json.dumps(LISTED, indent=1), '{"data": [' + listing + "]}"):
            assert not looks_like_listing(head)


@pytest.mark.shared
class TestSharedListings:
    def test_every_day(self, shared_dir: Path) -> None:
        records, days, within = [], set(), 0
        for path in sorted((shared_dir / "corpora" / "arxiv_daily_raw").glob("*.jsonl")):
            head = path.read_bytes()[:65_536].decode()
            assert looks_like_listing(head)
            assert not looks_like_snapshot(head)
            assert json_lines.looks_like(head)  # so a listing is asked for first
            feeds = list(read_listing(SourceFile(path, path.name, date.fromisoformat(path.stem))))
            assert all(not feed.rejects and not feed.warnings for feed in feeds)
            found = [record for feed in feeds for record in feed.records]
            within += len(found) - len({record.arxiv_id for record in found})
            records += found
            days |= {feed.day for feed in feeds}
        assert (len(days), len(records), within) == (44, 9_825, 1_034)
        assert len({record.arxiv_id for record in records}) == 6_634
        assert all(record.arxiv_id and record.url and record.abstract for record in records)
        assert sum(len(record.authors) for record in records) == 59_395
        assert {record.published_basis for record in records} == {"missing"}
        assert not any(record.is_withdrawn for record in records)
