"""Publication of an analysis: run folder, page, archive, mirror, CSV, mail, cleanup."""
