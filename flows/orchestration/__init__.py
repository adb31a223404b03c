"""Shared parts of flows: final states, notifications, missed runs, the workspace lock, artifacts."""
