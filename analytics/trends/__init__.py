"""How shares of papers move over time: periods, shares, verdicts, bursts, change points, emerging series."""
