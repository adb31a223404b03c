"""Forecasts of shares, which forecaster to use, and how earlier forecasts came out."""
