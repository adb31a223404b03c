"""Answers of arXiv's API: fields worked by hand, errors passed on, recorded answers."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analytics.dates import date_fault
from analytics.exceptions import InputError
from analytics.papers import Feed
from flows.sources.arxiv_atom import (
    AtomPaging,
    atom_paging,
    looks_like,
    parse_arxiv_atom,
)
from flows.sources.author_names import split_author_names
from flows.sources.records import says_withdrawn

HEAD = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom"
  xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/abc</id><title>arXiv Query: search_query=all:diaries</title>
  <updated>2025-03-11T23:30:00-05:00</updated>
  <opensearch:totalResults>2148</opensearch:totalResults><opensearch:startIndex>10</opensearch:startIndex>
"""
DIARIES = """<entry>
    <id>http://arxiv.org/abs/2503.00001v3</id>
    <updated>2025-03-20T10:00:00Z</updated><published>2025-03-01T00:30:00+02:00</published>
    <title>Diaries for
      Planning Agents</title>
    <summary>  An agent with $p&lt;0.05$
errs less.
</summary>
    <author><name>Ada  Example</name><arxiv:affiliation>A Lab</arxiv:affiliation></author>
    <author><name/></author><author><name>Bo Muster</name></author>
    <arxiv:doi>10.1000/ABC.1 10.1000/other</arxiv:doi>
    <link href="http://arxiv.org/abs/2503.00001v3" rel="alternate" type="text/html"/>
    <link title="pdf" href="http://arxiv.org/pdf/2503.00001v3" rel="related"/>
    <arxiv:comment>12 pages</arxiv:comment>
  </entry>"""
ERROR = """<entry><id>https://arxiv.org/api/errors#incorrect_id_format_for_abc</id><title>Error</title>
    <summary>incorrect id format for abc</summary></entry>"""


def parse(*entries: str, day: date | None = None) -> Feed:
    return parse_arxiv_atom(HEAD + "".join(entries) + "</feed>", location="answer.xml", day=day)


class TestEntries:
    def test_every_field(self) -> None:
        feed = parse(DIARIES)
        (record,) = feed.records
        assert (feed.source, feed.location, feed.rejects, feed.warnings) == ("arxiv", "answer.xml", (), ())
        assert (record.title, record.abstract) == (
            "Diaries for Planning Agents",
            "An agent with $p<0.05$ errs less.",
        )
        assert (record.published, record.published_basis, record.published_precision) == (
            date(2025, 2, 28),
            "stated",
            "day",
        )
        assert (record.arxiv_id, record.version, record.doi) == ("2503.00001", 3, "10.1000/abc.1")
        assert (record.updated, record.is_withdrawn) == (date(2025, 3, 20), False)
        assert (record.authors, record.n_authors) == (("Ada Example", "Bo Muster"), 2)
        assert (record.url, record.position) == ("https://arxiv.org/abs/2503.00001", "entry 1")

    def test_day_of_the_look(self) -> None:
        assert parse(DIARIES).day == date(2025, 3, 12)
        assert parse(DIARIES, day=date(2025, 3, 15)).day == date(2025, 3, 15)

    def test_an_answer_without_entries_is_an_empty_feed(self) -> None:
        assert parse() == Feed("arxiv", "answer.xml", date(2025, 3, 12), ())

    def test_old_ids_and_missing_fields(self) -> None:
        (record,) = parse(
            "<entry><id>http://arxiv.org/abs/math.GT/0309136v1</id><title>0</title></entry>"
        ).records
        assert (record.arxiv_id, record.title, record.abstract) == ("math/0309136", "0", "")
        assert (record.published, record.published_basis, record.n_authors) == (None, "missing", None)

    def test_an_unknown_id_is_no_arxiv_paper(self) -> None:
        entry = "<entry><id>tag:x</id><title>T</title><link href='javascript:a'/><link href='https://x.org/1'/></entry>"
        (record,) = parse(entry).records
        assert (record.arxiv_id, record.url) == (None, "https://x.org/1")

    def test_unreadable_dates_are_left_out_with_one_warning(self) -> None:
        bad = DIARIES.replace("2025-03-01T00:30:00+02:00", "soon")
        feed = parse(DIARIES, bad, bad.replace("2025-03-20", "soon"))
        assert [record.published for record in feed.records] == [date(2025, 2, 28), None, None]
        assert feed.warnings == ("a stated date that cannot be read is left out (entry 2 and 1 more)",)

    @pytest.mark.parametrize("place", ["12 pages", "errs less."])
    def test_withdrawn_by_comment_or_abstract(self, place: str) -> None:
        (record,) = parse(DIARIES.replace(place, place + " This paper has been withdrawn.")).records
        assert record.is_withdrawn


class TestErrors:
    def test_an_error_answer_passes_its_message_on(self) -> None:
        with pytest.raises(InputError) as caught:
            parse(ERROR)
        assert str(caught.value) == (
            "answer.xml is arXiv's report of an error: incorrect id format for abc; change the query"
        )

    def test_an_error_among_papers_is_a_reject(self) -> None:
        feed = parse(DIARIES, ERROR, "<entry><id>http://arxiv.org/abs/2503.00002v1</id></entry>")
        assert len(feed.records) == 1
        assert [(reject.position, reject.reason) for reject in feed.rejects] == [
            ("entry 2", "an error of arXiv: incorrect id format for abc"),
            ("entry 3", "an entry without a title"),
        ]

    def test_a_paper_may_be_titled_error(self) -> None:
        assert (
            parse(DIARIES.replace("Diaries for\n      Planning Agents", "Error")).records[0].title == "Error"
        )

    @pytest.mark.parametrize("text", ["", "Rate exceeded.", "<html><body>503</body></html>", "<rss/>", HEAD])
    def test_what_is_no_answer(self, text: str) -> None:
        for read in (atom_paging, lambda text: parse_arxiv_atom(text, location="a", day=None)):
            with pytest.raises(InputError, match="expected an answer of arXiv's API"):
                read(text)


class TestPaging:
    def test_counts(self) -> None:
        assert atom_paging(HEAD + DIARIES + DIARIES + "</feed>") == AtomPaging(2148, 10, 2)

    @pytest.mark.parametrize("total", ["", "many", "-1", "1.5", "9" * 5_000])
    def test_what_is_no_count(self, total: str) -> None:
        assert atom_paging(f"<feed><totalResults>{total}</totalResults></feed>") == AtomPaging(None, None, 0)


class TestRecognition:
    @pytest.mark.parametrize(
        ("head", "expected"),
        [
            (HEAD, True),
            ("<feed xmlns='http://www.w3.org/2005/Atom'><link href='http://arxiv.org/api/query?a'/>", True),
            ("<feed xmlns='http://www.w3.org/2005/Atom'><title>A blog on arxiv.org/abs</title>", False),
            (
                "<feed xmlns:arxiv='http://arxiv.org/schemas/atom'><id>http://rss.arxiv.org/atom/cs.AI</id>",
                False,
            ),
            ("<feed xmlns:arxiv='http://arxiv.org/schemas/atom'><entry><arxiv:announce_type>new", False),
            ("<rss><!-- arxiv.org/api/ -->", False),
            ("", False),
        ],
    )
    def test_by_its_beginning(self, head: str, expected: bool) -> None:
        assert looks_like(head) is expected


class TestWords:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Withdrawn", True),
            ("withdrawn due to an error in Lemma 2", True),
            ("This article has been temporarily withdrawn by the authors", True),
            ("12 pages; paper withdrawn", True),
            ("Update: Manuscript withdrawn, because results are incorrect.", True),
            ("Admin note: withdrawn by arXiv administrators", True),
            ("This paper has been\n  withdrawn.", True),
            ("Withdrawn drugs return to the market", False),
            ("A replacement of a withdrawn paper", False),
            ("Money was withdrawn by its owner", False),
            ("One of these papers was later withdrawn by its authors", False),
            ("", False),
        ],
    )
    def test_withdrawal(self, text: str, expected: bool) -> None:
        assert says_withdrawn("", text) is expected

    @pytest.mark.parametrize(
        ("line", "names"),
        [
            ("Ada Example", ("Ada Example",)),
            ("A. Example and B. Muster", ("A. Example", "B. Muster")),
            ("A. Example, B. Muster, and C. Sample", ("A. Example", "B. Muster", "C. Sample")),
            (
                "The Lab Collaboration: A. Example, B. Muster",
                ("The Lab Collaboration", "A. Example", "B. Muster"),
            ),
            ("A. Example (1 and 2), B. Muster (2) ((1) Here, (2) There)", ("A. Example", "B. Muster")),
            ("A. Example, Jr., Sandy Andersen", ("A. Example, Jr.", "Sandy Andersen")),
            (" , ", ()),
            ("", ()),
        ],
    )
    def test_names(self, line: str, names: tuple[str, ...]) -> None:
        assert split_author_names(line) == names


@pytest.mark.shared
class TestRecordedAnswers:
    @pytest.fixture(scope="class")
    @classmethod
    def answers(cls, shared_dir: Path) -> dict[str, str]:
        answers = {}
        for path in sorted((shared_dir / "api_samples" / "arxiv_atom").iterdir()):
            text = path.read_text(encoding="utf-8")
            answers[path.name] = json.loads(text)["body"] if path.suffix == ".json" else text
        return answers

    def test_every_answer(self, answers: dict[str, str]) -> None:
        counts = {"records": 0, "versions": 0, "dois": 0, "authors": 0, "empty": 0, "errors": 0}
        for name, text in answers.items():
            assert looks_like(text[:65_536])
            if name.startswith("id_abc"):
                with pytest.raises(InputError, match="incorrect id format for abc"):
                    parse_arxiv_atom(text, location=name, day=None)
                counts["errors"] += 1
                continue
            feed = parse_arxiv_atom(text, location=name, day=None)
            assert feed.day is not None
            assert (feed.rejects, feed.warnings) == ((), ())
            assert len(feed.records) == text.count("<entry>") == atom_paging(text).n_entries
            counts["records"] += len(feed.records)
            counts["empty"] += not feed.records
            for record in feed.records:
                assert record.abstract
                assert record.url == f"https://arxiv.org/abs/{record.arxiv_id}"
                assert date_fault(record.published, record.published_precision, record.paper_id) is None
                assert record.updated is not None
                assert record.published is not None
                assert (record.updated == record.published) or (record.version or 0) > 1
                assert record.published <= record.updated
                counts["versions"] += record.version is not None
                counts["dois"] += record.doi is not None
                counts["authors"] += len(record.authors)
        assert counts == {
            "records": 245,
            "versions": 245,
            "dois": 84,
            "authors": 907,
            "empty": 2,
            "errors": 1,
        }

    def test_a_paper_titled_zero(self, answers: dict[str, str]) -> None:
        name = next(name for name in answers if name.startswith("id_2104.12255"))
        (record,) = parse_arxiv_atom(answers[name], location=name, day=None).records
        assert (record.title, record.paper_id, record.published) == (
            "0",
            "arxiv:2104.12255",
            date(2021, 4, 20),
        )

    def test_first_version_and_version_shown(self, answers: dict[str, str]) -> None:
        (record,) = parse_arxiv_atom(answers["id_list_1111.2011v2.xml"], location="a", day=None).records
        assert (record.published, record.updated, record.version) == (date(2011, 11, 8), date(2012, 4, 2), 2)
        assert record.doi == "10.1103/physrevb.85.115117"

    def test_pages_of_one_query(self, answers: dict[str, str]) -> None:
        first, last = (
            next(text for name, text in answers.items() if name.startswith(start))
            for start in ("q_testing_s0_m100", "q_testing_s50")
        )
        assert (atom_paging(first), atom_paging(last)) == (
            AtomPaging(214_881, 0, 100),
            AtomPaging(214_881, 50, 10),
        )

    def test_withdrawals_of_26_years(self, shared_dir: Path) -> None:
        path = shared_dir / "corpora" / "arxiv_cs_1993_2019.parquet"
        abstracts = pd.read_parquet(path, columns=["abstract"])["abstract"]
        withdrawn = abstracts[abstracts.str.contains("withdrawn", case=False)]
        # Read one by one: the four others speak of statistics, a proof, a special volume and drugs.
        assert (len(withdrawn), sum(map(says_withdrawn, withdrawn))) == (82, 78)
