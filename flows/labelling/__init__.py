"""Labelling: people or a model decide which papers belong to which theme."""
