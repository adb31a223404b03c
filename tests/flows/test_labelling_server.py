"""The labelling server: who may ask it, what it saves and when, and how it ends."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import signal
import socket
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from analytics.exceptions import InputError
from flows.commands.labelling_server import serve_sitting
from flows.labelling.access_control import Guard
from flows.labelling.app import MOST_BYTES, LabellingApp
from tests.flows.made_up_sitting import THEMES, MadeUpSitting, locked, made_up_papers

ROOT = Path(__file__).resolve().parents[2]
HERE = "http://127.0.0.1:8000"
NONE = {theme.theme_id: "no" for theme in THEMES}
AGENTS = NONE | {"agents": "yes"}


class Served:
    """A sitting behind the guard, asked as the page does unless told otherwise."""

    def __init__(self, sitting):
        self.sitting, self.stopped = sitting, threading.Event()
        commands = {"then": "papertrends analyze", "go_on": "papertrends label"}
        app = LabellingApp(sitting, **commands, stop=self.stopped.set)
        guard = Guard(app.routes(), token="secret", ticket="once", port=8000)
        self.client = TestClient(guard, base_url=HERE, follow_redirects=False)

    def get(self, path, **headers):
        return self.client.get(path, headers=headers)

    def post(self, path, body, **headers):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        usual = {"Origin": HERE, "Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
        return self.client.post(f"/secret/{path}", content=content, headers=usual | headers)

    def answer(self, paper_id, answers, seen=None):
        return self.post("answer", {"paper_id": paper_id, "answers": answers, "seen": seen or {}})


@pytest.fixture
def served():
    return Served(MadeUpSitting())


class TestGuard:
    @pytest.mark.parametrize(
        "path",
        [
            "/",
            "/view",
            "/wrong/",
            "/wrong/view",
            "/secre/",
            "/secrets/",
            "/s\u00e9cret/",
            "//secret/",
            "/start/",
            "/start/wrong",
        ],
    )
    def test_every_path_needs_the_token(self, served, path):
        response = served.get(path)
        assert response.status_code == 403
        assert "Errands" not in response.text

    @pytest.mark.parametrize("path", ["view", "answer", "undo", "stop"])
    def test_a_wrong_token_changes_nothing(self, served, path):
        response = served.client.post(f"/wrong/{path}", json={}, headers={"Origin": HERE})
        assert response.status_code == 403
        assert not served.stopped.is_set()

    @pytest.mark.parametrize(
        "host",
        [
            "evil.example",
            "evil.example:8000",
            "127.0.0.1",
            "127.0.0.1:8001",
            "localhost.evil.example:8000",
            "[::1]:8000",
            "",
        ],
    )
    def test_other_hosts_are_refused(self, served, host):
        assert served.get("/secret/", Host=host).status_code == 421
        assert served.post("answer", {}, Host=host, Origin=f"http://{host}").status_code == 421

    def test_localhost_is_this_machine(self, served):
        assert served.get("/secret/view", Host="localhost:8000").status_code == 200
        same = served.post(
            "answer", {"paper_id": "title:0000", "answers": NONE, "seen": {}},
            Host="localhost:8000", Origin="http://localhost:8000",
        )  # fmt: skip
        assert same.status_code == 200

    @pytest.mark.parametrize(
        "origin",
        [
            "null",
            "http://evil.example",
            "https://127.0.0.1:8000",
            "http://127.0.0.1:9000",
            "http://localhost:8000",
        ],
    )
    def test_other_origins_save_nothing(self, served, origin):
        body = {"paper_id": "title:0000", "answers": NONE, "seen": {}}
        assert served.post("answer", body, Origin=origin).status_code == 403
        assert served.post("answer", body, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert served.sitting.answers == {}

    def test_a_request_without_origin_saves_nothing(self, served):
        response = served.client.post("/secret/answer", json={"paper_id": "title:0000", "answers": NONE})
        assert response.status_code == 403

    @pytest.mark.parametrize(
        "kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"]
    )
    def test_only_json_is_taken(self, served, kind):
        body = {"paper_id": "title:0000", "answers": NONE, "seen": {}}
        assert served.post("answer", body, **{"Content-Type": kind}).status_code == 415
        assert served.sitting.answers == {}

    def test_the_ticket_leads_to_the_page_once(self, served):
        first = served.get("/start/once")
        assert (first.status_code, first.headers["location"]) == (303, "/secret/")
        assert served.get("/start/once").status_code == 403

    @pytest.mark.parametrize(
        ("path", "status"), [("/secret/", 200), ("/secret/view", 200), ("/secret/none", 404), ("/", 403)]
    )
    def test_no_answer_is_cached_framed_or_named_to_others(self, served, path, status):
        response = served.get(path)
        assert response.status_code == status
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in response.headers
        assert "set-cookie" not in response.headers

    def test_other_methods_are_refused(self, served):
        assert served.get("/secret/answer").status_code == 405
        asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
        assert served.client.options("/secret/answer", headers=asked).status_code == 403


class TestPage:
    def test_its_policy_names_its_style_and_script(self, served):
        response = served.get("/secret/")
        policy = response.headers["content-security-policy"]
        for tag in ("style", "script"):
            (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", response.text, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"{tag}-src 'sha256-{digest}'" in policy
        assert "frame-ancestors 'none'" in policy

    def test_it_holds_no_paper_and_no_token(self, served):
        html = served.get("/secret/").text
        assert "Errands" not in html
        assert "secret" not in html


class TestAnswers:
    def test_they_are_saved_at_once_and_the_next_paper_comes(self, served):
        response = served.answer("title:0000", AGENTS)
        assert served.sitting.answers == {"title:0000": AGENTS}
        view = response.json()
        assert (view["paper"]["paper_id"], view["n_answered"], view["previous"]) == (
            "title:0001",
            1,
            "title:0000",
        )
        assert view["themes"]["agents"]["yes"] == THEMES[0].n_yes + 1

    def test_a_reload_goes_on_where_it_was(self, served):
        served.answer("title:0000", AGENTS)
        assert served.get("/secret/view").json()["paper"]["paper_id"] == "title:0001"

    def test_undo_takes_the_answers_back_and_tells_them(self, served):
        served.answer("title:0000", AGENTS)
        view = served.post("undo", {"paper_id": "title:0000"}).json()
        assert served.sitting.answers == {}
        assert (view["paper"]["paper_id"], view["n_answered"], view["taken_back"]) == (
            "title:0000",
            0,
            AGENTS,
        )

    def test_after_the_last_there_is_no_paper(self, served):
        for paper in served.sitting.papers:
            view = served.answer(paper.paper_id, AGENTS).json()
        assert view["paper"] is None
        assert view["own"]["agents"] == {"yes": 6, "no": 0, "unsure": 0}

    def test_what_another_tab_answered_is_not_overwritten_unseen(self, served):
        served.answer("title:0000", NONE)
        response = served.answer("title:0000", AGENTS)
        assert response.status_code == 409
        assert "agents no" in response.json()["error"]
        assert response.json()["view"]["answers"] == NONE
        assert served.sitting.answers == {"title:0000": NONE}
        assert served.answer("title:0000", AGENTS, seen=NONE).status_code == 200
        assert served.sitting.answers == {"title:0000": AGENTS}

    def test_the_same_answers_twice_are_no_conflict(self, served):
        served.answer("title:0000", AGENTS)
        assert served.answer("title:0000", AGENTS).json()["paper"]["paper_id"] == "title:0001"

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ({"paper_id": "none", "answers": NONE}, "not in this session"),
            ({"paper_id": ["x"], "answers": NONE}, "not in this session"),
            ({"answers": NONE}, "not in this session"),
            (
                {"paper_id": "title:0000", "answers": NONE | {"other": "yes"}},
                "do not match the themes of this session",
            ),
            (
                {"paper_id": "title:0000", "answers": {"agents": "yes"}},
                "do not match the themes of this session",
            ),
            ({"paper_id": "title:0000", "answers": "yes"}, "do not match the themes of this session"),
            ({"paper_id": "title:0000"}, "do not match the themes of this session"),
            ({"paper_id": "title:0000", "answers": NONE | {"agents": "perhaps"}}, "'perhaps' is unknown"),
            ({"paper_id": "title:0000", "answers": NONE | {"agents": []}}, "is unknown"),
            ([], "not a JSON object"),
            (b"{", "not JSON"),
            (b"\xff", "not JSON"),
            (b"[" * 60_000, "not JSON"),
        ],
    )
    def test_what_makes_no_sense_is_refused_in_one_line(self, served, body, said):
        response = served.post("answer", body)
        assert response.status_code == 400
        assert said in response.json()["error"]
        assert served.sitting.answers == {}

    @pytest.mark.parametrize("path", ["answer", "undo", "stop"])
    def test_long_requests_are_refused(self, served, path):
        body = {"paper_id": "title:0000", "answers": NONE, "more": "x" * MOST_BYTES}
        assert served.post(path, body).status_code == 413
        assert served.sitting.answers == {}
        assert not served.stopped.is_set()

    @pytest.mark.parametrize(
        ("fault", "said"),
        [
            (locked(), "Not saved: the store is locked"),
            (ZeroDivisionError("x"), "Not saved: ZeroDivisionError"),
        ],
    )
    def test_a_save_that_fails_is_reported_and_can_be_tried_again(self, served, fault, said):
        served.sitting.fault = fault
        response = served.answer("title:0000", AGENTS)
        assert response.status_code == 500
        assert response.json()["error"].startswith(said)
        assert served.sitting.answers == {}
        served.sitting.fault = None
        assert served.answer("title:0000", AGENTS).status_code == 200

    def test_hostile_ids_come_through_as_they_are(self):
        papers = made_up_papers(1)
        object.__setattr__(papers[0], "paper_id", 'title:\ud800</script>"')
        served = Served(MadeUpSitting(papers))
        assert served.get("/secret/view").json()["paper"]["paper_id"] == papers[0].paper_id
        assert served.answer(papers[0].paper_id, NONE).json()["n_answered"] == 1

    def test_stop_says_where_it_is_and_ends_the_server(self, served):
        served.answer("title:0000", AGENTS)
        view = served.post("stop", {}).json()
        assert (view["stopped"], view["n_answered"]) == (True, 1)
        assert view["own"]["agents"]["yes"] == 1
        assert served.stopped.is_set()


class TestPort:
    def test_one_in_use_is_reported_in_one_line(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(
                InputError, match=rf"^port {port} of 127.0.0.1 is already in use; use another --port"
            ):
                serve_sitting(MadeUpSitting(), port=port, open_browser=False)

    @pytest.mark.parametrize("port", [0, -1, 65536])
    def test_an_invalid_one(self, port):
        with pytest.raises(InputError, match="is not a port; use 1 to 65535"):
            serve_sitting(MadeUpSitting(), port=port, open_browser=False)


PROGRAM = """
import sys, time
from flows.commands.labelling_server import serve_sitting
from tests.flows.made_up_sitting import MadeUpSitting
class Sitting(MadeUpSitting):
    def answer(self, paper_id, answers):
        if "stuck" in sys.argv:
            print("saving", flush=True)
            time.sleep(600)
        super().answer(paper_id, answers)
serve_sitting(Sitting(), open_browser=False, say=lambda line: print(line, flush=True))
print("after")
"""


class Terminal:
    """A process that serves a sitting, with its address."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            # Tests that run in the background of a shell ignore Ctrl-C, and would hand that on.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        self.address = self.process.stdout.readline().split(": ", 1)[1].strip()
        self.process.stdout.readline()
        self.origin = self.address.rsplit("/", 2)[0]

    def post(self, path, body, timeout=30):
        with httpx.Client(trust_env=False) as client:
            return client.post(
                self.address + path, json=body, headers={"Origin": self.origin}, timeout=timeout
            )

    def end(self):
        """What it said after the address; it ends long before the time that is allowed here."""
        said, errors = self.process.communicate(timeout=60)
        assert errors == ""
        return self.process.returncode, said.splitlines()


@pytest.fixture
def terminal():
    started = []

    def start(*arguments):
        started.append(Terminal(*arguments))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.communicate()


class TestEnd:
    @pytest.mark.parametrize(
        "number",
        [
            signal.SIGTERM,
            pytest.param(signal.SIGINT, marks=pytest.mark.slow),
            pytest.param(signal.SIGHUP, marks=pytest.mark.slow),
        ],
    )
    def test_a_signal_ends_it_and_it_says_what_was_answered(self, terminal, number):
        one = terminal()
        assert (
            one.post("answer", {"paper_id": "title:0000", "answers": AGENTS, "seen": {}}).status_code == 200
        )
        one.process.send_signal(number)
        assert one.end() == (0, ["1 of 6 papers answered, 1 of them now. Next: papertrends analyze", "after"])

    @pytest.mark.slow
    def test_a_stop_on_the_page_ends_it(self, terminal):
        one = terminal()
        assert one.post("stop", {}).json()["stopped"] is True
        assert one.end() == (0, ["0 of 6 papers answered, 0 of them now.", "after"])

    @pytest.mark.slow
    def test_open_connections_and_a_save_that_is_stuck_do_not_hold_it(self, terminal):
        one = terminal("stuck")
        port = int(one.origin.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)) as idle:
            idle.sendall(b"POST /")
            with pytest.raises(httpx.TimeoutException):
                one.post("answer", {"paper_id": "title:0000", "answers": AGENTS, "seen": {}}, timeout=1)
            assert one.process.stdout.readline() == "saving\n"
            one.process.send_signal(signal.SIGTERM)
            assert one.end() == (0, ["0 of 6 papers answered, 0 of them now.", "after"])

    def test_the_browser_gets_an_address_that_works_once(self, monkeypatch):
        opened, lines = [], []
        monkeypatch.setenv("BROWSER", "made-up")

        def browse(address):
            with httpx.Client(trust_env=False, follow_redirects=True) as client:
                page = client.get(address)
                opened.append((address, page, client.get(address).status_code))
                origin = str(page.url).rsplit("/", 2)[0]
                client.post(f"{page.url}stop", json={}, headers={"Origin": origin})

        monkeypatch.setattr("webbrowser.open", browse)
        serve_sitting(MadeUpSitting(), say=lines.append)
        ((address, page, again),) = opened
        token = str(page.url).rsplit("/", 2)[1]
        assert lines[0] == f"Label 6 papers here: {page.url}"
        assert token not in address
        assert (page.status_code, again) == (200, 403)

    def test_no_browser_opens_where_there_is_no_screen(self, monkeypatch):
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr("sys.platform", "linux")
        monkeypatch.setattr("webbrowser.open", lambda address: pytest.fail("it was opened"))
        lines = []

        def say(line):
            lines.append(line)
            if len(lines) == 2:
                threading.Thread(target=stop, args=(lines[0].split(": ", 1)[1],)).start()

        def stop(address):
            with httpx.Client(trust_env=False) as client:
                client.post(f"{address}stop", json={}, headers={"Origin": address.rsplit("/", 2)[0]})

        serve_sitting(MadeUpSitting(), say=say)
        assert len(lines) == 3
