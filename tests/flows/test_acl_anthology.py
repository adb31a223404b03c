"""Collections of the ACL Anthology: dates of volumes, inline markup, a whole real collection."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from analytics.exceptions import InputError
from analytics.papers import Feed
from flows.sources.acl_anthology import looks_like, parse_acl_anthology

META = "<meta><booktitle>Proceedings</booktitle><month>March</month><year>2024</year></meta>"
DIARIES = """<paper id="1">
  <title><fixed-case>D</fixed-case>iaries for <fixed-case>LLM</fixed-case>s: <tex-math>k^2</tex-math> Plans</title>
  <author orcid="0"><first>Ada</first><last>Example</last><affiliation>A Lab</affiliation>
    <variant script="hani"><first>X</first><last>Y</last></variant></author>
  <author><last>Muster</last></author><author/>
  <pages>1-22</pages>
  <abstract>An <i>agent</i> reads
its own <b>notes</b>.<!-- checked --></abstract>
  <url hash="0">2024.made-long.1</url><doi>10.18653/V1/2024.made-long.1</doi>
  <revision id="1" href="2024.made-long.1v1"/>
  <revision id="2" href="2024.made-long.1v2" date="2024-03-21">A table.</revision>
  <revision id="3" href="2024.made-long.1v3" date="2024-05-02">A name.</revision>
</paper>"""
MAPS = "<paper id='2'><title>Maps</title></paper>"


def collection(*papers: str, meta: str = META) -> str:
    matter = "<frontmatter><url>2024.made-long.0</url></frontmatter>"
    volume = f"<volume id='long'>{meta}{matter}{''.join(papers)}</volume>"
    return f"<?xml version='1.0' encoding='UTF-8'?>\n<collection id='2024.made'>{volume}</collection>"


def parse(text: str) -> Feed:
    return parse_acl_anthology(text, location="2024.made.xml", day=None)


class TestPapers:
    def test_every_field(self) -> None:
        feed = parse(collection(DIARIES, MAPS))
        assert (feed.source, feed.day, feed.rejects, feed.warnings) == ("acl-anthology", None, (), ())
        diaries, maps = feed.records
        assert diaries.title == "Diaries for LLMs: $k^2$ Plans"
        assert diaries.abstract == "An agent reads its own notes."
        assert (diaries.authors, diaries.n_authors) == (("Ada Example", "Muster"), 2)
        assert (diaries.published, diaries.published_basis, diaries.published_precision) == (
            date(2024, 3, 1),
            "stated",
            "month",
        )
        assert (diaries.updated, diaries.version) == (date(2024, 5, 2), None)
        assert (diaries.doi, diaries.arxiv_id) == ("10.18653/v1/2024.made-long.1", None)
        assert diaries.url == "https://aclanthology.org/2024.made-long.1"
        assert (diaries.position, maps.position) == ("volume long, paper 1", "volume long, paper 2")
        assert (maps.abstract, maps.url, maps.doi, maps.n_authors) == ("", None, None, None)

    def test_front_and_back_matter_are_no_papers(self) -> None:
        matter = "<paper type='backmatter'><title>Index</title></paper>"
        feed = parse(collection(MAPS, matter))
        assert [record.title for record in feed.records] == ["Maps"]
        assert feed.rejects == ()

    @pytest.mark.parametrize("mark", ["<retracted date='2024-04-01'>An error.</retracted>", "<removed/>"])
    def test_a_retracted_paper_is_kept(self, mark: str) -> None:
        (record,) = parse(collection(MAPS.replace("</title>", f"</title>{mark}"))).records
        assert record.is_withdrawn

    def test_a_paper_without_a_title_is_a_reject(self) -> None:
        feed = parse(collection("<paper><abstract>Text</abstract></paper>", MAPS))
        assert [(reject.position, reject.reason) for reject in feed.rejects] == [
            ("volume long, paper 1", "a paper without a title")
        ]
        assert len(feed.records) == 1

    @pytest.mark.parametrize(
        ("url", "page"),
        [
            ("P18-1001", "https://aclanthology.org/P18-1001"),
            ("https://example.org/a.pdf", "https://example.org/a.pdf"),
            ("javascript:alert(1)", "https://doi.org/10.18653/v1/2024.made-long.1"),
            ("../admin?x=1", "https://doi.org/10.18653/v1/2024.made-long.1"),
        ],
    )
    def test_page(self, url: str, page: str | None) -> None:
        (record,) = parse(collection(DIARIES.replace("2024.made-long.1</url>", url + "</url>"))).records
        assert record.url == page


class TestDates:
    @pytest.mark.parametrize(
        ("month", "year", "published", "precision"),
        [
            ("July–August", "2019", date(2019, 7, 1), "month"),
            ("July 5 - July 10", "2020", date(2020, 7, 1), "month"),
            ("Sep", "2021", date(2021, 9, 1), "month"),
            ("", "1998", date(1998, 1, 1), "year"),
            ("March", "", None, "none"),
            ("", "", None, "none"),
        ],
    )
    def test_month_and_year_of_the_volume(
        self, month: str, year: str, published: date | None, precision: str
    ) -> None:
        feed = parse(collection(MAPS, meta=f"<meta><month>{month}</month><year>{year}</year></meta>"))
        (record,) = feed.records
        assert (record.published, record.published_precision) == (published, precision)
        assert feed.warnings == ()

    @pytest.mark.parametrize(
        ("month", "year", "published"),
        [("Sommer", "2019", date(2019, 1, 1)), ("7", "2019", date(2019, 1, 1)), ("May", "MMXX", None)],
    )
    def test_what_cannot_be_read_is_told_once_a_volume(
        self, month: str, year: str, published: date | None
    ) -> None:
        feed = parse(collection(MAPS, MAPS, meta=f"<meta><month>{month}</month><year>{year}</year></meta>"))
        assert [record.published for record in feed.records] == [published] * 2
        assert feed.warnings == ("a stated date that cannot be read is left out (volume long)",)

    def test_a_volume_without_meta_and_a_bad_revision(self) -> None:
        feed = parse(collection(DIARIES.replace("2024-05-02", "soon"), meta=""))
        assert (feed.records[0].published, feed.records[0].updated) == (None, date(2024, 3, 21))
        assert feed.warnings == ("a stated date that cannot be read is left out (volume long, paper 1)",)


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "is empty"),
            ("<html/>", "HTML source"),
            ("<volume/>", "another kind (<volume>)"),
            (collection(DIARIES)[:-30], "cut off"),
        ],
    )
    def test_one_clear_line(self, text: str, message: str) -> None:
        with pytest.raises(InputError) as caught:
            parse(text)
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (collection(MAPS), True),
        ("<collection id='2024.made'>", False),
        ("<collection xmlns='http://www.loc.gov/MARC21/slim'><record>", False),
        ("<rss><volume>", False),
    ],
)
def test_recognition_by_the_beginning(head: str, expected: bool) -> None:
    assert looks_like(head) is expected


@pytest.mark.shared
class TestRealCollection:
    @pytest.fixture(scope="class")
    @classmethod
    def text(cls, shared_dir: Path) -> str:
        return (shared_dir / "api_samples" / "acl_anthology" / "2024.eacl.xml").read_text(encoding="utf-8")

    def test_every_paper(self, text: str) -> None:
        assert looks_like(text[:65_536])
        feed = parse(text)
        assert (feed.rejects, feed.warnings) == ((), ())
        assert len(feed.records) == text.count("<paper ") == len({r.paper_id for r in feed.records}) == 281
        assert sum(len(record.authors) for record in feed.records) == text.count("<author") == 1191
        for record in feed.records:
            assert (record.published, record.published_precision) == (date(2024, 3, 1), "month")
            assert record.abstract
            assert record.doi == (record.url or "").replace("https://aclanthology.org/", "10.18653/v1/")
        assert sum(record.updated is not None for record in feed.records) == 11
        assert not any(mark in record.title for record in feed.records for mark in ("  ", "fixed-case", "</"))

    def test_formulas(self, text: str) -> None:
        titles = [record.title for record in parse(text).records if "$" in record.title]
        assert len(titles) == 3
        assert any(title.startswith(r"$\mu$PLAN") for title in titles)
