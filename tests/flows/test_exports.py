"""Exports that researchers hold: made-up ones of each kind here, those of the shared folder with their right values."""

from __future__ import annotations

import bz2
import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.sources.recognition import read_source


def read(path: Path, **options: Any) -> Feed:
    (feed,) = read_source(path, **options)
    return feed


def written(tmp_path: Path, name: str, content: str | bytes, **options: Any) -> Feed:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read(path, **options)


def when(record: PaperRecord) -> str:
    """Date of a record as far as it is known: ``2019-09``, ``2019``, an empty text for none."""
    length = {"day": 10, "month": 7, "year": 4}.get(record.published_precision, 0)
    return str(record.published)[:length]


def rows(feed: Feed) -> list[tuple[object, ...]]:
    return [
        (record.title, record.authors, when(record), record.doi or record.arxiv_id) for record in feed.records
    ]


class TestTagged:
    def test_web_of_science(self, tmp_path: Path) -> None:
        text = (
            "\ufeffFN Clarivate Analytics Web of Science\nVR 1.0\nPT J\nAU Lamp, C\n   Kite, D\nAF Lamp, Cora\n   Kite, Dan\n"
            "TI Lanterns that learn\n   to dim\nDT Article; Early Access\nAB A lantern dims itself.\nEA JUN 2021\nDI 10.5555/w.1\nER\n\n"
            "PT J\nAU Lamp, C\nTI Lanterns in winter\nPD DEC 3\nPY 2020\nER\n\nEF"
        )
        feed = written(tmp_path, "savedrecs.ciw", text)
        assert rows(feed) == [
            ("Lanterns that learn to dim", ("Cora Lamp", "Dan Kite"), "2021-06", "10.5555/w.1"),
            ("Lanterns in winter", ("C Lamp",), "2020-12-03", None),
        ]
        assert (feed.source, feed.rejects, feed.warnings) == ("web-of-science", (), ())

    def test_pubmed_breaks_at_spaces_or_within_words(self, tmp_path: Path) -> None:
        real = (
            "PMID- 1\nDP  - 2020 Feb\nTI  - Lanterns that dim themselves in the long evenings of northern winters and\n"
            "      in harbors.\nFAU - Lamp, Cora\nAU  - Lamp C\nAID - 10.5555/p.1 [doi]\nAID - S0000(20)1 [pii]\n"
            "AB  - We dim a hundred lanterns in four harbors, and count the boats that come home on\n      time.\n"
        )
        cut = (
            "PMID- 2\nDP  - 2020\nTI  - Lanterns of har\n      bors.\nAB  - "
            + "We count boats that come home on time. " * 2
        )
        feed = written(tmp_path, "set.nbib", f"\n{real}\n{cut}\n")
        assert [record.title for record in feed.records] == [
            "Lanterns that dim themselves in the long evenings of northern winters and in harbors",
            "Lanterns of harbors",
        ]
        assert feed.records[0].abstract.endswith("come home on time.")
        assert (feed.records[0].doi, feed.records[0].authors) == ("10.5555/p.1", ("Cora Lamp",))

    def test_endnote_with_and_without_its_first_tag(self, tmp_path: Path) -> None:
        for first in ("%0 Journal Article\n", ""):
            text = "".join(
                f"{first}%A Lamp, Cora\n%T Lanterns {n}\n%D 2020\n%8 May 2020\n%X One.\n\nTwo.\n%R 10.5555/e.{n}\n\n"
                for n in (1, 2)
            )
            feed = written(tmp_path, "refs.enw", text)
            assert rows(feed) == [
                (f"Lanterns {n}", ("Cora Lamp",), "2020-05", f"10.5555/e.{n}") for n in (1, 2)
            ]
            assert feed.records[0].abstract == "One. Two."

    def test_refworks_and_noteexpress(self, tmp_path: Path) -> None:
        refworks = (
            "RT Journal Article\nSR 1\nA1 Lamp, Cora\nT1 Lanterns\nYR 2020\nFD May 3\nDO 10.5555/r.1\n\n"
        )
        express = "{Reference Type}: Journal Article\n{Title}: 灯笼\n{Author}: 张三;李四\n{Year}: 2020\n"
        assert rows(written(tmp_path, "a.txt", refworks)) == [
            ("Lanterns", ("Cora Lamp",), "2020-05-03", "10.5555/r.1")
        ]
        assert rows(written(tmp_path, "b.txt", express.encode("gb18030"))) == [
            ("灯笼", ("张三", "李四"), "2020", None)
        ]

    def test_a_series_in_ris_is_a_paper_and_notes_are_no_abstract(self, tmp_path: Path) -> None:
        text = "TY  - SER\nTI  - Lanterns\nPY  - 2020\nN1  - Times cited: 8\nL3  - 10.5555/s.1\nER  - \n"
        (record,) = written(tmp_path, "a.ris", text).records
        assert (record.title, record.abstract, record.doi) == ("Lanterns", "", "10.5555/s.1")

    @pytest.mark.parametrize(
        ("field", "doi"),
        [
            ("L3  - https://dl.acm.org/doi/abs/10.5555/1137627.1137631", "10.5555/1137627.1137631"),
            ("L3  - http://dx.doi.org/10.5555%2Fs.1", "10.5555/s.1"),
            ("M3  - doi:10.5555/S.1.", "10.5555/s.1"),
            ("M3  - Article\nL3  - 10.5555/s.1", "10.5555/s.1"),
            ("M3  - Article", None),
        ],
    )
    def test_dois_of_ris_stand_in_several_fields_and_forms(
        self, tmp_path: Path, field: str, doi: str | None
    ) -> None:
        (record,) = written(
            tmp_path, "a.ris", f"TY  - JOUR\nTI  - Lanterns\nPY  - 2020\n{field}\nER  - \n"
        ).records
        assert record.doi == doi

    def test_pubmed_puts_a_translated_title_in_brackets(self, tmp_path: Path) -> None:
        text = "\nPMID- 1\nTI  - [Lanterns of harbors].\nDP  - 2020\n\nPMID- 2\nTI  - [Re]kindled lanterns.\nDP  - 2020\n"
        feed = written(tmp_path, "a.nbib", text)
        assert [record.title for record in feed.records] == ["Lanterns of harbors", "[Re]kindled lanterns"]

    def test_an_unknown_tagged_form_is_not_a_listing(self, tmp_path: Path) -> None:
        text = "<1>\nQX  - Lanterns\nQY  - Lamp\nQZ  - 2020\n\n<2>\nQX  - Kites\nQY  - Kite\nQZ  - 2021\n"
        with pytest.raises(
            InputError, match="export of a reference manager in a form that is not read; export it as RIS"
        ):
            written(tmp_path, "a.txt", text)


class TestDocuments:
    def test_pubmed_and_endnote_xml(self, tmp_path: Path) -> None:
        pubmed = (
            "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID><Article><Journal><JournalIssue><PubDate>"
            "<MedlineDate>2020 Nov-Dec</MedlineDate></PubDate></JournalIssue></Journal><ArticleTitle>Lanterns <i>in vivo</i>."
            "</ArticleTitle><ELocationID EIdType='doi'>10.5555/x.1</ELocationID><Abstract><AbstractText Label='AIM'>Dim.</AbstractText>"
            "<AbstractText>Bright.</AbstractText></Abstract><AuthorList><Author><LastName>Lamp</LastName><ForeName>Cora</ForeName>"
            "</Author><Author><CollectiveName>Harbor Group</CollectiveName></Author></AuthorList></Article></MedlineCitation>"
            "</PubmedArticle></PubmedArticleSet>"
        )
        feed = written(tmp_path, "a.xml", pubmed)
        assert rows(feed) == [("Lanterns in vivo", ("Cora Lamp", "Harbor Group"), "2020-11", "10.5555/x.1")]
        assert feed.records[0].abstract == "Dim. Bright."
        endnote = (
            "<xml><records><record><ref-type name='Journal Article'>17</ref-type><contributors><authors><author><style>Lamp, Cora"
            "</style></author></authors></contributors><titles><title><style>Lanterns</style></title></titles><dates><year>2020</year>"
            "<pub-dates><date>May 3</date></pub-dates></dates></record></records></xml>"
        )
        assert rows(written(tmp_path, "b.xml", endnote)) == [("Lanterns", ("Cora Lamp",), "2020-05-03", None)]

    def test_dblp(self, tmp_path: Path) -> None:
        text = (
            '<?xml version="1.0" encoding="US-ASCII"?>\n<!DOCTYPE dblp SYSTEM "dblp.dtd">\n<dblp><article><author>J&uuml;rgen Lamp 0002'
            "</author><title>Lanterns.</title><year>2020</year><volume>abs/2005.00001</volume></article><proceedings><title>P.</title>"
            "</proceedings></dblp>"
        )
        feed = written(tmp_path, "a.xml", text)
        assert rows(feed) == [("Lanterns", ("Jürgen Lamp",), "2020", "2005.00001")]
        assert feed.rejects[0].reason == "a record of the kind proceedings, which is no paper"
        hit = {
            "info": {
                "authors": {"author": {"text": "Cora Lamp"}},
                "title": "Lanterns.",
                "year": "2020",
                "doi": "10.5555/d.1",
            }
        }
        answer = {"result": {"hits": {"@total": "1", "hit": [hit]}}}
        assert rows(written(tmp_path, "a.json", json.dumps(answer))) == [
            ("Lanterns", ("Cora Lamp",), "2020", "10.5555/d.1")
        ]

    def test_the_day_of_a_doi_is_not_a_day_of_the_work(self, tmp_path: Path) -> None:
        works = [
            {
                "DOI": f"10.5555/c.{n}",
                "title": ["Lanterns"],
                "issued": {"date-parts": [parts]},
                "created": {"date-parts": [[2020, 3, 4]]},
            }
            for n, parts in enumerate(([None], [2019], [2019, 12, 1]))
        ]
        for content in (
            json.dumps(works),
            json.dumps({"message": {"items": works}, "message-type": "work-list"}),
        ):
            feed = written(tmp_path, "a.json", content)
            assert [when(record) for record in feed.records] == ["", "2019", "2019-12-01"]
            assert feed.warnings == ()
        feed = written(tmp_path, "a.jsonl", "\n".join(map(json.dumps, works)))
        assert (feed.source, [when(record) for record in feed.records]) == (
            "crossref",
            ["", "2019", "2019-12-01"],
        )

    def test_only_the_first_version_of_a_preprint_dates_it(self, tmp_path: Path) -> None:
        entry = {
            "title": "Lanterns",
            "authors": "Lamp, C.; Kite, D.",
            "server": "medRxiv",
            "doi": "10.1101/2020.01.02.20000001",
        }
        answer = {
            "messages": [],
            "collection": [entry | {"version": str(n), "date": f"2020-0{n}-03"} for n in (1, 2)],
        }
        first, second = written(tmp_path, "a.json", json.dumps(answer)).records
        assert (when(first), first.updated, first.authors) == ("2020-01-03", None, ("C. Lamp", "D. Kite"))
        assert (when(second), second.updated) == ("", date(2020, 2, 3))
        assert first.url == "https://www.medrxiv.org/content/10.1101/2020.01.02.20000001"

    def test_europe_pmc(self, tmp_path: Path) -> None:
        entry = {
            "id": "9",
            "source": "MED",
            "title": "Lanterns.",
            "authorString": "Lamp C, Kite D.",
            "pubYear": "2020",
            "doi": "10.5555/m.1",
        }
        feed = written(tmp_path, "a.json", json.dumps({"resultList": {"result": [entry]}}))
        assert rows(feed) == [("Lanterns", ("C Lamp", "D Kite"), "2020", "10.5555/m.1")]


class TestTables:
    def test_lines_above_a_header_and_a_header_again(self, tmp_path: Path) -> None:
        text = (
            '"Exported on Oct 01, 2026. Criteria: lanterns, harbors"\nRank,DOI,Title,PubYear,Authors\n1,10.5555/t.1,Lanterns,2020,"Lamp, Cora; Kite, Dan"\n'
            "Rank,DOI,Title,PubYear,Authors\n2,10.5555/t.2,Kites,2021,Cora Lamp|Dan Kite\nTitle,Authors,PubYear,DOI,Rank\nBoats,Cora Lamp,2022,10.5555/t.3,3\n"
        )
        assert rows(written(tmp_path, "a.csv", text)) == [
            ("Lanterns", ("Cora Lamp", "Dan Kite"), "2020", "10.5555/t.1"),
            ("Kites", ("Cora Lamp", "Dan Kite"), "2021", "10.5555/t.2"),
            ("Boats", ("Cora Lamp",), "2022", "10.5555/t.3"),
        ]

    def test_quotes_that_are_not_doubled(self, tmp_path: Path) -> None:
        text = '"Title","Venue","Year"\n"Lanterns","A "bright" place","2020"\n"Kites","Sky, "high"","2021"\n'
        feed = written(tmp_path, "a.csv", text)
        assert [(record.title, when(record)) for record in feed.records] == [
            ("Lanterns", "2020"),
            ("Kites", "2021"),
        ]

    def test_a_spreadsheets_number_is_a_day_where_the_caller_says_so(self, tmp_path: Path) -> None:
        text = "Heading,Shown\nLanterns,45360\nKites,2023\n"
        named = {"Heading": "title", "Shown": "published"}
        assert [when(one) for one in written(tmp_path, "a.csv", text, columns=named).records] == [
            "2024-03-09",
            "2023",
        ]
        assert [when(one) for one in written(tmp_path, "b.csv", "Title,Date\nLanterns,45360\n").records] == [
            ""
        ]

    @pytest.mark.parametrize("nothing", ["NA", "#N/A", "-", "[No abstract available]", "N/A"])
    def test_what_says_that_there_is_nothing_is_nothing(self, tmp_path: Path, nothing: str) -> None:
        feed = written(
            tmp_path,
            "a.csv",
            f"title,abstract,doi\nLanterns,{nothing},{nothing}\n{nothing},{nothing},{nothing}\n",
        )
        assert [(record.abstract, record.doi) for record in feed.records] == [("", None)]
        assert [reject.position for reject in feed.rejects] == ["line 3"]

    def test_a_list_of_links_in_markdown(self, tmp_path: Path) -> None:
        text = (
            "# Lanterns\n\nText with a [link](https://example.org).\n\n- [Lanterns *that* learn](https://arxiv.org/abs/2005.00001) (2020)\n"
            "- **Kites in the sky**, Lamp et al. [[paper](https://arxiv.org/pdf/2005.00002v2)] [[code](https://github.com/a/b)]\n"
        )
        feed = written(tmp_path, "README.md", text)
        assert [(record.title, record.arxiv_id) for record in feed.records] == [
            ("Lanterns that learn", "2005.00001"),
            ("Kites in the sky", "2005.00002"),
        ]


class TestEncodings:
    @pytest.mark.parametrize(
        ("encoding", "author"),
        [
            ("cp1252", "Jürgen Müller"),
            ("latin-1", "José Núñez"),
            ("gb18030", "张三"),
            ("cp932", "ランタンの研究"),
            ("cp932", "山田 太郎"),
            ("cp932", "灯りの研究"),
            ("cp949", "강화학습을 이용한 자기개선 에이전트"),
            ("big5", "燈籠的研究"),
            ("utf-16", "Jürgen Müller"),
            ("utf-16-le", "Jürgen Müller"),
            ("utf-8-sig", "Jürgen Müller"),
        ],
    )
    def test_all_rows_are_read_and_a_guess_is_reported(
        self, tmp_path: Path, encoding: str, author: str
    ) -> None:
        feed = written(
            tmp_path,
            "a.csv",
            f"title,authors,year\nLanterns,Cora Lamp,2020\nKites,{author},2021\n".encode(encoding),
        )
        assert [record.authors for record in feed.records] == [("Cora Lamp",), (author,)]
        is_guess = not encoding.startswith("utf")
        assert [("it is read as" in warning) for warning in feed.warnings] == [True] * is_guess

    def test_one_bad_byte_among_good_ones_is_mended(self, tmp_path: Path) -> None:
        feed = written(
            tmp_path, "a.csv", "title\tyear\nMüller ünd Söhne\t2020\n".encode() + b"na\xefve\t2021\n"
        )
        assert [record.title for record in feed.records] == ["Müller ünd Söhne", "naïve"]
        assert feed.warnings == ("1 bytes that are not UTF-8 are read as Windows-1252",)


class TestPublishers:
    @pytest.mark.parametrize(
        ("description", "day", "authors", "abstract"),
        [
            ("Publication date: Available online 3 May 2020 Source: Lamps Author(s): Cora Lamp, Dan Kite", "2020-05-03", ("Cora Lamp", "Dan Kite"), ""),
            ("Lamps, Published online: 03 May 2020; doi:10.1038/x Lanterns dim.", "2020-05-03", (), "Lanterns dim."),
            ("Lamps, Volume 4, Issue 2, Page 1-20, May 2020. Lanterns dim.", "2020-05", (), "Lanterns dim."),
            ("Volume 4, Issue 2, May 2020, Page 1-20. Lanterns dim.", "2020-05", (), "Lanterns dim."),
            ("Lamps, EarlyView. Lanterns dim.", "", (), "Lanterns dim."),
            ("We dim lanterns, Volume by volume. They dim.", "", (), "We dim lanterns, Volume by volume. They dim."),
        ],
    )  # fmt: skip
    def test_dates_and_authors_out_of_the_boilerplate(
        self, tmp_path: Path, description: str, day: str, authors: tuple[str, ...], abstract: str
    ) -> None:
        text = f"<rss version='2.0'><channel><title>C</title><item><title>T</title><description>{description}</description></item></channel></rss>"
        (record,) = written(tmp_path, "a.xml", text).records
        assert (when(record), record.authors, record.abstract) == (day, authors, abstract)


def test_a_folder_of_one_of_each_gives_all_papers_and_a_line_for_each_unused_file(tmp_path: Path) -> None:
    files = {
        "a.csv.gz": gzip.compress(b"title,year\nLanterns,2020\n"),
        "b.ris.bz2": bz2.compress(b"TY  - JOUR\nTI  - Kites\nER  - \n"),
        "c.txt": b"PT J\nTI Boats\nAU Lamp, C\nPY 2020\nER\n",
        "d.enw": b"%0 Book\n%T Harbors\n%D 2020\n",
        "e.pdf": b"%PDF-1.5\n\x00\x00",
        "f.docx.txt": b"Some notes that are no list of papers.",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    feeds = list(read_source(tmp_path))
    assert [record.title for feed in feeds for record in feed.records] == [
        "Lanterns",
        "Kites",
        "Boats",
        "Harbors",
    ]
    assert [reject.reason.partition(" ")[0] for feed in feeds for reject in feed.rejects] == [
        "e.pdf",
        "f.docx.txt",
    ]


THREE = ["Sharing charts among small boats without radio", "Learning to control a kettle from logged temperatures",
         "Bicycle traffic maps from counts at twelve bridges"]  # fmt: skip
BOTH = ("Anna Muster", "Bert Beispiel")
WHOLE: dict[str, tuple[list[str], list[str], tuple[str, ...] | None, list[str | None]]] = {
    "wos_plain.txt": (THREE, ["2019-09", "2020-01-15", "2021-03"], BOTH, ["10.5555/ex.0", "10.5555/ex.1", "10.5555/ex.2"]),
    "wos_tab.txt": (THREE, ["2019-09", "2020-01-15", "2021-03"], BOTH, ["10.5555/ex.0", "10.5555/ex.1", "10.5555/ex.2"]),
    "pubmed.nbib": (THREE, ["2019-09-12", "2020-01", "2021-03"], BOTH, ["10.5555/ex.0", "10.5555/ex.1", "10.5555/ex.2"]),
    "dblp.xml": (THREE, ["2019"] * 3, BOTH, ["1909.00001", "1909.00002", "1909.00003"]),
    "crossref_answer.json": (THREE, ["2019-09-12", "2020", ""], BOTH, ["10.5555/ex.0", "10.5555/ex.1", "10.5555/ex.2"]),
    "crossref_items.json": (THREE, ["2019-09-12", "2020", ""], BOTH, ["10.5555/ex.0", "10.5555/ex.1", "10.5555/ex.2"]),
    "dimensions.csv": (THREE, ["2019-09-10", "2019-09-11", "2019-09-12"], BOTH, ["10.5555/ex.0", "10.5555/ex.1", "10.5555/ex.2"]),
    "endnote.enw": (THREE, ["2019-09-12"] * 3, BOTH, ["10.5555/ex.0", "10.5555/ex.1", "10.5555/ex.2"]),
    "list.xlsx": (["Boats that share charts", "Charts that share boats"], ["2024-03-09", "2023"], None, ["10.5555/ex.1", "10.5555/ex.2"]),
    "openalex.csv": (THREE[:1], ["2019-09-12"], BOTH, ["10.5555/ex.0"]),
    "springer.csv": (THREE[:1], ["2019"], BOTH[:1], ["10.5555/ex.0"]),
    "arxiv_daily_table.md": (THREE, ["2019-09-10", "2019-09-11", "2019-09-12"], BOTH[:1], ["1909.00001", "1909.00002", "1909.00003"]),
    "biorxiv_one.json": (THREE[:1], ["2019-09-12"], ("A. Muster", "B. Beispiel"), ["10.1101/2019.09.12.000001"]),
    "constellate.jsonl": (THREE, ["2019-09-10", "2019-09-11", "2019-09-12"], BOTH, [None] * 3),
    "wos_dates.ris": (THREE, ["2018-09", "2022-10-13", "2016-03"], ("A Muster",), [None] * 3),
    "semicolon.csv": (THREE, ["2019-09-12", "2019-09-13", "2019-09-14"], BOTH, [None] * 3),
    "excel_dates.csv": (THREE, ["2019", "2019-09-12", "2019-09-13"], (), [None] * 3),
    "ieee.csv": (THREE[:1], ["2020-07-28"], ("A. Muster", "B. Beispiel"), ["10.5555/ex.0"]),
    "arxiv_py.csv": (THREE[:2], ["2019-09-02"] * 2, ("Anna Muster", "Bert O'Beispiel"), ["1909.00001", "1909.00002"]),
    "s2_api.jsonl": (THREE[:2], ["2019-09-02"] * 2, BOTH[:1], ["1909.00001", "1909.00002"]),
    "ragged.csv": (THREE, ["2019", "2020", "2021"], None, ["10.5555/ex.0", "10.5555/ex.1", "10.5555/ex.2"]),
    "unescaped.csv": (THREE[:2], ["2007", "2008"], None, [None] * 2),
    "gb18030_en.csv": (THREE[:2], ["2019-09-12", "2019-09-13"], None, ["10.5555/ex.0", "10.5555/ex.1"]),
    "gfissore.jsonl": (THREE[:2], [""] * 2, BOTH, ["1909.00001", "1909.00002"]),
}  # fmt: skip


@pytest.mark.shared
class TestSharedInputs:
    @pytest.mark.parametrize("name", WHOLE)
    def test_every_record_whole(self, shared_dir: Path, name: str) -> None:
        titles, days, authors, ids = WHOLE[name]
        feed = read(shared_dir / "inputs" / name)
        assert [record.title for record in feed.records] == titles
        assert [when(record) for record in feed.records] == days
        assert [record.arxiv_id or record.doi for record in feed.records] == ids
        assert feed.rejects == ()
        if authors is not None:
            assert {record.authors for record in feed.records} == {authors}
        is_guessed = name in ("cp1252.csv", "gb18030_en.csv")
        assert len(feed.warnings) == is_guessed, feed.warnings

    def test_dates(self, shared_dir: Path) -> None:
        found = [when(record) for record in read(shared_dir / "inputs/dates.csv").records]
        assert found == [
            "2020-05", "2020", "2020", "2019-03", "2019-03", "2019-11-14", "2019-11", "2019-09", "2019-09", "2025-03-04", "2025-03-04",
            "2025-03-04", "2025-04-13", "2025-04", "2019", "2020-01", "2020-01", "2019-05-12", "2020-01-02", "2020-01-02", "2020-01-02",
            "", "2019", "2019", "2019", "2019-12", "2020-01-02", "2020-01-02", "2004-01-01", "1952-04-12", "2020-01",
        ]  # fmt: skip

    def test_months_of_ris(self, shared_dir: Path) -> None:
        found = read(shared_dir / "inputs/wos_month.ris").records
        assert [when(record) for record in found] == ["2023-03-15", "2021-01", "2014-11"]

    @pytest.mark.parametrize(
        ("name", "titles"),
        [
            ("undeclared_prefix.xml", ["A good paper", "Another"]),
            ("control_character.xml", ["A good paper", "A form feed in it"]),
            ("charref.xml", ["A good paper", "Two"]),
            ("cp1252_reference.xml", ["Agents that don\u2019t stop"]),
            ("latin1_declared.xml", ["A paper by Müller"]),
        ],
    )
    def test_feeds_are_mended(self, shared_dir: Path, name: str, titles: list[str]) -> None:
        assert [record.title for record in read(shared_dir / "inputs" / name).records] == titles

    def test_fields_of_feeds(self, shared_dir: Path) -> None:
        inputs = shared_dir / "inputs"
        (record,) = read(inputs / "sciencedirect.xml").records
        assert (when(record), record.authors, record.abstract) == (
            "2020-08",
            ("Ada Example", "Bo Muster"),
            "",
        )
        assert len(read(inputs / "biorxiv_creators.xml").records[0].authors) == 4
        assert [record.authors for record in read(inputs / "author_mail.xml").records] == [
            ("Ada Example",)
        ] * 2
        (record,) = read(inputs / "atom_updated_only.xml").records
        assert (record.published, record.published_basis, record.updated) == (
            date(2025, 3, 4),
            "updated",
            date(2025, 3, 4),
        )
        assert read(inputs / "oai_zenodo_html.xml").records[0].abstract == "Abstract Agents that plan."
        assert read(inputs / "jats.jsonl").records[0].abstract == "We count GPS and fast fixes; x2."

    def test_fields_of_bibliographies(self, shared_dir: Path) -> None:
        inputs = shared_dir / "inputs"
        assert read(inputs / "annote.bib").records[0].abstract == ""
        (record,) = read(inputs / "comma.bib").records
        assert (record.url, len(record.abstract) > 100) == ("http://www.example.org/a.pdf", True)
        found = [record.doi for record in read(inputs / "doi_in_publisher_link.bib").records]
        assert found == ["10.1145/1137627.1137631", "10.1145/1137627.1137628"]
        assert len({record.doi for record in read(inputs / "doi_percent.csv").records}) == 1
        assert [when(record) for record in read(inputs / "crossref_created.json").records] == ["", "2020"]

    def test_nothing_and_encodings(self, shared_dir: Path) -> None:
        inputs = shared_dir / "inputs"
        feed = read(inputs / "na.csv")
        assert [(record.abstract, record.doi) for record in feed.records] == [("", None)] * 3
        assert len(feed.rejects) == 1
        assert [record.abstract for record in read(inputs / "editorials.csv").records] == [""] * 3
        feed = read(inputs / "cp1252.csv")
        assert (feed.records[1].authors, "Windows-1252" in feed.warnings[0]) == (("Jürgen Müller",), True)
        assert read(inputs / "gb18030_en.csv").records[0].authors == ("张三", "李四")
