"""The store of a workspace: one object that flows open, write feeds into, and read the corpus from."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import URL, Connection, Engine, delete, func, insert, select

from analytics.exceptions import InputError, PapertrendsError
from analytics.papers import Feed
from flows.store.blocks import in_blocks
from flows.store.compaction import compact_store
from flows.store.copying import copy_tables
from flows.store.corpus import (
    Corpus,
    read_corpus,
    read_feed_summary,
    read_late_papers,
    read_reject_table,
)
from flows.store.database import (
    database_name,
    find_database,
    holds_store,
    make_engine,
    plain_errors,
    writing_engine,
)
from flows.store.deciding import MergedPapers, Overruled, SplitPaper, merge_papers, split_paper
from flows.store.decisions import WorkDecision, read_decisions
from flows.store.history import PaperHistory, read_history
from flows.store.joins import LeastCertain, read_least_certain, read_titles
from flows.store.labels import (
    LabelDraw,
    delete_labels,
    next_draw,
    read_draws,
    read_label_history,
    read_labels,
    write_draw,
    write_labels,
)
from flows.store.mails import (
    LastMail,
    claim_mail,
    confirm_mail,
    read_last_mails,
    read_unsure_mails,
    release_mail,
)
from flows.store.migrations import migrate
from flows.store.postgresql import refresh_statistics
from flows.store.registry import (
    FitRow,
    fitted_vectorizer,
    next_topic_number,
    read_fit,
    read_topic_history,
    write_fit,
)
from flows.store.schema import feeds, mails, papers, records, runs, sightings
from flows.store.schema import vectors as stored_vectors
from flows.store.sightings import FeedSoFar, IngestCounts, decide_works, rebuild_papers, write_feed
from flows.store.students import StudentRow, read_student, read_teacher_id, write_student
from flows.store.vectors import (
    Float32Array,
    check_vectors,
    count_vectors,
    read_vector_block,
    read_vector_hashes,
    write_vector_block,
)
from flows.store.watch import read_asked_windows, read_feed_looks

__all__ = ["RunRow", "Store"]

_VECTORS_PER_TRANSACTION = 2000
_MANY = 1000
"""Records of a part from which it may change how a database had better look for things."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """The store's row of a run; times are ISO text with a zone."""

    run_id: str
    as_of: date
    started_at: str
    status: Literal["running", "completed", "failed"]
    finished_at: str | None = None
    fingerprint: str | None = None
    manifest: Mapping[str, Any] = field(default_factory=dict)


class Store:
    """Papers, looks, rejects, vectors and runs of a workspace.

    They are in its file ``corpus.sqlite``, or in the PostgreSQL database that the setting `database`
    names, with the same rows and the same promises: every write is one transaction, so whatever ends
    the process, the last whole state stands; readers see one snapshot and never wait for a writer; a
    second writer waits for the first.

    Parameters
    ----------
    engine : Engine
        Engine of a database with tables; `open` creates both for a workspace.
    name : str
        What messages call the database.

    Examples
    --------
    >>> import tempfile
    >>> from analytics.papers import PaperRecord
    >>> feed = Feed("daily-papers", "2025-03-04.json", date(2025, 3, 4), (PaperRecord("A title", "Text."),))
    >>> with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
    ...     first = store.ingest_feed(feed, seen_on=date(2025, 3, 4))
    ...     again = store.ingest_feed(feed, seen_on=date(2025, 3, 5))
    ...     papers = store.read_papers(date(2025, 3, 5))
    >>> (first.new, again.new, again.known), papers["title"].tolist()
    ((1, 0, 1), ['A title'])
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._writer = writing_engine(engine)
        self._name = name

    @classmethod
    def open(cls, workspace: Path, *, busy_timeout_s: float = 60.0, database: URL | None = None) -> Self:
        """Open the store of a workspace; folder and tables are made when absent.

        Parameters
        ----------
        workspace : Path
        busy_timeout_s : float
            Seconds to wait for another process that writes.
        database : URL, optional
            The one that the settings of the workspace name by default, see `find_database`.

        Raises
        ------
        InputError
            When the workspace is not a folder, or its database is not such a store, a newer one, or not
            there for this user.
        PapertrendsError
            When it cannot be reached, read or written, or stays locked for `busy_timeout_s` seconds.
        """
        url = database or find_database(workspace)
        try:
            Path(workspace).mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise InputError(
                f"the workspace {workspace} is a file, not a folder; choose another --workspace"
            ) from error
        except OSError as error:
            raise PapertrendsError(
                f"the workspace {workspace} cannot be made ({error.strerror}); choose another --workspace"
            ) from error
        store = cls(make_engine(url, busy_timeout_s=busy_timeout_s), database_name(url))
        try:
            with plain_errors(store._name):
                migrate(store._engine, store._writer, store._name, rebuild_papers)
        except BaseException:
            store.close()
            raise
        return store

    @staticmethod
    def exists(workspace: Path) -> bool:
        """Whether a workspace has a store; a server that should hold it and cannot be asked is an error."""
        return holds_store(find_database(workspace))

    @property
    def name(self) -> str:
        """What messages call the database: its file, or host and name."""
        return self._name

    def close(self) -> None:
        """Give the connections back; the store may not be used afterwards."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store."""
        self.close()

    def ingest_feed(self, feed: Feed, *, seen_on: date) -> IngestCounts:
        """Store one feed, whole or not at all.

        Parameters
        ----------
        feed : Feed
        seen_on : date
            The caller's day: the clock's, or the day that a run pretends to be.
        """
        ((_, counts),) = self.ingest_feeds([feed], seen_on=seen_on)
        return counts

    def ingest_feeds(self, feeds: Iterable[Feed], *, seen_on: date) -> Iterator[tuple[Feed, IngestCounts]]:
        """Store feeds one by one, each part of a long one in its own transaction.

        A part that was stored stays when the process ends before the next; the feed itself counts as
        looked at with its last part.

        Yields
        ------
        (Feed, IngestCounts)
            Each feed, or part, as it is stored. What `feeds` raises comes through.
        """
        so_far, n_long = FeedSoFar(), 0
        for feed in feeds:
            with self._writing() as connection:
                counts, so_far = write_feed(connection, feed, seen_on, so_far)
                if len(feed.records) >= _MANY:
                    n_long += 1
                    if n_long.bit_count() == 1:  # 1, 2, 4, 8: when there is twice as much
                        refresh_statistics(connection, papers, records, sightings)
            so_far = FeedSoFar() if feed.is_last else so_far
            yield feed, counts

    def read_corpus(self, as_of: date) -> Corpus:
        """Papers as they could be known on `as_of`, how many are later, and their hash."""
        with self._reading() as connection:
            return read_corpus(connection, as_of)

    def read_papers(self, as_of: date) -> pd.DataFrame:
        """Papers as they could be known on `as_of`, see `Corpus.papers`."""
        return self.read_corpus(as_of).papers

    def corpus_hash(self, as_of: date) -> str:
        """Hash over all values of `read_papers`, in their order."""
        return self.read_corpus(as_of).corpus_hash

    def feed_looks(self, as_of: date) -> pd.DataFrame:
        """Looks at feeds up to `as_of`: name, days covered, records, whether whole; see `read_feed_looks`."""
        with self._reading() as connection:
            return read_feed_looks(connection, as_of)

    def asked_windows(self, name: str, as_of: date = date.max) -> list[tuple[date, date, date]]:
        """Days of a feed that came whole by a day, see `flows.store.watch.read_asked_windows`."""
        with self._reading() as connection:
            return read_asked_windows(connection, name, as_of)

    def read_paper(self, paper_id: str) -> PaperHistory:
        """Everything that the store knows of a paper and where it came from, see `PaperHistory`.

        Raises
        ------
        InputError
            When there is no such paper.
        """
        with self._reading() as connection:
            return read_history(connection, paper_id)

    def late_papers(self, as_of: date) -> tuple[int, date | None]:
        """Count papers that a day leaves out for being read later, see `read_late_papers`."""
        with self._reading() as connection:
            return read_late_papers(connection, as_of)

    def sources_summary(self, as_of: date) -> pd.DataFrame:
        """Count the records and rejects of each feed up to `as_of`, one row per source, location and day."""
        with self._reading() as connection:
            return read_feed_summary(connection, as_of)

    def read_rejects(self, as_of: date | None = None) -> pd.DataFrame:
        """Read rejected records, with source, location, position and reason."""
        with self._reading() as connection:
            return read_reject_table(connection, as_of)

    def read_vectors(
        self, vectorizer_id: str, hashes: Sequence[str]
    ) -> tuple[NDArray[np.bool_], Float32Array]:
        """Read the stored vectors of texts.

        Parameters
        ----------
        vectorizer_id : str
        hashes : sequence of str, length n
            `content_hash` of each text; repeats allowed.

        Returns
        -------
        found : ndarray of bool, shape (n,)
            False where none is stored, or a damaged one (logged; writing it again mends it).
        vectors : ndarray of float32, shape (n, d)
            Zeros where none was found; d is 0 when none was found at all.
        """
        with self._reading() as connection:
            return read_vector_block(connection, vectorizer_id, hashes)

    def vector_hashes(self, vectorizer_id: str) -> list[str]:
        """Hashes of all texts that have a stored vector of a vectorizer."""
        with self._reading() as connection:
            return read_vector_hashes(connection, vectorizer_id)

    def write_vectors(
        self, vectorizer_id: str, hashes: Sequence[str], vectors: NDArray[np.floating[Any]]
    ) -> None:
        """Store vectors, shape (n, d), under the hashes of their texts, replacing earlier ones.

        Large arrays go in several transactions, so that other writers get a turn.

        Raises
        ------
        PapertrendsError
            When there is not one row for each hash, or a value is not finite; nothing is stored then.
        """
        check_vectors(hashes, vectors)
        for number, block in enumerate(in_blocks(range(len(hashes)), _VECTORS_PER_TRANSACTION), 1):
            part = slice(block[0], block[-1] + 1)
            with self._writing() as connection:
                write_vector_block(connection, vectorizer_id, hashes[part], vectors[part])
                if len(block) >= _MANY and number.bit_count() == 1:
                    refresh_statistics(connection, stored_vectors)

    def count_vectors(self, vectorizer_id: str, hashes: Sequence[str]) -> int:
        """How many of different hashes have a stored vector."""
        with self._reading() as connection:
            return count_vectors(connection, vectorizer_id, hashes)

    def read_student(self, as_of: date, teacher_id: str = "") -> StudentRow | None:
        """Read the newest student of MiniLM that knew nothing later than a day, see `read_student`."""
        with self._reading() as connection:
            return read_student(connection, as_of, teacher_id)

    def read_teacher_id(self, student_id: str) -> str | None:
        """Id of the vectors that a student was taught, None where it is not in the store."""
        with self._reading() as connection:
            return read_teacher_id(connection, student_id)

    def write_student(self, row: StudentRow) -> None:
        """Keep a student of MiniLM."""
        with self._writing() as connection:
            write_student(connection, row)

    def read_fit(self, as_of: date) -> FitRow | None:
        """Read the newest fit of topics that knew nothing later than a day, None without any.

        Raises
        ------
        PapertrendsError
            When what is stored cannot be read.
        """
        with self._reading() as connection:
            return read_fit(connection, as_of)

    def fitted_vectorizer(self, as_of: date) -> str | None:
        """Id of the vectors in which the newest fit up to a day found topics, None without a fit."""
        with self._reading() as connection:
            return fitted_vectorizer(connection, as_of)

    def next_topic_number(self) -> int:
        """First unused topic number."""
        with self._reading() as connection:
            return next_topic_number(connection)

    def write_fit(self, fit: FitRow) -> int:
        """Add a fit of topics to the registry, whole or not at all; gives its id."""
        with self._writing() as connection:
            return write_fit(connection, fit)

    def topic_history(self, as_of: date) -> pd.DataFrame:
        """What happened to topics at every fit up to a day, see `read_topic_history`."""
        with self._reading() as connection:
            return read_topic_history(connection, as_of)

    def write_run(self, run: RunRow) -> None:
        """Store a run, replacing an earlier row with its id."""
        row = {name: getattr(run, name) for name in RunRow.__slots__}
        row["manifest"] = json.dumps(dict(run.manifest), sort_keys=True, default=str)
        with self._writing() as connection:
            connection.execute(delete(runs).where(runs.c.run_id == run.run_id))
            connection.execute(insert(runs), row)

    def read_runs(self) -> list[RunRow]:
        """All stored runs, ordered by id and thus by start."""
        with self._reading() as connection:
            rows = [dict(row) for row in connection.execute(select(runs)).mappings()]
        return [
            RunRow(**{**row, "manifest": json.loads(row["manifest"])})
            for row in sorted(rows, key=lambda row: row["run_id"])
        ]

    def read_failures(self, since: str = "") -> list[RunRow]:
        """Runs that failed and began after a moment (ISO text in UTC), the newest first."""
        query = select(runs).where(runs.c.status == "failed", runs.c.started_at > since)
        with self._reading() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        found = [RunRow(**{**row, "manifest": json.loads(row["manifest"])}) for row in rows]
        return sorted(found, key=lambda row: row.run_id, reverse=True)

    def write_labels(self, labels: pd.DataFrame, draws: Sequence[LabelDraw] = ()) -> None:
        """Add labels and draws, whole or not at all; see `flows.store.labels.write_labels`."""
        with self._writing() as connection:
            for draw in draws:
                write_draw(connection, draw)
            write_labels(connection, labels)

    def replace_labels(self, paper_id: str, labeller: str, day: date, labels: pd.DataFrame) -> None:
        """Replace a labeller's labels of a paper on a day; no rows deletes them."""
        with self._writing() as connection:
            delete_labels(connection, paper_id, labeller, day)
            write_labels(connection, labels)

    def read_labels(self, as_of: date) -> pd.DataFrame:
        """Labels as they were known on a day, see `flows.store.labels.read_labels`."""
        with self._reading() as connection:
            return read_labels(connection, as_of)

    def read_label_history(self, as_of: date = date.max) -> pd.DataFrame:
        """Every label up to a day, corrected ones included."""
        with self._reading() as connection:
            return read_label_history(connection, as_of)

    def write_draw(self, draw: LabelDraw) -> None:
        """Add a draw of papers to label; its number must be free, see `next_draw`."""
        with self._writing() as connection:
            write_draw(connection, draw)

    def read_draws(self, as_of: date = date.max) -> pd.DataFrame:
        """Papers drawn up to a day, in the order in which to ask; see `flows.store.labels.read_draws`."""
        with self._reading() as connection:
            return read_draws(connection, as_of)

    def next_draw(self) -> int:
        """Number that no draw has."""
        with self._reading() as connection:
            return next_draw(connection)

    def decide_works(self, decisions: Sequence[WorkDecision]) -> None:
        """Store people's decisions about records, and place the affected records again."""
        with self._writing() as connection:
            decide_works(connection, decisions)

    def merge_papers(self, one: str, other: str, by: Overruled) -> MergedPapers:
        """Call two papers one work, see `flows.store.deciding.merge_papers`."""
        with self._writing() as connection:
            return merge_papers(connection, one, other, by)

    def split_paper(self, asked: str, by: Overruled) -> SplitPaper:
        """Call a paper two works, see `flows.store.deciding.split_paper`."""
        with self._writing() as connection:
            return split_paper(connection, asked, by)

    def least_certain_joins(self, as_of: date, most: int) -> list[LeastCertain]:
        """Why papers are one, where that is least certain; see `flows.store.joins.read_least_certain`."""
        with self._reading() as connection:
            return read_least_certain(connection, as_of, most)

    def record_titles(self, record_ids: Collection[str]) -> dict[str, str]:
        """Titles of records by id; missing records are left out."""
        with self._reading() as connection:
            return read_titles(connection, record_ids)

    def read_decisions(self, as_of: date = date.max) -> list[WorkDecision]:
        """People's decisions about works up to a day, superseded ones included; sorted."""
        with self._reading() as connection:
            return read_decisions(connection, as_of)

    def last_look(self) -> date | None:
        """Day of the newest look at any feed, None without one."""
        with self._reading() as connection:
            found: date | None = connection.execute(select(func.max(feeds.c.last_seen))).scalar_one()
        return found

    def last_mail(self) -> str | None:
        """When a mail was last claimed (ISO text), None where none was."""
        with self._reading() as connection:
            found: str | None = connection.execute(select(func.max(mails.c.claimed_at))).scalar_one()
        return found

    def claim_mail(self, run_id: str, recipient: str, claimed_at: str) -> bool | None:
        """Claim the mail of a run to a recipient, see `flows.store.mails.claim_mail`."""
        with self._writing() as connection:
            return claim_mail(connection, run_id, recipient, claimed_at)

    def confirm_mail(self, run_id: str, recipient: str) -> None:
        """Note that a claimed mail was taken by the server."""
        with self._writing() as connection:
            confirm_mail(connection, run_id, recipient)

    def release_mail(self, run_id: str, recipient: str) -> None:
        """Give a claim back: the server did not take the mail."""
        with self._writing() as connection:
            release_mail(connection, run_id, recipient)

    def last_mails(self, before: str) -> dict[str, LastMail]:
        """Newest mail of each recipient about an earlier run, see `flows.store.mails.read_last_mails`."""
        with self._reading() as connection:
            return read_last_mails(connection, before)

    def unsure_mails(self) -> set[str]:
        """Runs with a claimed mail whose outcome is unknown."""
        with self._reading() as connection:
            return read_unsure_mails(connection)

    def knows_run(self, run_id: str) -> bool:
        """Whether a run is remembered."""
        with self._reading() as connection:
            known = connection.execute(select(runs.c.run_id).where(runs.c.run_id == run_id))
            return known.first() is not None

    def compact(self, *, vectorizer_id: str, unused: Collection[int | str] = ()) -> None:
        """Remove rows that no later run can need, see `flows.store.compaction.compact_store`."""
        with plain_errors(self._name):
            compact_store(self._engine, self._writer, vectorizer_id=vectorizer_id, unused=unused)

    def copy_to(self, other: Store) -> dict[str, int]:
        """Copy everything into an empty store, whole or not at all; gives the rows of each table.

        Nobody writes into this one meanwhile.

        Raises
        ------
        InputError
            When the other store holds anything.
        PapertrendsError
            When a row cannot be copied, or not all arrived; nothing is kept then.
        """
        with self._writing() as source, other._writing() as target:
            return copy_tables(source, self._name, target, other._name)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with plain_errors(self._name), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with plain_errors(self._name), self._writer.begin() as connection:
            yield connection
