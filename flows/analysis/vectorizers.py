"""Which vectorizer a run uses, and why; a student is fitted here when a rule says so."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

from threadpoolctl import threadpool_limits

from analytics.papers import content_hashes
from analytics.parallel import Each
from analytics.vectors.encoders import Vectorizer, make_vectorizer
from analytics.vectors.student import StudentVectorizer, student_teacher, taught_texts
from flows.analysis.encoding import encode_texts
from flows.analysis.prefetched_vectors import read_vectors_ahead
from flows.config.settings import Settings
from flows.store import Store
from flows.store.students import StudentRow

__all__ = ["MOST_BY_MINILM", "STUDENT_GROWTH", "load_ahead", "ready_vectorizer"]

MOST_BY_MINILM = 10_000
"""Abstracts without a vector that `auto` leaves to MiniLM: five to ten minutes on two cores."""
STUDENT_GROWTH = 2.0
"""Texts over those that a student was fitted on from which it is fitted anew."""


def ready_vectorizer(
    store: Store, day: date, texts: Sequence[str], settings: Settings, *, each: Each = map
) -> tuple[Vectorizer, str]:
    """Fitted vectorizer for the texts of a day.

    With ``auto`` it is MiniLM while at most `MOST_BY_MINILM` of the texts have no vector by it, and the
    student beyond; once a workspace has a student, ``auto`` stays with it, because other vectors would
    mean other topics. A student is kept until there are over twice the texts that it was fitted on, or
    the seed changed.

    Parameters
    ----------
    store : Store
        Where students and vectors are kept.
    day : date
        Students that knew something later are passed over.
    texts : sequence of str
        Of the papers.
    settings : Settings
    each : Each
        Where texts for a new student are encoded.

    Returns
    -------
    vectorizer : Vectorizer
    why : str
        Why it is this one, as a sentence fragment.
    """
    name = settings.vectorizer
    if name == "minilm":
        return make_vectorizer(name), "it was chosen"
    if name == "lexical":
        with threadpool_limits(1):
            return make_vectorizer(name, random_state=settings.random_state).fit(texts), "it was chosen"
    last, why = store.read_student(day), "it was chosen"
    if name == "auto" and last is None:
        minilm = make_vectorizer("minilm")
        hashes = sorted(set(content_hashes(texts)))
        n_missing = len(hashes) - store.count_vectors(minilm.id, hashes)
        if n_missing <= MOST_BY_MINILM:
            return minilm, f"{n_missing:,} abstracts had no vector; MiniLM takes up to {MOST_BY_MINILM:,}"
        why = f"{n_missing:,} abstracts had no vector; MiniLM takes up to {MOST_BY_MINILM:,}"
    elif name == "auto":
        why = "the workspace has a student"
    if last is not None and last.random_state == settings.random_state:
        n_texts = len(set(content_hashes(texts)))
        if n_texts <= STUDENT_GROWTH * last.n_texts:
            return last.student, why
        why += f"; fitted anew: {n_texts:,} texts, over {STUDENT_GROWTH:g} times the {last.n_texts:,} before"
    return _fitted_student(store, day, texts, settings, each), why


def load_ahead(workspace: Path) -> None:
    """Read a student, its vectors and what it reads texts with, where the workspace has one.

    Faults are told where they are used.
    """
    with suppress(Exception):
        if not Store.exists(workspace):
            return
        with Store.open(workspace) as store:
            student = store.read_student(date.max)  # the newest is likely to be the one
            if student is not None:
                read_vectors_ahead(store, student.student.id)
                student.student.transform([""])


def _fitted_student(
    store: Store, day: date, texts: Sequence[str], settings: Settings, each: Each
) -> StudentVectorizer:
    """Let MiniLM encode some of the texts, fit a student to them, and keep it."""
    teacher = student_teacher()
    sample = taught_texts(texts)
    vectors, _ = encode_texts(store, teacher, sample, each=each)
    with threadpool_limits(1):  # more threads add up in another order
        student = StudentVectorizer(settings.random_state)
        student.fit(texts, dict(zip(sample, vectors, strict=True)), teacher.id)
    row = StudentRow(student, day, len(set(texts)), teacher.id, settings.random_state)
    store.write_student(row)
    return student
