"""Answers of Semantic Scholar: every shape, batches with nulls, answers that hold no papers."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.sources.semantic_scholar import next_token, parse_semantic_scholar

ID = "0123456789abcdef0123456789abcdef01234567"
DIARIES: dict[str, Any] = {
    "paperId": ID,
    "externalIds": {"ArXiv": "2503.00001", "DOI": "10.1000/ABC", "CorpusId": 27, "DBLP": ["a", "b"]},
    "url": f"https://www.semanticscholar.org/paper/{ID}",
    "title": "Diaries for  Planning Agents",
    "abstract": "An agent reads its own notes.",
    "year": 2025,
    "publicationDate": "2025-03-10",
    "authors": [{"authorId": "1", "name": "Ada Example"}, {"authorId": None, "name": "Bo Muster"}],
}
MAPS: dict[str, Any] = {
    "paperId": "f" * 40,
    "title": "Maps That Redraw Themselves",
    "abstract": None,
    "year": 2024,
}


def parse(answer: object) -> Feed:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return parse_semantic_scholar(text, location="answer.json", day=date(2025, 4, 1))


def paper(**changes: object) -> PaperRecord:
    (record,) = parse({**DIARIES, **changes}).records
    return record


class TestPapers:
    def test_every_field(self) -> None:
        assert paper() == PaperRecord(
            "Diaries for Planning Agents",
            "An agent reads its own notes.",
            published=date(2025, 3, 10),
            published_basis="stated",
            published_precision="day",
            authors=("Ada Example", "Bo Muster"),
            n_authors=2,
            url=f"https://www.semanticscholar.org/paper/{ID}",
            arxiv_id="2503.00001",
            doi="10.1000/abc",
            position="entry 1",
        )

    @pytest.mark.parametrize(
        "answer",
        [
            [DIARIES, MAPS],
            {"total": 2, "offset": 0, "data": [DIARIES, MAPS]},
            {"total": 2, "token": "PCOK", "data": [DIARIES, MAPS]},
            {"data": [{**DIARIES, "matchScore": 17.5}, MAPS]},
            {"recommendedPapers": [DIARIES, MAPS]},
            {"offset": 0, "data": [{"citingPaper": DIARIES, "isInfluential": True}, {"citingPaper": MAPS}]},
            {"offset": 0, "next": 2, "data": [{"citedPaper": DIARIES}, {"citedPaper": MAPS}]},
        ],
    )
    def test_all_shapes_say_the_same(self, answer: object) -> None:
        feed = parse(answer)
        assert feed.records[0] == paper()
        assert (feed.records[1].title, feed.records[1].position) == ("Maps That Redraw Themselves", "entry 2")
        assert (feed.records[1].published, feed.records[1].published_precision) == (date(2024, 1, 1), "year")
        assert (feed.source, feed.day, feed.rejects, feed.warnings) == (
            "semantic-scholar",
            date(2025, 4, 1),
            (),
            (),
        )

    @pytest.mark.parametrize(
        "answer",
        [{"total": 0, "offset": 0}, {"total": 0, "token": None, "data": []}, {"recommendedPapers": []}],
    )
    def test_a_page_without_a_paper_is_a_feed_without_records(self, answer: object) -> None:
        assert parse(answer) == Feed("semantic-scholar", "answer.json", date(2025, 4, 1), ())

    @pytest.mark.parametrize(
        ("changes", "published", "precision"),
        [
            ({"publicationDate": None}, date(2025, 1, 1), "year"),
            ({"publicationDate": None, "year": None}, None, "none"),
            ({"publicationDate": "soon", "year": 2024}, date(2024, 1, 1), "year"),
        ],
    )
    def test_published(self, changes: dict[str, object], published: date | None, precision: str) -> None:
        record = paper(**changes)
        assert (record.published, record.published_precision, record.updated) == (published, precision, None)

    def test_a_date_that_cannot_be_read_is_said_once(self) -> None:
        bad = {**DIARIES, "publicationDate": "soon", "year": None}
        assert parse([MAPS, bad, bad]).warnings == (
            "a stated date that cannot be read is left out (entry 2 and 1 more)",
        )

    @pytest.mark.parametrize(
        ("ids", "arxiv_id", "doi"),
        [
            ({"ArXiv": "cs/9301111", "MAG": "27"}, "cs/9301111", None),
            ({"DOI": "10.48550/arXiv.2503.00009"}, "2503.00009", None),
            ({"ArXiv": 7, "DOI": None}, None, None),
            ([], None, None),
            (None, None, None),
        ],
    )
    def test_identifiers(self, ids: object, arxiv_id: str | None, doi: str | None) -> None:
        record = paper(externalIds=ids)
        assert (record.arxiv_id, record.doi) == (arxiv_id, doi)

    def test_an_id_without_quotes_keeps_its_digits(self) -> None:
        text = json.dumps(DIARIES).replace('"2503.00001"', "2503.02130")
        assert parse(text).records[0].arxiv_id == "2503.02130"

    @pytest.mark.parametrize(
        ("changes", "url"),
        [
            ({"url": None}, "https://arxiv.org/abs/2503.00001"),
            ({"url": "", "externalIds": {"DOI": "10.1000/abc"}}, "https://doi.org/10.1000/abc"),
            ({"url": "javascript:0", "externalIds": None}, f"https://www.semanticscholar.org/paper/{ID}"),
            ({"url": None, "externalIds": None, "paperId": "../admin"}, None),
        ],
    )
    def test_address(self, changes: dict[str, object], url: str | None) -> None:
        assert paper(**changes).url == url

    def test_withdrawn(self) -> None:
        assert paper(abstract="This paper has been withdrawn by the authors.").is_withdrawn

    def test_token(self) -> None:
        assert next_token('{"total": 2, "token": "PCOK", "data": []}') == "PCOK"
        assert next_token('{"total": 2, "token": null, "data": []}') is None
        with pytest.raises(InputError, match="Too Many Requests"):
            next_token('{"message": "Too Many Requests", "code": "429"}')


class TestWhatIsNoPaper:
    @pytest.mark.parametrize(
        ("bad", "reason"),
        [
            (None, "an id that Semantic Scholar does not know"),
            ({**DIARIES, "title": None}, "a paper without a title"),
            ({"citedPaper": None}, "an id that Semantic Scholar does not know"),
            ({"authorId": "1", "name": "Ada Example"}, "authors"),
            ("text", "a text in place of a paper"),
            ([DIARIES], "an array of 1 in place of a paper"),
        ],
    )
    def test_one_bad_entry_costs_no_other(self, bad: object, reason: str) -> None:
        feed = parse([DIARIES, bad, MAPS])
        assert [record.position for record in feed.records] == ["entry 1", "entry 3"]
        assert [(reject.position, reject.reason) for reject in feed.rejects] == [("entry 2", reason)]

    def test_a_batch_of_unknown_ids_is_a_feed(self) -> None:
        assert len(parse("[null, null]").rejects) == 2

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                '{"error": "Paper with id 0 not found"}',
                "error of Semantic Scholar (Paper with id 0 not found)",
            ),
            ('{"message": "Too Many Requests", "code": "429"}', "Too Many Requests"),
            ('[{"authorId": "1", "name": "Ada"}, null]', "holds authors of Semantic Scholar"),
            ('["2024-10-08", "2024-10-15"]', "holds releases or data sets"),
            (
                '{"total": 1, "offset": 0, "data": [{"paperId": "1", "year": 2025}]}',
                "ask with fields=title,abstract,",
            ),
            ('{"data": {"paperId": "1"}}', "is an object with 'data'"),
            ("{}", "an empty object"),
            ('"text"', "is a text"),
            ('{"title": "cut', "cut off"),
            ("[" * 100_000, "nested too deep"),
            ("", "is empty"),
        ],
    )
    def test_what_is_no_answer_is_one_clear_line(self, text: str, message: str) -> None:
        with pytest.raises(InputError) as caught:
            parse(text)
        assert message in str(caught.value)
        assert str(caught.value).startswith("answer.json ")
        assert "\n" not in str(caught.value)


@pytest.mark.shared
class TestSharedAnswers:
    def text(self, shared_dir: Path, name: str) -> str:
        return (shared_dir / "api_samples/semantic_scholar" / f"{name}.json").read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        ("name", "n_records", "n_rejects"),
        [
            ("Paper_full_fields_citations_cut_to_5", 1, 0),
            ("empty_paginated_results", 0, 0),
            ("get_author_papers", 100, 0),
            ("get_paper", 1, 0),
            ("get_paper_citations", 100, 0),
            ("get_paper_references", 50, 0),
            ("get_paper_references_1", 17, 0),
            ("get_papers_not_found_warning", 3, 1),
            ("get_recommended_papers", 100, 0),
            ("search_paper", 100, 0),
            ("search_paper_bulk_retrieval", 1000, 0),
            ("search_paper_match_title", 1, 0),
            ("search_paper_traversing_results", 89, 0),
        ],
    )
    def test_papers(self, shared_dir: Path, name: str, n_records: int, n_rejects: int) -> None:
        feed = parse(self.text(shared_dir, name))
        assert (len(feed.records), len(feed.rejects), feed.warnings) == (n_records, n_rejects, ())

    def test_a_whole_paper(self, shared_dir: Path) -> None:
        (record,) = parse(self.text(shared_dir, "Paper_full_fields_citations_cut_to_5")).records
        assert (record.title, record.authors) == ("Computing Machinery and Intelligence", ("A. Turing",))
        assert (record.published, record.published_precision) == (date(1950, 10, 1), "day")
        assert (record.doi, record.arxiv_id) == ("10.1093/mind/lix.236.433", None)
        assert record.abstract.startswith("I propose to consider the question")

    def test_a_whole_batch(self, shared_dir: Path) -> None:
        feed = parse(self.text(shared_dir, "get_papers_not_found_warning"))
        assert [record.published_precision for record in feed.records] == ["day", "day", "year"]
        assert [record.position for record in feed.records] == ["entry 2", "entry 3", "entry 4"]
        assert sum(len(record.authors) for record in feed.records) == 10
        assert all(record.doi and record.abstract and record.url for record in feed.records)

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("bad_query_parameters", r"error of Semantic Scholar \(Unrecognized or unsupported fields"),
            ("debug", r"error of Semantic Scholar \(Forbidden\)"),
            ("not_found", "Paper with id 0 not found"),
            ("get_author", "holds authors"),
            ("get_authors_not_found_warning", "holds authors"),
            ("search_author", "holds authors"),
            ("get_paper_authors", "holds authors"),
            ("get_available_releases", "holds releases or data sets"),
            ("get_release", "holds releases or data sets"),
            ("get_dataset_diffs", "holds releases or data sets"),
            ("get_dataset_download_links", "holds releases or data sets"),
            ("search_snippet", "holds snippets of text"),
            ("get_papers", "without the field title"),
            ("search_paper_bulk_retrieval_sorted_results_asc", "without the field title"),
        ],
    )
    def test_other_answers_are_refused_by_name(self, shared_dir: Path, name: str, message: str) -> None:
        with pytest.raises(InputError, match=message):
            parse(self.text(shared_dir, name))

    def test_tokens(self, shared_dir: Path) -> None:
        assert (next_token(self.text(shared_dir, "search_paper_bulk_retrieval")) or "").startswith(
            "PCOKWVSKJJ"
        )
        assert next_token(self.text(shared_dir, "search_paper")) is None
