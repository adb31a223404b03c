"""Tables of the store, as SQLAlchemy Core knows them; portable between SQLite and PostgreSQL.

Keys are hashes of what a row says, so a row never changes once it is written: only `first_seen`
moves back and `last_seen` forward. Lists and records are JSON text in one canonical form.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

__all__ = [
    "SCHEMA_VERSION",
    "feeds",
    "forgotten",
    "label_draws",
    "labels",
    "mails",
    "metadata",
    "papers",
    "record_joins",
    "record_keys",
    "records",
    "rejects",
    "runs",
    "schema_version",
    "sightings",
    "students",
    "topic_centers",
    "topic_events",
    "topic_fits",
    "topic_members",
    "topic_names",
    "vectors",
    "work_decisions",
]

SCHEMA_VERSION = 10
"""Version of the tables below; raised together with a new step in `flows.store.migrations`."""

metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True))

# A fetch is recorded even if the feed is empty: without this row a silent day would look like a missing one.
# The row is written with the last part of a feed, so one that was cut off by a crash has none. `name`
# stays the same from fetch to fetch, `window_*` are the publication days that were asked for.
feeds = Table(
    "feeds",
    metadata,
    Column("feed_id", String(32), primary_key=True),
    Column("source", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("feed_day", Date),
    Column("n_records", Integer, nullable=False),
    Column("n_rejects", Integer, nullable=False),
    Column("warnings", Text, nullable=False),
    Column("name", Text, nullable=False, index=True),
    Column("window_start", Date),
    Column("window_end", Date),
    Column("failure", Text),
    Column("first_seen", Date, nullable=False),
    Column("last_seen", Date, nullable=False),
)

papers = Table(
    "papers",
    metadata,
    Column("paper_id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("title_key", String(22), nullable=False, index=True),
    Column("abstract", Text, nullable=False),
    Column("published", Date),
    Column("published_basis", String(16), nullable=False),
    Column("published_precision", String(8), nullable=False),
    Column("published_source", Text),
    Column("date_fault", String(16)),
    Column("updated", Date),
    Column("version", Integer),
    Column("is_withdrawn", Boolean, nullable=False),
    Column("first_seen", Date, nullable=False),
    Column("authors", Text, nullable=False),
    Column("n_authors", Integer),
    Column("upvotes", Integer),
    Column("organization", Text),
    Column("url", Text),
    Column("sources", Text, nullable=False),
    Column("categories", Text, nullable=False, server_default="[]"),
    Column("venue", Text),
)

# What was said, once, however often it was shown. `stated_id` is the identifier in the record itself
# (its arXiv id, else its DOI), `doi` its DOI in any case, `paper_id` the paper that it is held to show.
records = Table(
    "records",
    metadata,
    Column("record_id", String(32), primary_key=True),
    Column(
        "paper_id",
        Text,
        # Checked at commit: a paper's row is folded after its records are there.
        ForeignKey("papers.paper_id", deferrable=True, initially="DEFERRED"),
        nullable=False,
        index=True,
    ),
    Column("stated_id", Text, index=True),
    Column("doi", Text, index=True),
    Column("title_key", String(22), nullable=False, index=True),
    Column("record", Text, nullable=False),
)

# Keys by which records are found that may show one work, see `analytics.matching.block_keys`. While all
# records state an arXiv id there is nothing to find, and no rows.
record_keys = Table(
    "record_keys",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("record_id", String(32), ForeignKey("records.record_id"), primary_key=True),
    sqlite_with_rowid=False,
)

# Why records are one paper: the two that agree best of either group that was joined, with the bits of
# `analytics.matching.joins.Join`. It follows from the records and the decisions; `reasons` is a JSON list.
record_joins = Table(
    "record_joins",
    metadata,
    Column("one", String(32), ForeignKey("records.record_id"), primary_key=True),
    Column("other", String(32), ForeignKey("records.record_id"), primary_key=True, index=True),
    Column("bits", Double, nullable=False, index=True),
    Column("reasons", Text, nullable=False),
)

sightings = Table(
    "sightings",
    metadata,
    Column("sighting_id", String(32), primary_key=True),
    Column("record_id", String(32), ForeignKey("records.record_id"), nullable=False, index=True),
    Column("source", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("feed_day", Date),
    Column("upvotes", Integer),
    Column("first_seen", Date, nullable=False),
    Column("last_seen", Date, nullable=False),
)

rejects = Table(
    "rejects",
    metadata,
    Column("reject_id", String(32), primary_key=True),
    Column("source", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("feed_day", Date),
    Column("position", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("excerpt", Text, nullable=False),
    Column("first_seen", Date, nullable=False),
    Column("last_seen", Date, nullable=False),
)

vectors = Table(
    "vectors",
    metadata,
    Column("vectorizer_id", Text, primary_key=True),
    Column("content_hash", String(64), primary_key=True),
    Column("dimension", Integer, nullable=False),
    Column("vector", LargeBinary, nullable=False),
)

# A fitted student of MiniLM is arrays in NumPy's own format; rows are added and never changed.
students = Table(
    "students",
    metadata,
    Column("vectorizer_id", Text, primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("n_texts", Integer, nullable=False),
    Column("teacher_id", Text, nullable=False),
    Column("random_state", BigInteger, nullable=False),
    Column("arrays", LargeBinary, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
    Column("status", String(16), nullable=False),
    Column("fingerprint", String(64)),
    Column("manifest", Text, nullable=False),
)

# A mail is claimed before it is sent, so that a crash in the middle sends none twice.
mails = Table(
    "mails",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("recipient", Text, primary_key=True),
    Column("claimed_at", Text, nullable=False),
    Column("is_sent", Boolean, nullable=False),
)

# The registry of topics: each fit with the topics that it found, the papers that it gave them, and what
# became of the topics before. Rows are added and never changed: a past day reads the fit of its time. Only
# a fit that no run uses any more is forgotten, all but its events: its `parameters` are then `null`.
# Fits of before version 4 have no labels and terms; a coherence of NULL with a label is not a number.
# Beside the settings of a fit stands how many rows belong to it, so that lost ones are noticed.
topic_fits = Table(
    "topic_fits",
    metadata,
    Column("fit_id", Integer, primary_key=True, autoincrement=False),
    Column("as_of", Date, nullable=False, index=True),
    Column("vectorizer_id", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("parameters", Text, nullable=False),
    Column("cause", Text, nullable=False),
)

topic_centers = Table(
    "topic_centers",
    metadata,
    Column("fit_id", Integer, ForeignKey("topic_fits.fit_id"), primary_key=True),
    Column("topic_id", Text, primary_key=True),
    Column("center", LargeBinary, nullable=False),
    Column("reach", Double, nullable=False),
    Column("label", Text),
    Column("top_terms", Text),
    Column("coherence", Double),
    Column("group_id", Text),
    Column("group_label", Text),
)

topic_members = Table(
    "topic_members",
    metadata,
    Column("fit_id", Integer, ForeignKey("topic_fits.fit_id"), primary_key=True),
    Column("paper_id", Text, primary_key=True),
    Column("topic_id", Text, nullable=False),
    Column("strength", Double, nullable=False),
    Column("basis", String(16), nullable=False),
)

topic_events = Table(
    "topic_events",
    metadata,
    Column("fit_id", Integer, ForeignKey("topic_fits.fit_id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("event", String(16), nullable=False),
    Column("topic_id", Text, nullable=False),
    Column("other_id", Text),
    Column("papers", Text, nullable=False),
)

# What a model called a topic, by a hash of what it was asked: model, terms and titles. The name is empty if
# no answer could be used. `label` is what the data called the topic then.
topic_names = Table(
    "topic_names",
    metadata,
    Column("asked", String(64), primary_key=True),
    Column("model", Text, nullable=False),
    Column("topic_id", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("name", Text, nullable=False),
)

# Papers that were drawn for labelling, in the order in which they are asked about. Neither these nor labels
# refer to `papers`: what was said of a paper stays when it is merged into another or leaves the corpus.
label_draws = Table(
    "label_draws",
    metadata,
    Column("draw", Integer, primary_key=True, autoincrement=False),
    Column("paper_id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("draw_probability", Double, nullable=False),
    Column("day", Date, nullable=False),
    Column("random_state", BigInteger, nullable=False),
)

# A labeller has one answer per paper, theme and day; an answer of a later day is a further row, so that
# what was known on an earlier day can be read again. Without a draw the last two numbers are empty.
labels = Table(
    "labels",
    metadata,
    Column("paper_id", Text, primary_key=True),
    Column("theme_id", Text, primary_key=True),
    Column("labeller", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("answer", String(8), nullable=False),
    Column("draw", Integer),
    Column("draw_probability", Double),
    Column("definition", String(16), nullable=False),
)

# What people said of two records: that they show one work, or two. Records are named by what they say, so
# that a decision holds in another store too, and after the paper has got another id. What was said on a
# later day holds; of the same day the last word. `one` is the smaller of both.
work_decisions = Table(
    "work_decisions",
    metadata,
    Column("one", String(32), primary_key=True),
    Column("other", String(32), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("is_one_work", Boolean, nullable=False),
    Column("person", Text, nullable=False),
)

# What was removed for good and may not come back: ids and hashes of titles of papers (kind `paper`), names of
# sources (`source`), ids of papers that went with a source (`gone`; these may come back from another one).
# `removed_with` is the paper or source that was asked for. A row says when and by whom, nothing of the text.
forgotten = Table(
    "forgotten",
    metadata,
    Column("kind", String(8), primary_key=True),
    Column("address", Text, primary_key=True),
    Column("removed_with", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("person", Text, nullable=False),
)

# PostgreSQL compares and sorts text by the rules of a language unless configured otherwise; SQLite and Python
# go by code points, and a table must have one order everywhere.
for _column in (column for table in metadata.tables.values() for column in table.c):
    if isinstance(_column.type, String):
        _by_code_points = type(_column.type)(_column.type.length, collation="C")
        _column.type = _column.type.with_variant(_by_code_points, "postgresql")
