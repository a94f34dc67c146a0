"""Tests of the invoices app."""
