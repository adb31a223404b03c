"""Files and folders as sources: formats by content, encodings, and what is said when nothing fits."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.sources import files, recognition
from flows.sources.files import decode_text, list_files
from flows.sources.formats import SourceFile, SourceFormat
from flows.sources.organizations import display_name
from flows.sources.plain_text import clean_text
from flows.sources.recognition import read_source

PAGE = (
    "Daily Papers\n\nDec 10\n\nDiaries for Agents é\n\n"
    "An agent reads its notes.\n\n  • 2 authors\n·\nOct 9 2\n"
)
ANSWER = json.dumps([{"paper": {"id": "2503.00001", "title": "Maps", "summary": "They change."}}])


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def only_feed(tmp_path: Path, text: str, name: str = "x", **settings: object) -> Feed:
    (feed,) = read_source(write(tmp_path / name, text), **settings)
    return feed


ATOM = (
    '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><id>http://arxiv.org/api/x</id><entry>'
    "<id>http://arxiv.org/abs/2503.00001v1</id><title>Maps</title><summary>They change.</summary>"
    "<published>2025-03-01T00:00:00Z</published></entry></feed>"
)
OAI = (
    '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2025-03-02T00:00:00Z</responseDate>'
    "<ListRecords><record><header><identifier>oai:arXiv.org:2503.00001</identifier></header><metadata>"
    '<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>2503.00001</id><created>2025-03-01</created>'
    "<title>Maps</title><abstract>They change.</abstract></arXiv></metadata></record></ListRecords></OAI-PMH>"
)
RSS = (
    '<rss version="2.0"><channel><title>A journal</title><item><title>Maps</title>'
    "<link>https://a.org/1</link><description>They change.</description></item></channel></rss>"
)
ACL = (
    '<collection id="2024.x"><volume id="1"><meta><year>2024</year></meta><paper id="1"><title>Maps</title>'
    "<abstract>They change.</abstract></paper></volume></collection>"
)
LISTING = json.dumps(
    {"id": "2503.00001", "abs": "https://arxiv.org/abs/2503.00001", "authors": ["Ada"], "title": "Maps",
     "categories": ["cs.AI"], "summary": "They change."}
)  # fmt: skip
SNAPSHOT = json.dumps(
    {"id": "2503.00001", "title": "Maps", "abstract": "They change.", "authors_parsed": [["Example", "Ada", ""]],
     "versions": [{"version": "v1", "created": "Sat, 1 Mar 2025 00:00:00 GMT"}], "update_date": "2025-03-02"}
)  # fmt: skip
OPENALEX = json.dumps(
    {"meta": {"count": 1, "per_page": 1}, "results": [{"id": "https://openalex.org/W1", "title": "Maps",
     "display_name": "Maps", "publication_date": "2025-03-01", "ids": {}, "authorships": [],
     "abstract_inverted_index": {"They": [0], "change.": [1]}}]}
)  # fmt: skip
SCHOLAR = json.dumps(
    {"total": 1, "token": None, "data": [{"paperId": "a1", "title": "Maps", "abstract": "They change.",
     "externalIds": {"ArXiv": "2503.00001"}, "year": 2025}]}
)  # fmt: skip
OPENREVIEW = json.dumps(
    {"notes": [{"id": "abc", "forum": "abc", "cdate": 1740787200000, "tcdate": 1740787200000,
     "content": {"title": {"value": "Maps"}, "abstract": {"value": "They change."}}}]}
)  # fmt: skip
ROW = '{"title": "Maps", "abstract": "They change."}'
BIBTEX = "@article{a1,\n  title = {Maps},\n  abstract = {They change.},\n  year = {2025}\n}\n"
RIS = "TY  - JOUR\nTI  - Maps\nAB  - They change.\nPY  - 2025\nER  - \n"
CSV = "id,title,abstract\n2503.00001,Maps,They change.\n"


def zstd(content: bytes) -> bytes:
    return pa.compress(content, codec="zstd", asbytes=True)


class TestRecognition:
    @pytest.mark.parametrize(
        ("text", "source"),
        [
            (PAGE, "daily-papers-page"),
            ("\ufeff\r\n" + PAGE, "daily-papers-page"),
            ("[new](x)\n\n" + PAGE, "daily-papers-page"),
            ("[-] 12\n\n" + PAGE, "daily-papers-page"),
            (ANSWER, "daily-papers"),
            ("\ufeff  " + ANSWER, "daily-papers"),
            ("[ ]", "daily-papers"),
            ('{"data": []}', "daily-papers"),
            (ATOM, "arxiv"),
            (OAI, "arxiv-oai"),
            (RSS, "rss"),
            (ACL, "acl-anthology"),
            (LISTING, "arxiv-listing"),
            (SNAPSHOT, "arxiv-snapshot"),
            (OPENALEX, "openalex"),
            (SCHOLAR, "semantic-scholar"),
            (OPENREVIEW, "openreview"),
            ('[{"title": "Maps", "abstract": "They change."}]', "list"),
            ('{"title": "Maps", "year": 2025}\n{"title": "More maps"}\n', "table"),
            (BIBTEX, "bibtex"),
            (RIS, "ris"),
            (CSV, "table"),
            (CSV.replace(",", "\t"), "table"),
        ],
    )
    def test_by_content(self, tmp_path: Path, text: str, source: str) -> None:
        feed = only_feed(tmp_path, text)
        assert feed.source == source
        if feed.records and source != "daily-papers-page":
            assert feed.records[0].title == "Maps"

    @pytest.mark.parametrize(
        "bad", ["[]", "[[1]]", "NaN", "-1.5e3", "true", '"2025-02-30"', '{"value": null}']
    )
    @pytest.mark.parametrize("is_text", [False, True])
    def test_a_first_entry_of_another_kind_hides_no_answer(
        self, tmp_path: Path, bad: str, is_text: bool
    ) -> None:
        (entry,) = json.loads(ANSWER)
        feed = only_feed(tmp_path, f"[{bad}, {json.dumps(repr(entry) if is_text else entry)}]")
        assert (feed.source, [record.title for record in feed.records]) == ("daily-papers", ["Maps"])
        assert [reject.position for reject in feed.rejects] == ["entry 1"]

    def test_a_day_among_papers_is_no_list_of_releases(self, tmp_path: Path) -> None:
        feed = only_feed(tmp_path, f'["2025-02-28", {ROW}]')
        assert (feed.source, feed.records[0].title) == ("list", "Maps")
        with pytest.raises(InputError, match="releases or data sets of Semantic Scholar"):
            only_feed(tmp_path, '["2025-02-28", "2025-03-01"]')

    @pytest.mark.parametrize("bad", ["[null]", "cut off", '{"id": [1"}', '"text"'])
    @pytest.mark.parametrize(
        ("line", "source"), [(LISTING, "arxiv-listing"), (SNAPSHOT, "arxiv-snapshot"), (ROW, "table")]
    )
    def test_a_broken_first_line_hides_no_lines(
        self, tmp_path: Path, bad: str, line: str, source: str
    ) -> None:
        feed = only_feed(tmp_path, f"{bad}\n{line}\n{line}\n")
        assert (feed.source, [record.title for record in feed.records]) == (source, ["Maps", "Maps"])
        assert [reject.position for reject in feed.rejects] == ["line 1"]

    @pytest.mark.parametrize("line", [LISTING, SNAPSHOT, ROW])
    @pytest.mark.parametrize(
        "first", ['{"title": "Long", "versions": [{"version": "%s"}]}', '"%s"', '[["%s"]]']
    )
    def test_a_long_first_line_of_a_named_file(self, tmp_path: Path, line: str, first: str) -> None:
        feed = only_feed(tmp_path, f"{first % ('word ' * 20_000)}\n{line}\n", name="papers.jsonl")
        assert feed.records[-1].title == "Maps"
        assert len(feed.records) + len(feed.rejects) == 2

    @pytest.mark.parametrize(
        ("text", "source"),
        [
            (RIS.replace("They change.", "They\n@string{a = b}\n@article{b,\nchange."), "ris"),
            (CSV.replace("They change.", '"\n@article{b,\n title = {B},\n}"'), "table"),
            (CSV.replace("They change.", '"\nTY  - JOUR\nTI  - B"'), "table"),
        ],
    )
    def test_a_line_in_the_middle_is_not_the_format(self, tmp_path: Path, text: str, source: str) -> None:
        feed = only_feed(tmp_path, text)
        assert (feed.source, [record.title for record in feed.records]) == (source, ["Maps"])

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("[1,\n\n" + json.dumps(PAGE) + "]", "holds no paper among its 2 entries"),
            ("<articles>\n\n" + "<article>\n<title>Maps</title>\n\n</article>\n\n" * 9, "is XML"),
        ],
    )
    def test_markup_is_no_page(self, tmp_path: Path, text: str, message: str) -> None:
        with pytest.raises(InputError, match=message):
            only_feed(tmp_path, text)

    def test_parquet_by_its_bytes(self, tmp_path: Path) -> None:
        table = pa.table({"id": ["2503.00001"], "title": ["Maps"], "abstract": ["They change."]})
        pq.write_table(table, tmp_path / "anything")
        (feed,) = read_source(tmp_path / "anything")
        assert (feed.source, feed.records[0].arxiv_id) == ("table", "2503.00001")

    def test_own_columns_by_the_name_of_the_file(self, tmp_path: Path) -> None:
        text = "Heading;Body\nMaps;They change.\n"
        (feed,) = read_source(
            write(tmp_path / "a.csv", text), columns={"Heading": "title", "Body": "abstract"}
        )
        assert (feed.records[0].title, feed.records[0].abstract) == ("Maps", "They change.")
        with pytest.raises(InputError, match="--map"):
            read_source(tmp_path / "a.csv")

    @pytest.mark.parametrize("text", ["[", "{", '[{"paper"', "[null, null]"])
    def test_broken_json_is_told_as_json(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(InputError, match="Daily Papers API"):
            only_feed(tmp_path, text)

    @pytest.mark.parametrize(
        ("name", "day"),
        [
            ("2025-03-05.json", date(2025, 3, 5)),
            ("daily_papers_2025-03-05 (1).json", date(2025, 3, 5)),
            ("2025-13-05.json", None),
            ("12025-03-05.json", None),
            ("2024-01-01/answer.json", None),
            ("answer.json", None),
        ],
    )
    def test_day_of_an_answer_from_its_name(self, tmp_path: Path, name: str, day: date | None) -> None:
        assert only_feed(tmp_path, ANSWER, name).day == day

    def test_as_of_reaches_the_page(self, tmp_path: Path) -> None:
        assert only_feed(tmp_path, PAGE, as_of=date(2020, 1, 1)).day == date(2019, 12, 10)

    def test_a_damaged_rest_keeps_what_came_before(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def breaks_off(file: SourceFile) -> Iterator[Feed]:
            yield Feed("table", file.location, None, (PaperRecord("Maps", ""),), is_last=False)
            raise InputError("a.csv ends in the middle")

        broken = SourceFormat("table", lambda _head: True, breaks_off)
        monkeypatch.setattr(recognition, "FORMATS", (broken,))
        monkeypatch.setattr(recognition, "_LAST_RESORT", broken)
        first, rest = read_source(write(tmp_path / "a.x", "x"))
        assert (len(first.records), first.is_last) == (1, False)
        assert (rest.failure, rest.rejects[0].reason, rest.is_last) == (
            *["a.csv ends in the middle"] * 2,
            True,
        )


class TestReading:
    def test_a_file_is_one_feed_under_its_name(self, tmp_path: Path) -> None:
        path = write(tmp_path / "page.txt", PAGE)
        for source in (path, str(path)):
            (feed,) = read_source(source, as_of=date(2025, 12, 31))
            assert (feed.location, feed.day) == ("page.txt", date(2025, 12, 10))

    def test_a_folder_in_the_order_of_its_names(self, tmp_path: Path) -> None:
        for name in ("b.json", "a.json", "sub/2025-03-05.json", ".hidden.json", ".git/x.json", "sub/.y.json"):
            write(tmp_path / name, ANSWER)
        feeds = list(read_source(tmp_path))
        assert [feed.location for feed in feeds] == ["a.json", "b.json", "sub/2025-03-05.json"]
        assert feeds[2].day == date(2025, 3, 5)

    def test_one_bad_file_costs_no_other(self, tmp_path: Path) -> None:
        write(tmp_path / "0-image.png", b"\x89PNG\r\n\x1a\n\x00")
        write(tmp_path / "1.json", ANSWER)
        write(tmp_path / "2-broken.json", ANSWER[:30])
        write(tmp_path / "3.txt", PAGE)
        write(tmp_path / "4-2025-03-05.json", "<html>")
        feeds = list(read_source(tmp_path, as_of=date(2025, 12, 10)))
        assert [len(feed.records) for feed in feeds] == [0, 1, 0, 1, 0]
        assert [len(feed.rejects) for feed in feeds] == [1, 0, 1, 0, 1]
        # Only the file of a day was a look that failed; the picture is none.
        assert [feed.failure is None for feed in feeds] == [True] * 4 + [False]
        assert feeds[4].day == date(2025, 3, 5)
        assert "0-image.png is binary" in feeds[0].rejects[0].reason
        assert "2-broken.json is not valid JSON" in feeds[2].rejects[0].reason

    def test_a_folder_without_a_usable_file_yields_nothing(self, tmp_path: Path) -> None:
        write(tmp_path / "a.txt", "")
        write(tmp_path / "b.txt", "words")
        with pytest.raises(InputError, match=r"none of the 2 files .* a\.txt is empty"):
            next(read_source(tmp_path))

    def test_a_day_without_papers_is_usable(self, tmp_path: Path) -> None:
        write(tmp_path / "2025-03-05.json", "[]")
        (feed,) = read_source(tmp_path)
        assert feed.records == ()

    def test_the_same_paper_in_two_files_stays_two_sightings(self, tmp_path: Path) -> None:
        for name in ("2025-03-05.json", "2025-03-06.json"):
            write(tmp_path / name, ANSWER)
        assert [feed.records[0].paper_id for feed in read_source(tmp_path)] == ["arxiv:2503.00001"] * 2

    @pytest.mark.parametrize(
        ("source", "message"),
        [
            ("", "no file or folder ''"),
            ("no/such/file", "no file or folder 'no/such/file'"),
            ("x" * 5000, "no file or folder"),
            ("a\x00b", "no file or folder"),
            ("arxiv:cat:cs.MA", "no file or folder"),
            ("C:\\papers.txt", "no file or folder"),
        ],
    )
    def test_an_unknown_source_is_told_at_the_call(self, source: str, message: str) -> None:
        with pytest.raises(InputError) as caught:
            read_source(source)
        assert message in str(caught.value)
        assert "allowed is the path of a file or folder" in str(caught.value)

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        write(tmp_path / ".hidden", PAGE)
        with pytest.raises(InputError, match="holds no file"):
            read_source(tmp_path)

    def test_a_single_bad_file(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"^page\.txt is empty"):
            read_source(write(tmp_path / "page.txt", ""))

    def test_a_pipe_is_refused_rather_than_read(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(InputError, match="pipe is not a regular file"):
            read_source(tmp_path / "pipe")

    def test_links_that_lead_nowhere_or_in_a_circle(self, tmp_path: Path) -> None:
        (tmp_path / "gone.txt").symlink_to(tmp_path / "nothing")
        (tmp_path / "circle").symlink_to(tmp_path, target_is_directory=True)
        write(tmp_path / "page.txt", PAGE)
        feeds = list(read_source(tmp_path))
        assert [(feed.location, len(feed.records)) for feed in feeds] == [("gone.txt", 0), ("page.txt", 1)]
        assert "cannot read gone.txt" in feeds[0].rejects[0].reason

    def test_a_folder_does_not_choose_what_is_read_outside_of_it(self, tmp_path: Path) -> None:
        """Whoever fills a folder of papers must not have other files published with them."""
        folder, outside = tmp_path / "papers", tmp_path / "private"
        write(outside / "secret.txt", PAGE.replace("Diaries", "Secrets"))
        write(folder / "page.txt", PAGE)
        write(folder / "sub" / "other.txt", PAGE)
        (folder / "file.txt").symlink_to(outside / "secret.txt")
        (folder / "up.txt").symlink_to("../private/secret.txt")
        (folder / "folder").symlink_to(outside, target_is_directory=True)
        (folder / "within.txt").symlink_to("sub/other.txt")
        feeds = {feed.location: feed for feed in read_source(folder)}
        assert set(feeds) == {"page.txt", "file.txt", "up.txt", "within.txt", "sub/other.txt"}
        for name in ("file.txt", "up.txt"):
            assert feeds[name].records == ()
            assert "a link that leads out of the folder; copy" in feeds[name].rejects[0].reason
        assert [len(feeds[name].records) for name in ("page.txt", "within.txt", "sub/other.txt")] == [1, 1, 1]
        # What the user names by himself he may name by a link.
        assert len(next(read_source(folder / "file.txt")).records) == 1
        (tmp_path / "linked").symlink_to(folder, target_is_directory=True)
        assert sum(len(feed.records) for feed in read_source(tmp_path / "linked")) == 3

    def test_archives_that_are_not_read_are_named(self, tmp_path: Path) -> None:
        packed, empty = io.BytesIO(), io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            archive.addfile(tarfile.TarInfo("a.csv"), io.BytesIO())
        zipfile.ZipFile(empty, "w").close()
        for name, content, says in (
            (
                "a.tar.gz",
                packed.getvalue(),
                r"a\.tar\.gz is a tar archive, which is not read; unpack it first",
            ),
            (
                "a.rar",
                b"Rar!\x1a\x07\x01\x00",
                r"a\.rar is compressed \(rar\), which is not read; unpack it first",
            ),
            ("a.zip", empty.getvalue(), r"a\.zip holds no file"),
        ):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(InputError, match=says):
                list(read_source(tmp_path / name))

    @pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstd])
    def test_what_is_compressed_is_unpacked(self, tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
        path = tmp_path / "2025-03-05.json.x"
        path.write_bytes(pack(ANSWER.encode()))
        (feed,) = read_source(path)
        assert (len(feed.records), feed.location, feed.day) == (1, "2025-03-05.json.x", date(2025, 3, 5))

    @pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstd])
    def test_what_unpacks_to_far_too_much_is_refused(
        self, tmp_path: Path, pack: Callable[[bytes], bytes]
    ) -> None:
        path = tmp_path / "papers.json.x"
        path.write_bytes(pack(bytes(70_000_000)))
        with pytest.raises(InputError, match="unpacks to more than 64 MB"):
            read_source(path)

    @pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstd])
    def test_a_compressed_file_cut_short_is_one_line(
        self, tmp_path: Path, pack: Callable[[bytes], bytes]
    ) -> None:
        path = tmp_path / "papers.json.x"
        path.write_bytes(pack(ANSWER.encode())[:-9])
        with pytest.raises(InputError, match=r"papers\.json\.x (cannot be unpacked|is not valid JSON)"):
            read_source(path)

    def test_an_archive_is_read_like_a_folder(self, tmp_path: Path) -> None:
        path = tmp_path / "papers.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("__MACOSX/a.json", ANSWER)
            archive.writestr("notes/readme.txt", "words")
            archive.writestr("2025-03-05.json", ANSWER)
            archive.writestr("b.json.gz", gzip.compress(ANSWER.encode()))
        feeds = list(read_source(path))
        assert [(feed.location, len(feed.records)) for feed in feeds] == [
            ("papers.zip/2025-03-05.json", 1),
            ("papers.zip/b.json.gz", 0),
            ("papers.zip/notes/readme.txt", 0),
        ]
        assert feeds[0].day == date(2025, 3, 5)
        assert "within another archive" in feeds[1].rejects[0].reason

    def test_an_archive_without_a_paper_and_a_damaged_one(self, tmp_path: Path) -> None:
        path = tmp_path / "papers.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("readme.txt", "words")
        with pytest.raises(InputError, match=r"none of the 1 files of papers\.zip can be used"):
            read_source(path)
        path.write_bytes(path.read_bytes()[:30])
        with pytest.raises(InputError, match=r"papers\.zip cannot be unpacked"):
            read_source(path)

    @pytest.mark.parametrize("suffix", ["json", "jsonl", "txt"])
    @pytest.mark.parametrize("unit", ["[", '{"a":', '[{"title": "A", "authors": ['])
    def test_deep_nesting_is_one_line(self, tmp_path: Path, suffix: str, unit: str) -> None:
        path = write(tmp_path / f"deep.{suffix}", unit * 200_000)
        with pytest.raises(InputError) as caught:
            list(read_source(path))
        assert "\n" not in str(caught.value)

    def test_a_file_over_the_limit_is_not_read(self, tmp_path: Path) -> None:
        path = tmp_path / "large.txt"
        with path.open("wb") as file:
            file.truncate(files.MAX_FILE_BYTES + 1)
        with pytest.raises(
            InputError, match=r"large\.txt has 268,435,457 bytes, more than the 268,435,456 allowed"
        ):
            read_source(path)

    def test_files_are_listed_once(self, tmp_path: Path) -> None:
        paths = [write(tmp_path / name, "x") for name in ("b", "a/z", "a.txt")]
        assert list_files(tmp_path) == sorted(paths, key=lambda path: path.relative_to(tmp_path).as_posix())


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_read_alike(self, tmp_path: Path, encoding: str) -> None:
        (feed,) = read_source(write(tmp_path / "page.txt", PAGE.encode(encoding)), as_of=date(2025, 12, 10))
        assert feed.records[0].title == "Diaries for Agents é"

    def test_big_endian(self) -> None:
        assert decode_text(b"\xfe\xff" + "é".encode("utf-16-be"), location="x") == "é"

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"ab\x00c", "byte 0x00 at position 2"),
        ],
    )
    def test_binary_names_the_byte(self, content: bytes, message: str) -> None:
        with pytest.raises(InputError) as caught:
            decode_text(content, location="page.txt")
        assert message in str(caught.value)

    @given(st.binary(max_size=200))
    def test_any_bytes_are_text_or_an_input_error(self, content: bytes) -> None:
        try:
            text = decode_text(content, location="x")
        except InputError:
            return
        assert isinstance(text, str)


class TestText:
    @given(st.text(alphabet=st.characters(), max_size=100))
    def test_clean_text_is_one_printable_line_and_stays_so(self, text: str) -> None:
        cleaned = clean_text(text)
        cleaned.encode()
        assert cleaned == clean_text(cleaned)
        assert cleaned == " ".join(cleaned.split())
        assert "\ufeff" not in cleaned

    @pytest.mark.parametrize(
        ("line", "name"),
        [
            ("tencent Tencent", "Tencent"),
            ("stanford-university Stanford University", "Stanford University"),
            ("princetonu Princeton University", "Princeton University"),
            ("facebook AI at Meta", "AI at Meta"),
            ("zai-org Z.ai", "Z.ai"),
            ("ECNU East China Normal University", "East China Normal University"),
            ("AutoLab-SJTU AutoLab", "AutoLab"),
            ("nationaltaiwan 台灣大學", "台灣大學"),
            ("Stanford University", "Stanford University"),
            ("MIT HAN Lab", "MIT HAN Lab"),
            ("hongkong university of science", "hongkong university of science"),
            ("EdinburghNLP - Language Group", "EdinburghNLP - Language Group"),
            ("Google", "Google"),
        ],
    )
    def test_organizations(self, line: str, name: str) -> None:
        assert display_name(line) == name
