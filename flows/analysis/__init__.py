"""The analysis of a corpus: its steps, the flow that runs them, search by meaning."""
