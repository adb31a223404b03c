"""Made-up corpora and series with known truth, for tests and benchmarks."""
