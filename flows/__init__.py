"""The outer layer: settings, sources, store, run folders, Prefect flows, command line."""

import os

# Prefect reads its settings when it is imported. Nothing of ours phones home unless a user says so.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
# A busy machine takes longer than Prefect's 20 seconds to start a temporary server.
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
