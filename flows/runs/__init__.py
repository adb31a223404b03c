"""Run folders of a workspace: names, atomic publishing, reading, retention."""

from flows.runs.earlier import earlier_runs, previous_run
from flows.runs.names import canonical_json, list_runs, make_run_id, report_address, run_fingerprint
from flows.runs.publishing import publish_run
from flows.runs.reading import read_assignments, read_manifest, read_run, read_tables, resolve_run
from flows.runs.tables import write_table

__all__ = [
    "canonical_json",
    "earlier_runs",
    "list_runs",
    "make_run_id",
    "previous_run",
    "publish_run",
    "read_assignments",
    "read_manifest",
    "read_run",
    "read_tables",
    "report_address",
    "resolve_run",
    "run_fingerprint",
    "write_table",
]
