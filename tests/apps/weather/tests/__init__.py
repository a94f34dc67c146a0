"""Tests of the weather app."""
