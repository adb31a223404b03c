"""The labelling server: the page, the state of the session, and the result of each answer."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from analytics.exceptions import InputError, PapertrendsError
from analytics.labels import ANSWERS
from flows.labelling.one_thread import OneThread
from flows.labelling.page import labelling_page, n_answered, sitting_view
from flows.labelling.sitting import Sitting
from reports.labelling_page import labelling_policy, render_labelling_page

__all__ = ["MOST_BYTES", "LabellingApp"]

MOST_BYTES = 64_000
"""Longest body of a request; answers for 200 themes take half of it."""

logger = logging.getLogger(__name__)


class LabellingApp:
    """Serves one sitting.

    Every call of the sitting runs in one thread, one after the other: two tabs never interleave.

    `n_answered` counts the papers that were answered when the sitting was last looked at.

    `stop` ends the server; it is called once the answer to a stop is out.
    """

    def __init__(self, sitting: Sitting, *, then: str, go_on: str, stop: Callable[[], None]) -> None:
        self._sitting, self._stop, self._thread = sitting, stop, OneThread("papertrends-labels")
        self._page = labelling_page(sitting, then, go_on)
        self.n_answered = n_answered(sitting)

    def routes(self) -> Starlette:
        """The application; the first part of each path is the token, which is checked elsewhere."""
        return Starlette(
            routes=[
                Route("/{token}/", self._show),
                Route("/{token}/view", self._view),
                Route("/{token}/answer", self._answer, methods=["POST"]),
                Route("/{token}/undo", self._undo, methods=["POST"]),
                Route("/{token}/stop", self._end, methods=["POST"]),
            ]
        )

    def close(self) -> None:
        """End the thread without waiting for its current work."""
        self._thread.close()

    async def _show(self, _request: Request) -> Response:
        html = render_labelling_page(self._page).encode("utf-8", "replace")
        policy = {"Content-Security-Policy": labelling_policy()}
        return Response(html, media_type="text/html", headers=policy)

    async def _view(self, request: Request) -> Response:
        return await self._respond(partial(self._look, request.query_params.get("paper")))

    async def _answer(self, request: Request) -> Response:
        return await self._respond(self._save, await _body(request))

    async def _undo(self, request: Request) -> Response:
        return await self._respond(self._take_back, await _body(request))

    async def _end(self, request: Request) -> Response:
        body = await _body(request)
        if isinstance(body, Response):
            return body
        response = await self._respond(partial(self._look, None, is_over=True))
        response.background = BackgroundTask(_async(self._stop))
        return response

    async def _respond(
        self, work: Callable[..., tuple[int, dict[str, Any]]], body: dict[str, Any] | Response | None = None
    ) -> Response:
        """Result of an operation on the session as JSON; errors are one line."""
        if isinstance(body, Response):
            return body
        failed = "The labels cannot be read" if body is None else "Not saved"
        try:
            status, outcome = await self._thread.call(work if body is None else partial(work, body))
        except InputError as error:
            return _problem(400, str(error))
        except PapertrendsError as error:
            return _problem(500, f"{failed}: {error}")
        except Exception as error:  # whatever a database says, the page must know that nothing was saved
            logger.warning("the sitting failed: %s: %s", type(error).__name__, error)
            return _problem(
                500, f"{failed}: {type(error).__name__}; see the terminal for details. Try again."
            )
        self.n_answered = outcome["view"]["n_answered"] if "view" in outcome else outcome["n_answered"]
        return _json(status, outcome)

    def _look(self, paper_id: str | None, *, is_over: bool = False) -> tuple[int, dict[str, Any]]:
        return 200, sitting_view(self._sitting, paper_id, is_over=is_over)

    def _save(self, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        paper_id, answers = self._paper_id(body), self._checked_answers(body.get("answers"))
        saved = dict(self._sitting.answers.get(paper_id, {}))
        # The same answers once more are a request whose response got lost.
        if saved not in (body.get("seen"), answers):
            saved_answers = (
                ", ".join(f"{theme} {answer}" for theme, answer in saved.items()) or "nothing, taken back"
            )
            error = (
                f"Another tab has answered this paper in the meantime ({saved_answers}). "
                "Press Enter to save your marks instead; reload the page to keep that answer."
            )
            return 409, {"error": error, "view": sitting_view(self._sitting, paper_id)}
        self._sitting.answer(paper_id, answers)
        return self._look(None)

    def _take_back(self, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        paper_id = self._paper_id(body)
        taken = dict(self._sitting.answers.get(paper_id, {}))
        self._sitting.undo(paper_id)
        return 200, sitting_view(self._sitting, paper_id) | {"taken_back": taken}

    def _paper_id(self, body: Mapping[str, Any]) -> str:
        paper_id = body.get("paper_id")
        if not any(one.paper_id == paper_id for one in self._sitting.papers):
            raise InputError(f"paper {str(paper_id)[:100]!r} is not in this session; reload the page")
        return str(paper_id)

    def _checked_answers(self, answers: Any) -> dict[str, str]:
        """Answers for all themes of the page, in its order."""
        theme_ids = [one.theme_id for one in self._page.themes]
        if not isinstance(answers, dict) or set(answers) != set(theme_ids):
            raise InputError("the answers do not match the themes of this session; reload the page")
        wrong = [one for one in answers.values() if one not in ANSWERS]
        if wrong:
            raise InputError(f"answer {str(wrong[0])[:40]!r} is unknown; use {', '.join(ANSWERS)}")
        return {theme_id: answers[theme_id] for theme_id in theme_ids}


async def _body(request: Request) -> dict[str, Any] | Response:
    """Object in the body of a request, or the refusal of it."""
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > MOST_BYTES:
            return _problem(413, f"The request is longer than {MOST_BYTES} bytes.")
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return _problem(400, "The request is not JSON.")
    return body if isinstance(body, dict) else _problem(400, "The request is not a JSON object.")


def _problem(status: int, words: str) -> Response:
    return _json(status, {"error": " ".join(words.split())[:500]})


def _json(status: int, outcome: Mapping[str, Any]) -> Response:
    # ASCII: halves of surrogate pairs, which an id may hold, cannot be written as UTF-8.
    return Response(json.dumps(outcome), status, media_type="application/json")


def _async(function: Callable[[], None]) -> Callable[[], Any]:
    """A function for the event loop's own thread; others are run in a pool of threads."""

    async def called() -> None:
        function()

    return called
