"""Atom feeds: of the runs of a workspace, and of the papers of a theme or watch."""
