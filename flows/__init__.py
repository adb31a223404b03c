"""The shell of papertrends: settings, sources, store, run folders, Prefect flows, command line."""

import os

# Prefect reads its settings when it is imported. Nothing of ours phones home unless a user says so.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
