"""Asking people, or a model, which papers are of which theme."""
