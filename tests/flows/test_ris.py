"""RIS: what Zotero, EndNote, Mendeley and publishers write, and what goes wrong in it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.sources.formats import BLOCK, SourceFile
from flows.sources.ris import FORMAT, looks_like
from tests.examples import examples

ZOTERO = """TY  - JOUR
TI  - Maps for Agents
AU  - Example, Ada
AU  - Muster, Bo, Jr.
T2  - Journal of Invented Results
AB  - An agent draws a map.
It errs less.
DA  - 2019/03/04/
PY  - 2019
DO  - 10.1000/ABC
UR  - https://example.org/a
Y2  - 2024/01/02/10:00:00
KW  - maps
ER  -
"""
PUBLISHER = """TY - CPAPER
T1 - <i>Plans</i> &amp; Maps
A1 - Example, Ada
N2 - <p>One.</p><p>Two.</p>
Y1 - 2018/05//spring
UR - https://arxiv.org/abs/1706.00001v2
ER -
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.ris"


def read(path: Path, content: str | bytes) -> list[Feed]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(FORMAT.read(SourceFile(path, path.name, date(2025, 3, 5))))


def one(path: Path, *lines: str) -> PaperRecord:
    (feed,) = read(path, "\n".join(["TY  - JOUR", "TI  - T", *lines, "ER  - ", ""]))
    (record,) = feed.records
    return record


class TestExporters:
    def test_zotero(self, path: Path) -> None:
        (feed,) = read(path, ZOTERO)
        (record,) = feed.records
        assert (feed.source, feed.location, feed.day) == ("ris", "library.ris", date(2025, 3, 5))
        assert (record.title, record.abstract) == ("Maps for Agents", "An agent draws a map. It errs less.")
        assert (record.authors, record.n_authors) == (("Ada Example", "Bo Muster Jr."), 2)
        assert (record.published, record.published_precision) == (date(2019, 3, 4), "day")
        assert (record.doi, record.url) == ("10.1000/abc", "https://example.org/a")
        assert (record.updated, record.position) == (None, "line 1")
        assert (feed.rejects, feed.warnings) == ((), ())

    def test_a_publisher(self, path: Path) -> None:
        (feed,) = read(path, PUBLISHER)
        (record,) = feed.records
        assert (record.title, record.abstract) == ("Plans & Maps", "One. Two.")
        assert record.authors == ("Ada Example",)
        assert (record.published, record.published_precision) == (date(2018, 5, 1), "month")
        assert (record.arxiv_id, record.version) == ("1706.00001", 2)

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_encodings_and_line_ends(self, path: Path, end: str, encoding: str) -> None:
        (feed,) = read(path, (ZOTERO + "\n" + PUBLISHER).replace("\n", end).encode(encoding))
        assert [record.position for record in feed.records] == ["line 1", "line 16"]
        assert feed.rejects == ()


class TestFields:
    @pytest.mark.parametrize(
        ("line", "published", "precision"),
        [
            ("PY  - 2019///", date(2019, 1, 1), "year"),
            ("PY  - 2019/03//", date(2019, 3, 1), "month"),
            ("DA  - 2019/3/4", date(2019, 3, 4), "day"),
            ("DA  - 2019-03-04", date(2019, 3, 4), "day"),
            ("DA  - March 2019", date(2019, 3, 1), "month"),
            ("DA  - 4 March 2019", date(2019, 3, 4), "day"),
            ("DA  - soon\nPY  - 2019", date(2019, 1, 1), "year"),
            ("Y2  - 2019/03/04", None, "none"),
            ("PY  - in press", None, "none"),
            ("PY  - ", None, "none"),
        ],
    )
    def test_dates(self, path: Path, line: str, published: date | None, precision: str) -> None:
        record = one(path, line)
        assert (record.published, record.published_precision) == (published, precision)

    def test_dates_that_cannot_be_read_are_said_once(self, path: Path) -> None:
        (feed,) = read(
            path, "TY  - JOUR\nTI  - A\nPY  - soon\nER  - \n" * 2 + "TY  - JOUR\nTI  - A\nER  - \n"
        )
        assert feed.warnings == ("a stated date that cannot be read is left out (line 1 and 1 more)",)

    @pytest.mark.parametrize(
        ("line", "arxiv_id"),
        [
            ("AN  - arXiv:1706.00001", "1706.00001"),
            ("JO  - arXiv preprint arXiv:1706.00001", "1706.00001"),
            ("T2  - arXiv", None),
            ("DO  - 10.48550/arXiv.1706.00001", "1706.00001"),
            ("N1  - arXiv:1706.00001 [cs]", "1706.00001"),
            ("UR  - http://example.org/x\nUR  - http://arxiv.org/abs/hep-th/9901001", "hep-th/9901001"),
        ],
    )
    def test_identifiers(self, path: Path, line: str, arxiv_id: str | None) -> None:
        assert one(path, line).arxiv_id == arxiv_id

    def test_pages(self, path: Path) -> None:
        assert one(path, "DO  - 10.1000/a").url == "https://doi.org/10.1000/a"
        assert one(path, "AN  - 1706.00001").url == "https://arxiv.org/abs/1706.00001"
        assert one(path, "UR  - file:///etc/passwd").url is None

    def test_continued_lines_and_unknown_tags(self, path: Path) -> None:
        record = one(
            path, "XX  - what", "  is this", "AB  - One", "", "    two -  three", "AU  - Lab of Maps"
        )
        assert (record.abstract, record.authors) == ("One two - three", ("Lab of Maps",))

    def test_withdrawals(self, path: Path) -> None:
        assert one(path, "N1  - This paper has been withdrawn by the authors").is_withdrawn
        assert not one(path, "N1  - 12 pages").is_withdrawn


class TestBrokenRecords:
    def test_a_record_without_its_end(self, path: Path) -> None:
        open_ended = ZOTERO.replace("ER  -\n", "")
        (feed,) = read(path, open_ended + PUBLISHER + open_ended)
        assert [record.title for record in feed.records] == [
            "Maps for Agents",
            "Plans & Maps",
            "Maps for Agents",
        ]
        assert feed.rejects == ()

    @pytest.mark.parametrize(
        ("bad", "reason"),
        [
            ("Search results, page 1\nof 3\n", "lines outside any record"),
            ("TI  - A title without its type\nER  - \n", "lines outside any record"),
            ("TY  - JOUR\nER  - \n", "a record without a title"),
            ("TY  - JOUR\nTI  - \u200b\nER  - \n", "a record without a title"),
            (
                "TY  - JFULL\nTI  - A Journal\nER  - \n",
                "a record of the type JFULL, which is no paper",
            ),
            ("TY  - JOUR\nTI  - T\n" + "KW  - a\n" * 20_001, "a record longer than 20,000 lines or 8 MB"),
        ],
    )
    def test_one_bad_record_costs_no_other(self, path: Path, bad: str, reason: str) -> None:
        (feed,) = read(path, ZOTERO + "\n" + bad + ZOTERO + "\n")
        assert [record.title for record in feed.records] == ["Maps for Agents"] * 2
        assert [(r.position, r.reason) for r in feed.rejects] == [("line 16", reason)]

    def test_a_byte_that_is_not_utf_8_costs_nothing(self, path: Path) -> None:
        (feed,) = read(path, ZOTERO.encode() + b"TY  - JOUR\nTI  - na\xefve\nER  - \n" + PUBLISHER.encode())
        assert [record.title for record in feed.records][1] == "naïve"

    def test_hostile_values(self, path: Path) -> None:
        long = "word " * 40_000
        record = one(
            path, "AB  - " + long, "AU  - \x00", "UR  - ;;;", "DO  - " + "1" * 5_000, "PY  - " + "9" * 5_000
        )
        assert (len(record.abstract), record.authors, record.doi) == (len(long) - 1, (), None)

    def test_parts(self, path: Path) -> None:
        feeds = read(path, ZOTERO * (BLOCK + 1))
        assert [(len(feed.records), feed.is_last) for feed in feeds] == [(BLOCK, False), (1, True)]

    @pytest.mark.parametrize("content", [b"", b"words\n", b"ER  - \nTI  - A\n", b"TY  - JOUR\nER  - \n"])
    def test_what_holds_no_paper_is_one_clear_line(self, path: Path, content: bytes) -> None:
        with pytest.raises(InputError) as caught:
            read(path, content)
        assert str(caught.value).startswith("library.ris ")
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        "line", ["TY  - A\n", "ER  - \n", "z\n", ";", " ", "\n", "<p ", "TI  - a\n", "/"]
    )
    @pytest.mark.parametrize("first", ["TI  - T\nAB  - ", "TI  - T\nUR  - ", "PY  - "])
    def test_time_grows_with_the_file_only(
        self, path: Path, line: str, first: str, assert_grows_in_proportion: Callable[..., None]
    ) -> None:
        def read_many(size: int) -> None:
            with contextlib.suppress(InputError):
                read(path, f"TY  - JOUR\n{first}" + line * (size // len(line)))

        assert_grows_in_proportion(read_many, 60_000)

    @given(
        lines=st.lists(
            st.sampled_from(["TI  - x", "AU  - a, b", "words", "", "PY  - 2", "UR  - ;", "TY", "ER", "XX  -"])
            | st.text(max_size=12).filter(lambda text: not text.lstrip(" \ufeff").startswith(("TY", "ER"))),
            max_size=8,
        )
    )
    @examples(200, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_lines_between_cost_no_record(self, path: Path, lines: list[str]) -> None:
        text = "\n".join([ZOTERO, *lines, ZOTERO])
        (feed,) = read(path, text.encode("utf-8", "surrogatepass"))
        assert [record.title for record in feed.records] == ["Maps for Agents"] * 2


class TestLooksLike:
    def test_ris_and_others(self, sample_path: Path) -> None:
        assert looks_like(ZOTERO)
        assert looks_like("\ufeff\n" + PUBLISHER)
        assert not looks_like("TY for reading\n")
        assert not looks_like("")
        assert not looks_like(sample_path.read_text(encoding="utf-8"))

    @pytest.mark.shared
    def test_no_shared_sample_is_claimed(self, shared_dir: Path) -> None:
        paths = [path for path in (shared_dir / "api_samples").rglob("*") if path.is_file()]
        claimed = [p.name for p in paths if looks_like(p.read_bytes()[:65_536].decode("utf-8", "replace"))]
        assert len(paths) > 100
        assert claimed == []
