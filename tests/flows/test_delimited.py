"""Tables as text: every delimiter, and quotes that must not swallow the rows after them."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from analytics.exceptions import InputError
from analytics.papers import Feed
from flows.sources.delimited import looks_like, read_delimited
from flows.sources.formats import BLOCK, SourceFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "papers.csv"


def read(path: Path, content: str | bytes, **columns: str) -> list[Feed]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_delimited(SourceFile(path, path.name, date(2025, 3, 5), columns=columns)))


def titles(feeds: list[Feed]) -> list[str]:
    return [record.title for feed in feeds for record in feed.records]


def rejects(feeds: list[Feed]) -> list[tuple[str, str]]:
    return [(reject.position, reject.reason) for feed in feeds for reject in feed.rejects]


class TestForms:
    @pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_all_forms_say_the_same(self, path: Path, delimiter: str, end: str, encoding: str) -> None:
        rows = [
            ("arXiv ID", "Title", "Abstract", "Date", "Authors"),
            ("0704.0010", "Diaries, maps; and\ttables | more", 'It says "read\nme".', "2007-04-02", "Ada Ex"),
            ("2503.02130v2", "Zweiter Aufsatz über Agenten", "", "March 2025", ""),
        ]
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
        (feed,) = read(path, text.getvalue().encode(encoding))
        first, second = feed.records
        assert (feed.source, feed.location, feed.day) == ("table", "papers.csv", date(2025, 3, 5))
        assert (first.title, first.abstract) == ("Diaries, maps; and tables | more", 'It says "read me".')
        assert (first.arxiv_id, first.published, first.authors) == (
            "0704.0010",
            date(2007, 4, 2),
            ("Ada Ex",),
        )
        assert (second.title, second.arxiv_id, second.version) == (
            "Zweiter Aufsatz über Agenten",
            "2503.02130",
            2,
        )
        assert (second.published, second.published_precision) == (date(2025, 3, 1), "month")
        assert (first.position, second.position) == ("line 2", "line 4")
        assert (feed.rejects, feed.warnings) == ((), ())

    def test_a_spreadsheets_mark_of_its_delimiter(self, path: Path) -> None:
        assert titles(read(path, "sep=;\r\nTitle;Year\r\nA, B;2020\r\n")) == ["A, B"]

    def test_given_names_choose_the_delimiter_too(self, path: Path) -> None:
        (feed,) = read(path, "heading;text, long\nA;B\n", heading="title")
        assert feed.records[0].title == "A"

    def test_header_alone_and_blank_lines(self, path: Path) -> None:
        (feed,) = read(path, "\n\nTitle,Year\n\n")
        assert (feed.records, feed.rejects, feed.is_last) == ((), (), True)
        (feed,) = read(path, "\nTitle,Year\n\n,\nA,2020\n \n")
        assert [record.position for record in feed.records] == ["line 5"]

    def test_repeated_and_empty_names(self, path: Path) -> None:
        (feed,) = read(path, "Title,,Title,Abstract,\nA,x,B,C,y\n")
        assert (feed.records[0].title, feed.records[0].abstract) == ("A", "C")
        assert feed.warnings == ("the header repeats 'Title'; its first column is read",)

    def test_short_and_long_rows(self, path: Path) -> None:
        feeds = read(path, "Title,Abstract,Year\nA\nB,b\nC,c,2020,\nD,d,d,2021\n,e\nF,f,2022,x\n")
        # Surplus cells behind the columns that count do no harm; one before them moves the year.
        assert titles(feeds) == ["A", "B", "C", "F"]
        assert rejects(feeds) == [
            ("line 5", "a row of 4 cells under 3 names of columns"),
            ("line 6", "a row without a title"),
        ]

    def test_parts(self, path: Path) -> None:
        feeds = read(path, "Title,Year\n" + "A,2020\n" * (BLOCK + 1))
        assert [(len(feed.records), feed.is_last) for feed in feeds] == [(BLOCK, False), (1, True)]


class TestBrokenRows:
    ROWS = "".join(f"Title {i},words of {i},2020\n" for i in range(10_000))

    @pytest.mark.parametrize(
        "bad", ['Bad,"unclosed,2020\n', '"Bad,unclosed,2020\n', 'Bad,"one" two,2020\n', 'B,"a\nb\nc,2020\n']
    )
    @pytest.mark.parametrize("quoted", [False, True])
    def test_an_unclosed_quote_costs_no_row(self, path: Path, bad: str, quoted: bool) -> None:
        rows = self.ROWS[:12_000]
        rows = rows[: rows.rindex("\n") + 1]
        if quoted:
            rows = "".join('"' + row.replace(",", '","') + '"\n' for row in rows.splitlines())
        n = rows.count("\n")
        feeds = read(path, f"Title,Abstract,Year\n{rows}{bad}{rows}{bad}{rows}")
        assert len(titles(feeds)) == 3 * n
        assert [position for position, _ in rejects(feeds)] == [
            f"line {n + 2}",
            f"line {2 * n + 2 + bad.count(chr(10))}",
        ]

    @pytest.mark.slow
    def test_ten_thousand_rows_after_one(self, path: Path) -> None:
        feeds = read(path, 'Title,Abstract,Year\nBad,"unclosed,2020\n' + self.ROWS)
        assert len(titles(feeds)) == 10_000
        assert rejects(feeds) == [("line 2", "a quote that is not closed")]

    def test_lines_of_a_lost_abstract_are_no_papers(self, path: Path) -> None:
        bad = 'Bad,"it says "so"\nand goes on\nand on, for long",2020\n'
        feeds = read(path, f"Title,Abstract,Year\n{bad}Good,words,2021\n")
        assert titles(feeds) == ["Good"]
        assert rejects(feeds) == [("line 2", "a quote in the wrong place; no row can be read up to line 4")]

    def test_an_unclosed_quote_at_the_end(self, path: Path) -> None:
        feeds = read(path, 'Title,Year\nA,2020\nB,"2021\nC,2022')
        assert titles(feeds) == ["A", "C"]
        assert rejects(feeds) == [("line 3", "a quote that is not closed")]

    def test_a_long_cell_and_a_cell_of_many_lines(self, path: Path) -> None:
        long = "word " * 40_000
        many = "\n".join(["line"] * 400)
        (feed,) = read(path, f'Title,Abstract\nA,"{long}"\nB,"{many}"\nC,c\n')
        assert [len(record.abstract) for record in feed.records] == [len(long) - 1, len(many), 1]

    def test_a_byte_that_is_not_utf_8_costs_nothing(self, path: Path) -> None:
        feeds = read(path, b'Title,Year\nA,2020\nna\xefve,2021\n"B\n\xff",2022\nC,2023\n')
        assert titles(feeds) == ["A", "naïve", "B ÿ", "C"]

    def test_nul_and_a_lone_surrogate(self, path: Path) -> None:
        feeds = read(path, b"Title,Year\nA\x00B,2020\nC\xed\xa0\x80,2021\n")
        assert titles(feeds)[0] == "A B"
        assert len(titles(feeds)) == 2

    @pytest.mark.slow
    @pytest.mark.parametrize("line", ['x","\n', 'a,b\nx","\n', '"\n', '"""\n', ",\n", '",\n', "\n"])
    def test_time_grows_with_the_file_only(
        self, path: Path, line: str, assert_grows_in_proportion: Callable[..., None]
    ) -> None:
        def read_many(size: int) -> None:
            with contextlib.suppress(InputError):
                read(path, "title,abstract\n" + line * (size // len(line)))

        assert_grows_in_proportion(read_many, 100_000)


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "papers.csv is empty"),
            (b"\n \n", "no column of titles among none at all"),
            (b"Heading,Year\nA,2020\n", "no column of titles among 'Heading', 'Year'"),
            (b'"Title,Year\nA,2020\n', "has a header that cannot be read (a quote that is not closed)"),
            (b"Title,Year\n,2020\n", "holds no paper that can be read (line 2: a row without a title)"),
            (bytes(range(256)) * 20, "papers.csv"),
        ],
    )
    def test_what_is_no_table_is_one_clear_line(self, path: Path, content: bytes, message: str) -> None:
        with pytest.raises(InputError) as caught:
            read(path, content)
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_absent_file_and_folder(self, path: Path, tmp_path: Path) -> None:
        for place in (path, tmp_path):
            with pytest.raises(InputError):
                list(read_delimited(SourceFile(place, place.name)))


class TestLooksLike:
    @pytest.mark.parametrize(
        "head",
        [
            "Title,Year\n",
            "\ufeffid\ttitle\n",
            '"Paper Title";"Year"\n',
            "\n\nsep=,\n",
            "title,year",
            "a|Title\n",
        ],
    )
    def test_tables(self, head: str) -> None:
        assert looks_like(head)

    @pytest.mark.parametrize(
        "head",
        [
            "",
            "\n",
            "Title\nA\n",
            "Heading,Year\n",
            "Agents, titles and more",
            '{"title": "a", "b": 1}',
            "<title>,a",
        ],
    )
    def test_others(self, head: str) -> None:
        assert not looks_like(head)

    def test_the_sample_is_none(self, sample_path: Path) -> None:
        assert not looks_like(sample_path.read_text(encoding="utf-8"))

    @pytest.mark.shared
    def test_no_shared_file_is_claimed(self, shared_dir: Path) -> None:
        paths = [path for path in shared_dir.rglob("*") if path.is_file()]
        claimed = [
            path.name
            for path in paths
            if path.suffix not in (".csv", ".tsv")
            and path.name != "wos_tab.txt"
            and looks_like(path.read_bytes()[:65_536].decode("utf-8", "replace"))
        ]
        assert len(paths) > 500
        assert claimed == []
