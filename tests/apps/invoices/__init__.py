"""Invoices with lines, written in one request, and their receipts."""
