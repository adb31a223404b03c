"""The store of a workspace: every sighting of every paper, the papers they add up to, and their vectors.

What a feed says is kept as it came (``records``), together with who showed it and when
(``sightings``); a row of ``papers`` is a pure fold over its sightings. Two facts follow. The content
of the store depends on the set of feeds that were ingested, never on their order, and any past day
can be read again by folding only the sightings of that time.

It is in SQLite, a file of the workspace, or in PostgreSQL (`flows.store.database`); everything else here
says it once for both.
"""

from flows.store.corpus import Corpus
from flows.store.history import PaperHistory
from flows.store.run_rows import RunRow
from flows.store.sightings import IngestCounts
from flows.store.store import Store

__all__ = ["Corpus", "IngestCounts", "PaperHistory", "RunRow", "Store"]
