"""Sittings: which papers are asked about, in which order, and what answers leave in the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from analytics.themes import Theme, theme_definition
from flows.config.settings import load_settings
from flows.labelling.labellers import check_labeller, labeller_name
from flows.labelling.marking import mark_sentences, sentence_spans
from flows.labelling.open_sitting import open_sitting
from flows.labelling.sitting import Sitting
from flows.store import Store

DAY, LATER = date(2025, 12, 10), date(2025, 12, 11)
THEMES = (
    Theme("agents", "Agents", "Agents that use tools.", ("agents that use tools", "web agents")),
    Theme("maps", "Maps", "Maps of the world.", ("maps of cities",)),
)
_TEXTS = (
    "We build agents that use tools on the web. They plan. Web agents fail often.",
    "Maps of cities are drawn by hand. We draw {} by machine.",
    "Stars shine for long. We count {} of them.",
)


def papers(n, start=0):
    return [
        PaperRecord(
            f"Paper {number}",
            _TEXTS[number % 3].format(number),
            None if number % 10 == 9 else date(2025, 1 + number % 11, 1 + number % 28),
            "missing" if number % 10 == 9 else "stated",
            "none" if number % 10 == 9 else "day",
            url=f"https://example.org/{number}" if number % 2 else None,
        )
        for number in range(start, start + n)
    ]


def ingest(workspace, records, day=DAY):
    with Store.open(workspace) as store:
        store.ingest_feed(Feed("x", f"{day}-{len(records)}", day, tuple(records)), seen_on=day)


@pytest.fixture
def settings(tmp_path):
    ingest(tmp_path / "w", papers(40))
    return load_settings({"workspace": tmp_path / "w", "vectorizer": "lexical"}, folder=tmp_path)


def opened(settings, n_papers, labeller="ann", day=DAY, themes=THEMES):
    return open_sitting(settings, themes, n_papers=n_papers, labeller=labeller, day=day)


def ids(sitting):
    return [paper.paper_id for paper in sitting.papers]


def answer_all(sitting, count=None):
    for paper in sitting.papers[:count]:
        sitting.answer(paper.paper_id, {"agents": "yes", "maps": "no"})


def labels(settings, day=LATER):
    with Store.open(settings.workspace) as store:
        return store.read_labels(day)


def draws(settings):
    with Store.open(settings.workspace) as store:
        return store.read_draws()


def test_papers_are_asked_about_as_the_corpus_shows_them(settings):
    sitting: Sitting = opened(settings, 12)
    with Store.open(settings.workspace) as store:
        known = store.read_papers(DAY).set_index("paper_id")
    for asked in sitting.papers:
        row = known.loc[asked.paper_id]
        assert (asked.title, asked.abstract) == (row["title"], row["abstract"])
        assert asked.published == (None if row.isna()["published"] else row["published"].date())
        assert asked.url == (None if row.isna()["url"] else row["url"])
    assert sitting.answers == {}
    told = [(one.theme_id, one.n_yes, one.n_no, one.n_unsure, one.n_earlier) for one in sitting.themes()]
    assert told == [("agents", 0, 0, 0, 0), ("maps", 0, 0, 0, 0)]


def test_a_draw_is_stored_with_what_it_was_made_of(settings):
    sitting = opened(settings, 12)
    stored = draws(settings)
    assert stored["paper_id"].tolist() == ids(sitting)
    assert stored["draw"].unique().tolist() == [1]
    assert stored["day"].dt.date.unique().tolist() == [DAY]
    assert stored["random_state"].unique().tolist() == [settings.random_state]
    assert stored["draw_probability"].between(0, 1, inclusive="right").all()


def test_the_same_seed_draws_the_same_papers_and_another_others(settings, tmp_path):
    asked = ids(opened(settings, 12))
    for seed, is_same in ((0, True), (1, False)):
        folder = tmp_path / f"again{seed}"
        ingest(folder, papers(40)[::-1])  # the order in which papers came is of no matter
        again = load_settings(
            {"workspace": folder, "vectorizer": "lexical", "random_state": seed}, folder=tmp_path
        )
        assert (ids(opened(again, 12)) == asked) is is_same


def test_a_sitting_that_was_stopped_goes_on_with_its_draw(settings):
    first = opened(settings, 12)
    answer_all(first, 4)
    again = opened(settings, 12)
    assert ids(again) == ids(first)[4:]
    assert ids(opened(settings, 3)) == ids(first)[4:7]
    assert draws(settings)["draw"].unique().tolist() == [1]


def test_a_second_draw_adds_to_the_first(settings):
    first = opened(settings, 12)
    answer_all(first)
    second = opened(settings, 12, day=LATER)
    assert len(second.papers) == 12
    assert not set(ids(first)) & set(ids(second))
    stored = draws(settings)
    assert stored["draw"].tolist() == [1] * 12 + [2] * 12
    answer_all(second)
    assert labels(settings).groupby("draw")["paper_id"].nunique().tolist() == [12, 12]


def test_a_new_draw_fills_a_sitting_of_which_few_papers_wait(settings):
    first = opened(settings, 12)
    answer_all(first, 8)
    second = opened(settings, 12)
    assert ids(second)[:4] == ids(first)[8:]
    assert len(second.papers) == 12
    assert draws(settings)["draw"].value_counts().to_dict() == {1: 12, 2: 8}
    assert not set(ids(second)[4:]) & set(ids(first))


@pytest.mark.slow
def test_when_every_paper_is_answered_none_is_left(settings):
    answer_all(opened(settings, 100))
    assert len(labels(settings)) == 80
    assert labels(settings)["draw_probability"].eq(1).all()
    assert opened(settings, 100).papers == ()
    ingest(settings.workspace, papers(2, start=40), LATER)
    assert len(opened(settings, 100, day=LATER).papers) == 2


def test_a_paper_that_left_the_corpus_is_not_asked_about(settings):
    sitting = opened(settings, 12)
    gone = next(paper for paper in sitting.papers if paper.published is not None)
    answer_all(sitting, 2)
    with Store.open(settings.workspace) as store:
        # The title gets an identifier, which makes it another paper.
        record = PaperRecord(
            gone.title, gone.abstract, gone.published, "stated", "day", arxiv_id="2512.00001"
        )
        store.ingest_feed(Feed("y", "b", LATER, (record,)), seen_on=LATER)
        assert gone.paper_id not in store.read_papers(LATER)["paper_id"].tolist()
    rest = ids(opened(settings, 12, day=LATER))
    assert gone.paper_id not in rest
    assert gone.paper_id in ids(sitting)


def test_answers_are_saved_with_everything_that_a_label_says(settings):
    sitting = opened(settings, 12)
    paper = ids(sitting)[3]
    sitting.answer(paper, {"maps": "unsure", "agents": "yes"})
    (agents, maps) = labels(settings).to_dict("records")
    drawn = draws(settings).set_index("paper_id").loc[paper]
    assert agents == {
        "paper_id": paper, "theme_id": "agents", "answer": "yes", "labeller": "ann", "day": maps["day"],
        "draw": 1, "draw_probability": drawn["draw_probability"], "definition": theme_definition(THEMES[0]),
    }  # fmt: skip
    assert maps["day"].date() == DAY
    assert maps["answer"] == "unsure"
    assert sitting.answers == {paper: {"maps": "unsure", "agents": "yes"}}
    assert [(one.n_yes, one.n_no, one.n_unsure) for one in sitting.themes()] == [(1, 0, 0), (0, 0, 1)]


def test_a_second_answer_of_a_sitting_replaces_the_first(settings):
    sitting = opened(settings, 12)
    paper = ids(sitting)[0]
    sitting.answer(paper, {"agents": "yes", "maps": "yes"})
    sitting.answer(paper, {"agents": "no"})
    assert sitting.answers == {paper: {"agents": "no"}}
    assert labels(settings)[["theme_id", "answer"]].values.tolist() == [["agents", "no"]]


def test_undo_leaves_what_was_said_before_the_sitting(settings):
    first = opened(settings, 12)
    paper = ids(first)[0]
    first.answer(paper, {"agents": "yes"})
    before = labels(settings)
    # Of another process: it was opened before the paper was answered.
    second = opened(settings, 12, labeller="bob")
    again = type(first)(settings.workspace, THEMES, first.papers, first._drawn, labeller="ann", day=DAY)
    again.answer(paper, {"agents": "no", "maps": "no"})
    assert len(labels(settings)) == 2
    again.undo(paper)
    again.undo(paper)
    assert again.answers == {}
    assert labels(settings).equals(before)
    first.undo(paper)
    assert labels(settings).empty
    assert paper not in ids(second)


@pytest.mark.parametrize(
    ("paper", "answers", "says"),
    [
        ("title:other", {"agents": "yes"}, "'title:other' is not in this session"),
        (None, {"agent": "yes"}, "'agent' is not a theme of this session; its themes are agents, maps"),
        (None, {"agents": "maybe", "maps": "no"}, "'maybe' is not an answer; allowed are yes, no, unsure"),
    ],
)
def test_a_wrong_answer_is_refused_and_costs_no_other(settings, paper, answers, says):
    sitting = opened(settings, 3)
    answer_all(sitting, 1)
    with pytest.raises(InputError, match=says):
        sitting.answer(paper or ids(sitting)[0], answers)
    assert labels(settings)["answer"].tolist() == ["yes", "no"]


def test_a_model_is_asked_what_people_answered_and_people_what_a_model_did(settings):
    first = opened(settings, 12)
    answer_all(first, 10)
    model = opened(settings, 12, labeller="model:llama")
    assert ids(model) == ids(first)
    for paper in model.papers:
        model.answer(paper.paper_id, {"agents": "no", "maps": "no"})
    assert ids(opened(settings, 2, labeller="bob")) == ids(first)[10:]
    told = first.themes()[0]
    assert (told.n_yes, told.n_no) == (10, 2)  # a person's answer counts before a model's


def test_answers_without_a_draw_do_not_take_a_paper_out_of_its_draw(settings):
    sitting = opened(settings, 12)
    answer_all(sitting, 1)
    chosen = labels(settings).assign(paper_id=ids(sitting)[5], draw_probability=np.nan)
    chosen["draw"] = chosen["draw"].mask(chosen["draw"].notna())
    with Store.open(settings.workspace) as store:
        store.write_labels(chosen)
    assert ids(opened(settings, 12)) == ids(sitting)[1:]


def test_answers_under_an_earlier_definition_are_counted_apart(settings):
    answer_all(opened(settings, 6))
    changed = (replace(THEMES[0], phrases=("agents",)), replace(THEMES[1], name="Maps of places"))
    assert [one.n_earlier for one in opened(settings, 6, themes=changed).themes()] == [6, 0]


def test_a_past_day_knows_only_its_draws(settings):
    answer_all(opened(settings, 6, day=LATER))
    sitting = opened(settings, 6, day=DAY)
    assert [one.n_yes for one in sitting.themes()] == [0, 0]
    assert draws(settings)["draw"].unique().tolist() == [1, 2]


@pytest.mark.parametrize("n_papers", [0, -1])
def test_less_than_one_paper_is_refused(settings, n_papers):
    with pytest.raises(InputError, match="at least 1 must be drawn"):
        opened(settings, n_papers)


# --- who answers ---


def test_the_labeller_is_given_or_set_or_whoever_is_logged_in(tmp_path, monkeypatch):
    monkeypatch.setenv("LOGNAME", "carol")
    plain = load_settings(folder=tmp_path)
    named = load_settings({"labeller": "bob"}, folder=tmp_path)
    assert labeller_name(" ann ", named) == "ann"
    assert labeller_name(None, named) == "bob"
    assert labeller_name(None, plain) == "carol"
    with pytest.raises(InputError, match="the name of a model"):
        labeller_name("model:llama", plain)


@pytest.mark.parametrize("name", ["", "  ", "=1+1", "@x", "a\nb", "x" * 101])
def test_what_is_not_a_name_is_refused(name):
    with pytest.raises(InputError, match="is not a valid labeller name"):
        check_labeller(name, "--as")


# --- sentences ---


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        ("  One. Two!  ", ["One.", "Two!"]),
        ('He said "stop." We did.', ['He said "stop."', "We did."]),
        ("Smith et al. plan. J. Doe does 3.5 e.g. 4.", ["Smith et al. plan.", "J. Doe does 3.5 e.g. 4."]),
        ("我们研究智能体。它们规划。", ["我们研究智能体。", "它们规划。"]),
    ],
)
def test_sentences_are_found_with_their_places(text, sentences):
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences


def test_the_sentences_nearest_to_the_phrases_are_marked(settings):
    sitting = opened(settings, 40)
    marked = {
        paper.title: [paper.abstract[start:end] for start, end in paper.marked] for paper in sitting.papers
    }
    assert marked["Paper 0"] == ["We build agents that use tools on the web.", "Web agents fail often."]
    assert marked["Paper 1"] == ["Maps of cities are drawn by hand."]
    assert marked["Paper 2"] == []


def test_what_every_abstract_says_marks_nothing():
    abstracts = [f"Language models are large. They count {n}." for n in range(30)]
    abstracts[0] += " Language model agents plan."
    first, *others = mark_sentences(abstracts, ["language model agents"])
    assert [abstracts[0][start:end] for start, end in first] == ["Language model agents plan."]
    assert others == [()] * 29


def test_without_phrases_or_abstracts_nothing_is_marked():
    assert mark_sentences([], ["a phrase"]) == []
    assert mark_sentences(["A text."], []) == [()]
    assert mark_sentences(["", "The of."], ["the"]) == [(), ()]
