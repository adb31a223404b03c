"""What the page says, as values: series, verdicts, marks, and how numbers and dates are written."""
