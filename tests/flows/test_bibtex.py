"""BibTeX: what Zotero, Google Scholar, the ACL Anthology, DBLP and Mendeley write, and what goes wrong in it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.sources import latex
from flows.sources.bibtex import looks_like, read_bibtex
from flows.sources.formats import BLOCK, SourceFile
from flows.sources.latex import decode_latex


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.bib"


def read(path: Path, content: str | bytes) -> list[Feed]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_bibtex(SourceFile(path, path.name, date(2025, 3, 5))))


def records_of(path: Path, content: str | bytes) -> tuple[PaperRecord, ...]:
    (feed,) = read(path, content)
    return feed.records


def one(path: Path, fields: str, kind: str = "article") -> PaperRecord:
    (record,) = records_of(path, f"@{kind}{{key,\n title = {{A Title}},\n {fields}\n}}\n")
    return record


class TestExporters:
    def test_google_scholar(self, path: Path) -> None:
        (feed,) = read(
            path,
            "@article{example2017maps,\n  title={Maps for {A}gents},\n"
            "  author={Example, Ada and M{\\'u}ster, Bo and others},\n"
            "  journal={arXiv preprint arXiv:1706.00001},\n  year={2017}\n}\n",
        )
        (record,) = feed.records
        assert (feed.source, feed.location, feed.day) == ("bibtex", "library.bib", date(2025, 3, 5))
        assert record.title == "Maps for Agents"
        # "and others" says that the number of authors is not known.
        assert (record.authors, record.n_authors) == (("Ada Example", "Bo Múster"), None)
        assert (record.arxiv_id, record.url) == ("1706.00001", "https://arxiv.org/abs/1706.00001")
        assert (record.published, record.published_precision) == (date(2017, 1, 1), "year")
        assert (record.position, feed.rejects, feed.warnings) == ("line 1", (), ())

    def test_acl_anthology(self, path: Path) -> None:
        (record,) = records_of(
            path,
            '@inproceedings{example-muster-2019-maps,\n    title = "Maps: {P}lans of {A}gents",\n'
            '    author = "Example, Ada  and\n      Muster, Bo",\n    editor = "Doe, Jane",\n'
            '    booktitle = "Proceedings of a Conference",\n    month = jun,\n    year = "2019",\n'
            '    url = "https://aclanthology.org/N19-0001/",\n    doi = "10.18653/v1/N19-0001",\n'
            '    abstract = "An agent draws a \\textit{map}, 50\\% faster."\n}\n',
        )
        assert (record.title, record.abstract) == (
            "Maps: Plans of Agents",
            "An agent draws a map, 50% faster.",
        )
        assert (record.authors, record.n_authors) == (("Ada Example", "Bo Muster"), 2)
        assert (record.published, record.published_precision) == (date(2019, 6, 1), "month")
        assert (record.url, record.doi) == ("https://aclanthology.org/N19-0001/", "10.18653/v1/n19-0001")

    def test_zotero_biblatex(self, path: Path) -> None:
        (record,) = records_of(
            path,
            "\n@online{exampleMapsAgents2017,\n  title = {Maps for {{LLM Agents}}},\n"
            "  author = {Example, Ada and family=Muster, given=Bo and {Example Lab, Inc.}},\n"
            "  date = {2017-06-12},\n  eprint = {1706.00001v3},\n  eprinttype = {arXiv},\n"
            "  url = {http://arxiv.org/abs/1706.00001},\n  urldate = {2024-01-02},\n  pubstate = {prepublished}\n}\n",
        )
        assert record.title == "Maps for LLM Agents"
        assert record.authors == ("Ada Example", "Bo Muster", "Example Lab, Inc.")
        assert (record.published, record.published_precision) == (date(2017, 6, 12), "day")
        assert (record.arxiv_id, record.version) == ("1706.00001", 3)
        assert record.position == "line 2"

    def test_dblp(self, path: Path) -> None:
        record = one(path, "journal = {CoRR}, volume = {abs/1706.00001}, year = {2017},")
        assert record.arxiv_id == "1706.00001"

    def test_mendeley_and_zotero_bibtex(self, path: Path) -> None:
        assert one(path, "arxivId = {1706.00001}, mendeley-groups = {Maps}").arxiv_id == "1706.00001"
        assert one(path, "journal = {arXiv:1706.00001 [cs]}").arxiv_id == "1706.00001"
        assert one(path, "number = {arXiv:1706.00001}, publisher = {arXiv}", "misc").arxiv_id == "1706.00001"
        assert one(path, "archivePrefix = {arXiv}, eprint = {hep-th/9901001}").arxiv_id == "hep-th/9901001"

    def test_an_eprint_of_another_archive_is_no_arxiv_id(self, path: Path) -> None:
        assert one(path, "eprinttype = {jstor}, eprint = {1706.00001}").arxiv_id is None


class TestFields:
    @pytest.mark.parametrize(
        ("fields", "published", "precision"),
        [
            ("year = 2017, month = jun", date(2017, 6, 1), "month"),
            ("year = {2017}, month = {June}, day = {5}", date(2017, 6, 5), "day"),
            ("year = {2017}, month = {Sept.}", date(2017, 9, 1), "month"),
            ("year = {2017}, month = 6, day = 12", date(2017, 6, 12), "day"),
            ('year = 2017, month = "10~" # jun', date(2017, 6, 10), "day"),
            ('year = 2017, month = jun # "~10"', date(2017, 6, 10), "day"),
            ("year = {2017}, month = {May/June}", date(2017, 5, 1), "month"),
            ("year = {2017}, month = {}", date(2017, 1, 1), "year"),
            ("date = {2017-06}, year = {2018}", date(2017, 6, 1), "month"),
            ("date = {2017-06-01/2017-07-02}", date(2017, 6, 1), "day"),
            ("date = {2017-06-12T10:00:00}", date(2017, 6, 12), "day"),
            ("year = {in press}", None, "none"),
            ("urldate = {2024-01-02}", None, "none"),
        ],
    )
    def test_dates(self, path: Path, fields: str, published: date | None, precision: str) -> None:
        record = one(path, fields)
        assert (record.published, record.published_precision) == (published, precision)
        assert record.published_basis == ("missing" if published is None else "stated")

    def test_dates_that_cannot_be_read_are_said_once(self, path: Path) -> None:
        entry = "@misc{a, title = {A}, year = {soon}}\n"
        (feed,) = read(path, entry * 3 + "@misc{b, title = {B}}\n")
        assert feed.warnings == ("a stated date that cannot be read is left out (line 1 and 2 more)",)

    @pytest.mark.parametrize(
        ("author", "names"),
        [
            ("Ada Example and Bo Muster", ("Ada Example", "Bo Muster")),
            ("Muster, Jr., Bo", ("Bo Muster Jr.",)),
            (
                "{Research and Development Lab} and van der Berg, Cy",
                ("Research and Development Lab", "Cy van der Berg"),
            ),
            ("{\\L}ukasz {\\'E}xample\n  AND Erd{\\H o}s, P.", ("Łukasz Éxample", "P. Erdős")),
            ("Anderson, Andy", ("Andy Anderson",)),
            ("", ()),
            (" and ", ()),
        ],
    )
    def test_authors(self, path: Path, author: str, names: tuple[str, ...]) -> None:
        record = one(path, f"author = {{{author}}}")
        assert (record.authors, record.n_authors) == (names, len(names) or None)

    @pytest.mark.parametrize(
        ("fields", "url"),
        [
            ("url = {https://example.org/a\\_b~c}", "https://example.org/a_b~c"),
            ("howpublished = {\\url{https://example.org/a}}", "https://example.org/a"),
            ("url = {javascript:alert(1)}", None),
            ("doi = {10.1000/ABC}", "https://doi.org/10.1000/abc"),
            ("note = {nothing}", None),
        ],
    )
    def test_pages(self, path: Path, fields: str, url: str | None) -> None:
        assert one(path, fields).url == url

    def test_macros(self, path: Path) -> None:
        text = (
            '@string{agents = "Agents"}\n@STRING{maps = agents # " and {M}aps"}\n'
            '@preamble{"\\newcommand{\\x}{y}"}\n@comment{title = {No}}\n'
            '@article{a, title = maps # " # " # {Drawn}, year = 2017}\n@book(b, title = Agents)\n'
        )
        assert [record.title for record in records_of(path, text)] == ["Agents and Maps # Drawn", "Agents"]

    def test_macros_of_macros_stay_small(self, path: Path) -> None:
        macros = '@string{a0 = "xxxxxxxxxx"}\n' + "".join(
            f"@string{{a{i} = {' # '.join([f'a{i - 1}'] * 10)}}}\n" for i in range(1, 30)
        )
        (record,) = records_of(path, macros + "@misc{a, title = {T}, abstract = a29 # a29}\n")
        assert 0 < len(record.abstract) <= 2_000

    def test_withdrawals(self, path: Path) -> None:
        assert one(path, "note = {This paper has been withdrawn by the authors}").is_withdrawn
        assert not one(path, "note = {12 pages}").is_withdrawn


class TestLatex:
    @pytest.mark.parametrize(
        ("latex", "text"),
        [
            (r"G{\"o}del, G\"odel, G\"{o}del, {\"{\i}}, \v{S}, \c c, \~n", "Gödel, Gödel, Gödel, ï, Š, ç, ñ"),
            (r"{\o}re, \ss{}, \aa, S\o ren, \'{\i}", "øre, ß, å, Søren, í"),
            (r"in $O(n^{2})$ and $x_{i}$ {T}ime", "in $O(n^{2})$ and $x_{i}$ Time"),
            (r"\(x^{2}\) {T}", r"\(x^{2}\) T"),
            (r"R\&D \_ \# 5\% \$5 \{a\}", "R&D _ # 5% $5 {a}"),
            ("50% better, not a comment", "50% better, not a comment"),
            (r"costs $5 in {T}otal", "costs $5 in Total"),
            (r"\emph{Maps} and {\it Plans}, \textbf{\textsc{Now}}", "Maps and Plans, Now"),
            (r"as in~\cite{a,b} and \citep[p.~5]{c}", "as in and"),
            (r"\input{/etc/passwd} \include{x} T", "T"),
            ("``quoted'' it's --- a", "“quoted” it's — a"),
            (r"\alpha-divergence, 5 \times 5, \dots", "α-divergence, 5 ×5, …"),
            (r"a \unknown{word} b", "a word b"),
            (r"line\\break", "line break"),
            ("<jats:p>One &amp; <i>two</i></jats:p>", "One & two"),
            ("{" * 3_000 + "x" + "}" * 3_000, "x"),
            ("\\", ""),
            (r"\'", ""),
            ("}{", ""),
            (r"\frac \sqrt \href \verb \begin", ""),
        ],
    )
    def test_by_hand(self, latex: str, text: str) -> None:
        assert " ".join(decode_latex(latex).replace("\\", "", latex == "\\").split()) == text

    @given(text=st.text(alphabet="abc XYZ.,;:!?()äß", max_size=60))
    def test_plain_text_stays(self, text: str) -> None:
        assert decode_latex(text) == " ".join(text.split())


class TestBrokenEntries:
    GOOD = "@article{good,\n  title = {Good},\n  year = 2001\n}\n"

    @pytest.mark.parametrize(
        ("bad", "reason"),
        [
            ("@article{bad, title = {Unclosed, year = 2000\n", "not closed"),
            ('@article{bad, title = "Unclosed, year = 2000}\n', "not closed"),
            ("@article{ no key title={x}}\n", "broken field"),
            ("@article{bad, title\n}\n", "broken field"),
            ("@misc{bad,\n}\n", "without a title"),
            ("@misc{bad, title = {{}}}\n", "without a title"),
            ("@proceedings{bad, title = {Proceedings}}\n", "of the kind proceedings"),
        ],
    )
    def test_one_bad_entry_costs_no_other(self, path: Path, bad: str, reason: str) -> None:
        (feed,) = read(path, self.GOOD + bad + self.GOOD)
        assert [record.position for record in feed.records] == ["line 1", f"line {5 + bad.count(chr(10))}"]
        (reject,) = feed.rejects
        assert reject.position == "line 5"
        assert reason in reject.reason
        assert reject.excerpt.startswith("@")

    @pytest.mark.parametrize(
        "fields",
        [
            "title = {Maps\n  that plan}\nyear = 2001\nabstract = {If x = {y}\n  then z = {3}.}\nurl = {http://a.org/b}",
            'title = "Maps\n  that plan"\n\nyear = {2001}\nabstract = "If x = {y}\n  then z = {3}."\nurl = "http://a.org/b"',
            "title = {Maps that plan}   \nyear = 2001,\nabstract = {If x = {y}\n then z = {3}.} \n\n url = {http://a.org/b},",
            "TITLE = {Maps that} # { plan}\nYear = 2001\nabstract = {If x = {y} then\n  z = {3}.}\nnote={a \\} b}\nurl={http://a.org/b}",
        ],
    )
    def test_commas_that_are_missing_between_fields(self, path: Path, fields: str) -> None:
        feed_text = f"{self.GOOD}@article{{bad,\n{fields}\n}}\n{self.GOOD}"
        _, record, _ = records_of(path, feed_text)
        assert (record.title, str(record.published), record.url) == (
            "Maps that plan",
            "2001-01-01",
            "http://a.org/b",
        )
        assert record.abstract == "If x = y then z = 3."

    @pytest.mark.parametrize("bad", ["article{a,", "@article|{a,", "@art", "@article a,"])
    def test_an_entry_without_its_beginning_is_said(self, path: Path, bad: str) -> None:
        (feed,) = read(path, f"% mine\n{bad}\n title = {{Lost}},\n}}\n\n@misc{{b, title = {{Maps}}}}\n")
        assert [(record.title, record.position) for record in feed.records] == [("Maps", "line 6")]
        assert [reject.reason for reject in feed.rejects] == ["a title outside any entry"]

    def test_a_backslash_at_the_end_of_a_line_moves_no_line(self, path: Path) -> None:
        text = "@misc{a,\n title = {Maps \\\\\n and \\\n kites},\n}\n@misc{b, title = {Ponds}}\n"
        assert [(record.title, record.position) for record in records_of(path, text)] == [
            ("Maps and kites", "line 1"),
            ("Ponds", "line 6"),
        ]

    def test_repeated_keys_and_fields(self, path: Path) -> None:
        (feed,) = read(path, self.GOOD * 2 + "@misc{c, title = {First}, title = {Second}, title = {Third}}\n")
        assert [record.title for record in feed.records] == ["Good", "Good", "First"]
        assert feed.rejects == ()

    def test_a_byte_that_is_not_utf_8_costs_nothing(self, path: Path) -> None:
        (feed,) = read(path, self.GOOD.encode() + b"@misc{b, title = {na\xefve}}\n" + self.GOOD.encode())
        assert [record.title for record in feed.records] == ["Good", "naïve", "Good"]

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    @pytest.mark.parametrize("end", ["\r\n", "\r"])
    def test_encodings_and_line_ends(self, path: Path, encoding: str, end: str) -> None:
        records = records_of(path, (self.GOOD * 2).replace("\n", end).encode(encoding))
        assert [record.position for record in records] == ["line 1", "line 5"]

    def test_prose_and_at_signs(self, path: Path) -> None:
        text = "My library, mail me @ home\n" + self.GOOD + "@misc{a, title = {Look @ {This}}}\n"
        assert [record.title for record in records_of(path, text)] == ["Good", "Look @ This"]

    def test_parts_have_their_lines(self, path: Path) -> None:
        feeds = read(path, self.GOOD * (BLOCK + 1))
        assert [(len(feed.records), feed.is_last) for feed in feeds] == [(BLOCK, False), (1, True)]
        positions = [record.position for feed in feeds for record in feed.records]
        assert positions == [f"line {4 * i + 1}" for i in range(BLOCK + 1)]

    def test_no_noise(
        self, path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        latex._symbol.cache_clear()
        with caplog.at_level(logging.DEBUG):
            read(path, self.GOOD + "@article{bad, title = {Unclosed\n@misc{b, title = {\\frac \\sqrt{}}}\n")
        assert caplog.text == ""
        assert capsys.readouterr() == ("", "")

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "is empty"),
            (
                b"@article{a, year = 2000}",
                "holds no paper that can be read (line 1: an entry without a title)",
            ),
        ],
    )
    def test_refusals(self, path: Path, content: bytes, message: str) -> None:
        with pytest.raises(InputError) as caught:
            read(path, content)
        assert message in str(caught.value)

    def test_comments_alone_are_a_feed_without_records(self, path: Path) -> None:
        (feed,) = read(path, "% nothing yet\n@comment{none}\n")
        assert (feed.records, feed.rejects, feed.is_last) == ((), (), True)

    @pytest.mark.parametrize(
        "piece",
        [
            "@",
            "@a{",
            "@a(\n",
            "@a{b,c={\n",
            "{",
            " ",
            "\n",
            '@a{b,title="',
            "#a",
            "$x",
            "\\cite",
            "\\(",
            " and",
            "'",
            "<p ",
        ],
    )
    @pytest.mark.parametrize(
        "around",
        ["{0}", "@a{{b,title={{T {0}}},author={{{0}}}}}", "@a{{b,title={{T}},year=a{0}}}"],
        ids=["alone", "in fields", "in a year"],
    )
    def test_time_grows_with_the_file_only(
        self, path: Path, piece: str, around: str, assert_grows_in_proportion: Callable[..., None]
    ) -> None:
        def read_many(size: int) -> None:
            with contextlib.suppress(InputError):
                read(path, around.format(piece * (size // len(piece))))

        assert_grows_in_proportion(read_many, 60_000)


class TestLooksLike:
    @pytest.mark.parametrize(
        "head",
        [
            "@article{doe2020,\n title = {A}}",
            "% mine\n\n@String{acl = {ACL}}\n",
            "@inproceedings{DBLP:conf/acl/Doe20,\n",
            "\ufeff@misc{a, title={A}}",
            "  @Book(key ,\n",
            "@comment{jabref-meta}",
        ],
    )
    def test_bibliographies(self, head: str) -> None:
        assert looks_like(head)

    @pytest.mark.parametrize(
        "head", ["", "@someone said", "mail@home{a,\n", '{"a": "@misc{b,"}', "Agents\n@lab (A, B)\n"]
    )
    def test_others(self, head: str) -> None:
        assert not looks_like(head)

    def test_the_sample_is_none(self, sample_path: Path) -> None:
        assert not looks_like(sample_path.read_text(encoding="utf-8"))

    @pytest.mark.shared
    def test_no_shared_corpus_is_claimed(self, shared_dir: Path) -> None:
        paths = list((shared_dir / "corpora").rglob("*.json*"))
        paths += [p for p in (shared_dir / "api_samples").rglob("*") if p.is_file() and p.suffix != ".bib"]
        paths.append(shared_dir / "seed" / "daily_papers_page.txt")
        claimed = [p.name for p in paths if looks_like(p.read_bytes()[:65_536].decode("utf-8", "replace"))]
        assert len(paths) > 500
        assert claimed == []
