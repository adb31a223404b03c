"""A model labels papers on request."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import SecretStr

from analytics.exceptions import InputError
from flows.endpoints.chat_client import ChatClient, ChatReply
from flows.endpoints.chat_model import ChatModel
from flows.endpoints.endpoint_client import RequestsSpentError
from flows.feeds.errors import FeedError, TransientFeedError
from flows.labelling.judge_prompt import answer_schema, instructions, paper_question, parse_answers
from flows.labelling.sitting import AskedPaper, AskedTheme, Sitting
from flows.workers.progress import say_progress

__all__ = ["Judged", "judge_papers"]

_MODEL_NAME = re.compile(r"\S.{0,198}\S|\S")
_TRIES = 2
_MOST_FAILED = 3
_MOST_REFUSED = 10
_MOST_AT_FIRST = 3
"""Papers refused in a row after which a model that has answered none is not asked further."""
_NOT_JSON = "the model's answer is not the requested JSON object"


@dataclass(frozen=True, slots=True)
class Judged:
    """Result of labelling by a model.

    Attributes
    ----------
    n_answered : int
        Papers with an answer for at least one theme.
    n_refused : int
        Papers whose answer could not be used, twice, or that the endpoint refused.
    n_failed : int
        Papers for which the endpoint failed, after all retries.
    n_left : int
        Papers that were not asked about, because it ended before.
    n_missing : int
        Themes that an answer left out, over all answered papers.
    n_requests : int
        Retries included.
    prompt_tokens, completion_tokens : int or None
        Sums over all responses that report them; None if no response does.
    n_uncounted : int
        Answers that do not count tokens.
    stopped : str or None
        Why it ended before the last paper.
    """

    model: str
    n_answered: int
    n_refused: int
    n_failed: int
    n_left: int
    n_missing: int
    n_requests: int
    prompt_tokens: int | None
    completion_tokens: int | None
    n_uncounted: int
    stopped: str | None

    @property
    def n_asked(self) -> int:
        """Papers that the model was asked about."""
        return self.n_answered + self.n_refused + self.n_failed


def judge_papers(
    sitting: Sitting,
    *,
    model: str,
    endpoint: str,
    key: SecretStr | None,
    most_requests: int,
    answer_seconds: float = 180.0,
    sleep: Callable[[float], object] = time.sleep,
) -> Judged:
    """Ask a model about the unanswered papers of a session, and save its answers paper by paper.

    Only themes without an answer are asked for. A paper whose answer cannot be used is asked about once more
    and then left unanswered. Must not be called where an event loop runs.

    Raises
    ------
    InputError
        When an argument cannot be used, there is no theme, or the endpoint refuses every request: wrong key,
        unknown model, a redirect. What was answered before is saved.
    """
    if not _MODEL_NAME.fullmatch(model) or not model.isprintable():
        raise InputError(
            "the model's name is empty, longer than 200 characters, or contains unprintable characters;"
            " give a name that the endpoint knows, such as llama3.1:8b"
        )
    client = ChatClient(
        endpoint, key, most_requests=most_requests, answer_seconds=answer_seconds, sleep=sleep
    )
    themes = sitting.themes()
    if not themes:
        raise InputError("there are no themes to label; give a themes file that declares some")
    run = _Run(sitting, ChatModel(model, client))
    open_papers = _open_papers(sitting, themes)
    stage = f"answers of {model}"
    say_progress(stage, 0, len(open_papers))
    for number, (paper, earlier, wanted) in enumerate(open_papers, start=1):
        try:
            run.judge(paper, wanted, earlier)
        except InputError as error:
            if not run.n_answered:
                raise
            raise InputError(f"{error}; the answers for {run.n_answered} earlier papers are saved") from None
        if run.stopped is not None:
            break
        say_progress(stage, number, len(open_papers))
    return run.result(len(open_papers))


def _open_papers(
    sitting: Sitting, themes: Sequence[AskedTheme]
) -> list[tuple[AskedPaper, Mapping[str, str], list[AskedTheme]]]:
    """Papers that lack answers, with the answers that they have and the themes that they lack."""
    answers = {paper_id: dict(given) for paper_id, given in sitting.answers.items()}
    return [
        (paper, earlier, wanted)
        for paper in sitting.papers
        for earlier in [answers.get(paper.paper_id, {})]
        if (wanted := [theme for theme in themes if theme.theme_id not in earlier])
    ]


@dataclass
class _Run:
    """Counts of one run, and when it must end."""

    sitting: Sitting
    chat: ChatModel
    replies: list[ChatReply] = field(default_factory=list)
    n_answered: int = 0
    n_refused: int = 0
    n_failed: int = 0
    n_missing: int = 0
    refused_in_a_row: int = 0
    failed_in_a_row: int = 0
    stopped: str | None = None

    def judge(self, paper: AskedPaper, themes: Sequence[AskedTheme], earlier: Mapping[str, str]) -> None:
        """Ask about a paper and add the answers to earlier ones; may set `stopped`."""
        try:
            answers, why = self._answers(paper, themes), _NOT_JSON
        except RequestsSpentError as error:
            self.stopped = str(error)
            return
        except TransientFeedError as error:
            self.n_failed += 1
            self.failed_in_a_row += 1
            if not self.n_answered or self.failed_in_a_row >= _MOST_FAILED:
                self.stopped = str(error)
            return
        except FeedError as error:
            answers, why = {}, str(error)
        self.failed_in_a_row = 0
        if answers:
            # Saving replaces what the sitting has of the paper.
            self.sitting.answer(paper.paper_id, {**earlier, **answers})
            self.n_answered += 1
            self.n_missing += len(themes) - len(answers)
            self.refused_in_a_row = 0
            return
        self.n_refused += 1
        self.refused_in_a_row += 1
        most = _MOST_REFUSED if self.n_answered else _MOST_AT_FIRST
        if self.refused_in_a_row >= most:
            self.stopped = f"{most} papers in a row got no usable answer: {why}"

    def _answers(self, paper: AskedPaper, themes: Sequence[AskedTheme]) -> dict[str, str]:
        """Answers of the model by theme, empty when none of its tries can be used."""
        theme_ids = [theme.theme_id for theme in themes]
        for tried in range(_TRIES):
            reply = self._ask(themes, paper_question(paper, themes, again=tried > 0))
            if answers := parse_answers(reply.text, theme_ids):
                return answers
        return {}

    def _ask(self, themes: Sequence[AskedTheme], question: str) -> ChatReply:
        reply = self.chat.ask(instructions(themes), question, answer_schema(themes))
        self.replies.append(reply)
        return reply

    def result(self, n_open: int) -> Judged:
        """Give the counts, when `n_open` papers lacked answers at first."""
        prompt = [reply.prompt_tokens for reply in self.replies if reply.prompt_tokens is not None]
        written = [reply.completion_tokens for reply in self.replies if reply.completion_tokens is not None]
        return Judged(
            model=self.chat.name,
            n_answered=self.n_answered,
            n_refused=self.n_refused,
            n_failed=self.n_failed,
            n_left=n_open - self.n_answered - self.n_refused - self.n_failed,
            n_missing=self.n_missing,
            n_requests=self.chat.client.n_requests,
            prompt_tokens=sum(prompt) if prompt else None,
            completion_tokens=sum(written) if written else None,
            n_uncounted=len(self.replies) - min(len(prompt), len(written)),
            stopped=self.stopped,
        )
