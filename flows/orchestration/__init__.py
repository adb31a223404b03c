"""What flows share: final states, notifications, missed runs, the workspace lock, artifacts."""
