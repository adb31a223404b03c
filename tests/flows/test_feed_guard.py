"""The one client against a server that misbehaves in every way a service may."""

from __future__ import annotations

import gzip
import itertools
import json
import logging
import pickle
import socket
import threading
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.exceptions import PapertrendsError
from flows.clock import now
from flows.feeds.bodies import BodyDecoder, service_message
from flows.feeds.errors import FeedError, ServiceBusyError, TransientFeedError
from flows.feeds.guard import Limits, _redirected, fetch_answer
from flows.feeds.pages import Request
from tests.examples import examples

LIMITS = Limits(max_bytes=1_000_000, answer_seconds=5.0, connect_seconds=2.0, read_seconds=2.0)
KEY = "k3y-th4t-n0b0dy-may-see"


@pytest.fixture
def fetch(loopback_server):
    def fetch_from(path="/feed", limits=LIMITS, **request):
        return fetch_answer(Request(loopback_server.url + path, **request), limits=limits)

    return fetch_from


@pytest.fixture
def answers(loopback_server):
    """Let the server give these answers one after the other, the last one for ever."""

    def use(*given):
        rest = list(given)
        loopback_server.answer = lambda asked: rest.pop(0) if len(rest) > 1 else rest[0]

    return use


@pytest.fixture
def make_answer(loopback_server):
    """The class of an answer, without importing a conftest."""
    return type(loopback_server.answer(None))


class TestWhatIsAsked:
    def test_the_body_parameters_and_the_name_of_the_client(
        self, fetch, answers, make_answer, loopback_server
    ):
        answers(make_answer(b"papers"))
        found = fetch(
            params=(("q", "(cat:cs.AI) AND x:[1 TO 2]"), ("empty", "é")),
            headers=(("x-api-key", KEY),),
            secrets=(("api_key", KEY),),
            limits=Limits(contact="me@example.org"),
        )
        assert found == b"papers"
        (asked,) = loopback_server.asked
        assert asked.path == "/feed"
        assert asked.params == {"q": "(cat:cs.AI) AND x:[1 TO 2]", "empty": "é", "api_key": KEY}
        assert asked.headers["x-api-key"] == KEY
        assert asked.headers["User-Agent"].startswith("papertrends/")
        assert asked.headers["User-Agent"].endswith(" (+mailto:me@example.org)")

    def test_an_address_with_a_query_of_its_own_is_left_as_it_is(
        self, fetch, answers, make_answer, loopback_server
    ):
        answers(make_answer(b"papers"))
        fetch("/feed?a=1&b=x%20y")
        assert loopback_server.asked[0].params == {"a": "1", "b": "x y"}

    def test_gzip_is_decompressed(self, fetch, answers, make_answer):
        answers(make_answer(gzip.compress(b"papers" * 1000), headers={"Content-Encoding": "gzip"}))
        assert fetch() == b"papers" * 1000


class TestStatus:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (400, FeedError), (401, FeedError), (404, FeedError), (202, FeedError), (408, TransientFeedError),
            (500, TransientFeedError), (502, TransientFeedError), (429, ServiceBusyError),
            (503, ServiceBusyError),
        ],
    )  # fmt: skip
    def test_every_status_has_its_kind_and_repeats_what_the_service_says(
        self, status, kind, fetch, answers, make_answer
    ):
        answers(make_answer(b'{"error": "Unknown   field\\n x"}', status=status))
        with pytest.raises(
            FeedError, match=rf"127\.0\.0\.1 .*\(status {status}\): Unknown field x$"
        ) as caught:
            fetch()
        assert type(caught.value) is kind

    def test_no_content_and_an_empty_body_are_worth_another_try(self, fetch, answers, make_answer):
        for answer in (make_answer(status=204), make_answer(b""), make_answer(b" \r\n ")):
            answers(answer)
            with pytest.raises(TransientFeedError, match="gave an empty answer"):
                fetch()

    def test_retry_after_in_seconds_as_a_date_and_bounded(self, fetch, answers, make_answer):
        def pause(header):
            answers(make_answer(b"x", status=429, headers={} if header is None else {"Retry-After": header}))
            with pytest.raises(ServiceBusyError) as caught:
                fetch()
            return caught.value.retry_after_s

        assert pause("7") == 7.0
        assert pause("86400") == 600.0
        assert pause("9" * 5000) == 600.0
        assert pause(format_datetime(now() + timedelta(seconds=100))) == pytest.approx(100, abs=5)
        assert pause("Mon, 2 Apr 2007 19:18:42 GMT") == 0.0
        for none in (None, "soon", "-3", "1.5e3", "Fri, 99 Apr 2007 19:18:42 GMT"):
            assert pause(none) is None

    def test_used_up_credits_are_no_pause(self, fetch, answers, make_answer, monkeypatch):
        monkeypatch.setattr("flows.feeds.faults.now", lambda: datetime(2025, 10, 3, 20, 0, tzinfo=UTC))
        headers = {"X-RateLimit-Remaining": "4", "X-RateLimit-Limit": "1000", "X-RateLimit-Reset": "14400"}
        spent = headers | {"X-RateLimit-Credits-Required": "10", "Retry-After": "5"}
        answers(make_answer(b'{"message": "Insufficient credits"}', status=429, headers=spent))
        with pytest.raises(FeedError) as caught:
            fetch()
        assert not isinstance(caught.value, TransientFeedError)
        assert "the credits of the day are used up (4 of 1,000 left, 10 needed)" in str(caught.value)
        assert "it goes on at 2025-10-04 00:00 UTC" in str(caught.value)
        # With credits left it was only too fast.
        answers(make_answer(b"slow down", status=429, headers=headers | {"Retry-After": "5"}))
        with pytest.raises(ServiceBusyError, match="asks for a pause for 5 seconds"):
            fetch()

    def test_a_cut_off_error_still_counts_as_its_status(self, fetch, answers, make_answer):
        answers(make_answer(b'{"message": "slow down"}', status=429, headers={"Retry-After": "7"}, cut=True))
        with pytest.raises(ServiceBusyError, match="for 7 seconds"):
            fetch()

    def test_a_long_error_page_is_not_read_to_its_end(self, fetch, answers, make_answer, loopback_server):
        answers(make_answer(status=500, pieces=itertools.repeat(b"<b>x" * 4096, 20_000)))
        with pytest.raises(TransientFeedError) as caught:
            fetch()
        assert len(str(caught.value)) < 300
        assert loopback_server.gone.wait(5)
        assert loopback_server.sent < 30_000_000


class TestBodies:
    def test_a_body_cut_off_is_transient(self, fetch, answers, make_answer):
        for answer in (make_answer(b"half", cut=True), make_answer(pieces=iter([b"half"]), cut=True)):
            answers(answer)
            with pytest.raises(TransientFeedError, match="cut its answer off"):
                fetch()

    def test_compression_that_ends_early_or_is_damaged_is_transient(self, fetch, answers, make_answer):
        packed = gzip.compress(bytes(range(256)) * 50)
        for body in (packed[:-20], b"not gzip at all"):
            answers(make_answer(body, headers={"Content-Encoding": "gzip"}))
            with pytest.raises(TransientFeedError, match="cut its answer off"):
                fetch()

    def test_an_encoding_that_nobody_asked_for_is_refused(self, fetch, answers, make_answer):
        for encoding in ("br", "gzip, gzip", "zstd"):
            answers(make_answer(b"x", headers={"Content-Encoding": encoding}))
            with pytest.raises(FeedError, match="gzip and deflate can be read"):
                fetch()

    def test_300_mb_are_refused_before_the_first_byte_where_the_length_is_stated(
        self, fetch, answers, make_answer, loopback_server
    ):
        answers(make_answer(b"x" * 1000, headers={"Content-Length": str(300_000_000)}))
        with pytest.raises(FeedError, match="larger than the 0.953674 MB allowed") as caught:
            fetch()
        assert not isinstance(caught.value, TransientFeedError)
        assert loopback_server.sent <= 1000

    def test_300_mb_in_chunks_stop_early(self, fetch, answers, make_answer, loopback_server):
        answers(make_answer(pieces=itertools.repeat(b"x" * 100_000, 3_000)))
        with pytest.raises(FeedError, match="larger than"):
            fetch()
        assert loopback_server.gone.wait(5)
        # The bound of 1 MB and what the system buffers on both sides.
        assert loopback_server.sent < 30_000_000

    def test_a_gzip_bomb_stops_early(self, fetch, answers, make_answer):
        bomb = gzip.compress(bytes(200_000_000), compresslevel=1)
        assert len(bomb) < 1_000_000
        answers(make_answer(bomb, headers={"Content-Encoding": "gzip"}))
        with pytest.raises(FeedError, match="larger than"):
            fetch()

    def test_a_gzip_bomb_never_takes_more_memory_than_the_bound(self):
        bomb = gzip.compress(bytes(50_000_000), compresslevel=1)
        decoder = BodyDecoder("gzip", 1_000_000)
        tracemalloc.start()
        try:
            with pytest.raises(OverflowError):
                decoder.feed(bomb)
            assert tracemalloc.get_traced_memory()[1] < 5_000_000
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize("size", [1_000_000, 1_000_001])
    @pytest.mark.parametrize("packed", [False, True])
    def test_the_bound_itself_is_allowed(self, size, packed, fetch, answers, make_answer):
        body = gzip.compress(b"x" * size) if packed else b"x" * size
        answers(make_answer(pieces=iter([body]), headers={"Content-Encoding": "gzip"} if packed else {}))
        if size > LIMITS.max_bytes:
            with pytest.raises(FeedError, match="larger than"):
                fetch()
        else:
            assert len(fetch()) == size

    @examples(200)
    @given(st.binary(max_size=300), st.lists(st.integers(0, 400), max_size=6), st.integers(0, 300))
    def test_however_a_body_is_cut_into_pieces_it_is_the_same(self, body, cuts, bound):
        packed = gzip.compress(body)
        places = sorted({0, len(packed), *(cut for cut in cuts if cut < len(packed))})
        decoder = BodyDecoder("gzip", bound)
        try:
            for start, end in itertools.pairwise(places):
                decoder.feed(packed[start:end])
            assert decoder.finish() == body
            assert len(body) <= bound
        except OverflowError:
            assert len(body) > bound
            assert decoder.so_far == body[:bound]


class TestTime:
    LIMITS = Limits(answer_seconds=0.5, read_seconds=2.0)

    def test_a_slow_drip_of_the_body_ends_by_the_deadline(self, fetch, answers, make_answer):
        sent = []

        def drip():
            while True:
                time.sleep(0.05)
                sent.append(b"x")
                yield b"x"

        answers(make_answer(pieces=drip()))
        with pytest.raises(TransientFeedError, match="did not answer whole within 0.5 seconds"):
            fetch(limits=self.LIMITS)
        assert len(sent) <= 11  # one every 0.05 seconds at most, and the one that came too late

    def test_a_slow_drip_of_the_headers_ends_too(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def drip():
                connection, _ = listener.accept()
                with connection:
                    try:
                        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                        for _ in range(100):
                            time.sleep(0.05)
                            connection.sendall(b"x")
                    except OSError:
                        return

            threading.Thread(target=drip, daemon=True).start()
            with pytest.raises(TransientFeedError, match="within 0.5 seconds"):
                fetch_answer(Request(f"http://127.0.0.1:{listener.getsockname()[1]}/"), limits=self.LIMITS)

    def test_silence_is_named(self, fetch, answers, make_answer):
        answers(make_answer(pieces=(time.sleep(1) or b"x" for _ in range(2))))
        with pytest.raises(TransientFeedError, match="took too long to send anything"):
            fetch(limits=Limits(answer_seconds=5.0, read_seconds=0.2))

    def test_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with pytest.raises(TransientFeedError, match=r"^cannot reach 127\.0\.0\.1 "):
            fetch_answer(Request(f"http://127.0.0.1:{port}/"), limits=LIMITS)


class TestRedirects:
    def to(self, make_answer, location):
        return make_answer(b"moved", status=302, headers={"Location": location})

    def test_on_the_same_host_it_is_followed(self, fetch, answers, make_answer, loopback_server):
        answers(self.to(make_answer, "/other?page=2"), make_answer(b"papers"))
        assert fetch(params=(("page", "1"),)) == b"papers"
        assert [(asked.path, asked.params) for asked in loopback_server.asked] == [
            ("/feed", {"page": "1"}),
            ("/other", {"page": "2"}),
        ]

    @pytest.mark.parametrize(
        "location",
        [
            "http://localhost:{port}/x",
            "http://127.0.0.1:1/x",
            "https://127.0.0.1:{port}/x",
            "//localhost/x",
            "file:///etc/passwd",
        ],
    )
    def test_to_another_host_it_is_refused_and_nothing_is_sent_there(
        self, location, fetch, answers, make_answer, loopback_server
    ):
        port = loopback_server.url.rpartition(":")[2]
        answers(self.to(make_answer, location.format(port=port)))
        with pytest.raises(FeedError, match=r"^http://127\.0\.0\.1:\d+ redirects to ") as caught:
            fetch(headers=(("x-api-key", KEY),))
        assert not isinstance(caught.value, TransientFeedError)
        assert "localhost" not in location or "localhost" in str(caught.value)
        assert len(loopback_server.asked) == 1

    def test_in_a_circle_it_ends(self, fetch, answers, make_answer, loopback_server):
        for location in ("/feed", ""):
            loopback_server.asked.clear()
            answers(self.to(make_answer, location))
            with pytest.raises(FeedError, match="redirects more than 5 times"):
                fetch()
            assert len(loopback_server.asked) == 6

    def test_from_http_to_https_is_followed_and_back_is_not(self):
        def leads(start, location):
            return str(_redirected(httpx.URL(start), httpx.Response(301, headers={"Location": location})))

        assert leads("http://a.org/x", "https://a.org/y") == "https://a.org/y"
        for start, location in (
            ("https://a.org/x", "http://a.org/x"),
            ("http://a.org/x", "https://a.org:8443/x"),
            ("https://a.org/x", "https://a.org.evil.org/x"),
            ("https://a.org/x", "https://a.org@evil.org/x"),
        ):
            with pytest.raises(FeedError, match="another host"):
                leads(start, location)


def test_the_proxy_of_the_environment_is_used(answers, make_answer, loopback_server, monkeypatch):
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("http_proxy", loopback_server.url)
    answers(make_answer(b"papers"))
    assert fetch_answer(Request("http://papers.invalid/feed"), limits=LIMITS) == b"papers"
    assert loopback_server.asked[0].headers["Host"] == "papers.invalid"


class TestSecrets:
    @pytest.mark.parametrize("status", [200, 302, 401, 429, 500])
    def test_no_key_in_any_message_log_or_repr(self, status, fetch, answers, make_answer, caplog):
        caplog.set_level(logging.DEBUG)
        said = ('{"error": "' + "x" * 190 + f' {KEY} is no key"}}').encode()
        answers(
            make_answer(
                said, status=status, headers={"Location": f"http://localhost/?k={KEY}"}, cut=status == 200
            )
        )
        request = {"secrets": (("api_key", KEY),), "headers": (("x-api-key", KEY),)}
        with pytest.raises(FeedError) as caught:
            fetch(**request)
        assert KEY[:5] not in str(caught.value)
        assert KEY not in repr(Request("https://a.org", **request))
        assert "HTTP Request: GET" in caplog.text
        httpx_log = [record.getMessage() for record in caplog.records if record.name == "httpx"]
        assert httpx_log
        assert not any(KEY in line for line in httpx_log)

    @pytest.mark.parametrize("status", [400, 429, 500])
    def test_nor_the_mail_address_that_services_may_write_to(self, status, fetch, answers, make_answer):
        answers(
            make_answer(b'{"error": "papertrends (+mailto:ada@example.org) asks too much"}', status=status)
        )
        with pytest.raises(FeedError, match=r"\*\*\*\) asks too much") as caught:
            fetch(limits=Limits(contact="ada@example.org"))
        assert "ada" not in str(caught.value)

    def test_a_key_that_cannot_be_sent_is_not_repeated(self, fetch):
        for key in (KEY + "\nX-Other: 1", KEY + "é\udc80"):
            with pytest.raises(FeedError, match="cannot be sent") as caught:
                fetch(headers=(("x-api-key", key),))
            assert KEY not in str(caught.value)

    @pytest.mark.parametrize(
        "url",
        [
            "ftp://a.org/x",
            "https://",
            "https://[::1",
            "nothing",
            "http://a\x00b/",
            "http://" + "a" * 70 + ".org/",
        ],
    )
    def test_an_address_that_is_none_is_one_line(self, url):
        with pytest.raises(FeedError) as caught:
            fetch_answer(Request(url), limits=LIMITS)
        assert "\n" not in str(caught.value)


def test_errors_pickle_with_all_they_know():
    for error in (FeedError("a"), TransientFeedError("b"), ServiceBusyError("c", 7.5), ServiceBusyError("d")):
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert (str(again), vars(again)) == (str(error), vars(error))
        assert isinstance(again, PapertrendsError)


@examples(200)
@given(st.text() | st.text().map(lambda said: json.dumps({"error": said})))
def test_what_a_service_says_is_always_one_short_line(text):
    said = service_message(text)
    assert len(said) <= 200
    assert "\n" not in said


@pytest.mark.parametrize("unit", ["<", "<summary", "[", "<title>", "{"])
def test_hostile_messages_take_time_in_proportion(unit, assert_grows_in_proportion):
    assert_grows_in_proportion(lambda size: service_message(unit * (size // len(unit))), 65_536)
