"""Where a feed may lead: no form of a private address, no name that has one, no second answer of a name."""

from __future__ import annotations

import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
import trustme

from flows.feeds import addresses, guard
from flows.feeds.addresses import is_public, require_public_name
from flows.feeds.errors import FeedError, TransientFeedError
from flows.feeds.guard import Limits, fetch_answer
from flows.feeds.pages import Request

LIMITS = Limits(max_bytes=1_000_000, answer_seconds=5.0, connect_seconds=2.0, read_seconds=2.0)
PUBLIC, OTHER = "93.184.216.34", "2606:2800:21f:cb07::1"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def names(monkeypatch):
    """What names mean, one answer after the other, the last one for ever; others are as they are."""
    said: dict[str, list[list[str]]] = {}
    asked: list[str] = []
    real = socket.getaddrinfo

    def look_up(host, port, *rest, **options):
        if host not in said:
            return real(host, port, *rest, **options)
        asked.append(host)
        answers = said[host].pop(0) if len(said[host]) > 1 else said[host][0]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in answers
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    said["asked"] = asked  # type: ignore[assignment]
    return said


@pytest.fixture
def network(monkeypatch):
    """In place of connections: who was connected to, and what it answers."""
    requests: list[httpx.Request] = []
    answers: list[httpx.Response | Exception] = []

    async def handle(_self, request):
        requests.append(request)
        answer = answers.pop(0) if answers else httpx.Response(200, stream=httpx.ByteStream(b"papers"))
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", handle)
    return requests, answers


def fetch(url):
    return fetch_answer(Request(url, public_only=True), limits=LIMITS)


@pytest.mark.parametrize(
    ("address", "is_open"),
    [
        (PUBLIC, True), (OTHER, True), ("1.1.1.1", True), ("::ffff:1.1.1.1", True), ("64:ff9b::101:101", True),
        ("0.0.0.0", False), ("127.0.0.1", False), ("127.255.0.3", False), ("10.1.2.3", False), ("172.16.0.1", False),
        ("172.31.255.255", False), ("192.168.1.1", False), ("169.254.169.254", False), ("100.64.0.1", False),
        ("192.0.2.1", False), ("198.18.0.1", False), ("224.0.0.1", False), ("240.0.0.1", False),
        ("255.255.255.255", False), ("::", False), ("::1", False), ("fe80::1", False), ("fe80::1%eth0", False),
        ("fc00::1", False), ("fd12::1", False), ("fec0::1", False), ("ff02::1", False), ("2001:db8::1", False),
        ("::ffff:127.0.0.1", False), ("::ffff:10.0.0.1", False), ("::7f00:1", False), ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False), ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False), ("", False), ("a.org", False),
    ],
)  # fmt: skip
def test_public_or_not(address, is_open):
    assert is_public(address) is is_open


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "LOCALHOST", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001",
        "127.1", "0", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]",
        "127。0。0。1", "①②⑦.0.0.1",
    ],
)  # fmt: skip
def test_no_form_of_this_machine_is_reached(host, loopback_server, monkeypatch):
    monkeypatch.delenv("NO_PROXY", raising=False)
    port = loopback_server.url.rpartition(":")[2]
    with pytest.raises(FeedError) as caught:
        fetch(f"http://{host}:{port}/feed")
    assert loopback_server.asked == []
    assert "\n" not in str(caught.value)
    if host.isascii() and host != "0177.0.0.1":  # what httpx takes for no address at all
        assert "private network" in str(caught.value)
        assert "allow_private_feeds = true" in str(caught.value)
        assert not isinstance(caught.value, TransientFeedError)


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://[fe80::1]/", "http://169.254.169.254/latest"])
def test_nor_any_other_private_address(url, network):
    with pytest.raises(FeedError, match="private network"):
        fetch(url)
    assert network[0] == []


@pytest.mark.parametrize(
    "found", [["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["::1", PUBLIC], ["::ffff:192.168.0.1"]]
)
def test_a_name_with_a_private_address_is_refused(found, names, network):
    names["papers.test"] = [found]
    with pytest.raises(FeedError, match=r"^papers\.test leads to .*private network"):
        fetch("http://papers.test/feed")
    assert network[0] == []


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(names, network):
    """A name that means something else when it is asked again is not asked again."""
    names["papers.test"] = [[PUBLIC], ["127.0.0.1"]]
    assert fetch("https://papers.test:8443/feed?a=1") == b"papers"
    (request,) = network[0]
    assert str(request.url) == f"https://{PUBLIC}:8443/feed?a=1"
    assert request.headers["Host"] == "papers.test:8443"
    assert request.extensions["sni_hostname"] == "papers.test"
    assert names["asked"] == ["papers.test"]


def test_every_redirect_is_checked_anew(names, network):
    names["papers.test"] = [[PUBLIC], ["127.0.0.1"]]
    network[1].append(httpx.Response(302, headers={"Location": "/other"}))
    with pytest.raises(FeedError, match="private network"):
        fetch("http://papers.test/feed")
    assert [request.url.path for request in network[0]] == ["/feed"]


def test_a_redirect_to_a_private_address_is_refused(names, network):
    names["papers.test"] = [[PUBLIC]]
    network[1].append(httpx.Response(302, headers={"Location": "http://127.0.0.1/"}))
    with pytest.raises(FeedError, match="another host"):
        fetch("http://papers.test/feed")


def test_the_next_address_is_tried_when_one_takes_no_connection(names, network):
    names["papers.test"] = [[OTHER, PUBLIC]]
    network[1].append(httpx.ConnectError("no route"))
    assert fetch("http://papers.test/feed") == b"papers"
    assert [request.url.host for request in network[0]] == [OTHER, PUBLIC]
    network[1][:] = [httpx.ConnectError("no route"), httpx.ConnectTimeout("slow")]
    with pytest.raises(TransientFeedError, match="took too long to connect"):
        fetch("http://papers.test/feed")


def test_a_name_without_an_address_is_transient():
    with pytest.raises(TransientFeedError, match="cannot reach papers.invalid"):
        fetch("http://papers.invalid/feed")


def test_addresses_that_settings_name_may_be_anywhere(loopback_server):
    assert fetch_answer(Request(f"{loopback_server.url}/x"), limits=LIMITS) == b"{}"


class _Papers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"papers")

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.mark.parametrize("certified", ["papers.test", "other.test"])
def test_certificates_are_checked_against_the_name_though_an_address_is_connected_to(
    certified, names, monkeypatch
):
    authority = trustme.CA()
    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(certified).configure_cert(serving)
    authority.configure_trust(trusting)
    monkeypatch.setattr(guard, "certificates", lambda: trusting)
    monkeypatch.setattr(addresses, "is_public", lambda address: True)
    names["papers.test"] = [["127.0.0.1"]]
    with HTTPServer(("127.0.0.1", 0), _Papers) as server:
        server.socket = serving.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            if certified == "papers.test":
                assert fetch(f"https://papers.test:{server.server_port}/") == b"papers"
            else:
                with pytest.raises(TransientFeedError, match="cannot reach papers.test"):
                    fetch(f"https://papers.test:{server.server_port}/")
        finally:
            server.shutdown()


class TestProxy:
    """The proxy resolves names: only what is written out can be checked here."""

    @pytest.fixture(autouse=True)
    def proxy(self, loopback_server, monkeypatch):
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.setenv("http_proxy", loopback_server.url)
        return loopback_server

    def test_a_name_is_left_to_it(self, proxy):
        assert fetch("http://papers.invalid/feed") == b"{}"
        assert proxy.asked[0].headers["Host"] == "papers.invalid"

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "localhost.", "a.localhost", "2130706433", "0x7f.1", "[::1]"]
    )
    def test_what_is_written_out_is_refused_before(self, host, proxy):
        with pytest.raises(FeedError, match="private network"):
            fetch(f"http://{host}/feed")
        assert proxy.asked == []

    def test_what_goes_past_it_is_checked_as_without(self, proxy, monkeypatch, names, network):
        monkeypatch.setenv("no_proxy", "papers.test")
        names["papers.test"] = [["10.0.0.1"]]
        with pytest.raises(FeedError, match="private network"):
            fetch("http://papers.test/feed")

    def test_public_names_and_addresses_pass(self):
        for host in ("example.org", PUBLIC, OTHER, "93.184.55842", "7f.org"):
            require_public_name(host)
