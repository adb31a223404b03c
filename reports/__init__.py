"""Turn the tables of a run into figures and strings; nothing here writes a file."""
