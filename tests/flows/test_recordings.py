"""Recorded answers of every service, played to its feed or read as files; one that nothing plays fails.

`recordings/` holds what the services answered, cut to a few papers: titles, names, identifiers and days are
theirs, abstracts are in our words, and people who only sent or collected a paper are Ada Example. The table
`FEEDS` tells which request each page answers, `FILES` what a person would save and read from disk.
`EXPECTED` has one line for each paper: id, day and its precision, number of authors and the first, the first
words of title and abstract.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.config.feed_settings import FeedSettings
from flows.feeds.fetch import fetch_page
from flows.feeds.names import parse_feed_name
from flows.feeds.pace import Pace
from flows.feeds.paging import fetch_feeds
from flows.ingest import ingest_source
from flows.sources.recognition import read_source
from flows.store import Store
from tests.flows.conftest import AskedRequest, LoopbackAnswer, LoopbackServer

FOLDER = Path(__file__).parent / "recordings"
TODAY = date(2026, 11, 28)

FEEDS: dict[str, dict[str, str]] = {
    "daily-papers:2024-05-27": {"/api/daily_papers?date=2024-05-27&p=0": "daily-papers-2024-05-27.json"},
    "daily-papers:2026-08-21": {"/api/daily_papers?date=2026-08-21&p=0": "daily-papers-2026-08-21.json"},
    "arxiv:all:testing 2022-02": {"/api/query?start=0": "arxiv-1.xml", "/api/query?start=1": "arxiv-2.xml"},
    "arxiv-oai:physics:hep-th 2017-12": {
        "/oai?set=physics:hep-th&metadataPrefix=arXiv": "arxiv-oai-1.xml",
        "/oai?resumptionToken=726959|1001": "arxiv-oai-2.xml",
    },
    "openalex:doi:10.7717/peerj.4375 2018": {
        "/works?cursor=*": "openalex-1.json",
        "/works?cursor=IlszOTM4LjY1MjMsIDEzNTMyODMyMDAwMDAsICdodHRwczovL29wZW5hbGV4Lm9yZy9XMTU4MjM2ODIxMCddIg==": (
            "openalex-2.json"
        ),
    },
    "semantic-scholar:kubernetes 2020": {
        "/graph/v1/paper/search/bulk?token=PCOKWVSKJJGM4TWNJNI3EUSQJIWVNUSRKBFEYK2JFUBHFI4VJRJU2DOMSMGIYLGMZRG4YDJMCJGS3"
        "DIN2PGJGLKNFRGYZTINZXGFELETJQJ42DKNSVRGWAOXLUJSW": "semantic-scholar-2.json",
        "/graph/v1/paper/search/bulk?query=kubernetes": "semantic-scholar-1.json",
    },
    "biorxiv:2019-05-01..2019-10-31": {"/details/biorxiv/2019-05-01/2019-10-31/0/json": "biorxiv.json"},
    "crossref:open access articles 2018..2026": {"/works?cursor=*": "crossref.json"},
    "europepmc:peerj 2017..2018": {"/search?cursorMark=*": "europepmc.json"},
    "rss:https://example.org/feed": {"/feed": "rss.xml"},
}
"""Feeds by name, and the recordings by what is asked for; the first whose parameters were all given answers."""

FILES = [
    *("acl-anthology.xml", "arxiv-raw.xml", "dublin-core.xml", "openreview.json", "openreview-list.json"),
    *("semantic-scholar-batch.json", "zotero.json"),
]
ERRORS = {
    "arxiv-error.xml": ("arxiv:abc 2022-02", "incorrect id format for abc"),
    "arxiv-oai-none.xml": ("arxiv-oai:moo 2015-06", ""),
    "europepmc-error.json": ("europepmc:peerj 2018", "Invalid page size provided"),
    "semantic-scholar-error.json": ("semantic-scholar:kubernetes 2020", "Unrecognized or unsupported fields"),
}
"""Reports of errors and of nothing found: the feed that is answered so, and what its user is told."""

EXPECTED = """
acl-anthology.xml
doi:10.18653/v1/2024.eacl-long.1 | 2024-03-01 month | 4: Xin Quan | Enhancing Ethical Explanations | Reasons that a language

arxiv-1.xml
arxiv:2202.12139 | 2022-02-24 day | 3: Mohit Kumar Ahuja | Testing Deep Learning Models: | Ways of testing software

arxiv-2.xml
arxiv:2405.13786 | 2024-05-22 day | 4: Aurora Ramírez | Towards Explainable Test Case | Models that rank test

arxiv-oai-1.xml
arxiv:1412.8323 | 2014-12-29 day | 1: Philipp A Hoehn | Toolbox for reconstructing qua | Qubits are derived from
arxiv:1507.07790 | 2015-07-28 day | 2: Luis B. Castro | Relativistic quantum dynamics | Bosons of spin one

arxiv-oai-2.xml
arxiv:1607.01710 | 2016-07-06 day | 5: R. A. C. Correa | Refinements of the Weyl pure g | An entropy of shapes

arxiv-raw.xml
arxiv:0704.0471 | 2007-04-03 day | 3: D.V. Shetty | Density dependence of the symm | Collisions of nuclei are
arxiv:0704.0716 | 2007-04-05 day | 1: Christoph Richard | Limit distributions and scalin | Counting polygons leads to

biorxiv.json
doi:10.1101/641381 | 2019-05-17 day | 8: H. Tachiwana | Chromatin structure-dependent | Where a histone variant
doi:10.1101/641381 | undated | 8: H. Tachiwana | Chromatin structure-dependent | Where a histone variant

crossref.json
doi:10.7717/peerj.4375 | 2018-02-13 day | 9: Heather Piwowar | The state of OA: a large-scale | How many articles can
doi:10.3791/20970 | 2026-09-03 day | no authors | CRISPR-Mediated Base Editing T | no abstract

daily-papers-2024-05-27.json
arxiv:2405.15738 | 2024-05-24 day | 9: Chunjiang Ge | ConvLLaVA: Hierarchical Backbo | A vision-language model whose
arxiv:2405.15574 | 2024-05-24 day | 4: Byung-Kwan Lee | Meteor: Mamba-based Traversal | A state-space model reads

daily-papers-2026-08-21.json
arxiv:2608.19880 | 2026-08-20 day | 17: Chengsong Huang | EnvHarness: Awakening Static W | Plugins reshape a fixed
arxiv:2608.18580 | 2026-08-19 day | 13: Kou Shi | FACET: Preserving Source Inten | Tasks for terminal agents
arxiv:2608.20335 | 2026-08-20 day | 9: Yudong Jin | 4DAnyone: Create Anyone in 4D | A moving person is

dublin-core.xml
arxiv:1009.1022 | 2010-09-06 day | 2: Robert Ralowski | Complete nonmeasurability in r | Some subfamily of small
arxiv:1305.6404 | 2013-05-28 day | 1: Robert Ralowski | Note on $s_0$ nonmeasurable un | Unions of very small

europepmc.json
doi:10.1007/978-981-10-5203-3_9 | 2017-01-01 day | 2: BS Clark | Understanding the Role of lncR | Summary A review of
doi:10.7717/peerj.4375 | 2018-02-13 day | 9: Heather Piwowar | The state of OA: a large-scale | How many articles can

openalex-1.json
doi:10.7717/peerj.4375 | 2018-02-13 day | 9: Heather Piwowar | The state of OA: a large-scale | How many articles can

openreview-list.json
title:bc1e2e5376f8533d | 2025-01-01 year | 5: Aastha Kachhi | Neuroacoustic Patterns: Consta | Features of recorded speech
title:fdb418a43e2e5d59 | 2025-01-01 year | 1: Saeid Sheikhi | A Feature-Aware Federated Lear | Clients share models and

openreview.json
title:68c8609e9d545b8a | 2019-09-25 day | 10: Yang You | Large Batch Optimization for D | An optimizer with a
title:9b08f64f9ff065cf | 2019-09-25 day | 3: Shao-Hua Sun | Program Guided Agent | An agent follows a

rss.xml
arxiv:2607.28609 | 2026-07-30 day | 23: Qiushi Sun | OSReward: Instituting Standard | Judges of what agents

semantic-scholar-1.json
title:537ad14cee223ca4 | undated | no authors | Kubernetes Cluster for Automat | no abstract
title:cd5decaec4926dfa | undated | no authors | Storage events: distributed us | no abstract

semantic-scholar-2.json
title:8a66b1b2ea8ff8c4 | undated | no authors | A Container-Based of Edge Devi | no abstract

semantic-scholar-batch.json
doi:10.2139/ssrn.288970 | 2001-10-01 day | 3: Marianne Bertrand | How Much Should We Trust Diffe | Standard errors are too

zotero.json
title:4dfbf867c5faa00b | undated | 6: Tomas Akenine-Moller | Real-Time Rendering 4th: Ray T | no abstract
"""


def play(name: str, answers: dict[str, str], server: LoopbackServer) -> tuple[list[Feed], set[str]]:
    """Feeds of a name whose service gives the recordings, and the recordings that were asked for."""
    played = set()

    def answer(asked: AskedRequest) -> LoopbackAnswer:
        for request, recording in answers.items():
            parts = urlsplit(request)
            if asked.path == parts.path and dict(parse_qsl(parts.query)).items() <= asked.params.items():
                played.add(recording)
                return LoopbackAnswer((FOLDER / recording).read_bytes())
        return LoopbackAnswer(b"nothing is recorded of it", status=404)

    server.answer = answer
    settings = FeedSettings(
        daily_papers_url=server.url,
        arxiv_url=f"{server.url}/api/query",
        arxiv_oai_url=f"{server.url}/oai",
        openalex_url=server.url,
        semantic_scholar_url=f"{server.url}/graph/v1",
        biorxiv_url=server.url,
        crossref_url=server.url,
        europepmc_url=server.url,
        arxiv_page_size=1,
        allow_private_feeds=True,
    )
    pace = Pace(clock=lambda: 0.0, sleep=lambda seconds: None)
    spec = parse_feed_name(name.replace("https://example.org", server.url), today=TODAY)
    windows = [spec.window] if spec.window else []
    feeds = fetch_feeds(
        spec, windows, settings, lambda service, request: fetch_page(service, request, settings, pace=pace)
    )
    return list(feeds), played


def lines_of(feeds: list[Feed]) -> list[str]:
    return [line_of(record) for feed in feeds for record in feed.records]


def line_of(record: PaperRecord) -> str:
    day = f"{record.published} {record.published_precision}" if record.published else "undated"
    authors = f"{record.n_authors}: {record.authors[0]}" if record.authors else "no authors"
    start = " ".join(record.abstract.split()[:4]) or "no abstract"
    return f"{record.paper_id} | {day} | {authors} | {record.title[:30].strip()} | {start}"


def expected_of(*recordings: str) -> list[str]:
    return [line for recording in recordings for line in BY_RECORDING.get(recording, [])]


def by_recording() -> Iterator[tuple[str, list[str]]]:
    for block in EXPECTED.strip().split("\n\n"):
        name, *lines = block.splitlines()
        yield name, lines


BY_RECORDING = dict(by_recording())


def test_every_recording_is_played_and_every_one_that_is_played_is_there() -> None:
    played = [recording for answers in FEEDS.values() for recording in answers.values()]
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted([*played, *FILES, *ERRORS])


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_gives_the_papers_of_its_recordings(name: str, loopback_server: LoopbackServer) -> None:
    feeds, played = play(name, FEEDS[name], loopback_server)
    assert played == set(FEEDS[name].values())
    assert [feed.failure for feed in feeds] == [None] * len(feeds)
    assert feeds[-1].is_last
    assert lines_of(feeds) == expected_of(*sorted(played))


@pytest.mark.parametrize("recording", [one for answers in FEEDS.values() for one in answers.values()])
def test_a_saved_answer_is_read_like_a_live_one(recording: str) -> None:
    assert lines_of(list(read_source(FOLDER / recording))) == expected_of(recording)


@pytest.mark.parametrize("recording", FILES)
def test_files_give_their_papers(recording: str) -> None:
    assert lines_of(list(read_source(FOLDER / recording))) == expected_of(recording)


@pytest.mark.parametrize("recording", ERRORS)
def test_reports_of_errors_are_passed_on(recording: str, loopback_server: LoopbackServer) -> None:
    name, says = ERRORS[recording]
    path = {"arxiv": "/api/query", "arxiv-oai": "/oai", "europepmc": "/search"}.get(
        name.partition(":")[0], "/graph/v1/paper/search/bulk"
    )
    (feed,), played = play(name, {path: recording}, loopback_server)
    assert played == {recording}
    assert feed.records == ()
    assert says in (feed.failure or "")
    if says:
        with pytest.raises(InputError, match=says):
            list(read_source(FOLDER / recording))


def test_one_article_of_three_services_is_one_paper(tmp_path: Path) -> None:
    recordings = ("openalex-1.json", "crossref.json", "europepmc.json")
    for number, order in enumerate(itertools.permutations(recordings)):
        for recording in order:
            ingest_source(str(FOLDER / recording), tmp_path / str(number), TODAY)
        with Store.open(tmp_path / str(number)) as store:
            papers = store.read_papers(TODAY)
        assert sorted(papers.paper_id) == [
            "doi:10.1007/978-981-10-5203-3_9",
            "doi:10.3791/20970",
            "doi:10.7717/peerj.4375",
        ]
