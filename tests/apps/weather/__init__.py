"""Forecasts from another service, asked without blocking a thread."""
