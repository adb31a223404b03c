from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from unittest.mock import ANY

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text as statement

from analytics.exceptions import PapertrendsError
from analytics.papers import content_hash, paper_text
from analytics.themes import Theme
from analytics.topics.topic_regions import TopicRegions, TopicState
from analytics.vectors.student import StudentVectorizer
from flows.analysis import steps, vectorizers
from flows.analysis.run_analysis import AnalysisInputs, run_analysis
from flows.analysis.vectorizers import ready_vectorizer
from flows.config.settings import Settings
from flows.store import Store
from flows.store.registry import FitRow

DAY = date(2025, 6, 1)


class Teacher:
    """Stands in for MiniLM: a direction for each text, and a count of the texts that it saw."""

    needs_corpus = False
    id = "minilm-test"
    n_seen = 0

    def transform(self, texts):
        type(self).n_seen += len(texts)
        seeds = [int(content_hash(text)[:8], 16) for text in texts]
        rows = np.stack([np.random.default_rng(seed).standard_normal(384) for seed in seeds])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(autouse=True)
def teacher(monkeypatch):
    Teacher.n_seen = 0
    monkeypatch.setattr(vectorizers, "make_vectorizer", lambda name, **_: Teacher())
    monkeypatch.setattr(vectorizers, "student_teacher", Teacher)
    monkeypatch.setattr(vectorizers, "MOST_BY_MINILM", 30)


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path) as store:
        yield store


def texts(n: int) -> list[str]:
    return [f"Paper {number}. Agents explore mazes {number} times" for number in range(n)]


def fit(day: date, vectorizer_id: str) -> FitRow:
    members = pd.DataFrame(
        {"paper_id": ["arxiv:1"], "topic_id": ["T0001"], "strength": [1.0], "basis": ["clustered"]}
    )
    regions = TopicRegions(("T0001",), np.ones((1, 4), dtype=np.float32), np.ones(1))
    return FitRow(
        0,
        day,
        vectorizer_id,
        {},
        {"n_neighbors": 15},
        "there was none before",
        TopicState(members, regions),
        (),
    )


def ready(store, n, day=DAY, **settings):
    return ready_vectorizer(store, day, texts(n), Settings(**settings))


class TestAuto:
    def test_few_new_abstracts_are_left_to_minilm(self, store):
        vectorizer, why = ready(store, 30)
        assert vectorizer.id == "minilm-test"
        assert why == "30 abstracts had no vector; MiniLM takes up to 30"

    def test_more_of_them_make_a_student(self, store):
        vectorizer, why = ready(store, 31)
        assert isinstance(vectorizer, StudentVectorizer)
        assert why == "31 abstracts had no vector; MiniLM takes up to 30"

    def test_what_has_a_vector_does_not_count(self, store):
        known = texts(25)
        store.write_vectors("minilm-test", [content_hash(one) for one in known], Teacher().transform(known))
        assert ready(store, 55)[0].id == "minilm-test"
        assert isinstance(ready(store, 56)[0], StudentVectorizer)

    def test_a_workspace_with_a_student_stays_with_it(self, store):
        first, _ = ready(store, 31)
        again, why = ready(store, 20)
        assert (again.id, why) == (first.id, "the workspace has a student")


class TestEarlierVersion:
    """Vectors of a version that ran MiniLM by torch, and a workspace whose topics were found in them."""

    EARLIER = "minilm-53aa5117-f32-256"

    @pytest.fixture(autouse=True)
    def fitted(self, store):
        store.write_fit(fit(DAY, self.EARLIER))

    @pytest.mark.parametrize("name", ["auto", "minilm", "minilm-256"])
    def test_it_stays_until_a_refit(self, store, name):
        vectorizer, why = ready(store, 3, vectorizer=name)
        assert vectorizer.id == self.EARLIER
        assert why.endswith("; the topics were found in its vectors, analyze --refit changes to minilm-test")
        vectorizer, why = ready_vectorizer(store, DAY, texts(3), Settings(vectorizer=name), refit=True)
        assert vectorizer.id == "minilm-test"
        assert "--refit" not in why

    def test_whoever_asks_for_other_word_pieces_gets_them(self, store):
        assert ready(store, 3, vectorizer="minilm-128") == (ANY, "it was chosen")
        assert ready(store, 3, vectorizer="minilm-128")[0].id == "minilm-test"

    def test_a_later_fit_in_other_vectors_ends_it(self, store):
        store.write_fit(fit(DAY, "minilm-test"))
        assert ready(store, 3)[0].id == "minilm-test"

    def test_a_day_before_the_fit_does_not_know_it(self, store):
        assert ready(store, 3, day=DAY - timedelta(days=1))[0].id == "minilm-test"

    def test_auto_leaves_fewer_abstracts_to_it(self, store):
        assert ready(store, 3)[1].startswith("3 abstracts had no vector; MiniLM takes up to 3;")
        assert isinstance(ready(store, 4)[0], StudentVectorizer)

    @pytest.mark.parametrize("other", ["minilm-ffffffff-f32-256", "student-0a", "minilm-53aa5117-bf16-256"])
    def test_what_this_machine_cannot_make_is_not_kept(self, store, monkeypatch, other):
        monkeypatch.setattr("analytics.vectors.minilm.has_bfloat16_tiles", lambda: False)
        store.write_fit(fit(DAY, other))
        assert ready(store, 3)[0].id == "minilm-test"


@pytest.mark.parametrize(
    ("number_format", "most"),
    [("int8.1.avx512vnni-128", 30), ("float32.1.avx2-128", 15), ("f32-256", 3), ("int8.1.amx-256", 30)],
)
def test_slower_number_formats_get_fewer_abstracts(monkeypatch, number_format, most):
    assert vectorizers._most_by(f"minilm-53aa5117-{number_format}") == most


class TestStudent:
    def test_it_is_fitted_once(self, store):
        first, why = ready(store, 20, vectorizer="student")
        assert why == "it was chosen"
        assert Teacher.n_seen == 20
        again, _ = ready(store, 40, vectorizer="student")  # twice the texts and no more
        assert again.id == first.id
        assert np.array_equal(again.transform(texts(40)), first.transform(texts(40)))
        assert Teacher.n_seen == 20

    def test_over_twice_the_texts_make_a_new_one_and_say_so(self, store):
        first, _ = ready(store, 20, vectorizer="student")
        second, why = ready(store, 41, vectorizer="student")
        assert second.id != first.id
        assert why == "it was chosen; fitted again: 41 texts, over 2 times the 20 before"
        assert Teacher.n_seen == 41  # what was encoded for the first is not encoded again

    def test_one_of_an_earlier_teacher_stays_until_a_refit(self, store, monkeypatch):
        first, _ = ready(store, 20, vectorizer="student")
        monkeypatch.setattr(Teacher, "id", "minilm-newer")
        again, why = ready(store, 20, vectorizer="student")
        assert again.id == first.id
        assert why == "it was chosen; it learned from minilm-test, analyze --refit makes one of minilm-newer"
        second, why = ready_vectorizer(store, DAY, texts(20), Settings(vectorizer="student"), refit=True)
        assert second.id != first.id
        assert why == "it was chosen; fitted again: the last one learned from minilm-test"
        third, why = ready_vectorizer(store, DAY, texts(20), Settings(vectorizer="student"), refit=True)
        assert (third.id, why) == (second.id, "it was chosen")

    def test_phrases_are_read_by_the_teacher_it_had(self, store, monkeypatch):
        student, _ = ready(store, 20, vectorizer="student")
        assert vectorizers.phrase_reader(store, student).id == "minilm-test"
        with store._writing() as connection:
            connection.execute(statement("UPDATE students SET teacher_id = 'minilm-53aa5117-f32-128'"))
        assert vectorizers.phrase_reader(store, student).id == "minilm-53aa5117-f32-128"
        assert vectorizers.teacher_of(store, "student-that-is-not-there").id == "minilm-test"
        other = Teacher()
        assert vectorizers.phrase_reader(store, other) is other

    def test_another_seed_makes_a_new_one(self, store):
        first, _ = ready(store, 20, vectorizer="student")
        assert ready(store, 20, vectorizer="student", random_state=1)[0].id != first.id

    def test_a_past_day_knows_no_later_one(self, store):
        later, _ = ready(store, 40, vectorizer="student")
        earlier, _ = ready(store, 20, day=DAY - timedelta(days=1), vectorizer="student")
        assert earlier.id != later.id
        assert ready(store, 40, vectorizer="student")[0].id == later.id

    @pytest.mark.parametrize("arrays", ["x'00'", "x''", "substr(arrays, 1, 2000)"])
    def test_a_damaged_one_stops_the_run(self, store, arrays):
        ready(store, 20, vectorizer="student")
        with store._writing() as connection:
            connection.execute(statement(f"UPDATE students SET arrays = {arrays}"))
        with pytest.raises(PapertrendsError, match="cannot be read.*--vectorizer minilm"):
            ready(store, 20, vectorizer="student")
        assert ready(store, 20, vectorizer="minilm")[0].id == "minilm-test"


def test_themes_are_read_by_the_teacher_papers_by_the_student(tmp_path):
    papers = pd.DataFrame({"title": [f"Paper {i}" for i in range(35)], "abstract": "Agents explore"})
    papers["content_hash"] = (papers["title"] + ". " + papers["abstract"]).map(content_hash)
    themes = [Theme("a", "A", "About a", ("one", "two")), Theme("b", "B", "", ("three",))]
    found = steps.encode_corpus(tmp_path, DAY, papers, themes, Settings(vectorizer="student"))
    assert found.vectorizer_id.startswith("student-")
    assert [len(one) for one in found.phrases] == [3, 1]
    assert np.array_equal(found.phrases[0], Teacher().transform(["one", "two", "About a"]))
    with Store.open(tmp_path) as store:
        student = store.read_student(DAY).student
    said = [paper_text(*row) for row in papers[["title", "abstract"]].itertuples(index=False)]
    assert found.papers == pytest.approx(student.transform(said), abs=1e-5)
    again = steps.encode_corpus(tmp_path, DAY, papers, themes, Settings(vectorizer="student"))
    assert again.n_encoded == 0
    assert np.array_equal(again.papers, found.papers)


class TestLoadAhead:
    @pytest.fixture
    def read(self, monkeypatch):
        """Texts that a student read."""
        texts = []
        monkeypatch.setattr(StudentVectorizer, "transform", lambda _, given: texts.extend(given))
        return texts

    def test_only_where_there_is_a_student(self, tmp_path, read):
        vectorizers.load_ahead(tmp_path)
        assert not (tmp_path / "corpus.sqlite").exists()
        with Store.open(tmp_path) as store:
            vectorizers.load_ahead(tmp_path)
            assert read == []
            student, _ = ready(store, 20, vectorizer="student")
        vectorizers.load_ahead(tmp_path)
        assert read == [""]
        with Store.open(tmp_path) as store:
            kept = store.read_student(DAY)
            assert kept.student is store.read_student(DAY).student  # unpacked once
            assert kept.student.id == student.id

    def test_a_damaged_store_is_told_later(self, tmp_path, read):
        (tmp_path / "corpus.sqlite").write_bytes(b"no database")
        vectorizers.load_ahead(tmp_path)
        assert read == []


@pytest.mark.parametrize("refit", [False, True])
def test_an_analysis_tells_the_encoding_step_whether_topics_are_fitted_again(tmp_path, refit):
    class ReachedError(Exception):
        pass

    def step(name, function, *args, **keywords):
        if name == "read":
            return SimpleNamespace(papers=[])
        assert (name, function) == ("encode", steps.encode_corpus)
        assert keywords["refit"] is refit
        raise ReachedError

    settings = Settings(workspace=tmp_path)
    with pytest.raises(ReachedError):
        run_analysis(AnalysisInputs(settings, DAY, (), refit=refit), run_step=step)
