"""Which vectorizer a run uses, and why; a student is fitted here when a rule requires it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

from threadpoolctl import threadpool_limits

from analytics.papers import content_hashes
from analytics.parallel import Each
from analytics.vectors.encoders import make_vectorizer
from analytics.vectors.minilm import MINILM_PIECES, MiniLMVectorizer
from analytics.vectors.student import StudentVectorizer, student_teacher, taught_texts
from analytics.vectors.vectorizer import Vectorizer
from flows.analysis.encoding import encode_texts
from flows.analysis.foreign_vectorizers import ForeignVectorizer
from flows.analysis.named_vectorizers import named_vectorizer
from flows.analysis.prefetched_vectors import read_vectors_ahead
from flows.config.settings import Settings
from flows.config.vectorizer_names import is_named
from flows.store import Store
from flows.store.students import StudentRow

__all__ = [
    "MOST_BY_MINILM",
    "load_ahead",
    "phrase_reader",
    "ready_vectorizer",
    "teacher_of",
]

MOST_BY_MINILM = 100_000
"""Abstracts without a vector that `auto` leaves to MiniLM in int8: about ten minutes on two cores."""
_SLOWER = {"float32": 2, "bf16": 4, "f32": 10}
"""How many times fewer it leaves to other number formats: those of torch read 256 word pieces."""
_STUDENT_GROWTH = 2.0
"""Texts over those that a student was fitted on from which it is fitted again."""


def ready_vectorizer(
    store: Store,
    day: date,
    texts: Sequence[str],
    settings: Settings,
    *,
    refit: bool = False,
    each: Each = map,
) -> tuple[Vectorizer, str]:
    """Fitted vectorizer for the texts of a day.

    With ``auto`` it is MiniLM while at most `MOST_BY_MINILM` of the texts have no vector by it (fewer in
    number formats that take longer), and the student beyond; once a workspace has a student, ``auto`` stays
    with it, because other vectors would mean other topics. A student is kept until there are over twice
    the texts that it was fitted on, or the seed changed. A workspace whose topics were
    found in vectors of an earlier version of MiniLM, or whose student learned from one, keeps it until
    `refit`.

    The second value says why it is this one, as a sentence fragment.

    Parameters
    ----------
    day : date
        Students that knew something later are passed over.
    refit : bool
        Topics are looked for again, so that nothing holds the workspace to an earlier version of MiniLM.
    each : Each
        Where texts for a new student are encoded.
    """
    name = settings.vectorizer
    if name in MINILM_PIECES:
        return _minilm(store, day, name, "it was chosen", refit)
    if name == "lexical":
        with threadpool_limits(1):
            return make_vectorizer(name, random_state=settings.random_state).fit(texts), "it was chosen"
    if is_named(name):
        with threadpool_limits(1):
            return _fitted(named_vectorizer(settings), texts), "it was chosen"
    last, why = store.read_student(day, student_teacher().id), "it was chosen"
    if name == "auto" and last is None:
        minilm, _ = _minilm(store, day, "minilm", "", refit)
        hashes = sorted(set(content_hashes(texts)))
        n_missing, most = len(hashes) - store.count_vectors(minilm.id, hashes), _most_by(minilm.id)
        why = f"{n_missing:,} abstracts had no vector; MiniLM takes up to {most:,}"
        if n_missing <= most:
            return _minilm(store, day, "minilm", why, refit)
    elif name == "auto":
        why = "the workspace has a student"
    if last is not None and last.random_state == settings.random_state:
        is_kept, more = _keeps(last, texts, refit)
        why += more
        if is_kept:
            return last.student, why
    return _fitted_student(store, day, texts, settings, each), why


def _fitted(vectorizer: Vectorizer, texts: Sequence[str]) -> Vectorizer:
    return vectorizer.fit(texts) if isinstance(vectorizer, ForeignVectorizer) else vectorizer


def _keeps(last: StudentRow, texts: Sequence[str], refit: bool) -> tuple[bool, str]:
    """Whether a student serves so many texts, and what else should be said of it."""
    n_texts, teacher_id = len(set(content_hashes(texts))), student_teacher().id
    if n_texts > _STUDENT_GROWTH * last.n_texts:
        growth = f"{n_texts:,} texts, over {_STUDENT_GROWTH:g} times the {last.n_texts:,} before"
        return False, f"; fitted again: {growth}"
    if last.teacher_id == teacher_id:
        return True, ""
    if refit:
        return False, f"; fitted again: the last one learned from {last.teacher_id}"
    return True, f"; it learned from {last.teacher_id}, analyze --refit makes one of {teacher_id}"


def phrase_reader(store: Store, vectorizer: Vectorizer) -> Vectorizer:
    """What gives phrases vectors that can be compared with a vectorizer's.

    A student knows abstracts; short phrases are left to its teacher, whose space it shares.
    """
    return teacher_of(store, vectorizer.id) if isinstance(vectorizer, StudentVectorizer) else vectorizer


def teacher_of(store: Store, student_id: str) -> Vectorizer:
    """MiniLM that taught a student; where this machine cannot make its vectors, in another number format."""
    return MiniLMVectorizer.of_id(store.read_teacher_id(student_id) or "") or student_teacher()


def load_ahead(workspace: Path) -> None:
    """Read a student, its vectors and what it reads texts with, where the workspace has one.

    Faults are reported where they are used.
    """
    with suppress(Exception):
        if not Store.exists(workspace):
            return
        with Store.open(workspace) as store:
            student = store.read_student(date.max, student_teacher().id)  # the newest is likely to be the one
            if student is not None:
                read_vectors_ahead(store, student.student.id)
                student.student.transform([""])


def _minilm(store: Store, day: date, name: str, why: str, refit: bool) -> tuple[Vectorizer, str]:
    """MiniLM in today's number format, or in torch's where the topics were found in such vectors.

    Whoever asks for a number of word pieces gets it.
    """
    vectorizer = make_vectorizer(name)
    last = None if refit else store.fitted_vectorizer(day)
    earlier = None if last in (None, vectorizer.id) else MiniLMVectorizer.of_id(str(last))
    if earlier is None or earlier.number_format not in ("f32", "bf16") or earlier.id != last:
        return vectorizer, why
    if name != "minilm" and earlier.n_pieces != MINILM_PIECES[name]:
        return vectorizer, why
    return (
        earlier,
        f"{why}; the topics were found in its vectors, analyze --refit changes to {vectorizer.id}",
    )


def _most_by(vectorizer_id: str) -> int:
    """Abstracts that `auto` leaves to MiniLM in the number format of an id."""
    minilm = MiniLMVectorizer.of_id(vectorizer_id)
    return MOST_BY_MINILM // _SLOWER.get(str(minilm.number_format) if minilm else "", 1)


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
    row = StudentRow(student, day, len(set(content_hashes(texts))), teacher.id, settings.random_state)
    store.write_student(row)
    return student
