"""Vectors of papers: encoders, a student of the large one, nearest neighbors, what is usual."""
