"""Connections to PostgreSQL and Redis."""
