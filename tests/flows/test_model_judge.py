"""A model as the reader, against a server on this machine that misbehaves in every way an endpoint may."""

from __future__ import annotations

import itertools
import json
import logging
import socket
import ssl
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import trustme
from pydantic import SecretStr

from analytics.exceptions import InputError
from flows.endpoints.endpoint_client import RETRY_PAUSES
from flows.feeds.guard import certificates
from flows.labelling.model_judge import Judged, judge_papers
from flows.labelling.sitting import AskedPaper, AskedTheme
from flows.workers.progress import listening

KEY = 'k3y-th4t/n0b0dy"sees'
MODEL = "llama3.1:8b"
THEMES = ("agents", "exploration")


class MemorySitting:
    """A sitting that keeps its answers in memory."""

    def __init__(self, n_papers: int = 3, themes: Sequence[str] = THEMES) -> None:
        self.papers = [
            AskedPaper(f"arxiv:{i}", f"Paper {i}", f"What paper {i} is about.", None, None)
            for i in range(n_papers)
        ]
        self.answers: dict[str, dict[str, str]] = {}
        self.theme_ids = themes

    def themes(self) -> list[AskedTheme]:
        return [
            AskedTheme(theme, theme.title(), f"About {theme}.", (f"{theme} that act",), 0, 0, 0, 0)
            for theme in self.theme_ids
        ]

    def answer(self, paper_id: str, answers: Mapping[str, str]) -> None:
        self.answers[paper_id] = dict(answers)

    def undo(self, paper_id: str) -> None:
        self.answers.pop(paper_id, None)


@pytest.fixture
def sleeps() -> list[float]:
    return []


@pytest.fixture
def judge(loopback_server, sleeps) -> Callable[..., Judged]:
    def run(sitting: MemorySitting, path: str = "", **changed: Any) -> Judged:
        given = {
            "model": MODEL,
            "endpoint": loopback_server.url + path,
            "key": None,
            "most_requests": 100,
            "answer_seconds": 20.0,
            "sleep": sleeps.append,
        }
        return judge_papers(sitting, **(given | changed))

    return run


@pytest.fixture
def make_answer(loopback_server):
    """The class of an answer, without importing a conftest."""
    return type(loopback_server.answer(None))


@pytest.fixture
def says(make_answer):
    """An answer of the chat form around what a model wrote."""

    def make(text: str | None, usage: object = None, **changed: Any):
        whole = {"choices": [{"message": {"role": "assistant", "content": text}}]}
        if usage is not None:
            whole["usage"] = usage
        return make_answer(json.dumps(whole).encode(), **changed)

    return make


@pytest.fixture
def answers(loopback_server):
    """Let the server give these answers one after the other, the last one for ever."""

    def use(*given):
        rest = list(given)
        loopback_server.answer = lambda asked: rest.pop(0) if len(rest) > 1 else rest[0]

    return use


GOOD = '{"agents": "yes", "exploration": "no"}'
GIVEN = {"agents": "yes", "exploration": "no"}
USAGE = {"prompt_tokens": 400, "completion_tokens": 12}


def sent(loopback_server, number: int = 0) -> dict[str, Any]:
    return json.loads(loopback_server.asked[number].body)


class TestWhatIsAsked:
    def test_each_paper_once_with_the_themes_and_the_counts_come_out(
        self, judge, answers, says, loopback_server
    ):
        answers(says(GOOD, USAGE))
        sitting, heard = MemorySitting(3), []
        with listening(lambda *progress: heard.append(progress)):
            judged = judge(sitting)
        assert sitting.answers == {f"arxiv:{i}": GIVEN for i in range(3)}
        assert judged == Judged(MODEL, 3, 0, 0, 0, 0, 3, 1200, 36, 0, None)
        assert heard == [(f"answers of {MODEL}", done, 3) for done in range(4)]
        asked = sent(loopback_server)
        assert (asked["model"], asked["temperature"], asked["stream"]) == (MODEL, 0, False)
        system, user = (message["content"] for message in asked["messages"])
        for part in ("agents", "Exploration", "About agents.", "exploration that act"):
            assert part in system
        assert "Paper 0" in user
        assert "What paper 0 is about." in user
        schema = asked["response_format"]["json_schema"]["schema"]
        assert schema["required"] == list(THEMES)
        assert schema["properties"]["agents"]["enum"] == ["yes", "no", "unsure"]
        assert "Authorization" not in loopback_server.asked[0].headers

    @pytest.mark.parametrize(
        ("path", "asked"),
        [
            ("", "/v1/chat/completions"),
            ("/", "/v1/chat/completions"),
            ("/v1", "/v1/chat/completions"),
            ("/v1/", "/v1/chat/completions"),
            ("/openai/v1/chat/completions", "/openai/v1/chat/completions"),
            ("/v1beta/openai", "/v1beta/openai/chat/completions"),
        ],
    )
    def test_the_endpoint_may_be_given_in_parts(self, path, asked, judge, answers, says, loopback_server):
        answers(says(GOOD))
        judge(MemorySitting(1), path)
        assert loopback_server.asked[0].path == asked

    def test_the_key_goes_as_a_bearer_token(self, judge, answers, says, loopback_server):
        answers(says(GOOD))
        judge(MemorySitting(1), key=SecretStr(f" {KEY}\n"))
        assert loopback_server.asked[0].headers["Authorization"] == f"Bearer {KEY}"

    def test_what_has_answers_is_not_asked_again_and_only_open_themes_are(
        self, judge, answers, says, loopback_server
    ):
        sitting = MemorySitting(3)
        sitting.answers = {"arxiv:0": dict(GIVEN), "arxiv:1": {"agents": "unsure"}}
        answers(says('{"exploration": "yes", "agents": "no"}'), says(GOOD))
        judged = judge(sitting)
        assert (judged.n_answered, judged.n_asked, judged.n_requests) == (2, 2, 2)
        assert sitting.answers["arxiv:1"] == {"agents": "unsure", "exploration": "yes"}
        assert sent(loopback_server)["response_format"]["json_schema"]["schema"]["required"] == [
            "exploration"
        ]
        assert judge(sitting).n_requests == 0

    def test_no_paper_no_request(self, judge, loopback_server):
        assert judge(MemorySitting(0)) == Judged(MODEL, 0, 0, 0, 0, 0, 0, None, None, 0, None)
        assert loopback_server.asked == []

    def test_a_proxy_is_not_asked_for_this_machine(self, judge, answers, says, monkeypatch):
        monkeypatch.delenv("NO_PROXY")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        answers(says(GOOD))
        assert judge(MemorySitting(1)).n_answered == 1


class TestAnswers:
    @pytest.mark.parametrize(
        "text",
        [
            GOOD,
            f"Here is my answer:\n```json\n{GOOD}\n```\nLet me know if you need more.",
            f'<think>Perhaps {{"agents": "no"}}? No.</think>\n{GOOD}',
            '{"agents": " Yes ", "exploration": "NO", "reason": {"agents": "no"}}',
            f"With {{braces}} before. {GOOD}",
        ],
    )
    def test_one_object_counts_whatever_is_around_it(self, text, judge, answers, says):
        answers(says(text))
        sitting = MemorySitting(1)
        assert judge(sitting).n_answered == 1
        assert sitting.answers["arxiv:0"] == GIVEN

    @pytest.mark.parametrize(
        "text",
        [
            "I'm sorry, but I cannot help with that.",
            "",
            None,
            '["yes", "no"]',
            '{"agents": "yes", "exploration": "no"',
            f"{GOOD} or rather {GOOD}",
            '{"agents": "yes", "agents": "no"}',
            '{"answers": {"agents": "yes"}}',
            '{"agents": true, "exploration": 0}',
            pytest.param(GOOD + " " * 30_000, id="far too long"),
        ],
    )
    def test_anything_else_is_asked_for_once_more_and_then_left(
        self, text, judge, answers, says, loopback_server
    ):
        answers(says(text, USAGE), says(text, USAGE), says(GOOD, USAGE))
        sitting = MemorySitting(2)
        judged = judge(sitting)
        assert (judged.n_answered, judged.n_refused, judged.n_requests) == (1, 1, 3)
        assert sitting.answers == {"arxiv:1": GIVEN}
        assert judged.prompt_tokens == 1200
        first, second = (sent(loopback_server, i)["messages"][1]["content"] for i in range(2))
        assert first != second  # at temperature 0 the same question has the same answer
        assert second.startswith(first)

    def test_the_second_try_counts(self, judge, answers, says):
        answers(says("no"), says(GOOD))
        judged = judge(MemorySitting(1))
        assert (judged.n_answered, judged.n_refused, judged.n_requests) == (1, 0, 2)

    def test_a_theme_that_is_missing_or_has_no_answer_is_left_alone(self, judge, answers, says):
        answers(says('{"agents": "unsure"}'), says('{"agents": "maybe", "exploration": "no"}'))
        sitting = MemorySitting(2)
        judged = judge(sitting)
        assert sitting.answers == {"arxiv:0": {"agents": "unsure"}, "arxiv:1": {"exploration": "no"}}
        assert (judged.n_answered, judged.n_missing, judged.n_requests) == (2, 2, 2)

    @pytest.mark.parametrize(
        "body",
        [b"<html>Welcome</html>", b"[]", b'{"choices": []}', b'{"choices": [{"message": "yes"}]}', b"null", b"\xff",
         b"[" * 100_000, b'{"choices": [{"message": {"content": 7}}], "usage": "many"}'],
    )  # fmt: skip
    def test_a_body_of_another_form_is_a_refusal(self, body, judge, answers, make_answer, says):
        answers(make_answer(body), make_answer(body), says(GOOD))
        judged = judge(MemorySitting(2))
        assert (judged.n_refused, judged.n_answered, judged.n_uncounted) == (1, 1, 3)

    def test_a_huge_body_is_read_no_further_than_the_bound(
        self, judge, answers, make_answer, loopback_server
    ):
        answers(make_answer(pieces=itertools.repeat(b"x" * 100_000, 3_000)))
        judged = judge(MemorySitting(1))
        assert (judged.n_refused, judged.n_requests) == (1, 2)
        assert loopback_server.gone.wait(5)
        assert loopback_server.sent < 60_000_000

    @pytest.mark.parametrize(
        "usage", [None, {}, {"prompt_tokens": "9"}, {"prompt_tokens": -1}, {"prompt_tokens": True}]
    )
    def test_tokens_that_nobody_counts_are_unknown(self, usage, judge, answers, says):
        answers(says(GOOD, usage))
        judged = judge(MemorySitting(2))
        assert (judged.prompt_tokens, judged.completion_tokens, judged.n_uncounted) == (None, None, 2)

    def test_three_useless_answers_at_first_end_it(self, judge, answers, says):
        answers(says("no idea"))
        judged = judge(MemorySitting(9))
        assert (judged.n_refused, judged.n_left, judged.n_requests) == (3, 6, 6)
        assert "3 papers in a row" in judged.stopped

    def test_later_it_takes_ten(self, judge, answers, says):
        answers(says(GOOD), says("no idea"))
        judged = judge(MemorySitting(20))
        assert (judged.n_answered, judged.n_refused, judged.n_left) == (1, 10, 9)

    def test_and_ten_in_a_row(self, judge, loopback_server, says):
        def answer(asked):
            number = len({request.body for request in loopback_server.asked})
            return says(GOOD if number % 15 == 1 else "no idea")  # seven papers of two questions each between

        loopback_server.answer = answer
        judged = judge(MemorySitting(24))
        assert (judged.n_answered, judged.n_refused, judged.stopped) == (3, 21, None)


class TestForms:
    def refusing(self, loopback_server, make_answer, says, is_refused):
        def answer(asked):
            if said := is_refused(json.loads(asked.body)):
                return make_answer(json.dumps({"error": {"message": said}}).encode(), status=400)
            return says(GOOD)

        loopback_server.answer = answer

    def test_without_a_schema_then_without_json_and_remembered(
        self, judge, loopback_server, make_answer, says
    ):
        self.refusing(
            loopback_server, make_answer, says, lambda asked: "response_format" in asked and "unknown field"
        )
        judged = judge(MemorySitting(3))
        assert (judged.n_answered, judged.n_requests) == (3, 5)
        formats = [
            sent(loopback_server, i).get("response_format", {}).get("type") for i in range(judged.n_requests)
        ]
        assert formats == ["json_schema", "json_object", None, None, None]

    def test_what_the_refusal_names_is_left_out(self, judge, loopback_server, make_answer, says):
        def is_refused(asked):
            if "temperature" in asked:
                return "Unsupported value: 'temperature' does not support 0 with this model."
            return len(asked["messages"]) > 1 and "System role not supported"

        self.refusing(loopback_server, make_answer, says, is_refused)
        judged = judge(MemorySitting(2))
        assert (judged.n_answered, judged.n_requests) == (2, 4)
        last = sent(loopback_server, 3)
        assert last["response_format"]["type"] == "json_schema"
        (message,) = last["messages"]
        assert "Themes:" in message["content"]
        assert "Paper 1" in message["content"]

    def test_a_paper_that_is_too_long_costs_no_other_paper_and_no_form(
        self, judge, loopback_server, make_answer, says
    ):
        self.refusing(
            loopback_server, make_answer, says, lambda asked: "Paper 1" in str(asked) and "context exceeded"
        )
        sitting = MemorySitting(3)
        judged = judge(sitting)
        assert sorted(sitting.answers) == ["arxiv:0", "arxiv:2"]
        assert (judged.n_refused, judged.n_requests, judged.stopped) == (1, 3, None)
        assert sent(loopback_server, 2)["response_format"]["type"] == "json_schema"

    def test_so_does_one_that_comes_first(self, judge, loopback_server, make_answer, says):
        self.refusing(
            loopback_server, make_answer, says, lambda asked: "Paper 0" in str(asked) and "context exceeded"
        )
        judged = judge(MemorySitting(2))
        assert (judged.n_refused, judged.n_answered, judged.n_requests) == (1, 1, 4)
        assert sent(loopback_server, 3)["response_format"]["type"] == "json_schema"


class TestFailures:
    @pytest.mark.parametrize("status", [500, 502, 503, 408])
    def test_a_failure_that_passes_costs_a_pause(self, status, judge, answers, make_answer, says, sleeps):
        answers(make_answer(b"oops", status=status), make_answer(b"", status=status), says(GOOD))
        judged = judge(MemorySitting(1))
        assert (judged.n_answered, judged.n_requests) == (1, 3)
        assert sleeps == list(RETRY_PAUSES[:2])

    def test_429_waits_as_long_as_it_asks_and_says_so(
        self, judge, answers, make_answer, says, sleeps, caplog
    ):
        def busy(after):
            return make_answer(b"{}", status=429, headers={"Retry-After": after})

        answers(busy("40"), busy("1"), busy("86400"), says(GOOD))
        assert judge(MemorySitting(1)).n_answered == 1
        assert sleeps == [40.0, RETRY_PAUSES[1], 600.0]
        warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
        assert [line.rpartition("; ")[2] for line in warned] == ["waiting 40 seconds", "waiting 600 seconds"]

    def test_a_connection_that_is_closed_is_tried_again(self, judge, answers, make_answer, says, sleeps):
        answers(make_answer(b"half", cut=True), make_answer(pieces=iter([b"x"]), cut=True), says(GOOD))
        judged = judge(MemorySitting(1))
        assert (judged.n_answered, len(sleeps)) == (1, 2)

    @pytest.mark.slow
    def test_an_answer_that_takes_too_long_is_tried_again(self, judge, loopback_server, says, sleeps):
        release, asked = threading.Event(), []

        def answer(request):
            asked.append(request)
            if len(asked) == 1:
                release.wait(30)
            return says(GOOD)

        loopback_server.answer = answer
        try:
            judged = judge(MemorySitting(1), answer_seconds=1.0)
        finally:
            release.set()
        assert (judged.n_answered, judged.n_requests, len(sleeps)) == (1, 2, 1)

    def test_a_server_that_never_answered_is_given_up_after_one_paper(self, judge, answers, make_answer):
        answers(make_answer(b'{"error": {"message": "out of memory"}}', status=500))
        judged = judge(MemorySitting(9))
        assert (judged.n_failed, judged.n_left, judged.n_requests) == (1, 8, len(RETRY_PAUSES) + 1)
        assert judged.stopped.endswith("failed (status 500): out of memory")

    def test_nobody_listens(self, judge):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        judged = judge(MemorySitting(2), endpoint=f"http://127.0.0.1:{port}")
        assert judged.stopped.startswith(f"cannot reach 127.0.0.1:{port} ")

    def test_a_paper_that_fails_costs_no_other_paper_but_three_in_a_row_end_it(
        self, judge, loopback_server, make_answer, says
    ):
        failing = {1, 3, 4, 5}

        def answer(asked):
            is_failing = any(
                f"Paper {i}\n" in json.loads(asked.body)["messages"][1]["content"] for i in failing
            )
            return make_answer(b"", status=500) if is_failing else says(GOOD)

        loopback_server.answer = answer
        sitting = MemorySitting(8)
        judged = judge(sitting)
        assert sorted(sitting.answers) == ["arxiv:0", "arxiv:2"]
        assert (judged.n_failed, judged.n_left) == (4, 2)

    @pytest.mark.parametrize("most", [1, 2, 3])
    def test_the_bound_on_requests_holds_with_retries(
        self, most, judge, answers, make_answer, loopback_server, sleeps
    ):
        answers(make_answer(b"", status=503))
        judged = judge(MemorySitting(3), most_requests=most)
        assert judged.n_requests == len(loopback_server.asked) == most
        assert len(sleeps) == most - 1  # no pause before a request that may not be made
        assert judged.stopped == f"the {most} requests that were allowed are spent"

    def test_what_was_answered_before_the_bound_is_kept_and_the_rest_follows(self, judge, answers, says):
        answers(says(GOOD))
        sitting = MemorySitting(5)
        judged = judge(sitting, most_requests=2)
        assert (judged.n_answered, judged.n_left) == (2, 3)
        assert len(sitting.answers) == 2
        assert judge(sitting).n_answered == 3
        assert len(sitting.answers) == 5

    @pytest.mark.parametrize(
        ("status", "why"),
        [
            (401, "PAPERTRENDS_LABEL_KEY"),
            (402, "credit"),
            (403, "may not use"),
            (404, "--by"),
            (405, "check"),
        ],
    )
    def test_a_wrong_key_or_model_ends_it_at_once(
        self, status, why, judge, answers, make_answer, loopback_server, sleeps
    ):
        answers(
            make_answer(
                b'{"error": {"message": "model \\"x\\" not found,\\n try pulling it first"}}', status=status
            )
        )
        with pytest.raises(InputError) as caught:
            judge(MemorySitting(9))
        message = str(caught.value)
        assert why in message
        assert f'(status {status}): model "x" not found, try pulling it first; ' in message
        assert (len(loopback_server.asked), sleeps) == (1, [])

    def test_a_key_that_is_withdrawn_on_the_way_loses_nothing(self, judge, answers, make_answer, says):
        answers(says(GOOD), says(GOOD), make_answer(b"", status=401))
        sitting = MemorySitting(5)
        with pytest.raises(InputError, match="the answers for 2 earlier papers are saved$"):
            judge(sitting)
        assert len(sitting.answers) == 2

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_a_redirect_is_named_and_not_followed(self, status, judge, loopback_server, make_answer):
        location = f"{loopback_server.url.replace('127.0.0.1', 'localhost')}/x?key={KEY}"
        loopback_server.answer = lambda asked: make_answer(b"", status=status, headers={"Location": location})
        with pytest.raises(
            InputError, match=r"redirects to http://localhost:\d+; if that is right"
        ) as caught:
            judge(MemorySitting(1), key=SecretStr(KEY))
        assert KEY not in str(caught.value)
        assert len(loopback_server.asked) == 1

    def test_an_interruption_keeps_what_was_answered(self, judge, answers, says):
        def stop(stage, done, total):
            if done == 2:
                raise KeyboardInterrupt

        answers(says(GOOD))
        sitting = MemorySitting(5)
        with pytest.raises(KeyboardInterrupt), listening(stop):
            judge(sitting)
        assert len(sitting.answers) == 2
        assert judge(sitting).n_answered == 3


class TestArguments:
    @pytest.mark.parametrize(
        "endpoint",
        ["", "localhost:11434", "ftp://a.org", "http://", "http://[::1", "http://a.org:99999", "http://a b.org",
         "https://me:very-secret@a.org", "https://a.org/v1?key=very-secret", "https://a.org/#very-secret"],
    )  # fmt: skip
    def test_an_invalid_endpoint_or_holds_a_key(self, endpoint, judge):
        with pytest.raises(InputError, match="write it as http://localhost:11434") as caught:
            judge(MemorySitting(1), endpoint=endpoint)
        assert "very-secret" not in str(caught.value)

    @pytest.mark.parametrize("host", ["93.184.216.34", "[2606:2800:21f:cb07::1]", "nowhere.invalid"])
    def test_a_key_never_crosses_the_open_network_unencrypted(self, host, judge, monkeypatch):
        monkeypatch.setattr("socket.getaddrinfo", offline(socket.getaddrinfo))
        with pytest.raises(InputError, match="unencrypted.*use https"):
            judge(MemorySitting(1), endpoint=f"http://{host}:8000", key=SecretStr(KEY))

    @pytest.mark.parametrize("key", ["", " ", "two words", "k\u00e9y", "k\x00y", "line\nline"])
    def test_a_key_that_cannot_be_sent_is_not_repeated(self, key, judge, loopback_server):
        with pytest.raises(InputError, match="check label_key") as caught:
            judge(MemorySitting(1), key=SecretStr(key))
        assert not key.strip() or key not in str(caught.value)
        assert loopback_server.asked == []

    @pytest.mark.parametrize("model", ["", " ", "a\nb", "x" * 201, " llama"])
    def test_a_model_without_a_name(self, model, judge):
        with pytest.raises(InputError, match="model's name"):
            judge(MemorySitting(1), model=model)

    @pytest.mark.parametrize(
        "bounds", [{"most_requests": 0}, {"answer_seconds": 0.0}, {"answer_seconds": float("nan")}]
    )
    def test_bounds(self, bounds, judge):
        with pytest.raises(InputError, match="both must be above 0"):
            judge(MemorySitting(1), **bounds)

    def test_no_theme(self, judge):
        with pytest.raises(InputError, match="no theme"):
            judge(MemorySitting(1, themes=()))


class TestEncryption:
    @pytest.fixture
    def endpoint(self, says):
        """An endpoint behind TLS with a certificate of its own authority."""
        authority, bodies = trustme.CA(), []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                bodies.append(self.headers["Authorization"])
                body = says(GOOD).body
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                """Say nothing on the terminal."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}", authority, bodies
        certificates.cache_clear()
        server.shutdown()
        server.server_close()

    def test_a_certificate_of_an_authority_that_is_trusted(self, endpoint, judge, tmp_path, monkeypatch):
        url, authority, keys = endpoint
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        certificates.cache_clear()
        assert judge(MemorySitting(1), endpoint=url, key=SecretStr(KEY)).n_answered == 1
        assert keys == [f"Bearer {KEY}"]

    def test_any_other_gets_no_key(self, endpoint, judge):
        url, _, keys = endpoint
        judged = judge(MemorySitting(1), endpoint=url, key=SecretStr(KEY))
        assert "certificate verify failed" in judged.stopped
        assert keys == []


def offline(look_up):
    """Look-up of names that knows numbers only."""

    def found(host, *rest, **named):
        if str(host).endswith(".invalid"):
            raise socket.gaierror("no such name")
        return look_up(host, *rest, **named)

    return found


@pytest.mark.parametrize("status", [200, 400, 401, 404, 429, 500])
def test_the_key_is_in_no_message_log_repr_or_output(
    status, judge, answers, make_answer, caplog, capfd, loopback_server
):
    """A server that repeats what it was sent, escaped or not, where a message is cut, and in the text."""
    caplog.set_level(logging.DEBUG)
    escaped = json.dumps({"error": {"message": "x" * 185 + f" Bearer {KEY} is wrong"}}).replace("/", "\\/")
    for body in (escaped.encode(), f"<title>{KEY}</title>".encode(), f"no: {KEY}".encode()):
        answers(make_answer(body, status=status, headers={"Retry-After": "60"}))
        said = ""
        try:
            said = repr(judge(MemorySitting(4), key=SecretStr(KEY)))
        except InputError as error:
            said = "".join(traceback.format_exception(error)) + repr(error)
        written = capfd.readouterr()
        for text in (said, caplog.text, written.out, written.err):
            assert KEY[:6] not in text
    assert loopback_server.asked[0].headers["Authorization"].endswith(KEY)
    assert "/v1/chat/completions" in caplog.text
