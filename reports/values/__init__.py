"""Values that the page shows: series, verdicts, marks, and formats of numbers and dates."""
