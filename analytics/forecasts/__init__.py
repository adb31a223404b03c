"""Forecasts of shares, choice of the forecaster, and evaluation of earlier forecasts."""
