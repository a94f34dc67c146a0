"""Forecasts of an external service, requested asynchronously."""
