"""Settings, secrets and the file of themes."""
