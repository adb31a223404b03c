"""Students of MiniLM that were fitted in a workspace: read whole or not at all."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from sqlalchemy import Connection, insert, select

from analytics.exceptions import PapertrendsError
from analytics.vectors.student import StudentVectorizer
from flows.store.schema import students

__all__ = ["StudentRow", "read_student", "read_teacher_id", "write_student"]


@dataclass(frozen=True)
class StudentRow:
    """A student, with the facts that decide whether it is still valid.

    Attributes
    ----------
    as_of : date
        Newest day that it knew.
    n_texts : int
        Size of the corpus that it was fitted on.
    teacher_id : str
        What encoded the texts that it was taught.
    """

    student: StudentVectorizer
    as_of: date
    n_texts: int
    teacher_id: str
    random_state: int


def read_teacher_id(connection: Connection, student_id: str) -> str | None:
    """Id of the vectors that a student was taught, None where it is not in the store."""
    query = select(students.c.teacher_id).where(students.c.vectorizer_id == student_id)
    return connection.execute(query).scalar()


def read_student(connection: Connection, as_of: date, teacher_id: str = "") -> StudentRow | None:
    """Read the newest student that knew nothing later than `as_of`, None without any.

    Of several of one day it is one that learned from `teacher_id`, then one that was fitted on most texts.

    Raises
    ------
    PapertrendsError
        When it cannot be read: another one would give other vectors, and topics would be found again.
    """
    # Whole rows would be sorted with their megabytes of arrays: 0.2 s of eight students; so it is 0.03 s.
    newest = (
        select(students.c.vectorizer_id)
        .where(students.c.as_of <= as_of)
        .order_by(
            students.c.as_of.desc(),
            (students.c.teacher_id == teacher_id).desc(),
            students.c.n_texts.desc(),
            students.c.vectorizer_id,
        )
        .limit(1)
        .scalar_subquery()
    )
    row = (
        connection.execute(select(students).where(students.c.vectorizer_id == newest))
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    try:
        student = _unpacked(row["vectorizer_id"], row["arrays"])
    except (ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile, PapertrendsError) as error:
        raise PapertrendsError(
            f"the student {row['vectorizer_id']} in the store cannot be read ({error}); restore the store"
            " from a backup, or choose --vectorizer minilm"
        ) from error
    return StudentRow(student, row["as_of"], row["n_texts"], row["teacher_id"], row["random_state"])


@lru_cache(maxsize=1)
def _unpacked(vectorizer_id: str, packed: bytes) -> StudentVectorizer:
    with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
        return StudentVectorizer.of_arrays(vectorizer_id, dict(stored))


def write_student(connection: Connection, row: StudentRow) -> None:
    """Keep a student; one that is there already stays."""
    same = select(students.c.vectorizer_id).where(students.c.vectorizer_id == row.student.id)
    if connection.execute(same).first() is not None:
        return
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **row.student.arrays)
    connection.execute(
        insert(students).values(
            vectorizer_id=row.student.id,
            as_of=row.as_of,
            n_texts=row.n_texts,
            teacher_id=row.teacher_id,
            random_state=row.random_state,
            arrays=packed.getvalue(),
        )
    )
