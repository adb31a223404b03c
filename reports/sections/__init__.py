"""Sections of the page, each from the tables of a run to the values that its template prints."""
