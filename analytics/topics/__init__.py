"""Topics: clusters of papers in their vectors, their identity from fit to fit, their names."""
