"""From sources to the store: what is asked for again, what a failure leaves, what is looked up, what is kept."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.analysis.steps import read_day
from flows.commands.output_lines import feed_lines, paper_lines
from flows.config.feed_settings import FeedSettings
from flows.config.settings import Settings, load_settings
from flows.feeds.date_lookup import MOST_TITLES, look_up_dates
from flows.feeds.errors import FeedError
from flows.feeds.fetch import fetch_page
from flows.feeds.names import named_feed, parse_feed_name
from flows.feeds.pages import Page, Request
from flows.ingest import fetch_into_store, fill_missing_dates, ingest_source
from flows.store import Store

TODAY = date(2025, 10, 20)

pytestmark = pytest.mark.usefixtures("database")


def entry(day: str, number: int = 1) -> dict[str, object]:
    """One entry of Daily Papers, of a paper of its own for each day and number."""
    return {
        "paper": {
            "id": f"2510.{day[-2:]}{number:03d}",
            "title": f"A paper of {day}, number {number}",
            "summary": "Its text.",
            "publishedAt": f"{day}T08:00:00.000Z",
        }
    }


class Service:
    """Daily Papers as a function: one paper a day, some days down; remembers what it was asked."""

    def __init__(self, *down: str) -> None:
        self.down = set(down)
        self.asked: list[str] = []

    def __call__(self, service: str, request: Request) -> Page:
        assert service == "daily-papers"
        day = dict(request.params)["date"]
        self.asked.append(day)
        if day in self.down:
            raise FeedError(f"the service answered 500 for {day}")
        paper = entry(day)["paper"]
        record = PaperRecord(
            paper["title"], paper["summary"], date.fromisoformat(day), "stated", "day", arxiv_id=paper["id"]
        )
        return Page(Feed("daily-papers", request.location, None, (record,)))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return load_settings({"workspace": tmp_path / "w"})


def fetch(settings: Settings, service: Service, text: str, today: date = TODAY) -> dict[str, object]:
    spec = parse_feed_name(text, today=today)
    assert spec is not None
    return fetch_into_store(spec, settings, today, service)


class TestIncremental:
    def test_settled_days_are_asked_for_once(self, settings):
        service = Service()
        first = fetch(settings, service, "daily-papers:2025-10-01..2025-10-10")
        assert (first["feeds"], first["new"], len(service.asked)) == (10, 10, 10)
        again = fetch(settings, service, "daily-papers:2025-10-01..2025-10-10")
        assert (again["feeds"], again["records"], len(service.asked)) == (0, 0, 10)

    def test_young_days_are_asked_for_again_until_they_are_settled(self, settings):
        """Worked by hand: an overlap of seven days; a day is settled by a look a week after it."""
        asked = []
        for today in (date(2025, 10, 10), date(2025, 10, 11), date(2025, 10, 17), date(2025, 10, 18)):
            service = Service()
            fetch(settings, service, "daily-papers:2025-10-08..2025-10-10", today)
            asked.append(service.asked)
        assert asked == [
            ["2025-10-08", "2025-10-09", "2025-10-10"],
            ["2025-10-08", "2025-10-09", "2025-10-10"],
            ["2025-10-08", "2025-10-09", "2025-10-10"],
            [],
        ]

    def test_a_look_of_a_clock_that_was_ahead_settles_nothing(self, settings):
        asked = []
        for today in (date(2027, 6, 1), date(2025, 10, 10), date(2025, 10, 20)):
            service = Service()
            fetch(settings, service, "daily-papers:2025-10-01..2025-10-10", today)
            asked.append(len(service.asked))
        # When the clock is right again, all days are asked for; then those that were young are.
        assert asked == [10, 10, 7]
        with Store.open(settings.workspace) as store:
            assert len(store.read_papers(date(2025, 10, 10))) == 10

    def test_without_a_window_it_goes_on_where_it_was(self, settings, monkeypatch):
        asked = []

        def read(_service: str, request: Request) -> Page:
            asked.append(dict(request.params)["search_query"].split("submittedDate:")[1])
            return Page(Feed("arxiv", request.location, None, ()))

        for today in (date(2025, 9, 30), date(2025, 12, 1)):
            fetch(settings, read, "arxiv:cat:cs.AI", today)
        assert asked == [
            "[202508310000 TO 202508312359]",
            "[202509010000 TO 202509302359]",
            # Everything since the last settled day, a month at a time: the pause left no hole.
            "[202509240000 TO 202509302359]",
            "[202510010000 TO 202510312359]",
            "[202511010000 TO 202511302359]",
            "[202512010000 TO 202512012359]",
        ]

    def test_a_paper_of_two_looks_is_one_with_two_sightings(self, settings):
        for today in (date(2025, 10, 3), date(2025, 10, 4)):
            fetch(settings, Service(), "daily-papers:2025-10-03", today)
        with Store.open(settings.workspace) as store:
            assert len(store.read_papers(TODAY)) == 1
            lines = list(paper_lines(store.read_paper("2510.03001")))
        assert lines[0] == "arxiv:2510.03001  (stated: arxiv:2510.03001)"
        assert "1 sightings" in lines  # the same answer twice is one look, seen again


class TestFailures:
    def test_what_came_is_kept_and_the_gap_is_marked_until_made_good(self, settings):
        counts = fetch(settings, Service("2025-10-03"), "daily-papers:2025-10-01..2025-10-05")
        assert counts["new"] == 4
        assert counts["failures"] == ["daily-papers: the service answered 500 for 2025-10-03"]
        looks = read_day(settings.workspace, TODAY).looks
        assert looks.loc[~looks["is_whole"], "start"].dt.day.tolist() == [3]
        assert list(feed_lines(looks)) == ["daily-papers: 5 reads, 4 records, up to 2025-10-05, 1 failed"]
        service = Service()
        again = fetch(settings, service, "daily-papers:2025-10-01..2025-10-05")
        assert (service.asked, again["failures"]) == (["2025-10-03"], [])

    def test_a_service_that_is_down_is_left_alone(self, settings):
        service = Service(*(f"2025-10-{day:02d}" for day in range(1, 20)))
        counts = fetch(settings, service, "daily-papers:2025-10-01..2025-10-19")
        assert service.asked == ["2025-10-01", "2025-10-02", "2025-10-03"]
        assert counts["failures"][-1].startswith("daily-papers: 2025-10-04..2025-10-19 was not asked for")

    def test_a_broken_file_of_a_day_is_a_failed_look(self, tmp_path):
        folder = tmp_path / "answers"
        folder.mkdir()
        for day in ("2025-10-01", "2025-10-02"):
            (folder / f"{day}.json").write_text(json.dumps([entry(day)]))
        (folder / "2025-10-03.json").write_text('[{"paper": {"id": ')
        (folder / "notes-2025-10-04.md").write_text("# Notes")
        counts = ingest_source(str(folder), tmp_path / "w", TODAY)
        assert (counts["new"], counts["rejected"], counts["failures"]) == (2, 2, [])
        assert [line.split()[:4] for line in counts["warnings"]] == [
            ["file", "not", "used:", "2025-10-03.json"],
            ["file", "not", "used:", "notes-2025-10-04.md"],
        ]
        with Store.open(tmp_path / "w") as store:
            looks = store.feed_looks(TODAY)
        assert looks.loc[~looks["is_whole"], "location"].tolist() == ["2025-10-03.json"]
        assert list(feed_lines(looks)) == [
            "daily-papers: 2 reads, 2 records, up to 2025-10-02",
            "unknown: 1 read, 0 records, 1 failed",
        ]


class TestDates:
    UNDATED = (
        PaperRecord("Maps That Redraw Themselves at Night", "They change.", arxiv_id="2503.00001"),
        PaperRecord("Diaries for Agents That Plan Ahead", "They read."),
        PaperRecord("A Paper That Nobody Else Knows", "Alone."),
        PaperRecord("“”", "A title without a letter."),
    )

    def read(self, _service: str, request: Request) -> Page:
        """ArXiv knows the first by its id and the second by its title, beside another one of that name."""
        params = dict(request.params)
        found = {
            "2503.00001": [PaperRecord(self.UNDATED[0].title, "", date(2025, 3, 4), "stated", "day", arxiv_id="2503.00001")],
            'ti:"Diaries for Agents That Plan Ahead"': [
                PaperRecord("Diaries for Agents that Plan Ahead", "", date(2025, 2, 1), "stated", "day", arxiv_id="2502.00009"),
                PaperRecord("More Diaries for Agents That Plan Ahead", "", date(2024, 2, 1), "stated", "day", arxiv_id="2402.00009"),
            ],
        }  # fmt: skip
        records = found.get(params.get("id_list") or params.get("search_query"), [])
        return Page(Feed("arxiv", request.location, date(2025, 10, 20), tuple(records)))

    def test_papers_without_a_day_are_looked_up_and_say_so(self, settings):
        with Store.open(settings.workspace) as store:
            store.ingest_feed(Feed("daily-papers-page", "page.txt", TODAY, self.UNDATED), seen_on=TODAY)
            looks = store.feed_looks(TODAY)
        counts, dated = fill_missing_dates(settings, TODAY, self.read)
        assert dated == {"papers": 2, "asked": 4}
        assert (counts["records"], counts["warnings"]) == (2, [])
        with Store.open(settings.workspace) as store:
            papers = store.read_papers(TODAY).set_index("paper_id")
            # A look-up is no look at a feed.
            assert len(store.feed_looks(TODAY)) == len(looks)
        assert papers.loc["arxiv:2503.00001", "published"].date() == date(2025, 3, 4)
        assert papers.loc["arxiv:2502.00009", "published_source"] == "arxiv-dates"
        assert len(papers) == 4
        assert fill_missing_dates(settings, TODAY, self.read)[1] == {"papers": 0, "asked": 2}

    def test_a_service_that_is_down_costs_one_request_and_nothing_else(self, settings):
        asked = []

        def down(_service: str, request: Request) -> Page:
            asked.append(request)
            raise FeedError("arXiv answered 503")

        with Store.open(settings.workspace) as store:
            store.ingest_feed(Feed("page", "page.txt", TODAY, self.UNDATED[1:3]), seen_on=TODAY)
        counts, dated = fill_missing_dates(settings, TODAY, down)
        assert (len(asked), dated["papers"]) == (1, 0)
        assert counts["warnings"][0].endswith("could not be looked up: arXiv answered 503")

    def test_more_titles_than_a_call_takes_are_reported(self, settings):
        with Store.open(settings.workspace) as store:
            many = [PaperRecord(f"A title of its own, number {n}", "") for n in range(MOST_TITLES + 2)]
            store.ingest_feed(Feed("page", "page.txt", TODAY, tuple(many)), seen_on=TODAY)
            undated = store.read_papers(TODAY)
        feeds = list(look_up_dates(undated, FeedSettings(), self.read))
        assert len(feeds) == MOST_TITLES + 1
        assert feeds[-1].warnings[0].startswith("2 papers were not looked up")


class TestProvenance:
    def test_every_field_names_its_look(self, tmp_path):
        listing = {"id": "2503.00001", "abs": "https://arxiv.org/abs/2503.00001", "authors": ["Ada Example"],
                   "title": "Maps That Redraw Themselves", "categories": ["cs.AI"], "summary": "They change."}  # fmt: skip
        answer = {"paper": {"id": "2503.00001", "title": "Maps That Redraw Themselves", "summary": "They change at night.",
                            "publishedAt": "2025-03-03T00:00:00Z", "upvotes": 7}}  # fmt: skip
        (tmp_path / "2025-03-05.jsonl").write_text(json.dumps(listing))
        (tmp_path / "2025-03-04.json").write_text(json.dumps([answer]))
        for name in ("2025-03-05.jsonl", "2025-03-04.json"):
            ingest_source(str(tmp_path / name), tmp_path / "w", TODAY)
        with Store.open(tmp_path / "w") as store:
            for asked in (
                "2503.00001",
                "arXiv:2503.00001v2",
                "https://arxiv.org/abs/2503.00001",
                "maps that redraw themselves!",
            ):
                assert store.read_paper(asked).paper["paper_id"] == "arxiv:2503.00001"
            history = store.read_paper("2503.00001")
            for nobody in ("2503.99999", "10.1000/none", "Another title", "", "'; DROP TABLE papers; --"):
                with pytest.raises(InputError, match="among the 1 of this workspace"):
                    store.read_paper(nobody)
        origin = {field: look.source for field, look in history.origin.items()}
        assert origin == {
            "title": "daily-papers", "abstract": "daily-papers", "published": "daily-papers",
            "authors": "arxiv-listing", "n_authors": "arxiv-listing", "categories": "arxiv-listing", "url": "daily-papers", "upvotes": "daily-papers",
        }  # fmt: skip
        lines = list(paper_lines(history))
        assert "published    2025-03-03  [daily-papers 2025-03-04.json, 2025-03-04]" in lines
        assert lines[-2:] == [
            "  2025-03-04  daily-papers  2025-03-04.json  (read 2025-10-20, 7 upvotes)",
            "  2025-03-05  arxiv-listing  2025-03-05.jsonl  (read 2025-10-20)",
        ]

    def test_a_listing_alone_is_dated_by_the_id(self, tmp_path):
        listing = {
            "id": "2503.02130",
            "abs": "x",
            "authors": [],
            "title": "Maps",
            "categories": [],
            "summary": "They.",
        }
        (tmp_path / "2025-03-05.jsonl").write_text(json.dumps(listing))
        ingest_source(str(tmp_path / "2025-03-05.jsonl"), tmp_path / "w", TODAY)
        with Store.open(tmp_path / "w") as store:
            (paper,) = store.read_papers(TODAY).to_dict("records")
        assert (paper["paper_id"], paper["published_basis"], paper["published_precision"]) == (
            "arxiv:2503.02130",
            "id_month",
            "month",
        )


def test_a_path_that_exists_is_never_a_feed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert named_feed("arxiv:cat:cs.AI", TODAY).identity == "arxiv:cat:cs.AI"
    Path("arxiv:cat:cs.AI").write_text("x")
    assert named_feed("arxiv:cat:cs.AI", TODAY) is None
    assert named_feed("x" * 5000, TODAY) is None


def test_fetched_pages_are_stored_over_the_real_client(settings, loopback_server):
    """The whole way without Prefect: guarded client, paging, parser, store."""
    make_answer = type(loopback_server.answer(None))
    loopback_server.answer = lambda asked: make_answer(
        json.dumps([entry(asked.params["date"], n) for n in range(3)]).encode()
    )
    feed_settings = FeedSettings(daily_papers_url=loopback_server.url)
    settings = settings.model_copy(update={"daily_papers_url": loopback_server.url})
    counts = fetch(
        settings, lambda s, r: fetch_page(s, r, feed_settings), "daily-papers:2025-10-01..2025-10-04"
    )
    assert (counts["feeds"], counts["new"]) == (4, 12)
    assert Counter(asked.params["date"] for asked in loopback_server.asked).most_common(1)[0][1] == 1


# --- as a user calls it ---


@pytest.mark.slow
def test_the_command_line_fetches_fails_and_goes_on(tmp_path, loopback_server, night):
    make_answer = type(loopback_server.answer(None))
    down = {"2025-10-02"}

    def answer(asked):
        day = asked.params["date"]
        return (
            make_answer(b"no", status=404) if day in down else make_answer(json.dumps([entry(day)]).encode())
        )

    loopback_server.answer = answer
    address = {"PAPERTRENDS_DAILY_PAPERS_URL": loopback_server.url, "NO_PROXY": "127.0.0.1"}
    source = "daily-papers:2025-10-01..2025-10-03"
    first = night.run("ingest", source, "--workspace", "w", "--as-of", "2025-10-30", cwd=tmp_path, **address)
    assert first.status == 1, first.err
    assert "3 feeds: 2 new papers" in first.out
    assert first.err.startswith("papertrends: daily-papers: ")
    assert "404" in first.err
    assert first.err.count("\n") == 1
    down.clear()
    again = night.run("ingest", source, "--workspace", "w", "--as-of", "2025-10-30", cwd=tmp_path, **address)
    assert (again.status, again.err) == (0, "")
    assert "1 record in 1 feed: 1 new paper" in again.out
    shown = night.run("paper", "2510.02001", "--workspace", "w", cwd=tmp_path)
    assert "A paper of 2025-10-02, number 1" in shown.out
    nobody = night.run("paper", "2510.99999", "--workspace", "w", cwd=tmp_path)
    assert nobody.status == 2
    assert "no paper '2510.99999' among the 3 of this workspace" in nobody.err


@pytest.mark.slow
def test_a_run_with_a_gap_says_so_in_its_report(tmp_path, loopback_server, night):
    """Half a year of days; one day cannot be had: its month is incomplete, in the tables, the page and the words."""
    make_answer = type(loopback_server.answer(None))

    def answer(asked):
        day = asked.params["date"]
        if day == "2025-04-09":
            return make_answer(b"gone", status=410)
        return make_answer(json.dumps([entry(day, n) for n in range(2)]).encode())

    loopback_server.answer = answer
    done = night.run(
        "run", "daily-papers:2025-01..2025-06", "--workspace", "w", "--vectorizer", "lexical", "--as-of", "2025-07-15",
        cwd=tmp_path, PAPERTRENDS_DAILY_PAPERS_URL=loopback_server.url, NO_PROXY="127.0.0.1",
    )  # fmt: skip
    assert done.status == 0, done.err
    assert "is incomplete: daily-papers failed on 2025-04-09" in done.err
    manifest = json.loads((tmp_path / "w" / "latest" / "manifest.json").read_text())
    assert [gap["name"] for gap in manifest["gaps"]] == ["daily-papers"]
    page = (tmp_path / "w" / "latest" / "report.html").read_text()
    assert "is incomplete: daily-papers failed on 2025-04-09" in page
