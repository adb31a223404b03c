"""OAI-PMH answers: three formats of metadata, deletions, errors, real answers of arXiv."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from analytics.dates import date_fault
from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.sources.oai_pmh import looks_like, parse_oai_pmh, resumption_token

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2025-03-21T13:00:41Z</responseDate>
<request verb="ListRecords" metadataPrefix="arXiv">https://oaipmh.arxiv.org/oai</request>
"""
ARXIV = """<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>2503.00001</id><created>2025-03-10</created>
<updated>2025-03-20</updated><authors>
<author><keyname>Example</keyname><forenames>Ada</forenames><suffix>Jr.</suffix></author>
<author><keyname>Lab Collaboration</keyname></author><author><keyname>:</keyname></author>
<author><keyname>Muster</keyname><forenames>Bo</forenames><affiliation>A Lab</affiliation></author></authors>
<title>Diaries for
  Planning Agents</title><comments>12 pages</comments><doi>10.1000/ABC.1 10.1000/erratum</doi>
<abstract>  An agent with $p&lt;0.05$
errs less.</abstract></arXiv>"""
RAW = """<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>2503.00002</id><submitter>Bo Muster</submitter>
<version version="v10"><date>Fri, 21 Mar 2025 23:50:08 GMT</date></version>
<version version="v1"><date>Mon, 3 Mar 2025 21:00:01 GMT</date></version>
<version version="v2"><date>Tue, 4 Mar 2025 01:50:08 GMT</date></version>
<title>Maps</title><authors>A. Example, B. Muster and C. Sample (A Lab)</authors>
<comments>v2: two typos</comments><abstract>Maps redraw themselves.</abstract></arXivRaw>"""
DC = """<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"
xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Rewards</dc:title>
<dc:creator>Example, Ada</dc:creator><dc:creator>von Muster, B.</dc:creator><dc:creator>A Lab</dc:creator>
<dc:description>Comment: 3 pages</dc:description><dc:description>  Rewards for looking.</dc:description>
<dc:date>2025-03-05</dc:date><dc:date>2025-03-19</dc:date>
<dc:identifier>http://arxiv.org/abs/2503.00003</dc:identifier>
<dc:identifier>A Journal 54 (2025), 649-658</dc:identifier>
<dc:identifier>doi:10.1000/xyz-0 10.1000/other</dc:identifier></oai_dc:dc>"""


def record(metadata: str, identifier: str = "", status: str = "") -> str:
    header = (
        f"<header{status}><identifier>{identifier}</identifier><datestamp>2026-01-01</datestamp></header>"
    )
    return f"<record>{header}<metadata>{metadata}</metadata></record>"


def answer(*records: str, verb: str = "ListRecords") -> str:
    return f"{HEAD}<{verb}>{''.join(records)}</{verb}></OAI-PMH>"


def parse(text: str, day: date | None = None) -> Feed:
    return parse_oai_pmh(text, location="answer.xml", day=day)


def only(metadata: str, **header: str) -> PaperRecord:
    (found,) = parse(answer(record(metadata, **header))).records
    return found


class TestArxiv:
    def test_every_field(self) -> None:
        feed = parse(answer(record(ARXIV)))
        assert (feed.source, feed.day, feed.rejects, feed.warnings) == (
            "arxiv-oai",
            date(2025, 3, 21),
            (),
            (),
        )
        (found,) = feed.records
        assert (found.title, found.abstract) == (
            "Diaries for Planning Agents",
            "An agent with $p<0.05$ errs less.",
        )
        assert (found.published, found.published_basis, found.published_precision) == (
            date(2025, 3, 10),
            "stated",
            "day",
        )
        assert (found.updated, found.version, found.is_withdrawn) == (date(2025, 3, 20), None, False)
        assert found.authors == ("Ada Example Jr.", "Lab Collaboration", "Bo Muster")
        assert (found.arxiv_id, found.doi, found.n_authors) == ("2503.00001", "10.1000/abc.1", 3)
        assert (found.url, found.position) == ("https://arxiv.org/abs/2503.00001", "record 1")

    def test_the_headers_datestamp_is_never_a_date_of_the_paper(self) -> None:
        feed = parse(answer(record(ARXIV.replace("2025-03-10", "").replace("2025-03-20", "soon"))))
        (found,) = feed.records
        assert (found.published, found.updated, found.published_basis) == (None, None, "missing")
        assert feed.warnings == ("a stated date that cannot be read is left out (record 1)",)

    def test_the_headers_identifier_stands_in_for_a_missing_id(self) -> None:
        found = only(ARXIV.replace("2503.00001", ""), identifier="oai:arXiv.org:math/0309136")
        assert found.paper_id == "arxiv:math/0309136"

    def test_withdrawn(self) -> None:
        assert only(ARXIV.replace("12 pages", "This paper has been withdrawn by the authors")).is_withdrawn
        assert only(ARXIV, status=" status='deleted'").is_withdrawn


class TestArxivRaw:
    def test_first_and_newest_version_in_any_order(self) -> None:
        found = only(RAW)
        assert (found.published, found.updated, found.version) == (date(2025, 3, 3), date(2025, 3, 21), 10)
        assert found.authors == ("A. Example", "B. Muster", "C. Sample")

    def test_without_a_first_version_the_paper_is_undated(self) -> None:
        found = only(RAW.replace('"v1"', '"v3"'))
        assert (found.published, found.updated, found.version) == (None, date(2025, 3, 21), 10)

    def test_without_versions(self) -> None:
        found = only("<arXivRaw><id>2503.00002v4</id><title>Maps</title><version version='x'/></arXivRaw>")
        assert (found.published, found.updated, found.version, found.authors) == (None, None, 4, ())

    def test_an_unreadable_date_is_told(self) -> None:
        feed = parse(answer(record(RAW), record(RAW.replace("Mon, 3 Mar 2025", "Someday"))))
        assert [found.published for found in feed.records] == [date(2025, 3, 3), None]
        assert feed.warnings == ("a stated date that cannot be read is left out (record 2)",)


class TestDublinCore:
    def test_every_field(self) -> None:
        found = only(DC)
        assert (found.arxiv_id, found.doi) == ("2503.00003", "10.1000/xyz-0")
        assert (found.published, found.updated) == (date(2025, 3, 5), date(2025, 3, 19))
        assert found.authors == ("Ada Example", "B. von Muster", "A Lab")
        assert (found.abstract, found.is_withdrawn) == ("Rewards for looking.", False)

    def test_a_comment_may_say_withdrawn(self) -> None:
        assert only(DC.replace("3 pages", "Withdrawn")).is_withdrawn

    def test_another_repositorys_second_date_is_no_update(self) -> None:
        found = only(DC.replace("http://arxiv.org/abs/2503.00003", "https://repository.example.org/7"))
        assert (found.published, found.updated) == (date(2025, 3, 5), None)
        assert (found.paper_id, found.url) == ("doi:10.1000/xyz-0", "https://repository.example.org/7")


class TestRecords:
    @pytest.mark.parametrize("verb", ["ListRecords", "GetRecord"])
    def test_both_verbs(self, verb: str) -> None:
        feed = parse(answer(record(ARXIV), record(RAW), record(DC), verb=verb))
        assert [found.arxiv_id for found in feed.records] == ["2503.00001", "2503.00002", "2503.00003"]

    def test_a_record_without_the_answer_around_it(self) -> None:
        assert parse(record(DC)).records == parse(answer(record(DC))).records
        assert parse(record(DC)).day is None

    def test_the_callers_day_goes_first(self) -> None:
        assert parse(answer(record(DC)), date(2025, 4, 1)).day == date(2025, 4, 1)

    @pytest.mark.parametrize(
        ("bad", "reason"),
        [
            (
                "<record><header status='deleted'><identifier>oai:arXiv.org:2503.00009</identifier></header></record>",
                "deleted by the service: arXiv 2503.00009",
            ),
            ("<record><header status='deleted'/></record>", "deleted by the service: without an id"),
            ("<record><header/></record>", "a record without metadata"),
            ("<record/>", "a record without metadata"),
            (record("<oai:marc/>".replace("oai:", "")), "metadata of another format (<marc>)"),
            (record("<arXiv><id>2503.00009</id><title> \u200b</title></arXiv>"), "a paper without a title"),
        ],
    )
    def test_one_bad_record_costs_no_other(self, bad: str, reason: str) -> None:
        feed = parse(answer(record(ARXIV), bad, record(RAW)))
        assert [found.position for found in feed.records] == ["record 1", "record 3"]
        assert [(reject.position, reject.reason) for reject in feed.rejects] == [("record 2", reason)]

    def test_deletions_alone_are_a_feed(self) -> None:
        assert len(parse(answer("<record><header status='deleted'/></record>" * 2)).rejects) == 2

    def test_no_record_matched(self) -> None:
        text = HEAD + "<error code='noRecordsMatch'>none</error></OAI-PMH>"
        assert parse(text) == Feed("arxiv-oai", "answer.xml", date(2025, 3, 21), ())


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                HEAD + "<error code='badResumptionToken'>It has\n expired</error></OAI-PMH>",
                "the service's report of an error, badResumptionToken: It has expired; change the request",
            ),
            (HEAD + "<error/></OAI-PMH>", "no code: no message"),
            (HEAD + "<Identify/></OAI-PMH>", "without a list of records"),
            (answer(record("<marc/>"), record("<mods/>")), "metadata of another format (<marc>)"),
            ("<rss/>", "another kind (<rss>)"),
            (answer(record(ARXIV))[:-40], "cut off"),
            ("", "is empty"),
            ("Retry after 600 seconds", "is not XML"),
            ("<html><body>503</body></html>", "HTML source"),
        ],
    )
    def test_one_clear_line(self, text: str, message: str) -> None:
        with pytest.raises(InputError) as caught:
            parse(text)
        assert message in str(caught.value)
        assert str(caught.value).startswith("answer.xml ")
        assert "\n" not in str(caught.value)


class TestResumption:
    @pytest.mark.parametrize(
        ("element", "token"),
        [
            (
                "<resumptionToken cursor='0' completeListSize='9'> 6460044|1001\n</resumptionToken>",
                "6460044|1001",
            ),
            ("<resumptionToken cursor='9' completeListSize='9'/>", None),
            ("<resumptionToken> </resumptionToken>", None),
            ("", None),
        ],
    )
    def test_token(self, element: str, token: str | None) -> None:
        assert resumption_token(answer(record(ARXIV), element)) == token

    def test_what_is_no_answer(self) -> None:
        with pytest.raises(InputError, match="is the HTML source"):
            resumption_token("<html/>")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (HEAD, True),
        (record(DC), True),
        ("<record>\n<header>\n <identifier>oai:arXiv.org:0901.2443</identifier>", True),
        ("<record xmlns='http://www.loc.gov/MARC21/slim'><leader/>", False),
        ("<rss xmlns:a='http://www.openarchives.org/OAI/2.0/'>", False),
        ("", False),
    ],
)
def test_recognition_by_the_beginning(head: str, expected: bool) -> None:
    assert looks_like(head) is expected


# records, of these with an update, with a DOI; names of authors; token of the next part
EXPECTED = {
    "oai_arxiv/hepcrawl_arxiv-physics-hep-ex.xml": (3, 3, 1, 21, None),
    "oai_arxiv/hepcrawl_arxiv-physics-hep-th.xml": (3, 3, 2, 8, None),
    "oai_arxiv/hepcrawl_arxiv-single.xml": (1, 1, 1, 1, None),
    "oai_arxiv/hepcrawl_sample_arxiv_record.xml": (12, 0, 1, 44, None),
    "oai_arxivraw/ErrorResponseNoRecordsMatch.xml": (0, 0, 0, 0, None),
    "oai_arxivraw/GetRecordResponse.xml": (1, 1, 0, 4, None),
    "oai_arxivraw/ListRecordsResponse.xml": (6, 6, 4, 10, "726959|1001"),
    "oai_dc/arxiv_0901_2443.xml": (1, 0, 0, 9, None),
    "oai_dc/arxiv_1711_04702.xml": (1, 0, 0, 5, None),
    "oai_dc/arxiv_1711_05739.xml": (1, 0, 0, 3, None),
    "oai_dc/arxiv_math_0306266.xml": (1, 0, 1, 1, None),
    "oai_dc/arxiv_multi_20230125.xml": (3, 1, 2, 7, "6460044|1001"),
}


@pytest.mark.shared
class TestRealAnswers:
    def test_every_answer(self, shared_dir: Path) -> None:
        found, refused = {}, []
        for path in sorted((shared_dir / "api_samples").glob("oai_*/*.xml")):
            text = path.read_text(encoding="utf-8")
            name = path.relative_to(shared_dir / "api_samples").as_posix()
            assert looks_like(text[:65_536])
            try:
                feed = parse_oai_pmh(text, location=name, day=None)
            except InputError as error:
                refused.append(str(error).split(", ")[1].split(":")[0])
                continue
            assert (feed.rejects, feed.warnings) == ((), ())
            for paper in feed.records:
                assert paper.abstract
                assert paper.url == f"https://arxiv.org/abs/{paper.arxiv_id}"
                assert paper.published is not None
                assert date_fault(paper.published, paper.published_precision, paper.paper_id) is None
                assert paper.updated is None or paper.updated >= paper.published
            found[name] = (
                len(feed.records),
                sum(paper.updated is not None for paper in feed.records),
                sum(paper.doi is not None for paper in feed.records),
                sum(len(paper.authors) for paper in feed.records),
                resumption_token(text),
            )
        assert found == EXPECTED
        assert sorted(refused) == ["badArgument", "badResumptionToken", "badVerb", "idDoesNotExist"]

    def test_versions_and_the_first_of_two_dois(self, shared_dir: Path) -> None:
        path = shared_dir / "api_samples" / "oai_arxivraw" / "ListRecordsResponse.xml"
        feed = parse_oai_pmh(path.read_text(encoding="utf-8"), location="a", day=None)
        assert [(r.arxiv_id, r.version, r.published, r.updated, r.doi) for r in feed.records[:3]] == [
            ("0704.0471", 1, date(2007, 4, 3), date(2007, 4, 3), "10.1103/physrevc.76.024606"),
            ("0704.0716", 4, date(2007, 4, 5), date(2008, 11, 14), None),
            ("0704.0874", 3, date(2007, 4, 6), date(2014, 11, 20), None),
        ]
