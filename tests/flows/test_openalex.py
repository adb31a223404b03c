"""Answers of OpenAlex: lists, single works, indexed abstracts, what is no paper, hostile indexes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.sources.openalex import next_cursor, parse_openalex

LAB = {"id": "https://openalex.org/I1", "display_name": "Example Lab"}
SCHOOL = {"id": "https://openalex.org/I2", "display_name": "Muster School"}
ADA = {
    "author": {"display_name": "Ada  Example"},
    "institutions": [LAB, SCHOOL],
    "raw_author_name": "A. Example",
}
BO = {"author": {"display_name": None}, "institutions": [LAB], "raw_author_name": "Bo Muster"}
DIARIES: dict[str, Any] = {
    "id": "https://openalex.org/W27",
    "doi": "https://doi.org/10.1000/ABC",
    "title": "Diaries for <i>Planning</i> Agents",
    "display_name": "Diaries",
    "publication_year": 2025,
    "publication_date": "2025-03-10",
    "ids": {"openalex": "https://openalex.org/W27", "doi": "https://doi.org/10.1000/abc"},
    "primary_location": {"landing_page_url": "https://doi.org/10.1000/abc", "pdf_url": None},
    "locations": [{"landing_page_url": "https://arxiv.org/abs/2503.00001v3", "pdf_url": None}],
    "type": "article",
    "authorships": [ADA, BO],
    "is_retracted": False,
    "is_paratext": False,
    "abstract_inverted_index": {"agent": [1], "An": [0], "its": [3], "reads": [2], "own": [4, 6], "and": [5]},
    "updated_date": "2026-01-02T03:04:05",
    "created_date": "2025-04-01",
}
MAPS: dict[str, Any] = {
    "id": "https://openalex.org/W28",
    "title": "Maps That Redraw Themselves",
    "type": "preprint",
}


def parse(answer: object) -> Feed:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return parse_openalex(text, location="answer.json", day=date(2025, 4, 1))


def work(**changes: object) -> PaperRecord:
    (record,) = parse({**DIARIES, **changes}).records
    return record


class TestWorks:
    def test_every_field(self) -> None:
        assert work() == PaperRecord(
            "Diaries for Planning Agents",
            "An agent reads its own and own",
            published=date(2025, 3, 10),
            published_basis="stated",
            published_precision="day",
            authors=("Ada Example", "Bo Muster"),
            n_authors=2,
            organization="Example Lab",
            url="https://doi.org/10.1000/abc",
            arxiv_id="2503.00001",
            doi="10.1000/abc",
            position="entry 1",
        )

    def test_shapes_say_the_same(self) -> None:
        listed = parse({"meta": {"count": 2}, "results": [DIARIES, MAPS]})
        assert parse([DIARIES, MAPS]) == listed
        assert parse(DIARIES).records == listed.records[:1]
        assert (listed.source, listed.location, listed.day) == ("openalex", "answer.json", date(2025, 4, 1))
        assert parse({"meta": {"count": 0}, "results": []}).records == ()

    @pytest.mark.parametrize(
        ("changes", "published", "precision"),
        [
            ({"publication_date": "2025-01-01"}, date(2025, 1, 1), "year"),
            ({"publication_date": "2025-02-01"}, date(2025, 2, 1), "day"),
            ({"publication_date": None}, date(2025, 1, 1), "year"),
            ({"publication_date": None, "publication_year": None}, None, "none"),
            ({"publication_date": "soon", "publication_year": 2024}, date(2024, 1, 1), "year"),
        ],
    )
    def test_published(self, changes: dict[str, object], published: date | None, precision: str) -> None:
        record = work(**changes)
        assert (record.published, record.published_precision, record.updated) == (published, precision, None)

    def test_a_date_that_cannot_be_read_is_said_once(self) -> None:
        bad = {**DIARIES, "publication_date": "soon", "publication_year": None}
        assert parse([DIARIES, bad, bad, MAPS]).warnings == (
            "a stated date that cannot be read is left out (entry 2 and 1 more)",
        )

    @pytest.mark.parametrize(
        ("institutions", "organization"),
        [
            ([[LAB], [LAB, SCHOOL]], "Example Lab"),
            ([[LAB], [SCHOOL]], None),
            ([[LAB], []], None),
            ([[], []], None),
            ([], None),
        ],
    )
    def test_organization_is_that_of_all_authors(
        self, institutions: list[list[Any]], organization: str | None
    ) -> None:
        assert (
            work(authorships=[{**ADA, "institutions": item} for item in institutions]).organization
            == organization
        )

    def test_a_truncated_list_of_authors_is_no_count(self) -> None:
        assert work(is_authors_truncated=True).n_authors is None
        assert work(is_authors_truncated=True, authors_count=731).n_authors == 731

    @pytest.mark.parametrize(
        "location",
        [
            {"landing_page_url": "http://arxiv.org/abs/2503.00009"},
            {"pdf_url": "https://arxiv.org/pdf/2503.00009"},
            {"landing_page_url": "https://doi.org/10.48550/arxiv.2503.00009"},
            {"id": "pmh:oai:arXiv.org:2503.00009"},
        ],
    )
    def test_arxiv_id_of_any_location(self, location: dict[str, str]) -> None:
        record = work(
            locations=[{"landing_page_url": "https://example.org"}, location], primary_location=None
        )
        assert (record.arxiv_id, record.url) == ("2503.00009", "https://arxiv.org/abs/2503.00009")

    def test_a_retracted_work_is_kept(self) -> None:
        assert work(is_retracted=True).is_withdrawn
        assert not work().is_withdrawn

    @pytest.mark.parametrize(
        ("changes", "url"),
        [
            (
                {"primary_location": {"landing_page_url": "ftp://a"}, "locations": []},
                "https://doi.org/10.1000/abc",
            ),
            (
                {"primary_location": None, "locations": None, "doi": None, "ids": None},
                "https://openalex.org/W27",
            ),
        ],
    )
    def test_address(self, changes: dict[str, object], url: str) -> None:
        assert work(**changes).url == url


class TestAbstract:
    @pytest.mark.parametrize(
        ("index", "abstract"),
        [
            ({"b": [1000000000], "a": [5]}, "a b"),
            ({"a": [0, 0], "b": [1]}, "a a b"),
            ({"a": [-1, True, None, "2", 2.5, [3]], "b": [0]}, "b"),
            ({"a": 3, "b": None, "c": [1], "d": {}}, "c"),
            ({"<jats:p>We": [0], "plan.</jats:p>": [1]}, "We plan."),
            ({}, ""),
            (None, ""),
            (["a"], ""),
        ],
    )
    def test_places_are_sorted_and_never_laid_out(self, index: object, abstract: str) -> None:
        assert work(abstract_inverted_index=index).abstract == abstract

    def test_a_place_of_many_digits_is_none(self) -> None:
        text = json.dumps(DIARIES).replace('"agent": [1]', '"agent": [' + "9" * 5_000 + "]")
        assert parse(text).records[0].abstract == "An reads its own and own"

    def test_many_words_take_time_in_proportion(
        self, assert_grows_in_proportion: Callable[..., None]
    ) -> None:
        def lay_out(size: int) -> None:
            record = work(abstract_inverted_index={f"w{n}": [2 * size - n, n] for n in range(size)})
            assert len(record.abstract.split()) == 2 * size

        assert_grows_in_proportion(lay_out, 100_000)


class TestWhatIsNoPaper:
    @pytest.mark.parametrize(
        ("bad", "reason"),
        [
            ({**DIARIES, "type": "paratext"}, "a work of the type paratext, which is no paper"),
            ({**DIARIES, "type": "peer-review"}, "type peer-review"),
            ({**DIARIES, "type": "erratum"}, "type erratum"),
            ({**DIARIES, "type": "grant"}, "type grant"),
            ({**DIARIES, "type": "dataset"}, "type dataset"),
            ({**DIARIES, "is_paratext": True}, "which is no paper"),
            ({**DIARIES, "title": None, "display_name": " "}, "a work without a title"),
            (
                {"id": "https://openalex.org/A5023888391", "display_name": "Ada Example"},
                "an author among works",
            ),
            (None, "null, no work among works"),
            ("text", "a text, no work"),
        ],
    )
    def test_one_bad_entry_costs_no_other(self, bad: object, reason: str) -> None:
        feed = parse([DIARIES, bad, MAPS])
        assert [record.position for record in feed.records] == ["entry 1", "entry 3"]
        (reject,) = feed.rejects
        assert (reject.position, reason in reject.reason) == ("entry 2", True)

    def test_a_page_of_datasets_alone_is_a_feed(self) -> None:
        assert len(parse({"meta": {}, "results": [{**DIARIES, "type": "dataset"}]}).rejects) == 1

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                '{"error": "Invalid query", "message": "titel is not a valid field"}',
                "error of OpenAlex (Invalid query: titel is",
            ),
            ('{"id": "https://openalex.org/A50", "display_name": "Ada"}', "is about an author of OpenAlex"),
            (
                '{"meta": {}, "results": [{"id": "https://openalex.org/S13"}]}',
                "is about a source of OpenAlex",
            ),
            ('{"meta": {}, "results": [], "group_by": [{"key": "2025", "count": 3}]}', "counts of groups"),
            ('{"meta": {}, "results": null}', "is an object with 'meta', 'results'"),
            ("[1, 2]", "a number or a truth value, no work"),
            ("3", "is a number or a truth value"),
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

    def test_cursor(self) -> None:
        assert next_cursor('{"meta": {"next_cursor": "Ilsz"}, "results": []}') == "Ilsz"
        assert next_cursor('{"meta": {"next_cursor": null}, "results": []}') is None
        assert next_cursor(json.dumps(DIARIES)) is None
        with pytest.raises(InputError, match="Invalid cursor"):
            next_cursor('{"error": "Invalid cursor", "message": ""}')


@pytest.mark.shared
class TestSharedAnswers:
    def test_a_real_work(self, shared_dir: Path) -> None:
        text = (shared_dir / "api_samples/openalex/mmgeorge_work.json").read_text(encoding="utf-8")
        (record,) = parse(text).records
        assert (record.published, record.published_precision) == (date(2018, 2, 13), "day")
        assert (record.doi, record.arxiv_id, record.n_authors) == ("10.7717/peerj.4375", None, 9)
        assert record.authors[-1] == "Stefanie Haustein"
        assert record.organization is None
        assert record.abstract.startswith("Despite growing interest in Open Access (OA)")
        assert len(record.abstract.split()) == 258

    def test_a_real_list_without_works(self, shared_dir: Path) -> None:
        text = (shared_dir / "api_samples/openalex/works_list_meta_d-camargo.json").read_text(
            encoding="utf-8"
        )
        assert parse(text).records == ()
        assert (next_cursor(text) or "").startswith("IlszOTM4LjY1")

    @pytest.mark.parametrize(
        "kind",
        ["author", "source", "institution", "topic", "publisher", "funder", "domain", "field", "subfield"],
    )
    def test_other_entities_are_refused_by_name(self, shared_dir: Path, kind: str) -> None:
        text = (shared_dir / f"api_samples/openalex/mmgeorge_{kind}.json").read_text(encoding="utf-8")
        with pytest.raises(
            InputError,
            match=f"is about an? {'subject' if kind in ('domain', 'field', 'subfield') else kind} of OpenAlex",
        ):
            parse(text)
