"""Parquet: columns of every type, damaged files, and the two shared corpora."""

from __future__ import annotations

import dataclasses
import random
import tracemalloc
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.sources.formats import BLOCK, SourceFile
from flows.sources.parquet import read_parquet
from tests.examples import write_again


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "papers.parquet"


def feeds_of(path: Path, **columns: str) -> list[Feed]:
    return list(read_parquet(SourceFile(path, path.name, date(2025, 3, 5), columns=columns)))


def written(path: Path, table: dict[str, Any] | pa.Table, **options: Any) -> list[Feed]:
    pq.write_table(table if isinstance(table, pa.Table) else pa.table(table), path, **options)
    return feeds_of(path)


def records_of(path: Path, table: dict[str, Any] | pa.Table) -> tuple[PaperRecord, ...]:
    return tuple(record for feed in written(path, table) for record in feed.records)


class TestColumns:
    def test_every_field(self, path: Path) -> None:
        (feed,) = written(
            path,
            {
                "Title": ["Diaries <i>for</i> Agents"],
                "abstract": ["An agent\nreads its notes."],
                "arxiv_id": ["0704.0010v2"],
                "doi": ["https://doi.org/10.1000/ABC"],
                "published": [datetime(2007, 4, 2, 23, 59, tzinfo=UTC)],
                "authors": [["Ada Example", "Bo Muster"]],
                "upvotes": [7],
                "link": ["https://example.org/a"],
                "label": ["ignored"],
            },
        )
        (record,) = feed.records
        assert (feed.source, feed.location, feed.day, feed.is_last) == (
            "table",
            "papers.parquet",
            date(2025, 3, 5),
            True,
        )
        assert (record.title, record.abstract) == ("Diaries for Agents", "An agent reads its notes.")
        assert (record.arxiv_id, record.version, record.doi) == ("0704.0010", 2, "10.1000/abc")
        assert (record.published, record.published_precision) == (date(2007, 4, 2), "day")
        assert (record.authors, record.n_authors, record.upvotes) == (("Ada Example", "Bo Muster"), 2, 7)
        assert (record.url, record.position) == ("https://example.org/a", "row 1")
        assert feed.warnings == ()

    @pytest.mark.parametrize(
        ("column", "expected"),
        [
            (pa.array([date(2019, 3, 4), None]), date(2019, 3, 4)),
            (pa.array([datetime(2019, 3, 4, 5), None], pa.timestamp("ns")), date(2019, 3, 4)),
            (pa.array([1551675845123456789, None], pa.timestamp("ns", tz="UTC")), date(2019, 3, 4)),
            (pa.array([datetime(2019, 3, 4), None], pa.date64()), date(2019, 3, 4)),
            (pa.array(["2019-03-04", None], pa.large_string()), date(2019, 3, 4)),
            (pa.array(["2019-03-04", None]).dictionary_encode(), date(2019, 3, 4)),
            (pa.array(["2019-03-04", None], pa.string_view()), date(2019, 3, 4)),
            (pa.array([2019, None], pa.int16()), date(2019, 1, 1)),
            (pa.array([2019.0, float("nan")]), date(2019, 1, 1)),
            (pa.nulls(2), None),
            (pa.array([2**60, None], pa.timestamp("us")), None),
            (pa.array([2**31 - 1, None], pa.date32()), None),
        ],
    )
    def test_dates_of_every_type(self, path: Path, column: pa.Array, expected: date | None) -> None:
        first, second = records_of(path, {"title": ["A", "B"], "date": column})
        assert (first.published, second.published) == (expected, None)

    def test_an_id_that_became_a_number_is_none_and_said_once(self, path: Path) -> None:
        table = {"title": ["A", "B", "C"], "id": [704.001, 2503.0213, None]}
        (feed,) = written(path, table)
        assert [record.arxiv_id for record in feed.records] == [None] * 3
        (warning,) = feed.warnings
        assert "lost digits" in warning
        assert "row 1 and 1 more" in warning

    def test_nested_columns_and_repeated_names(self, path: Path) -> None:
        authors = [[{"name": "Ada"}, {"name": None}], None]
        table = pa.table(
            [pa.array(["A", "B"]), pa.array(["X", "Y"]), pa.array(authors), pa.array([{"a": [1]}] * 2)],
            names=["title", "title", "authors", "extra.title"],
        )
        first, second = records_of(path, table)
        assert (first.title, first.authors, second.authors) == ("A", ("Ada",), ())

    def test_given_columns(self, path: Path) -> None:
        pq.write_table(pa.table({"heading": ["A"], "when": ["2019"]}), path)
        with pytest.raises(InputError, match="no column of titles among 'heading', 'when'"):
            feeds_of(path)
        (feed,) = feeds_of(path, heading="title", when="published")
        assert (feed.records[0].title, feed.records[0].published) == ("A", date(2019, 1, 1))


class TestRows:
    def test_parts(self, path: Path) -> None:
        n = 2 * BLOCK + 1
        feeds = written(path, {"title": [f"Title {i}" for i in range(n)]}, row_group_size=777)
        assert [len(feed.records) for feed in feeds] == [BLOCK, BLOCK, 1]
        assert [feed.is_last for feed in feeds] == [False, False, True]
        assert [r.position for f in feeds for r in f.records] == [f"row {i}" for i in range(1, n + 1)]

    def test_no_rows(self, path: Path) -> None:
        (feed,) = written(path, {"title": pa.array([], pa.string())})
        assert (feed.records, feed.rejects, feed.is_last) == ((), (), True)

    def test_one_bad_text_costs_its_row(self, path: Path) -> None:
        bad = pa.Array.from_buffers(
            pa.string(),
            3,
            [
                None,
                pa.array([0, 1, 4, 5], pa.int32()).buffers()[1],
                pa.py_buffer(b"Ab\xffcD"),
            ],
        )
        (feed,) = written(path, {"title": ["One", "Two", "Three"], "abstract": bad})
        assert [(record.title, record.abstract) for record in feed.records] == [("One", "A"), ("Three", "D")]
        (reject,) = feed.rejects
        assert (reject.position, reject.reason) == ("row 2", "a row with a text that is not UTF-8")

    def test_rows_without_a_title_are_rejects(self, path: Path) -> None:
        (feed,) = written(path, {"title": ["A", "", None, "\u200b"]})
        assert [reject.position for reject in feed.rejects] == ["row 2", "row 3", "row 4"]

    def test_rows_without_any_title_are_no_papers(self, path: Path) -> None:
        with pytest.raises(InputError, match="holds no paper"):
            written(path, {"title": [None, ""]})


class TestDamage:
    @pytest.mark.parametrize(
        "content", [b"", b"PAR1", b"PAR1PAR1", b"PARE" + b"\x00" * 40 + b"PARE", b"x" * 99]
    )
    def test_what_is_no_table_is_one_clear_line(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)
        with pytest.raises(InputError) as caught:
            feeds_of(path)
        assert str(caught.value).startswith("papers.parquet cannot be read as Parquet (")
        assert "\n" not in str(caught.value)

    def test_absent_file_and_folder(self, path: Path, tmp_path: Path) -> None:
        with pytest.raises(InputError):
            feeds_of(path)
        with pytest.raises(InputError, match="not a regular file"):
            feeds_of(tmp_path)

    @pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
    def test_a_damaged_file_is_feeds_or_an_input_error(self, path: Path, compression: str) -> None:
        table = pa.table({"title": [f"Title {i % 7}" for i in range(50)], "date": ["2019-03-04"] * 50})
        pq.write_table(table, path, compression=compression)
        whole = path.read_bytes()
        chance = random.Random(4)
        outcomes: Counter[str] = Counter()
        for _ in range(150):
            content = bytearray(whole[: chance.choice((len(whole), chance.randrange(len(whole))))])
            for _ in range(chance.randint(1, 3)):
                content[chance.randrange(len(content))] = chance.randrange(256) if content else 0
            write_again(path, bytes(content))
            try:
                feeds_of(path)
                outcomes["read"] += 1
            except InputError as error:
                outcomes["one line" if "\n" not in str(error) else "more lines"] += 1
        assert set(outcomes) == {"read", "one line"}


class TestBombs:
    """Small files that stand for more text than any machine holds: one line, before it is written out."""

    @staticmethod
    def repeated(text: str, n_rows: int) -> pa.Array:
        indices = pa.array([0] * n_rows, pa.int32())
        return pa.DictionaryArray.from_arrays(indices, pa.array([text]))

    def refused(self, path: Path, table: pa.Table, **options: Any) -> str:
        options = {"compression": "zstd", "store_schema": False, "dictionary_pagesize_limit": 2**30} | options
        pq.write_table(table, path, **options)
        assert path.stat().st_size < 200_000
        tracemalloc.start()
        try:
            with pytest.raises(InputError) as caught:
                feeds_of(path)
            assert tracemalloc.get_traced_memory()[1] < 300_000_000
        finally:
            tracemalloc.stop()
        assert "\n" not in str(caught.value)
        return str(caught.value)

    def test_one_text_in_every_row(self, path: Path) -> None:
        said = self.refused(path, pa.table({"title": self.repeated("x" * 4_000_000, 5_000)}))
        assert "MB of text in" in said
        assert "over 200 times its size" in said

    def test_one_long_text_in_a_dictionary(self, path: Path) -> None:
        said = self.refused(path, pa.table({"title": self.repeated("x" * 9_000_000, 1)}))
        assert "holds a text of 8 MB, more than the 8 MB allowed" in said

    def test_a_text_repeated_within_one_row(self, path: Path) -> None:
        authors = pa.ListArray.from_arrays(
            pa.array([0, 10**6], pa.int32()), self.repeated("y" * 10**5, 10**6)
        )
        assert "95,367 MB of text in 1 rows" in self.refused(
            path, pa.table({"title": ["A"], "authors": authors})
        )

    @pytest.mark.slow
    def test_compression(self, path: Path) -> None:
        table = pa.table({"title": ["x" * 10**6] * 150})
        assert "unpacks to 143 MB in one column" in self.refused(path, table, use_dictionary=False)

    def test_rows_without_end(self, path: Path) -> None:
        table = pa.table({"title": pa.nulls(20_000_000, pa.string())})
        assert "states 20,000,000 rows" in self.refused(path, table)

    def test_what_repeats_and_is_small_is_read(self, path: Path) -> None:
        table = pa.table(
            {"title": [f"Title {i}" for i in range(9_000)], "abstract": self.repeated("One.", 9_000)}
        )
        assert sum(len(feed.records) for feed in written(path, table)) == 9_000


@pytest.mark.shared
class TestSharedCorpora:
    def test_arxiv(self, shared_dir: Path) -> None:
        feeds = feeds_of(shared_dir / "corpora" / "arxiv_cs_1993_2019.parquet")
        records = [record for feed in feeds for record in feed.records]
        assert (len(feeds), len(records)) == (39, 76_500)
        assert sum(len(feed.rejects) + len(feed.warnings) for feed in feeds) == 0
        assert len({record.arxiv_id for record in records}) == 76_500
        assert {record.published_precision for record in records} == {"day"}
        days = [record.published for record in records if record.published]
        assert (min(days), max(days)) == (date(1989, 12, 31), date(2019, 12, 31))
        assert sum(record.updated is not None for record in records) == 21_679
        assert sum(record.doi is not None for record in records) == 16_548
        assert all(record.authors and record.abstract and record.url for record in records)

    def test_iclr(self, shared_dir: Path) -> None:
        feeds = feeds_of(shared_dir / "corpora" / "iclr_2017_2024.parquet")
        records = [record for feed in feeds for record in feed.records]
        rejects = [reject for feed in feeds for reject in feed.rejects]
        # Four submissions have no title there, six are titled "NA".
        rows = (303, 1498, 2041, 2528, 2540, 2547, 2588, 2689, 2766, 3025)
        assert [reject.position for reject in rejects] == [f"row {row}" for row in rows]
        assert len(records) == 24_254
        assert {record.published_precision for record in records} == {"year"}
        assert {record.published.year for record in records if record.published} == set(range(2017, 2025))
        assert sum(record.arxiv_id is not None for record in records) == 145
        assert sum(bool(record.abstract) for record in records) == 7_232
        # The column of arXiv ids went through a number upstream: 1810.09650 stands there as 1810.0965.
        (warning,) = feeds[-1].warnings
        assert "lost digits" in warning
        assert not {r.arxiv_id for r in records} & {"1810.0965", "1808.014", "1804.102"}
        known = {field.name for field in dataclasses.fields(PaperRecord)}
        assert not known & {"label", "decision", "track"}
