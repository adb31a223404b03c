"""The store of a workspace: one object that flows open, write feeds into, and read the corpus from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import URL

from analytics.exceptions import InputError, PapertrendsError
from analytics.papers import Feed
from flows.store import (
    barred,
    corpus,
    deciding,
    decisions,
    history,
    joins,
    labels,
    mails,
    registry,
    run_rows,
    schema,
    sightings,
    students,
    topic_names,
    vectors,
    watch,
)
from flows.store.blocks import in_blocks
from flows.store.compaction import compact_store
from flows.store.copying import copy_tables
from flows.store.database import database_name, find_database, holds_store, make_engine, plain_errors
from flows.store.forgetting import Forgotten, forget
from flows.store.labels import LabelDraw, delete_labels, write_draw, write_labels
from flows.store.migrations import migrate
from flows.store.postgresql import refresh_statistics
from flows.store.registry import FitRow, write_fit
from flows.store.safekeeping import wipe_deleted
from flows.store.sightings import FeedSoFar, IngestCounts, rebuild_papers, write_feed
from flows.store.transactions import Transactions, in_reading, in_writing
from flows.store.vectors import check_vectors, write_vector_block

__all__ = ["Store"]

_VECTORS_PER_TRANSACTION = 2000
_MANY = 1000
"""Records of a part from which it may change the best query plan."""


class Store(Transactions):
    """Papers, sightings, rejects, vectors and runs of a workspace.

    They are in its file ``corpus.sqlite``, or in the PostgreSQL database that the setting `database`
    names, with the same rows and the same promises: every write is one transaction, so whatever ends
    the process, the last whole state stands; readers see one snapshot and never wait for a writer; a
    second writer waits for the first.

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

    # Each runs a function of another module, which says what it does, in one transaction.
    read_corpus = in_reading(corpus.read_corpus)
    late_papers = in_reading(corpus.read_late_papers)
    sources_summary = in_reading(corpus.read_feed_summary)
    read_rejects = in_reading(corpus.read_reject_table)
    feed_looks = in_reading(watch.read_feed_looks)
    asked_windows = in_reading(watch.read_asked_windows)
    last_fetch = in_reading(watch.last_fetch)

    read_paper = in_reading(history.read_history)
    decide_works = in_writing(sightings.decide_works)
    merge_papers = in_writing(deciding.merge_papers)
    split_paper = in_writing(deciding.split_paper)
    read_decisions = in_reading(decisions.read_decisions)
    read_forgotten = in_reading(barred.read_forgotten)
    least_certain_joins = in_reading(joins.read_least_certain)
    record_titles = in_reading(joins.read_titles)

    read_vectors = in_reading(vectors.read_vector_block)
    vector_hashes = in_reading(vectors.read_vector_hashes)
    count_vectors = in_reading(vectors.count_vectors)
    read_student = in_reading(students.read_student)
    read_teacher_id = in_reading(students.read_teacher_id)
    write_student = in_writing(students.write_student)

    read_fit = in_reading(registry.read_fit)
    fitted_vectorizer = in_reading(registry.fitted_vectorizer)
    next_topic_number = in_reading(registry.next_topic_number)
    topic_history = in_reading(registry.read_topic_history)
    read_topic_names = in_reading(topic_names.read_topic_names)
    write_topic_name = in_writing(topic_names.write_topic_name)

    read_labels = in_reading(labels.read_labels)
    read_label_history = in_reading(labels.read_label_history)
    write_draw = in_writing(labels.write_draw)
    read_draws = in_reading(labels.read_draws)
    next_draw = in_reading(labels.next_draw)

    write_run = in_writing(run_rows.write_run)
    read_runs = in_reading(run_rows.read_runs)
    read_failures = in_reading(run_rows.read_failures)
    knows_run = in_reading(run_rows.knows_run)

    last_mail = in_reading(mails.last_mail)
    last_mails = in_reading(mails.read_last_mails)
    claim_mail = in_writing(mails.claim_mail)
    confirm_mail = in_writing(mails.confirm_mail)
    release_mail = in_writing(mails.release_mail)
    unsure_mails = in_reading(mails.read_unsure_mails)

    @classmethod
    def open(cls, workspace: Path, *, busy_timeout_s: float = 60.0, database: URL | None = None) -> Self:
        """Open the store of a workspace; folder and tables are made when absent.

        Parameters
        ----------
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

        `seen_on` is the caller's day: the clock's, or the day that a run pretends to be.
        """
        ((_, counts),) = self.ingest_feeds([feed], seen_on=seen_on)
        return counts

    def ingest_feeds(self, feeds: Iterable[Feed], *, seen_on: date) -> Iterator[tuple[Feed, IngestCounts]]:
        """Store feeds one by one, each part of a long one in its own transaction.

        A part that was stored stays when the process ends before the next; the feed itself counts as
        looked at with its last part.

        Gives each feed, or part, as it is stored. What `feeds` raises comes through.
        """
        so_far, n_long = FeedSoFar(), 0
        for feed in feeds:
            with self._writing() as connection:
                counts, so_far = write_feed(connection, feed, seen_on, so_far)
                if len(feed.records) >= _MANY:
                    n_long += 1
                    if n_long.bit_count() == 1:  # 1, 2, 4, 8: when there is twice as much
                        refresh_statistics(connection, schema.papers, schema.records, schema.sightings)
            so_far = FeedSoFar() if feed.is_last else so_far
            yield feed, counts

    def read_papers(self, as_of: date) -> pd.DataFrame:
        """Papers as they could be known on `as_of`, see `Corpus.papers`."""
        return self.read_corpus(as_of).papers

    def corpus_hash(self, as_of: date) -> str:
        """Hash over all values of `read_papers`, in their order."""
        return self.read_corpus(as_of).corpus_hash

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
                    refresh_statistics(connection, schema.vectors)

    def write_fit(self, fit: FitRow) -> int:
        """Add a fit of topics to the registry, whole or not at all; gives its id."""
        with self._writing() as connection:
            return write_fit(connection, fit)

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

    def forget(self, asked: str, *, day: date, person: str) -> Forgotten:
        """Remove a paper or a source for good, see `flows.store.forgetting.forget`."""
        with self._writing() as connection:
            found = forget(connection, asked, day=day, person=person)
        if self._engine.dialect.name == "sqlite":
            wipe_deleted(Path(self._name))
        return found

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
