from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.kernel_ridge import KernelRidge

from analytics.exceptions import PapertrendsError
from analytics.papers import content_hash
from analytics.vectors.student import StudentVectorizer, n_taught, taught_texts

SUBJECTS = (
    ["sparse", "rewards", "curious", "agents", "explore", "mazes", "with", "intrinsic", "motivation"],
    ["proteins", "fold", "in", "water", "and", "chaperones", "bind", "hydrophobic", "residues"],
    ["speakers", "vowels", "phonemes", "acoustic", "microphones", "record", "spoken", "dialects"],
)


def corpus(n_each: int = 60, seed: int = 0) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Texts of three subjects, unit vectors around three directions of MiniLM's space, the subjects."""
    rng = np.random.default_rng(seed)
    texts, subjects = [], []
    for subject, words in enumerate(SUBJECTS):
        for place in range(n_each):
            drawn = rng.choice(words, 12)
            texts.append(f"Paper {subject} {place}. " + " ".join(drawn))
            subjects.append(subject)
    directions = np.random.default_rng(9).standard_normal((3, 384))
    rows = directions[subjects] + 0.3 * rng.standard_normal((len(texts), 384))
    return texts, (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), np.array(subjects)


def fitted(texts: list[str], rows: np.ndarray, n: int, **parameters: int) -> StudentVectorizer:
    taught = dict(zip(texts[:n], rows[:n], strict=True))
    return StudentVectorizer(**parameters).fit(texts, taught, "minilm-1")


def shuffled(seed: int = 0) -> tuple[list[str], np.ndarray, np.ndarray]:
    texts, rows, subjects = corpus(seed=seed)
    order = np.random.default_rng(1).permutation(len(texts))
    return [texts[row] for row in order], rows[order], subjects[order]


def test_texts_that_were_not_taught_lie_with_their_subject():
    texts, rows, subjects = shuffled()
    placed = fitted(texts, rows, 90).transform(texts[90:])
    assert placed.dtype == np.float32
    assert np.linalg.norm(placed, axis=1) == pytest.approx(1, abs=1e-6)
    centers = np.stack([rows[:90][subjects[:90] == one].mean(axis=0) for one in range(3)])
    assert ((placed @ centers.T).argmax(axis=1) == subjects[90:]).mean() >= 0.98


def test_nothing_is_found_where_vectors_have_nothing_to_do_with_texts():
    texts, rows, _ = shuffled()
    rows = np.random.default_rng(3).standard_normal(rows.shape).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    placed = fitted(texts, rows, 90).transform(texts[90:])
    # 90 cosines to unrelated directions of 384 dimensions: a mean of 0, give or take .05 / sqrt(90).
    assert abs(float((placed * rows[90:]).sum(axis=1).mean())) < 0.02


def test_it_is_the_kernel_ridge_of_scikit_learn():
    texts, rows, _ = shuffled()
    student = fitted(texts, rows, 90)
    known = sorted(texts[:90], key=content_hash)
    targets = np.stack([rows[texts.index(text)] for text in known])
    reference = KernelRidge(kernel="rbf", gamma=0.3, alpha=0.03)
    reference.fit(student._features(known), targets - targets.mean(axis=0))
    expected = reference.predict(student._features(texts[90:])) + targets.mean(axis=0)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert student.transform(texts[90:]) == pytest.approx(expected, abs=2e-3)  # stored in half precision


def test_row_order_is_irrelevant():
    texts, rows, _ = shuffled()
    one = fitted(texts, rows, 90)
    taught = dict(zip(texts[:90][::-1], rows[:90][::-1], strict=True))
    other = StudentVectorizer().fit(texts[::-1], taught, "minilm-1")
    assert other.id == one.id
    assert np.array_equal(other.transform(texts), one.transform(texts))


@pytest.mark.slow
def test_the_id_names_all_that_it_depends_on():
    texts, rows, _ = shuffled()
    taught = dict(zip(texts[:90], rows[:90], strict=True))
    students = [
        fitted(texts, rows, 90),
        fitted(texts, rows, 89),
        fitted(texts[:-1], rows[:-1], 90),
        fitted(texts, rows, 90, random_state=1),
        StudentVectorizer().fit(texts, taught, "minilm-2"),
    ]
    assert len({student.id for student in students}) == 5
    assert all(student.id.startswith("student-") for student in students)


def test_a_stored_one_gives_the_same_bits():
    texts, rows, _ = shuffled()
    student = fitted(texts, rows, 90)
    again = StudentVectorizer.of_arrays(student.id, student.arrays)
    assert again.id == student.id
    assert np.array_equal(again.transform(texts), student.transform(texts))


@pytest.mark.slow
def test_it_travels_to_another_process_as_what_is_stored():
    texts, rows, _ = shuffled()
    student = fitted(texts, rows, 90)
    packed = pickle.dumps(student)
    assert len(packed) < 1.1 * sum(one.nbytes for one in student.arrays.values())
    again = pickle.loads(packed)
    assert again.id == student.id
    assert np.array_equal(again.transform(texts), student.transform(texts))
    assert pickle.loads(pickle.dumps(StudentVectorizer(3))).random_state == 3


def test_a_damaged_one_is_refused():
    student = fitted(*shuffled()[:2], 90)
    broken = student.arrays | {"weights": np.full_like(student.arrays["weights"], np.nan)}
    with pytest.raises(PapertrendsError, match=r"student-.* is damaged: weights"):
        StudentVectorizer.of_arrays(student.id, broken)
    del broken["axes"]
    with pytest.raises(PapertrendsError, match="axes, weights"):
        StudentVectorizer.of_arrays(student.id, broken)


@pytest.mark.parametrize(
    "text",
    ["", ". ", "a", "the of", "nebula", "强化学习", "\x00", "\ud800", "x" * 200_000, "$\\alpha$", "\u202e.."],
)
def test_any_text_gets_a_unit_row(text):
    texts, rows, _ = shuffled()
    placed = fitted(texts, rows, 90).transform([text])
    assert np.linalg.norm(placed, axis=1) == pytest.approx(1, abs=1e-6)
    assert np.isfinite(placed).all()


@pytest.mark.parametrize(
    "texts", [[""], ["word"], ["the"], ["a b", "c d"], ["word word", "word"], ["one text. of two"]]
)
def test_corpora_without_words_or_with_few(texts):
    rows = np.eye(384, dtype=np.float32)[: len(texts)]
    student = StudentVectorizer().fit(texts, dict(zip(texts, rows, strict=True)), "minilm-1")
    assert np.linalg.norm(student.transform([*texts, "other"]), axis=1) == pytest.approx(1, abs=1e-6)


def test_no_text_gives_no_row():
    student = fitted(*shuffled()[:2], 90)
    assert student.transform([]).shape == (0, 384)


def test_misuse_is_said_plainly():
    with pytest.raises(NotFittedError, match="not fitted"):
        StudentVectorizer().transform(["text"])
    with pytest.raises(ValueError, match="at least one text with its vector"):
        StudentVectorizer().fit(["text"], {}, "minilm-1")


class TestTaughtTexts:
    def test_a_fifteenth_within_bounds(self):
        assert [n_taught(n) for n in (0, 1, 999, 1001, 15_001, 30_000, 74_999, 75_010)] == [
            0, 1, 999, 1000, 1000, 2000, 4999, 5000
        ]  # fmt: skip

    def test_different_ones_in_every_order(self):
        texts = [f"text {number}" for number in range(1500)]
        chosen = taught_texts(texts + texts[:100])
        assert len(chosen) == len(set(chosen)) == 1000
        assert taught_texts(texts[::-1]) == chosen
