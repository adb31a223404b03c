"""Rows of tables as records: names of columns, values of every kind, lost ids, dates of several columns."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from analytics.exceptions import InputError
from analytics.papers import PaperRecord, RejectedRecord
from flows.sources.entries import numbered
from flows.sources.field_names import FieldMap, match_fields
from flows.sources.fielded import record_of, row_reader
from flows.sources.records import Doubts, UnusableEntryError


def read(**row: Any) -> PaperRecord:
    """The record of a row whose columns have usual names; its title is `T` unless given."""
    row = {"title": "T", **row}
    return record_of(row, "row 1", Doubts(), match_fields(list(row), {}, location="a.csv"))


def warnings_of(*rows: dict[str, Any]) -> list[str]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    reader = row_reader("table", match_fields(names, {}, location="a.csv"))
    return list(reader.whole(numbered(rows, "row"), location="a.csv", day=None).warnings)


class TestMatchFields:
    @pytest.mark.parametrize(
        ("names", "field", "columns"),
        [
            (["TITLE "], "title", ("TITLE ",)),
            (["Article Title", "Source Title"], "title", ("Article Title",)),
            (["title", "tldr", "Summary", "Abstract"], "abstract", ("Abstract", "Summary")),
            (["title", "ID", "arXiv-Id"], "id", ("arXiv-Id", "ID")),
            (["title", "DOI"], "doi", ("DOI",)),
            (
                ["title", "year", "submitted", "Published Date", "date"],
                "published",
                ("date", "Published Date", "submitted", "year"),
            ),
            (["title", "Date Added", "Date Modified", "created_at"], "published", ()),
            (["title", "update_date", "Date Modified"], "updated", ("update_date",)),
            (["title", "Author(s)", "author_names"], "authors", ("Author(s)", "author_names")),
            (["title", "num_authors"], "n_authors", ("num_authors",)),
            (["title", "Likes"], "upvotes", ("Likes",)),
            (["title", "affiliation"], "organization", ("affiliation",)),
            (["title", "pdf_url", "Link", "abs"], "url", ("Link", "abs", "pdf_url")),
            (["title", "comments"], "comment", ("comments",)),
            (["title", "ＡＢＳＴＲＡＣＴ"], "abstract", ("ＡＢＳＴＲＡＣＴ",)),
        ],
    )
    def test_usual_names(self, names: list[str], field: str, columns: tuple[str, ...]) -> None:
        assert getattr(match_fields(names, {}, location="a.csv"), field) == columns

    def test_a_given_column_stands_alone_and_leaves_its_own_field(self) -> None:
        found = match_fields(
            ["Heading", "Title", "Date"],
            {"heading": "title", "Title": "abstract", "Date": "updated"},
            location="a.csv",
        )
        assert (found.title, found.abstract, found.published, found.updated) == (
            ("Heading",),
            ("Title",),
            (),
            ("Date",),
        )

    @pytest.mark.parametrize(
        ("names", "given", "message"),
        [
            (
                ["Heading", "Text"],
                {},
                "a.csv has no column of titles among 'Heading', 'Text'; name it with --map COLUMN=title",
            ),
            ([], {}, "among none at all"),
            (["title"], {"Heading": "title"}, "a.csv has no column 'Heading'; its columns are 'title'"),
            (["title", "Heading"], {"Haeding": "title"}, "did you mean 'Heading'?"),
            (
                ["title"],
                {"title": "titel"},
                "unknown field 'titel' of --map COLUMN=FIELD; allowed is one of title, abstract,",
            ),
            (["title"], {"title": "titel"}, "did you mean 'title'?"),
            (["title"], {"title": "abstract"}, "has no column of titles"),
            ([f"column {n}" for n in range(5_000)], {}, "and 4980 more"),
        ],
    )
    def test_what_cannot_be_found_is_said(
        self, names: list[str], given: dict[str, str], message: str
    ) -> None:
        with pytest.raises(InputError) as caught:
            match_fields(names, given, location="a.csv")
        assert message in str(caught.value)
        assert len(str(caught.value)) < 1_000


class TestRecord:
    def test_every_field(self) -> None:
        record = read(
            title=" Agents\n that <i>plan</i>",
            abstract="<p>They plan.</p>",
            arxiv_id="arXiv:2503.02130v2",
            doi="https://doi.org/10.1000/ABC",
            published="2025-03-04",
            updated="2025-04-01",
            authors=["Ada Example", "Bo Muster"],
            upvotes="7",
            organization={"name": "Example Lab"},
            url="https://example.org/a",
            comment="8 pages",
        )
        assert record == PaperRecord(
            "Agents that plan",
            "They plan.",
            published=date(2025, 3, 4),
            published_basis="stated",
            published_precision="day",
            updated=date(2025, 4, 1),
            authors=("Ada Example", "Bo Muster"),
            n_authors=2,
            upvotes=7,
            organization="Example Lab",
            url="https://example.org/a",
            arxiv_id="2503.02130",
            doi="10.1000/abc",
            version=2,
            position="row 1",
        )

    @pytest.mark.parametrize("title", ["", "  ", "nan", None, float("nan"), 3.5, True, [], {}, np.nan, pd.NA])
    def test_without_a_title_there_is_no_record(self, title: object) -> None:
        with pytest.raises(UnusableEntryError, match="without a title"):
            read(title=title)

    @pytest.mark.parametrize(
        ("row", "arxiv_id", "version", "doi"),
        [
            ({"id": "0704.0010"}, "0704.0010", None, None),
            ({"id": "cs/9301111v3"}, "cs/9301111", 3, None),
            ({"id": 2503.0213}, None, None, None),
            ({"id": "2503.0213"}, None, None, None),
            ({"id": "704.001"}, None, None, None),
            ({"id": 704.001, "pdf": "https://arxiv.org/pdf/0704.0010v1"}, "0704.0010", 1, None),
            ({"id": "B1-Hhnslg", "arxiv_id": ""}, None, None, None),
            ({"id": 17, "arxiv": "2503.02130"}, "2503.02130", None, None),
            ({"doi": "10.48550/arXiv.2503.02130"}, "2503.02130", None, None),
            ({"doi": "10.1000/A 10.1000/B"}, None, None, "10.1000/a"),
            (
                {"id": "doi:10.1000/a", "link": "https://arxiv.org/abs/2503.02130"},
                "2503.02130",
                None,
                "10.1000/a",
            ),
        ],
    )
    def test_identifiers(
        self, row: dict[str, Any], arxiv_id: str | None, version: int | None, doi: str | None
    ) -> None:
        record = read(**row)
        assert (record.arxiv_id, record.version, record.doi) == (arxiv_id, version, doi)

    @pytest.mark.parametrize(
        ("row", "published", "precision"),
        [
            ({"year": 2019}, date(2019, 1, 1), "year"),
            ({"year": 2019.0}, date(2019, 1, 1), "year"),
            ({"year": np.int64(2019)}, date(2019, 1, 1), "year"),
            ({"year": np.float64("nan")}, None, "none"),
            ({"year": "2019", "date": "2019-05-06"}, date(2019, 5, 6), "day"),
            ({"year": 2019, "date": "nan"}, date(2019, 1, 1), "year"),
            ({"date": "2019", "created": "2019-05-06"}, date(2019, 5, 6), "day"),
            ({"date": "2019", "created": "2021-05-06"}, date(2019, 1, 1), "year"),
            ({"date": "May 2019", "created": "2019-06-06"}, date(2019, 5, 1), "month"),
            ({"date": "03/04/2019", "year": "2019"}, date(2019, 1, 1), "year"),
            ({"date": date(2019, 5, 6)}, date(2019, 5, 6), "day"),
            (
                {"date": datetime(2019, 5, 6, 23, tzinfo=timezone(timedelta(hours=-5)))},
                date(2019, 5, 7),
                "day",
            ),
            ({"date": datetime.max.replace(tzinfo=timezone(timedelta(hours=-5)))}, None, "none"),
            ({"date": pd.Timestamp("2019-05-06T01:00", tz=UTC)}, date(2019, 5, 6), "day"),
            ({"date": np.datetime64("2019-05-06T01:00:00.000000001")}, date(2019, 5, 6), "day"),
            ({"date": np.datetime64("NaT")}, None, "none"),
            ({"date": pd.NaT}, None, "none"),
            ({"published": 1557100800000}, date(2019, 5, 6), "day"),
            (
                {"versions": [{"created": "Mon, 6 May 2019 00:00:00 GMT"}], "update_date": "2020-01-02"},
                date(2019, 5, 6),
                "day",
            ),
        ],
    )
    def test_published(self, row: dict[str, Any], published: date | None, precision: str) -> None:
        record = read(**row)
        assert (record.published, record.published_precision) == (published, precision)
        assert record.published_basis == ("missing" if published is None else "stated")

    def test_an_update_is_no_publication(self) -> None:
        record = read(updated="2020-01-02")
        assert (record.published, record.updated) == (None, date(2020, 1, 2))

    @pytest.mark.parametrize(
        ("row", "authors", "n_authors"),
        [
            (
                {"authors": np.array(["Ada Example", "Bo Muster"], dtype=object)},
                ("Ada Example", "Bo Muster"),
                2,
            ),
            ({"authors": "Ada Example et al."}, ("Ada Example",), None),
            ({"authors": "Ada Example et al.", "n_authors": 9}, ("Ada Example",), 9),
            ({"authors": 4}, (), 4),
            ({"authors": [], "author": "Ada Example"}, ("Ada Example",), 1),
            ({"n_authors": 0}, (), None),
            ({}, (), None),
        ],
    )
    def test_authors(self, row: dict[str, Any], authors: tuple[str, ...], n_authors: int | None) -> None:
        record = read(**row)
        assert (record.authors, record.n_authors) == (authors, n_authors)

    @pytest.mark.parametrize(
        ("row", "url"),
        [
            ({"url": "javascript:alert(1)"}, None),
            ({"pdf": "https://example.org/a.pdf"}, "https://example.org/a.pdf"),
            ({"pdf": "https://example.org/a.pdf", "abs": "https://example.org/a"}, "https://example.org/a"),
            ({"pdf": "https://arxiv.org/pdf/2503.02130"}, "https://arxiv.org/abs/2503.02130"),
            ({"id": "http://arxiv.org/abs/2503.02130v1"}, "https://arxiv.org/abs/2503.02130"),
            ({"doi": "10.1000/a"}, "https://doi.org/10.1000/a"),
            ({"url": 5}, None),
        ],
    )
    def test_address_that_a_person_would_open(self, row: dict[str, Any], url: str | None) -> None:
        assert read(**row).url == url

    def test_withdrawn(self) -> None:
        assert read(comments="This paper has been withdrawn by the authors.").is_withdrawn
        assert read(abstract="This paper has been withdrawn.").is_withdrawn
        assert not read(
            abstract="Cash is withdrawn at machines.", comments="withdrawal effects, 9 pages"
        ).is_withdrawn


class TestWarnings:
    def test_unread_dates_are_said_once(self) -> None:
        said = warnings_of(
            {"title": "A", "date": "2019", "updated": ""},
            {"title": "B", "date": "in the spring"},
            {"title": "C", "date": float("nan")},
            {"title": "D", "date": "2019", "updated": "soon"},
            {"title": "", "date": "soon"},
        )
        assert said == ["a stated date that cannot be read is left out (row 2 and 1 more)"]

    @pytest.mark.parametrize(
        "identifier", [2503.0213, "2503.0213", "704.001", "1905.1343600000002", np.float64(2503.0213)]
    )
    def test_lost_ids_are_said_once(self, identifier: object) -> None:
        said = warnings_of({"title": "A", "id": identifier}, {"title": "B", "id": identifier})
        assert len(said) == 1
        assert "lost digits" in said[0]
        assert "(row 1 and 1 more)" in said[0]

    @pytest.mark.parametrize(
        "identifier", [17, 17.0, float("nan"), "", "17", "2503.02130", "1204.0001", "key-1.5", None, True]
    )
    def test_other_ids_are_in_no_doubt(self, identifier: object) -> None:
        assert warnings_of({"title": "A", "id": identifier}) == []


class TestRows:
    def test_one_bad_row_costs_no_other(self) -> None:
        rows = [{"title": "A"}, None, {"abstract": "x" * 500}, [1], {"title": "B"}]
        reader = row_reader("table", FieldMap(title=("title",)))
        feed = reader.whole(numbered(rows, "row"), location="a.csv", day=None)
        assert [record.position for record in feed.records] == ["row 1", "row 5"]
        assert [(reject.position, reject.reason) for reject in feed.rejects] == [
            ("row 2", "not an object but NoneType"),
            ("row 3", "a row without a title"),
            ("row 4", "not an object but list"),
        ]
        assert all(len(reject.excerpt) <= 200 for reject in feed.rejects)


@pytest.mark.shared
class TestSharedTables:
    def read(self, path: Path) -> tuple[list[PaperRecord], list[RejectedRecord], list[str]]:
        rows = pq.read_table(path).slice(0, 25_000).to_pylist()
        reader = row_reader("table", match_fields(list(rows[0]), {}, location=path.name))
        feed = reader.whole(numbered(rows, "row"), location=path.name, day=None)
        return list(feed.records), list(feed.rejects), list(feed.warnings)

    def test_arxiv(self, shared_dir: Path) -> None:
        records, rejects, warnings = self.read(shared_dir / "corpora/arxiv_cs_1993_2019.parquet")
        assert (len(records), rejects, warnings) == (25_000, [], [])
        assert all(record.arxiv_id and record.abstract and record.authors for record in records)
        assert {record.published_precision for record in records} == {"day"}
        assert sum(record.doi is not None for record in records) == 5366
        assert sum(record.is_withdrawn for record in records) == 70
        # 67,416 parts between commas, less those of "Last, First" and two lists with "And".
        assert sum(len(record.authors) for record in records) == 67_382

    def test_iclr_has_ids_that_were_numbers(self, shared_dir: Path) -> None:
        records, rejects, warnings = self.read(shared_dir / "corpora/iclr_2017_2024.parquet")
        assert (len(records), len(rejects)) == (24_254, 10)
        assert {record.published_precision for record in records} == {"year"}
        assert sum(record.arxiv_id is not None for record in records) == 145
        # Such as 1810.0965 for 1810.09650, and 1905.1343600000002.
        assert warnings == [
            "an id that is a number has lost digits and is left out: give ids as text (row 1528 and 77 more)"
        ]
