"""The step in which a model names topics, if the setting `label_model` is set.

A name is kept in the store with what was asked. It is asked for again only when the data also calls the topic
otherwise. An endpoint that fails costs a warning: topics without a name keep the label of the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analytics.exceptions import InputError
from analytics.topics.central_papers import central_papers
from analytics.topics.topic_edits import TopicEdit, merge_targets
from flows.analysis.name_questions import INSTRUCTIONS, SCHEMA, TopicQuestion, name_fault, parse_name
from flows.analysis.steps import Encoded, Grouped
from flows.config.secret_blocks import secret_setting
from flows.config.settings import Settings
from flows.endpoints.chat_client import ChatClient
from flows.endpoints.chat_model import ChatModel
from flows.endpoints.endpoint_address import parse_endpoint
from flows.endpoints.endpoint_client import RequestsSpentError
from flows.feeds.errors import FeedError, TransientFeedError
from flows.store import Store
from flows.store.topic_names import TopicName
from flows.workers.progress import say_progress

__all__ = ["MOST_TITLES", "NO_NAMES", "NamedTopics", "name_topics"]

MOST_TITLES = 10
_TRIES = 2
_MOST_FAILED = 2
_MOST_UNUSABLE = 3
"""Topics without a usable answer after which a model that has named none is not asked further."""


class _NamingClient(ChatClient):
    """A run does not wait long for names that it can do without."""

    named_by = "label_model and label_endpoint"
    pauses = (2.0, 5.0)
    longest_pause_s = 60.0


@dataclass(frozen=True)
class NamedTopics:
    """Names by topic id, the manifest's `model_names` in `topics`, and a warning if some are missing."""

    names: Mapping[str, str]
    facts: Mapping[str, Any]
    notes: tuple[str, ...]


NO_NAMES = NamedTopics({}, {}, ())


def name_topics(
    workspace: Path,
    day: date,
    papers: pd.DataFrame,
    encoded: Encoded,
    fit: Grouped,
    settings: Settings,
    edits: Mapping[str, TopicEdit],
) -> NamedTopics:
    """Names that a model gives to topics: those in the store, then new ones.

    `fit` holds the papers that a fit clustered, in their topics, and its table of topics.

    Topics that people named or merged into others are not asked about. Must not be called where an event loop
    runs.
    """
    questions = _questions(papers, encoded, fit, edits)
    naming = _Naming(str(settings.label_model), day, _used_names(fit.groups, edits))
    with Store.open(workspace) as store:
        new = naming.recall(questions, store.read_topic_names(naming.model))
        n_requests = _ask(naming, new, settings, store) if new else 0
    facts = {
        "model": naming.model,
        "endpoint": _host(settings),
        "requests": n_requests,
        "named": len(naming.names),
        "unusable": naming.n_unusable,
        "left": len(new) - naming.n_asked,
    }
    n_kept = len(questions) - len(naming.names)
    reason = naming.stopped or naming.failure
    note = f"{n_kept} of {len(questions)} topics keep the label of the data: {reason}"
    return NamedTopics(naming.names, {"model_names": facts}, (note,) if reason else ())


def _ask(naming: _Naming, new: Sequence[TopicQuestion], settings: Settings, store: Store) -> int:
    """Ask about topics and keep the answers; gives the number of requests."""
    try:
        chat = _chat(settings)
    except InputError as error:
        naming.stopped = str(error)
        return 0
    for question in new:
        if not naming.ask(chat, question, len(new)):
            break
        if naming.n_given:
            naming.save(store)
    if not naming.stopped and naming.names:
        naming.save(store)
    return chat.client.n_requests


def _host(settings: Settings) -> str | None:
    """Host of the endpoint, for the manifest."""
    with suppress(InputError):
        return parse_endpoint(settings.label_endpoint or "").host
    return None


def _questions(
    papers: pd.DataFrame, encoded: Encoded, fit: Grouped, edits: Mapping[str, TopicEdit]
) -> list[TopicQuestion]:
    """Question for each topic that has no name of people, the largest topic first."""
    settled = {one for one, edit in edits.items() if edit.name}
    settled |= set(merge_targets(edits, fit.groups["topic_id"]))
    title_of = papers.set_index("paper_id")["title"]
    central = central_papers(fit.assignments, papers["paper_id"], encoded.papers, most=MOST_TITLES)
    rows = zip(fit.groups["topic_id"], fit.groups["label"], fit.groups["top_terms"], strict=True)
    return [
        TopicQuestion(topic_id, label, tuple(terms), tuple(sorted(title_of[central.get(topic_id, [])])))
        for topic_id, label, terms in rows
        if topic_id not in settled
    ]


def _used_names(topics: pd.DataFrame, edits: Mapping[str, TopicEdit]) -> dict[str, str]:
    """Topics by the names that they have: those of the data, and those of people."""
    used = {_folded(row["label"]): str(row["topic_id"]) for row in topics.to_dict("records")}
    known = set(topics["topic_id"])
    return used | {_folded(edit.name): one for one, edit in edits.items() if edit.name and one in known}


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _chat(settings: Settings) -> ChatModel:
    """Model that the settings name.

    Raises
    ------
    InputError
        When there is no endpoint, or the key cannot be sent there.
    """
    if settings.label_endpoint is None:
        raise InputError("label_model is set and label_endpoint is not; set it, as http://localhost:11434")
    client = _NamingClient(
        settings.label_endpoint,
        secret_setting(settings.label_key, settings.label_key_block, name="label_key"),
        most_requests=settings.label_requests,
        answer_seconds=settings.answer_seconds,
    )
    return ChatModel(str(settings.label_model), client)


@dataclass
class _Naming:
    """Names of one run, in the order in which topics get them.

    Attributes
    ----------
    used : dict
        Topics by the names that they have, folded: no other topic gets one of them.
    stopped : str
        Why not all topics were asked about.
    failure : str
        How the endpoint failed last.
    """

    model: str
    day: date
    used: dict[str, str]
    names: dict[str, str] = field(default_factory=dict)
    n_asked: int = 0
    n_given: int = 0
    n_unusable: int = 0
    stopped: str = ""
    failure: str = ""
    failed_in_a_row: int = 0
    unsaved: list[TopicName] = field(default_factory=list)

    def recall(self, questions: Iterable[TopicQuestion], known: Sequence[TopicName]) -> list[TopicQuestion]:
        """Take the names that are known, by question or for the same label; gives the other questions."""
        by_question = {one.asked: one for one in known}
        # The newest last; what a later day knew does not count.
        by_label = {(one.topic_id, one.label): one for one in known if one.name and one.day <= self.day}
        new = []
        for question in questions:
            found = by_question.get(question.asked_of(self.model))
            if found is None or not found.name:
                found = by_label.get((question.topic_id, question.label), found)
            if found is None:
                new.append(question)
            elif found.name:
                self._take(question.topic_id, found.name)
        return new

    def _take(self, topic_id: str, name: str) -> str:
        """Give a topic a name; says what is wrong with it, empty if nothing."""
        fault = name_fault(name)
        if not fault and self.used.get(_folded(name), topic_id) != topic_id:
            fault = "another group has this name"
        if not fault:
            self.names[topic_id] = name
            self.used[_folded(name)] = topic_id
        return fault

    def ask(self, chat: ChatModel, question: TopicQuestion, n_all: int) -> bool:
        """Ask about a topic; False if no further one is to be asked about."""
        say_progress(f"names by {self.model}", self.n_asked, n_all)
        try:
            name = self._answer(chat, question)
        except (InputError, RequestsSpentError) as error:
            self.stopped = str(error)
            return False
        except TransientFeedError as error:
            # It may be of this question: a server that fails at it must not keep the others from being asked.
            self.failed_in_a_row += 1
            self.failure = str(error)
            if not self.n_given or self.failed_in_a_row == _MOST_FAILED:
                self.stopped = self.failure
            return not self.stopped
        except FeedError as error:
            if not chat.form_is_known:
                self.stopped = str(error)
                return False
            name = None
        self.n_asked += 1
        self.failed_in_a_row = 0
        say_progress(f"names by {self.model}", self.n_asked, n_all)
        if name is not None:
            asked = question.asked_of(self.model)
            self.unsaved.append(
                TopicName(asked, self.model, question.topic_id, question.label, self.day, name)
            )
        self.n_given += bool(name)
        self.n_unusable += not name
        if not self.n_given and self.n_unusable == _MOST_UNUSABLE:
            self.stopped = f"{self.model} gave no usable name for {_MOST_UNUSABLE} topics in a row"
            return False
        return True

    def _answer(self, chat: ChatModel, question: TopicQuestion) -> str:
        """Name that the model gives, empty if none of its tries can be used."""
        name = fault = ""
        for _ in range(_TRIES):
            name = parse_name(chat.ask(INSTRUCTIONS, question.text(name, fault), SCHEMA).text)
            if not (fault := self._take(question.topic_id, name)):
                return name
        return ""

    def save(self, store: Store) -> None:
        """Keep the answers, also that none could be used: not of an endpoint that gives no name at all."""
        for one in self.unsaved:
            store.write_topic_name(one)
        self.unsaved.clear()
