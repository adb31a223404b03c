"""JSON lines of one's own making, and the lines of any file."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.exceptions import InputError
from analytics.papers import Feed
from flows.sources.arxiv_listings import looks_like_listing, looks_like_snapshot
from flows.sources.formats import BLOCK, SourceFile
from flows.sources.json_lines import load_object, looks_like, read_json_lines
from flows.sources.text_lines import read_lines
from tests.examples import examples


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "papers.jsonl"


def read(path: Path, content: str | bytes, **columns: str) -> list[Feed]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return list(read_json_lines(SourceFile(path, path.name, date(2025, 3, 5), columns=columns)))


def lines_of(*entries: object) -> str:
    return "".join(json.dumps(entry) + "\n" for entry in entries)


class TestLines:
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-mark"])
    def test_numbers_and_texts(self, path: Path, end: str, encoding: str) -> None:
        content = end.join(["é", "", "b"])
        data = (
            b"\xff\xfe" + content.encode("utf-16-le")
            if encoding.endswith("mark")
            else content.encode(encoding)
        )
        path.write_bytes(data)
        found = [(line.number, line.text, line.fault) for line in read_lines(SourceFile(path, "a"))]
        assert found == [(1, "é", ""), (2, "", ""), (3, "b", "")]

    def test_an_endless_line_costs_itself(self, path: Path) -> None:
        path.write_bytes(b"a\nna\xefve\n" + b"x" * (9 * 1024 * 1024) + b"\nb")
        first, odd, endless, last = read_lines(SourceFile(path, "a"))
        assert (first.fault, odd.text, odd.fault) == ("", "naïve", "")
        assert (len(endless.text), endless.fault) == (2_000, "more than 8,388,608 characters")
        assert (last.number, last.text, last.fault) == (4, "b", "")

    def test_half_a_character_of_utf_16(self, path: Path) -> None:
        path.write_bytes(b"\xff\xfea\x00\n\x00\x00")
        assert [line.text for line in read_lines(SourceFile(path, "a"))] == ["a", "\ufffd"]

    @pytest.mark.parametrize("kind", ["absent", "folder", "empty"])
    def test_what_is_no_file_of_lines(self, path: Path, kind: str) -> None:
        if kind == "folder":
            path.mkdir()
        elif kind == "empty":
            path.touch()
        with pytest.raises(InputError, match=r"papers\.jsonl"):
            list(read_lines(SourceFile(path, "papers.jsonl")))


class TestObjects:
    def test_every_field(self, path: Path) -> None:
        entry = {
            "Title": "Diaries for\nAgents",
            "summary": "An agent reads.",
            "published": "2025-03-10T23:30:00-05:00",
            "authors": [{"name": "Ada Example"}, "Bo Muster"],
            "upvotes": 7,
            "doi": "10.1000/ABC",
            "url": "javascript:alert(1)",
        }
        (feed,) = read(path, lines_of(entry))
        (record,) = feed.records
        assert (feed.source, feed.location, feed.day) == ("table", "papers.jsonl", date(2025, 3, 5))
        assert (record.title, record.abstract) == ("Diaries for Agents", "An agent reads.")
        assert (record.published, record.published_precision) == (date(2025, 3, 11), "day")
        assert (record.authors, record.upvotes, record.doi) == (
            ("Ada Example", "Bo Muster"),
            7,
            "10.1000/abc",
        )
        assert (record.position, "javascript" in str(record.url)) == ("line 1", False)

    def test_a_bare_number_keeps_its_digits(self, path: Path) -> None:
        (feed,) = read(path, '{"title": "A", "id": 2503.02130}\n{"title": "B", "id": 0704.0010}\n')
        assert feed.records[0].arxiv_id == "2503.02130"
        # JSON has no number that begins with 0: the line is a reject, and no digit is guessed.
        assert feed.rejects[0].position == "line 2"

    def test_fields_differ_by_line(self, path: Path) -> None:
        (feed,) = read(path, lines_of({"title": "A"}, {"title": "B", "year": 2020}, {"headline": "C"}))
        assert [record.published for record in feed.records] == [None, date(2020, 1, 1)]
        assert [(r.position, r.reason) for r in feed.rejects] == [("line 3", "a row without a title")]

    @pytest.mark.parametrize(
        ("bad", "reason"),
        [
            ('{"title": "cut', "not valid JSON"),
            ("[1, 2]", "not an object but list"),
            ("null", "not an object but NoneType"),
            ('"text"', "not an object but str"),
            ("[" * 100_000, "JSON nested too deep"),
            ('{"a":' * 100_000, "JSON nested too deep"),
            ("{}", "a row without a title"),
            ('{"title": null}', "a row without a title"),
            ('{"title": {"title": {}}}', "a row without a title"),
            ("words", "not valid JSON"),
        ],
    )
    @pytest.mark.parametrize("place", [0, 1])
    def test_one_bad_line_costs_no_other(self, path: Path, bad: str, reason: str, place: int) -> None:
        good = ['{"title": "A"}', '{"title": "B"}']
        (feed,) = read(path, "\n".join([*good[:place], bad, "", *good[place:]]))
        assert [record.title for record in feed.records] == ["A", "B"]
        assert [(r.position, r.reason) for r in feed.rejects] == [(f"line {place + 1}", reason)]

    def test_a_byte_that_is_not_utf_8_costs_nothing(self, path: Path) -> None:
        (feed,) = read(path, b'{"title": "A"}\n{"title": "na\xefve"}\n{"title": "B"}')
        assert [record.title for record in feed.records] == ["A", "naïve", "B"]

    def test_hostile_values(self, path: Path) -> None:
        text = (
            '{"title": "A\\u0000B \\ud800", "abstract": "'
            + "x" * 200_000
            + '", "upvotes": '
            + "9" * 5_000
            + "}\n"
            '{"title": "C", "title": "D", "upvotes": NaN, "year": 1e999, "authors": [null, [], {}]}\n'
        )
        (feed,) = read(path, text)
        first, second = feed.records
        assert (first.title, len(first.abstract), first.upvotes) == ("A B \ufffd", 200_000, None)
        assert (second.title, second.upvotes, second.published, second.authors) == ("D", None, None, ())

    def test_parts(self, path: Path) -> None:
        feeds = read(path, lines_of(*({"title": f"T{i}"} for i in range(BLOCK + 3))))
        assert [(len(feed.records), feed.is_last) for feed in feeds] == [(BLOCK, False), (3, True)]
        assert feeds[1].records[-1].position == f"line {BLOCK + 3}"

    def test_given_columns(self, path: Path) -> None:
        (feed,) = read(path, lines_of({"headline": "A"}), headline="title")
        assert feed.records[0].title == "A"

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (" \n\n", "holds no JSON object on a line; expected"),
            ("[\n{}\n]", "no column of titles"),
            ("words\nof prose\n", "holds no JSON object on a line (line 1: not valid JSON)"),
            ('{"name": "A"}\n', "no column of titles among 'name'"),
            ('{"title": ""}\n', "holds no paper that can be read (line 1: a row without a title)"),
        ],
    )
    def test_what_cannot_be_used_is_one_clear_line(self, path: Path, text: str, message: str) -> None:
        with pytest.raises(InputError) as caught:
            read(path, text)
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)

    @pytest.mark.slow
    @pytest.mark.parametrize("line", ["{}\n", '{"title":"a"}\n', "[[[[\n", "\n", '{"a":{"a":{"a":\n'])
    def test_time_grows_with_the_file_only(
        self, path: Path, line: str, assert_grows_in_proportion: Callable[..., None]
    ) -> None:
        def read_many(size: int) -> None:
            with contextlib.suppress(InputError):
                read(path, '{"title": "A"}\n' + line * (size // len(line)))

        assert_grows_in_proportion(read_many, 200_000)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


class TestRandomInput:
    @given(text=st.text(max_size=40))
    @examples(100)
    def test_load_object(self, text: str) -> None:
        assert isinstance(load_object(text), (dict, str))


class TestLooksLike:
    def test_lines_and_documents(self) -> None:
        two = '{"title": "A"}\n{"title": "B"}\n'
        assert looks_like(two)
        assert looks_like("\ufeff\n" + two.replace("\n", "\r\n"))
        assert looks_like('{"title": "A"}\n{"title": "B", "abstract": "cut o')
        assert not looks_like('{"title": "A"}')
        assert not looks_like('{"name": "A"}\n{"name": "B"}\n')
        assert not looks_like('[{"title": "A"}]\n')
        assert not looks_like(json.dumps({"title": "A", "data": [{"title": "B"}]}, indent=1))
        assert not looks_like('{"meta": {}, "results": [{"title": "A"}]}\n')
        assert not looks_like("Title,Year\n")
        assert not looks_like("")
        assert not looks_like("[" * 60_000)

    @pytest.mark.shared
    def test_no_answer_of_a_service_is_claimed(self, shared_dir: Path) -> None:
        paths = sorted((shared_dir / "api_samples").rglob("*.json"))
        assert len(paths) > 80
        for path in paths:
            head = path.read_bytes()[:65_536].decode("utf-8", "replace")
            for claims in (looks_like, looks_like_listing, looks_like_snapshot):
                assert not claims(head), path.name
