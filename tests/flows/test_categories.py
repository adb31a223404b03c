"""Categories and venues are kept at ingest, whatever format states them, and reach the run's papers."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from analytics.papers import Feed, PaperRecord
from flows.sources.categories import clean_categories
from flows.sources.recognition import read_source
from flows.store import Store
from flows.store.stored_records import decode_record, encode_record

_ATOM = (
    "<feed xmlns='http://www.w3.org/2005/Atom'><id>http://arxiv.org/api/x</id><entry>"
    "<id>http://arxiv.org/abs/2503.02130v1</id><title>A Title</title>"
    "<category term='cs.LG'/><category term='cs.AI'/><category term='I.2.6; 68T05'/></entry></feed>"
)
_OAI = (
    "<OAI-PMH xmlns='http://www.openarchives.org/OAI/2.0/'><ListRecords><record><header/><metadata><arXiv>"
    "<id>2503.02130</id><created>2025-03-04</created><title>A Title</title>"
    "<categories>cs.LG cs.AI</categories></arXiv></metadata></record></ListRecords></OAI-PMH>"
)
_RSS = (
    "<rss xmlns:arxiv='http://arxiv.org/schemas/atom' version='2.0'><channel><item><title>A Title</title>"
    "<link>https://arxiv.org/abs/2503.02130</link><category>cs.LG</category><category>cs.AI</category>"
    "<arxiv:announce_type>new</arxiv:announce_type></item></channel></rss>"
)
_SNAPSHOT = json.dumps(
    {"id": "2503.02130", "title": "A Title", "abstract": "", "categories": "cs.LG cs.AI",
     "versions": [{"version": "v1", "created": "Tue, 4 Mar 2025 00:00:00 GMT"}], "update_date": "2025-03-04"}
)  # fmt: skip
_LISTING = json.dumps(
    {"id": "2503.02130", "title": "A Title", "summary": "", "abs": "", "categories": ["cs.LG", "cs.AI"]}
)
_OPENALEX = json.dumps(
    {"id": "https://openalex.org/W27", "title": "A Title", "publication_date": "2019-02-03",
     "topics": [{"display_name": "T", "subfield": {"display_name": "Artificial Intelligence"}}],
     "primary_location": {"source": {"display_name": "arXiv (Cornell University)", "type": "repository"}},
     "locations": [{"source": {"display_name": "A Journal", "type": "journal"}}]}
)  # fmt: skip
_CROSSREF = json.dumps(
    [{"DOI": "10.1000/a", "title": ["A Title"], "subject": ["Software"], "container-title": ["A Journal"]}]
)
_DBLP = (
    "<dblp><inproceedings key='a'><author>A B</author><title>A Title.</title><year>2020</year>"
    "<booktitle>ICML</booktitle></inproceedings></dblp>"
)
_BIBTEX = "@article{a,\n title = {A Title},\n journal = {A {J}ournal},\n keywords = {agents; planning}\n}\n"
_BIBTEX_PREPRINT = "@article{a,\n title = {A Title},\n journal = {arXiv preprint arXiv:1706.03762}\n}\n"
_RIS = "TY  - JOUR\nTI  - A Title\nT2  - A Journal\nKW  - agents\nKW  - planning\nER  - \n"
_OAI_DC = (
    "<OAI-PMH xmlns='http://www.openarchives.org/OAI/2.0/'><ListRecords><record><header/><metadata>"
    "<dc xmlns='http://purl.org/dc/elements/1.1/'><title>A Title</title><date>2025-03-04</date>"
    "<subject>agents</subject><subject>planning</subject></dc></metadata></record></ListRecords></OAI-PMH>"
)
_SEMANTIC_SCHOLAR = json.dumps(
    [{"paperId": "0" * 40, "title": "A Title", "venue": "", "journal": {"name": "A Journal"},
      "fieldsOfStudy": ["agents", "planning"]}]
)  # fmt: skip
_SEMANTIC_SCHOLAR_NEWER = json.dumps(
    [{"paperId": "0" * 40, "title": "A Title", "venue": "arXiv.org",
      "s2FieldsOfStudy": [{"category": "agents"}, {"category": "planning"}]}]
)  # fmt: skip
_OPENREVIEW = json.dumps(
    [{"id": "aBc-1_x", "content": {"title": {"value": "A Title"}, "venue": {"value": "A Journal"},
      "keywords": {"value": ["agents", "planning"]}}}]
)  # fmt: skip
_BIORXIV = json.dumps(
    {"messages": [{"status": "ok"}], "collection": [
        {"title": "A Title", "doi": "10.1101/2020.01.01.000001", "version": "1", "date": "2020-01-02",
         "server": "biorxiv", "category": "agents"}]}
)  # fmt: skip
_EUROPE_PMC = json.dumps(
    {"resultList": {"result": [
        {"id": "1", "source": "MED", "title": "A Title.", "authorString": "A B.",
         "keywordList": {"keyword": ["agents", "planning"]},
         "journalInfo": {"journal": {"title": "A Journal"}}}]}}
)  # fmt: skip
_PUBMED_XML = (
    "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article><Journal><Title>A Journal</Title>"
    "</Journal><ArticleTitle>A Title.</ArticleTitle></Article><KeywordList><Keyword>agents</Keyword>"
    "<Keyword>planning</Keyword></KeywordList></MedlineCitation></PubmedArticle></PubmedArticleSet>"
)
_ENDNOTE_XML = (
    "<xml><records><record><ref-type>17</ref-type><titles><title>A Title</title>"
    "<secondary-title>A Journal</secondary-title></titles><keywords><keyword>agents</keyword>"
    "<keyword>planning</keyword></keywords></record></records></xml>"
)
_PUBMED = "PMID- 1\nTI  - A Title.\nOT  - agents\nOT  - planning\nJT  - A Journal\n"
_WEB_OF_SCIENCE = "PT J\nAU Example, A\nTI A Title\nSO A Journal\nDE agents; planning\nER\n"
_ENDNOTE = "%0 Journal Article\n%T A Title\n%J A Journal\n%K agents\n%K planning\n"
_REFWORKS = "RT Journal Article\nT1 A Title\nJF A Journal\nK1 agents\nK1 planning\nER  -\n"
_NOTE_EXPRESS = "{Reference Type}: Journal Article\n{Title}: A Title\n{Journal}: A Journal\n{Keywords}: agents; planning\n"
_TABLE = "title,keywords,venue\nA Title,agents; planning,A Journal\n"
_ARXIV, _WORDS = ("cs.LG", "cs.AI"), ("agents", "planning")


@pytest.mark.parametrize(
    ("name", "text", "categories", "venue"),
    [
        pytest.param("a.xml", _ATOM, _ARXIV, None, id="atom"),
        pytest.param("a.xml", _OAI, _ARXIV, None, id="oai"),
        pytest.param("a.xml", _OAI_DC, _WORDS, None, id="oai-dc"),
        pytest.param("a.xml", _RSS, _ARXIV, None, id="rss"),
        pytest.param("a.jsonl", _SNAPSHOT + "\n", _ARXIV, None, id="snapshot"),
        pytest.param("2025-03-05.jsonl", _LISTING + "\n", _ARXIV, None, id="listing"),
        pytest.param("a.json", _OPENALEX, ("Artificial Intelligence",), "A Journal", id="openalex"),
        pytest.param("a.json", _CROSSREF, ("Software",), "A Journal", id="crossref"),
        pytest.param("a.xml", _DBLP, (), "ICML", id="dblp"),
        pytest.param("a.json", _SEMANTIC_SCHOLAR, _WORDS, "A Journal", id="semantic scholar"),
        pytest.param("a.json", _SEMANTIC_SCHOLAR_NEWER, _WORDS, None, id="its newer field names"),
        pytest.param("a.json", _OPENREVIEW, _WORDS, "A Journal", id="openreview"),
        pytest.param("a.json", _BIORXIV, ("agents",), None, id="biorxiv"),
        pytest.param("a.json", _EUROPE_PMC, _WORDS, "A Journal", id="europe pmc"),
        pytest.param("a.xml", _PUBMED_XML, _WORDS, "A Journal", id="pubmed xml"),
        pytest.param("a.nbib", _PUBMED, _WORDS, "A Journal", id="pubmed"),
        pytest.param("a.xml", _ENDNOTE_XML, _WORDS, "A Journal", id="endnote xml"),
        pytest.param("a.enw", _ENDNOTE, _WORDS, "A Journal", id="endnote"),
        pytest.param("a.txt", _WEB_OF_SCIENCE, _WORDS, "A Journal", id="web of science"),
        pytest.param("a.txt", _REFWORKS, _WORDS, "A Journal", id="refworks"),
        pytest.param("a.txt", _NOTE_EXPRESS, _WORDS, "A Journal", id="noteexpress"),
        pytest.param("a.bib", _BIBTEX, _WORDS, "A Journal", id="bibtex"),
        pytest.param("a.bib", _BIBTEX_PREPRINT, (), None, id="preprint"),
        pytest.param("a.ris", _RIS, _WORDS, "A Journal", id="ris"),
        pytest.param("a.csv", _TABLE, _WORDS, "A Journal", id="table"),
    ],
)
def test_formats_keep_categories_and_venue(
    tmp_path: Path, name: str, text: str, categories: tuple[str, ...], venue: str | None
) -> None:
    (tmp_path / name).write_text(text)
    (record,) = (record for feed in read_source(tmp_path / name) for record in feed.records)
    assert (record.categories, record.venue) == (categories, venue)


def test_a_forged_list_is_bounded() -> None:
    found = clean_categories([f"c{k}" for k in range(10_000)] + ["x" * 10_000])
    assert len(found) == 40
    assert max(map(len, found)) <= 100


def test_a_record_without_them_keeps_its_id() -> None:
    """What was stored before there were categories is the same record today."""
    assert "categories" not in encode_record(PaperRecord("A title", ""))
    record = PaperRecord("A title", "", categories=("b", "a"), venue="V")
    assert decode_record(encode_record(record)) == record


def test_the_store_merges(tmp_path: Path) -> None:
    """The longest list counts, a published record's venue."""
    plain = PaperRecord("A title", "", arxiv_id="2503.02130")
    listed = PaperRecord("A title", "", arxiv_id="2503.02130", categories=("cs.LG", "cs.AI"))
    printed = PaperRecord("A title", "", arxiv_id="2503.02130", doi="10.1/a", categories=("x",), venue="ICML")
    with Store.open(tmp_path) as store:
        for number, record in enumerate((plain, listed, printed)):
            store.ingest_feed(Feed("s", f"f{number}", date(2025, 3, 5), (record,)), seen_on=date(2025, 3, 5))
        (row,) = store.read_papers(date(2025, 3, 6)).to_dict("records")
        assert (list(row["categories"]), row["venue"]) == (["cs.LG", "cs.AI"], "ICML")
