"""Every fetcher against a server that behaves like its service, and what happens when it does not."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from datetime import date

import pytest

from flows.config.feed_settings import FeedSettings
from flows.feeds import arxiv
from flows.feeds.errors import FeedError, ServiceBusyError, TransientFeedError
from flows.feeds.fetch import fetch_page
from flows.feeds.names import FeedSpec, parse_feed_name
from flows.feeds.pace import Pace
from flows.feeds.pages import Request
from flows.feeds.paging import fetch_feeds
from flows.feeds.services import SERVICES, read_answer

TODAY = date(2025, 12, 10)
DAY = date(2025, 10, 3)
OCTOBER = (date(2025, 10, 1), date(2025, 10, 31))
KEY = "k3y-th4t-n0b0dy-may-see"
HTML = b"<!DOCTYPE html><html><head><title>Down</title></head><body>Maintenance</body></html>"


class FakeTime:
    def __init__(self):
        self.now = 0.0

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def fake_time():
    return FakeTime()


@pytest.fixture
def fake_pace(fake_time):
    return Pace(clock=lambda: fake_time.now, sleep=fake_time.sleep)


@pytest.fixture
def make_answer(loopback_server):
    return type(loopback_server.answer(None))


@pytest.fixture
def feed_settings(loopback_server):
    url = loopback_server.url
    return FeedSettings(
        daily_papers_url=url,
        arxiv_url=f"{url}/api/query",
        arxiv_oai_url=f"{url}/oai",
        openalex_url=f"{url}/",
        semantic_scholar_url=f"{url}/graph/v1",
        biorxiv_url=url,
        crossref_url=url,
        europepmc_url=url,
        contact="me@example.org",
        openalex_key=KEY,
        semantic_scholar_key=KEY,
        answer_seconds=5.0,
        daily_papers_page_size=3,
        arxiv_page_size=3,
        openalex_page_size=3,
        crossref_page_size=3,
        europepmc_page_size=3,
        allow_private_feeds=True,
    )


@pytest.fixture
def fetch(feed_settings, fake_pace):
    """All parts of a feed by its name, each request tried once or, on demand, again."""

    def fetch_named(name, *windows, tries=1):
        def read(service, request):
            for left in reversed(range(tries)):
                try:
                    return fetch_page(service, request, feed_settings, pace=fake_pace)
                except TransientFeedError:
                    if not left:
                        raise
            raise AssertionError

        spec = parse_feed_name(name, today=TODAY)
        return list(fetch_feeds(spec, windows or ([spec.window] if spec.window else []), feed_settings, read))

    return fetch_named


# --- servers -------------------------------------------------------------------------------------


class DailyPapersServer:
    """Pages of entries by day, number and size."""

    def __init__(self, answer, days):
        self.answer, self.days = answer, days

    def __call__(self, asked):
        assert asked.path == "/api/daily_papers"
        size, number = int(asked.params["limit"]), int(asked.params["p"])
        entries = [
            {"paper": {"id": f"2510.{n:05}", "title": f"Paper {n}", "summary": "Its text."}}
            for n in self.days.get(asked.params["date"], ())
        ]
        return self.answer(json.dumps(entries[number * size :][:size]).encode())


class ArxivServer:
    """Papers by the day of submission, oldest first, a few a page."""

    def __init__(self, answer, papers):
        self.answer, self.papers = answer, papers

    def __call__(self, asked):
        assert asked.path == "/api/query"
        assert (asked.params["sortBy"], asked.params["sortOrder"]) == ("submittedDate", "ascending")
        query = re.fullmatch(
            r"\((.+)\) AND submittedDate:\[(\d{8})0000 TO (\d{8})2359\]", asked.params["search_query"]
        )
        found = sorted(
            (day, n) for n, day in self.papers.items() if query[2] <= day.replace("-", "") <= query[3]
        )
        start = int(asked.params["start"])
        return self.answer(self.atom(found[start:][: int(asked.params["max_results"])], len(found), start))

    def atom(self, found, total, start):
        entries = "".join(
            f"<entry><id>http://arxiv.org/abs/2510.{n:05}v1</id><title>Paper {n}</title><summary>Its text."
            f"</summary><published>{day}T01:00:00Z</published><updated>{day}T01:00:00Z</updated></entry>"
            for day, n in found
        )
        return (
            '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" '
            'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"><id>http://arxiv.org/api/x</id>'
            f"<opensearch:totalResults>{total}</opensearch:totalResults>"
            f"<opensearch:startIndex>{start}</opensearch:startIndex>{entries}</feed>"
        ).encode()


class OaiServer:
    """Records by resumption token; a token is the number of the next page."""

    def __init__(self, answer, pages):
        self.answer, self.pages = answer, pages

    def __call__(self, asked):
        assert asked.path == "/oai"
        assert asked.params.pop("verb") == "ListRecords"
        token = asked.params.pop("resumptionToken", None)
        if token is None:
            window = {"from": "2025-10-01", "until": "2025-10-31"}
            assert asked.params == {"metadataPrefix": "arXiv", "set": "cs", **window}
            if not self.pages:
                return self.answer(self.document('<error code="noRecordsMatch">None.</error>'))
        # The protocol: a token stands alone.
        assert token is None or asked.params == {}
        number = int(token or 0)
        if number >= max(1, len(self.pages)):
            return self.answer(self.document('<error code="badResumptionToken">Too  old.</error>'))
        more = number + 1 if number + 1 < len(self.pages) else ""
        records = "".join(map(self.record, self.pages[number]))
        return self.answer(
            self.document(f"<ListRecords>{records}<resumptionToken>{more}</resumptionToken></ListRecords>")
        )

    def document(self, content):
        return (
            '<?xml version="1.0"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
            f"<responseDate>2025-11-01T00:00:00Z</responseDate><request>x</request>{content}</OAI-PMH>"
        ).encode()

    def record(self, n):
        return (
            f"<record><header><identifier>oai:arXiv.org:2510.{n:05}</identifier>"
            "<datestamp>2025-10-05</datestamp><setSpec>cs</setSpec></header><metadata>"
            f'<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>2510.{n:05}</id><created>2025-10-04</created>'
            f"<title>Paper {n}</title><abstract>Its text.</abstract></arXiv></metadata></record>"
        )


class OpenAlexServer:
    """Works by cursor; the last full page holds a cursor to an empty one, as the real service's does."""

    def __init__(self, answer, numbers):
        self.answer, self.numbers = answer, numbers

    def __call__(self, asked):
        assert asked.path == "/works"
        assert asked.params["api_key"] == KEY
        assert asked.params["mailto"] == "me@example.org"
        cursor, size = asked.params["cursor"], int(asked.params["per-page"])
        start = 0 if cursor == "*" else int(cursor.removeprefix("after="))
        shown = self.numbers[start:][:size]
        works = [
            {
                "id": f"https://openalex.org/W{n}",
                "doi": f"https://doi.org/10.1000/{n}",
                "title": f"Paper {n}",
                "publication_date": "2025-10-04",
                "abstract_inverted_index": {"Its": [0], "text.": [1]},
            }
            for n in shown
        ]
        following = f"after={start + size}" if shown else None
        meta = {"count": len(self.numbers), "per_page": size, "next_cursor": following}
        return self.answer(json.dumps({"meta": meta, "results": works}).encode())


class SemanticScholarServer:
    """Papers by token, three a page."""

    def __init__(self, answer, numbers):
        self.answer, self.numbers = answer, numbers

    def __call__(self, asked):
        assert asked.path == "/graph/v1/paper/search/bulk"
        assert asked.headers["x-api-key"] == KEY
        assert asked.params["query"] == "self-improving agents"
        assert asked.params["publicationDateOrYear"] == "2025-10-01:2025-10-31"
        start = int(asked.params.get("token", "0"))
        papers = [
            {
                "paperId": f"{n:040}",
                "title": f"Paper {n}",
                "abstract": "Its text.",
                "externalIds": {"ArXiv": f"2510.{n:05}"},
                "publicationDate": "2025-10-04",
            }
            for n in self.numbers[start:][:3]
        ]
        token = str(start + 3) if start + 3 < len(self.numbers) else None
        return self.answer(json.dumps({"total": len(self.numbers), "token": token, "data": papers}).encode())


class PreprintServer:
    """Preprints by the number of the first in the address, three a page."""

    def __init__(self, answer, numbers):
        self.answer, self.numbers = answer, numbers

    def __call__(self, asked):
        server, first, last, cursor = re.fullmatch(
            r"/details/(\w+)/([\d-]+)/([\d-]+)/(\d+)/json", asked.path
        ).groups()
        assert (first, last) == ("2025-10-01", "2025-10-31")
        assert asked.params == ({"category": "cell_biology"} if server == "medrxiv" else {})
        shown = self.numbers[int(cursor) :][:3]
        message = {
            "status": "ok",
            "cursor": int(cursor),
            "count": len(shown),
            "total": str(len(self.numbers)),
        }
        found = [
            {
                "doi": f"10.1101/2025.10.04.{n:06}",
                "title": f"Paper {n}",
                "date": "2025-10-04",
                "version": "1",
                "server": server,
            }
            for n in shown
        ]
        return self.answer(json.dumps({"messages": [message], "collection": found}).encode())


class CrossrefServer:
    """Works by cursor, which every page has."""

    def __init__(self, answer, numbers):
        self.answer, self.numbers = answer, numbers

    def __call__(self, asked):
        assert asked.path == "/works"
        assert asked.params["query.bibliographic"] == "self-improving agents"
        assert asked.params["filter"] == "from-pub-date:2025-10-01,until-pub-date:2025-10-31"
        assert asked.params["mailto"] == "me@example.org"
        cursor, size = asked.params["cursor"], int(asked.params["rows"])
        start = 0 if cursor == "*" else int(cursor)
        items = [
            {"DOI": f"10.1000/{n}", "title": [f"Paper {n}"], "issued": {"date-parts": [[2025, 10, 4]]}}
            for n in self.numbers[start:][:size]
        ]
        message = {"items": items, "next-cursor": str(start + size), "total-results": len(self.numbers)}
        answer = {"status": "ok", "message-type": "work-list", "message": message}
        return self.answer(json.dumps(answer).encode())


class EuropePmcServer:
    """Results by mark, which every page has."""

    def __init__(self, answer, numbers):
        self.answer, self.numbers = answer, numbers

    def __call__(self, asked):
        assert asked.path == "/search"
        assert asked.params["query"] == "(tafenoquine) AND FIRST_PDATE:[2025-10-01 TO 2025-10-31]"
        mark, size = asked.params["cursorMark"], int(asked.params["pageSize"])
        start = 0 if mark == "*" else int(mark)
        results = [
            {"id": str(n), "source": "MED", "title": f"Paper {n}.", "firstPublicationDate": "2025-10-04"}
            for n in self.numbers[start:][:size]
        ]
        answer = {"hitCount": 7, "nextCursorMark": str(start + size), "resultList": {"result": results}}
        return self.answer(json.dumps(answer).encode())


RSS = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>A feed</title><link>https://a.org</link>'
    b"<item><title>Paper 1</title><link>https://arxiv.org/abs/2510.00001</link><description>Its text."
    b"</description><pubDate>Sat, 04 Oct 2025 10:00:00 GMT</pubDate></item></channel></rss>"
)
NUMBERS = list(range(1, 8))
ARXIV_PAPERS = {n: f"2025-10-{n:02}" for n in NUMBERS}
SERVERS = {
    "daily-papers": lambda answer: DailyPapersServer(answer, {"2025-10-03": NUMBERS}),
    "arxiv": lambda answer: ArxivServer(answer, ARXIV_PAPERS),
    "arxiv-oai": lambda answer: OaiServer(answer, [NUMBERS[:3], NUMBERS[3:6], NUMBERS[6:]]),
    "openalex": lambda answer: OpenAlexServer(answer, NUMBERS),
    "semantic-scholar": lambda answer: SemanticScholarServer(answer, NUMBERS),
    "biorxiv": lambda answer: PreprintServer(answer, NUMBERS),
    "medrxiv": lambda answer: PreprintServer(answer, NUMBERS),
    "crossref": lambda answer: CrossrefServer(answer, NUMBERS),
    "europepmc": lambda answer: EuropePmcServer(answer, NUMBERS),
    "rss": lambda answer: lambda asked: answer(RSS),
}
NAMES = {
    "daily-papers": "daily-papers:2025-10-03",
    "arxiv": "arxiv:cat:cs.AI 2025-10",
    "arxiv-oai": "arxiv-oai:cs 2025-10",
    "openalex": "openalex:primary_topic.id:T10028 2025-10",
    "semantic-scholar": "semantic-scholar:self-improving agents 2025-10",
    "biorxiv": "biorxiv:2025-10",
    "medrxiv": "medrxiv:cell biology 2025-10",
    "crossref": "crossref:self-improving agents 2025-10",
    "europepmc": "europepmc:tafenoquine 2025-10",
}
REQUESTS = {
    "daily-papers": 3,
    "arxiv": 3,
    "arxiv-oai": 3,
    "openalex": 4,
    "semantic-scholar": 3,
    "biorxiv": 3,
    "medrxiv": 3,
    "crossref": 3,
    "europepmc": 3,
}
every_service = pytest.mark.parametrize("service", NAMES)


def titles(parts):
    return [record.title for part in parts for record in part.records]


EXPECTED = [f"Paper {n}" for n in NUMBERS]


# --- laws of every service -----------------------------------------------------------------------


@every_service
def test_all_pages_come_once_and_only_the_last_part_is_last(service, fetch, loopback_server, make_answer):
    loopback_server.answer = SERVERS[service](make_answer)
    parts = fetch(NAMES[service])
    assert titles(parts) == EXPECTED
    assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True]
    assert all(part.failure is None and not part.rejects for part in parts)
    assert len(loopback_server.asked) == REQUESTS[service]
    spec = parse_feed_name(NAMES[service], today=TODAY)
    for part in parts:
        assert (part.source, part.name) == (SERVICES[service].source, spec.identity)
        assert part.window == spec.window
        assert part.location == NAMES[service].partition(":")[2].replace(
            "2025-10", "2025-10-01..2025-10-31", service != "daily-papers"
        )
        assert part.day == (DAY if service == "daily-papers" else None)


@every_service
def test_three_500s_then_success_loses_nothing(service, fetch, loopback_server, make_answer):
    server, count = SERVERS[service](make_answer), itertools.count()
    # The second page fails three times.
    loopback_server.answer = lambda asked: (
        make_answer(b"oops", status=500) if 1 <= next(count) <= 3 else server(asked)
    )
    parts = fetch(NAMES[service], tries=4)
    assert titles(parts) == EXPECTED
    assert parts[-1].failure is None
    assert len(loopback_server.asked) == REQUESTS[service] + 3


@every_service
@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"body": b"oops", "status": 500}, r"failed \(status 500\): oops"),
        ({"body": b"slow down", "status": 429}, r"asks for a pause \(status 429\): slow down"),
        ({"body": b"[{", "cut": True}, "cut its answer off"),
        ({"body": HTML}, "cannot be read: "),
        ({"body": b""}, "gave an empty answer"),
        ({"body": b"\x89PNG\r\n\x1a\n\x00\x00"}, "cannot be read: "),
        ({"body": b"no", "status": 400}, r"refuses the request \(status 400\): no"),
        ({"body": b"", "status": 302, "headers": {"Location": "http://localhost/"}}, "another host"),
    ],
)
def test_a_fault_on_the_second_page_keeps_the_first(
    service, fault, says, fetch, loopback_server, make_answer
):
    server, count = SERVERS[service](make_answer), itertools.count()
    loopback_server.answer = lambda asked: server(asked) if next(count) == 0 else make_answer(**fault)
    parts = fetch(NAMES[service])
    assert titles(parts) == EXPECTED[:3]
    assert [part.is_last for part in parts] == [False, True]
    assert re.search(says, parts[-1].failure)
    assert "\n" not in parts[-1].failure
    assert KEY not in parts[-1].failure
    assert parts[0].name == parts[1].name
    assert (parts[0].source, parts[0].location) == (parts[1].source, parts[1].location)
    assert parts[0].window == parts[1].window


@every_service
def test_half_a_document_is_transient(service, feed_settings, loopback_server, make_answer):
    """A body that came whole by its length, but was cut by whoever made it."""
    server = SERVERS[service](make_answer)
    loopback_server.answer = lambda asked: make_answer(server(asked).body[:-30])
    spec = parse_feed_name(NAMES[service], today=TODAY)
    with pytest.raises(TransientFeedError, match=r"^an answer of 127\.0\.0\.1 cannot be read: "):
        fetch_page(service, SERVICES[service].first_request(spec, spec.window, feed_settings), feed_settings)


@every_service
def test_no_papers_is_one_feed_without_records(service, fetch, loopback_server, make_answer):
    empty = {
        "daily-papers": lambda: DailyPapersServer(make_answer, {}),
        "arxiv": lambda: ArxivServer(make_answer, {}),
        "arxiv-oai": lambda: OaiServer(make_answer, []),
        "openalex": lambda: OpenAlexServer(make_answer, []),
        "semantic-scholar": lambda: SemanticScholarServer(make_answer, []),
        "biorxiv": lambda: PreprintServer(make_answer, []),
        "medrxiv": lambda: PreprintServer(make_answer, []),
        "crossref": lambda: CrossrefServer(make_answer, []),
        "europepmc": lambda: EuropePmcServer(make_answer, []),
    }
    loopback_server.answer = empty[service]()
    (feed,) = fetch(NAMES[service])
    assert (feed.records, feed.rejects, feed.failure, feed.is_last) == ((), (), None, True)
    assert len(loopback_server.asked) == 1


@every_service
def test_a_page_that_repeats_for_ever_ends(service, fetch, loopback_server, make_answer):
    """Whatever is asked, the first page comes, with its cursor."""
    server = SERVERS[service](make_answer)
    first = []

    def answer(asked):
        if not first:
            first.append(server(asked))
        return first[0]

    loopback_server.answer = answer
    parts = fetch(NAMES[service])
    assert titles(parts[:1]) == EXPECTED[:3]
    assert re.search(r"repeats its (cursor|page)", parts[-1].failure)
    assert parts[-1].is_last
    assert len(loopback_server.asked) <= 3


@every_service
def test_first_requests_never_show_a_key(service, feed_settings):
    spec = parse_feed_name(NAMES[service], today=TODAY)
    request = SERVICES[service].first_request(spec, spec.window, feed_settings)
    assert KEY not in repr(request)
    assert KEY not in repr(feed_settings)


_HOSTILE = {
    "deep JSON": b"[" * 200_000,
    "deep object": b'{"a":' * 100_000,
    "deep XML": b"<feed>" + b"<a>" * 100_000,
    "a huge number": b'{"data": [' + b"9" * 10_000 + b"]}",
    "null": b"null",
    "an array": b"[null, 1, [], {}]",
    "an object of nulls": b'{"data": null, "results": null, "meta": null, "token": null}',
    "wrong types": b'{"data": 1, "results": "x", "meta": [], "token": {}}',
    "tokens of wrong types": b'{"data": [], "results": [], "meta": {"next_cursor": 7}, "token": 7}',
    "NUL": b"<feed>\x00</feed>",
    "half a character": b'{"title": "\xe2\x82',
    "a lone surrogate": b'[{"paper": {"id": "x", "title": "\\ud800"}}]',
    "entities": b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><feed>&c;</feed>',
    "a file": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><feed><entry><title>&b;</title></entry></feed>',
    "odd counts": b'<feed xmlns:o="x"><o:totalResults>-1</o:totalResults><o:startIndex>x</o:startIndex><entry/></feed>',
}  # fmt: skip


@pytest.mark.parametrize("kind", _HOSTILE)
@pytest.mark.parametrize("service", SERVICES)
def test_no_answer_raises_anything_but_a_feed_error(service, kind, feed_settings):
    spec = FeedSpec(service, "https://a.org/feed" if service == "rss" else "x")
    request = SERVICES[service].first_request(spec, (DAY, DAY), feed_settings)
    try:
        page = read_answer(service, request, _HOSTILE[kind], feed_settings)
    except FeedError as error:
        said = str(error)
    else:
        said = repr(page)
    assert "root:" not in said


# --- what is particular --------------------------------------------------------------------------


class TestDailyPapers:
    def test_every_day_is_a_feed_of_its_own(self, fetch, loopback_server, make_answer):
        loopback_server.answer = DailyPapersServer(
            make_answer, {"2025-10-03": [1, 2], "2025-10-05": [3, 4, 5]}
        )
        feeds = fetch("daily-papers:2025-10-03..2025-10-05")
        assert [(str(feed.day), len(feed.records), feed.is_last) for feed in feeds] == [
            ("2025-10-03", 2, True),
            ("2025-10-04", 0, True),
            # A full page: whether it was the last shows only when the next is asked for.
            ("2025-10-05", 3, False),
            ("2025-10-05", 0, True),
        ]
        assert [feed.window for feed in feeds] == [(feed.day, feed.day) for feed in feeds]
        assert {feed.name for feed in feeds} == {"daily-papers"}

    def test_after_three_failed_days_the_rest_is_one_failed_feed(self, fetch, loopback_server, make_answer):
        server = DailyPapersServer(make_answer, {f"2025-10-{n:02}": [n] for n in range(1, 32)})
        loopback_server.answer = lambda asked: (
            make_answer(b"x", status=500) if asked.params["date"] >= "2025-10-03" else server(asked)
        )
        feeds = fetch("daily-papers:2025-10")
        assert len(feeds) == 6
        assert [feed.failure is None for feed in feeds] == [True, True, False, False, False, False]
        assert feeds[-1].window == (date(2025, 10, 6), date(2025, 10, 31))
        assert (
            feeds[-1].failure == "2025-10-06..2025-10-31 was not asked for, because 3 feeds in a row failed"
        )
        assert feeds[-1].location == "2025-10-06..2025-10-31"
        assert len(loopback_server.asked) == 5

    def test_failed_days_apart_do_not_stop_it(self, fetch, loopback_server, make_answer):
        server = DailyPapersServer(make_answer, {})
        loopback_server.answer = lambda asked: (
            make_answer(b"x", status=500) if asked.params["date"][-1] in "1246" else server(asked)
        )
        feeds = fetch("daily-papers:2025-10-01..2025-10-07")
        assert [feed.day.day for feed in feeds if feed.failure] == [1, 2, 4, 6]
        assert len(feeds) == 7


class TestArxiv:
    def test_a_long_window_is_asked_by_months(self, fetch, loopback_server, make_answer):
        loopback_server.answer = ArxivServer(make_answer, {1: "2025-09-30", 2: "2025-10-01", 3: "2025-11-05"})
        feeds = fetch("arxiv:cat:cs.AI 2025-09-15..2025-11-05")
        assert [(feed.location, titles([feed])) for feed in feeds] == [
            ("cat:cs.AI 2025-09-15..2025-09-30", ["Paper 1"]),
            ("cat:cs.AI 2025-10-01..2025-10-31", ["Paper 2"]),
            ("cat:cs.AI 2025-11-01..2025-11-05", ["Paper 3"]),
        ]
        assert loopback_server.asked[1].params["search_query"] == (
            "(cat:cs.AI) AND submittedDate:[202510010000 TO 202510312359]"
        )

    def test_an_empty_page_before_the_end_is_asked_for_again(self, fetch, loopback_server, make_answer):
        server, count = ArxivServer(make_answer, ARXIV_PAPERS), itertools.count()
        loopback_server.answer = lambda asked: (
            make_answer(server.atom([], 7, 3)) if next(count) == 1 else server(asked)
        )
        assert titles(fetch(NAMES["arxiv"], tries=2)) == EXPECTED
        loopback_server.answer = lambda asked: make_answer(server.atom([], 7, 0))
        (feed,) = fetch(NAMES["arxiv"])
        assert feed.failure == "127.0.0.1 gave an empty page where papers 1 to 7 should follow"

    def test_a_short_page_goes_on_where_it_ended(self, fetch, loopback_server, make_answer):
        server = ArxivServer(make_answer, ARXIV_PAPERS)

        def shorten(asked):
            asked.params["max_results"] = "2"
            return server(asked)

        loopback_server.answer = shorten
        assert titles(fetch(NAMES["arxiv"])) == EXPECTED
        assert [asked.params["start"] for asked in loopback_server.asked] == ["0", "2", "4", "6"]

    def test_its_own_report_of_an_error_is_not_tried_again(self, fetch, loopback_server, make_answer):
        report = (
            b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/api/errors#bad</id>'
            b"<title>Error</title><summary>malformed query</summary></entry></feed>"
        )
        loopback_server.answer = lambda asked: make_answer(report)
        (feed,) = fetch(NAMES["arxiv"], tries=4)
        assert "malformed query" in feed.failure
        assert len(loopback_server.asked) == 1

    def test_by_id_and_by_title(self, feed_settings, loopback_server, make_answer):
        body = ArxivServer(make_answer, {}).atom([("2025-10-01", 1)], 1, 0)
        loopback_server.answer = lambda asked: make_answer(body)
        for request in (
            arxiv.id_request(["2510.00001", "cs/9301111"], feed_settings),
            arxiv.title_request('A "hard"\\ title:  AND [x]', feed_settings),
        ):
            page = fetch_page("arxiv", request, feed_settings)
            assert titles([page.feed]) == ["Paper 1"]
            assert page.next is None
        by_id, by_title = (asked.params for asked in loopback_server.asked)
        assert by_id == {"id_list": "2510.00001,cs/9301111", "max_results": "2"}
        assert by_title == {"search_query": 'ti:"A hard title: AND [x]"', "max_results": "5"}

    @pytest.mark.parametrize("count", [0, 101])
    def test_ids_are_bounded(self, count):
        with pytest.raises(ValueError, match=rf"^{count} arXiv ids in one request; 1 to 100 are allowed"):
            arxiv.id_request(["2510.00001"] * count, FeedSettings())


class TestOthers:
    def test_oai_reports_its_own_errors_and_does_not_try_again(self, fetch, loopback_server, make_answer):
        server, count = OaiServer(make_answer, [NUMBERS[:3], NUMBERS[3:]]), itertools.count()

        def forget(asked):
            if next(count) == 1:
                asked.params["resumptionToken"] = "99"
            return server(asked)

        loopback_server.answer = forget
        parts = fetch(NAMES["arxiv-oai"], tries=4)
        assert titles(parts) == EXPECTED[:3]
        assert parts[-1].failure == "127.0.0.1 reports badResumptionToken: Too old."
        assert len(loopback_server.asked) == 2

    def test_openalex_asks_for_filters_and_for_words(self, feed_settings):
        def params(query, settings=feed_settings):
            return dict(
                SERVICES["openalex"].first_request(FeedSpec("openalex", query), OCTOBER, settings).params
            )

        days = "from_publication_date:2025-10-01,to_publication_date:2025-10-31"
        assert params("primary_topic.id:T10028")["filter"] == f"primary_topic.id:T10028,{days}"
        assert "search" not in params("primary_topic.id:T10028")
        for words in ("self-improving agents", "Agents: a survey", "agents: a survey"):
            assert (params(words)["search"], params(words)["filter"]) == (words, days)
        assert "mailto" not in params("agents", FeedSettings())

    def test_a_cursor_that_comes_again_with_other_papers_ends_it(self, fetch, loopback_server, make_answer):
        def answer(asked):
            n = len(loopback_server.asked)
            works = [{"id": f"https://openalex.org/W{n}", "title": f"Paper {n}"}]
            body = json.dumps({"meta": {"next_cursor": "same"}, "results": works}).encode()
            return make_answer(body, status=200 if n < 6 else 404)

        loopback_server.answer = answer
        parts = fetch(NAMES["openalex"])
        assert titles(parts) == ["Paper 1", "Paper 2"]
        assert parts[-1].failure == "127.0.0.1 repeats its cursor: the page that follows was already given"

    def test_openalex_ends_with_an_empty_page_though_it_holds_a_cursor(
        self, fetch, loopback_server, make_answer
    ):
        body = b'{"meta": {"next_cursor": "more"}, "results": []}'
        loopback_server.answer = lambda asked: make_answer(body)
        (feed,) = fetch(NAMES["openalex"])
        assert (feed.is_last, feed.failure, len(loopback_server.asked)) == (True, None, 1)

    def test_rss_is_asked_once_and_has_no_window(self, fetch, loopback_server, make_answer):
        loopback_server.answer = SERVERS["rss"](make_answer)
        url = f"{loopback_server.url}/feed.xml?category=ai"
        (feed,) = fetch(f"rss:{url}", OCTOBER, (DAY, DAY))
        assert (feed.name, feed.location, feed.window) == (f"rss:{url}", url, None)
        assert titles([feed]) == ["Paper 1"]
        assert [asked.params for asked in loopback_server.asked] == [{"category": "ai"}]

    def test_rss_that_fails_is_a_failed_feed(self, fetch, loopback_server, make_answer):
        for fault in ({"body": HTML}, {"body": b"x", "status": 404}, {"body": RSS, "cut": True}):
            loopback_server.answer = lambda asked, fault=fault: make_answer(**fault)
            (feed,) = fetch(f"rss:{loopback_server.url}/")
            assert feed.failure
            assert (feed.source, feed.window, feed.is_last) == (SERVICES["rss"].source, None, True)

    def test_rss_may_not_lead_to_this_machine_unless_a_setting_says_so(
        self, feed_settings, loopback_server, make_answer
    ):
        loopback_server.answer = SERVERS["rss"](make_answer)
        spec = parse_feed_name(f"rss:{loopback_server.url}/", today=TODAY)
        settings = replace(feed_settings, allow_private_feeds=False)
        (feed,) = fetch_feeds(spec, [], settings, lambda name, asked: fetch_page(name, asked, settings))
        assert "an address of this machine or of a private network" in feed.failure
        assert loopback_server.asked == []


def test_endless_pages_are_bounded(monkeypatch):
    """Each with a new cursor and new papers: only their number can end it."""
    monkeypatch.setattr("flows.feeds.paging._MOST_PAGES", 7)
    server = OpenAlexServer(lambda body: body, range(10**6))
    settings = FeedSettings(contact="me@example.org", openalex_key=KEY, openalex_page_size=1)

    def read(service, request):
        asked = type("Asked", (), {"path": "/works", "params": dict((*request.params, *request.secrets))})
        return read_answer(service, request, server(asked), settings)

    parts = list(fetch_feeds(FeedSpec("openalex", "agents"), [OCTOBER], settings, read))
    assert len(parts) == 8
    assert parts[-1].failure == "api.openalex.org has more than 7 pages; ask for fewer days at once"


# --- pace ----------------------------------------------------------------------------------------


class TestPace:
    def test_pauses_by_hand(self, fake_time, fake_pace):
        times = []
        for host in ("a", "a", "b", "a"):
            fake_pace.wait(host, 3.0)
            times.append(fake_time.now)
        assert times == [0.0, 3.0, 3.0, 6.0]
        fake_pace.wait("free")
        fake_pace.wait("free")
        assert fake_time.now == 6.0

    def test_a_pause_that_was_asked_for_holds_everyone_back(self, fake_time, fake_pace):
        fake_pace.hold_back("a", 30.0)
        fake_pace.hold_back("a", 5.0)
        fake_pace.wait("b")
        assert fake_time.now == 0.0
        fake_pace.wait("a", 3.0)
        assert fake_time.now == 30.0
        fake_pace.wait("a")
        assert fake_time.now == 33.0

    def test_a_pause_asked_for_while_another_waits_reaches_it(self, fake_time):
        def sleep(seconds):
            if fake_time.now == 0.0:
                pace.hold_back("a", 60.0)
            fake_time.sleep(seconds)

        pace = Pace(clock=lambda: fake_time.now, sleep=sleep)
        pace.wait("a", 3.0)
        pace.wait("a")
        assert fake_time.now == 60.0

    def test_a_busy_service_is_left_alone_by_whoever_asks_next(
        self, feed_settings, fake_time, fake_pace, loopback_server, make_answer
    ):
        loopback_server.answer = lambda asked: make_answer(b"x", status=429, headers={"Retry-After": "42"})
        request = Request(loopback_server.url)
        for seconds in (0.0, 42.0, 84.0):
            with pytest.raises(ServiceBusyError):
                fetch_page("rss", request, feed_settings, pace=fake_pace)
            assert fake_time.now == seconds

    def test_all_of_arxiv_is_one_host(self, fake_time, fake_pace, monkeypatch):
        monkeypatch.setattr("flows.feeds.fetch.fetch_answer", lambda request, *, limits: b"<feed></feed>")
        for url in (
            "https://export.arxiv.org/api/query",
            "https://oaipmh.arxiv.org/oai",
            "https://arxiv.org/x",
            "https://notarxiv.org/x",
        ):
            fetch_page("arxiv", Request(url), FeedSettings(), pace=fake_pace)
        assert fake_time.now == 6.0


# --- real answers --------------------------------------------------------------------------------


@pytest.mark.shared
class TestRealAnswers:
    def test_daily_papers(self, shared_dir, fetch, loopback_server, make_answer):
        """39 entries in pages of 3: 13 full pages and an empty one."""
        saved = (shared_dir / "api_samples/hf_daily_papers/daily_papers_2025-10-03.json").read_bytes()
        entries = json.loads(saved)

        def answer(asked):
            size, number = int(asked.params["limit"]), int(asked.params["p"])
            return make_answer(json.dumps(entries[number * size :][:size]).encode())

        loopback_server.answer = answer
        parts = fetch("daily-papers:2025-10-03")
        assert len(set(titles(parts))) == len(entries) == 39
        assert (len(parts), parts[-1].failure) == (14, None)

    def test_arxiv_pages_of_one_query(self, shared_dir, fetch, loopback_server, make_answer):
        """Recorded pages of ten from 0 to 50; the query has many more, so the seventh is the end of the record."""
        folder = shared_dir / "api_samples/arxiv_atom"
        pages = {
            str(start): json.loads(next(folder.glob(f"q_testing_s{start}_m10_*.json")).read_text())[
                "body"
            ].encode()
            for start in range(0, 60, 10)
        }
        loopback_server.answer = lambda asked: (
            make_answer(pages[asked.params["start"]])
            if asked.params["start"] in pages
            else make_answer(b"", status=404)
        )
        parts = fetch("arxiv:all:testing 2025-10")
        assert [len(part.records) for part in parts] == [10] * 6 + [0]
        assert parts[-1].failure == "127.0.0.1 refuses the request (status 404)"

    def test_arxiv_reports_of_errors_and_of_nothing(self, shared_dir, feed_settings):
        folder = shared_dir / "api_samples/arxiv_atom"
        request = arxiv.id_request(["x"], feed_settings)
        nothing = json.loads(next(folder.glob("id_0000.0000_*")).read_text())["body"].encode()
        assert read_answer("arxiv", request, nothing, feed_settings).feed.records == ()
        error = json.loads(next(folder.glob("id_abc_*")).read_text())["body"].encode()
        with pytest.raises(FeedError, match="incorrect id format for abc") as caught:
            read_answer("arxiv", request, error, feed_settings)
        assert not isinstance(caught.value, TransientFeedError)

    def test_oai(self, shared_dir, feed_settings):
        spec = FeedSpec("arxiv-oai", "physics:hep-ex")
        request = SERVICES["arxiv-oai"].first_request(spec, OCTOBER, feed_settings)
        folder = shared_dir / "api_samples"
        page = read_answer(
            "arxiv-oai",
            request,
            (folder / "oai_arxivraw/ListRecordsResponse.xml").read_bytes(),
            feed_settings,
        )
        assert len(page.feed.records) == 6
        assert dict(page.next.params).keys() == {"verb", "resumptionToken"}
        for name, code in (
            ("BadResumptionToken", "badResumptionToken"),
            ("BadArgument", "badArgument"),
            ("BadVerb", "badVerb"),
        ):
            with pytest.raises(FeedError, match=f"^127.0.0.1 reports {code}: ") as caught:
                read_answer(
                    "arxiv-oai",
                    request,
                    (folder / f"oai_arxivraw/ErrorResponse{name}.xml").read_bytes(),
                    feed_settings,
                )
            assert not isinstance(caught.value, TransientFeedError)
        empty = (folder / "oai_arxivraw/ErrorResponseNoRecordsMatch.xml").read_bytes()
        assert read_answer("arxiv-oai", request, empty, feed_settings).feed.records == ()

    def test_semantic_scholar_bulk(self, shared_dir, feed_settings):
        content = (shared_dir / "api_samples/semantic_scholar/search_paper_bulk_retrieval.json").read_bytes()
        request = SERVICES["semantic-scholar"].first_request(
            FeedSpec("semantic-scholar", "x"), OCTOBER, feed_settings
        )
        page = read_answer("semantic-scholar", request, content, feed_settings)
        saved = json.loads(content)
        assert len(page.feed.records) + len(page.feed.rejects) == len(saved["data"]) == 1000
        assert dict(page.next.params)["token"] == saved["token"]
        assert page.next.headers == (("x-api-key", KEY),)

    def test_openalex_cursor(self, shared_dir, feed_settings):
        folder = shared_dir / "api_samples/openalex"
        answer = json.loads((folder / "works_list_meta_d-camargo.json").read_text())
        answer["results"] = [json.loads((folder / "mmgeorge_work.json").read_text())]
        request = SERVICES["openalex"].first_request(FeedSpec("openalex", "x"), OCTOBER, feed_settings)
        page = read_answer("openalex", request, json.dumps(answer).encode(), feed_settings)
        assert len(page.feed.records) == 1
        assert dict(page.next.params)["cursor"] == answer["meta"]["next_cursor"]
        assert page.next.secrets == (("api_key", KEY),)
