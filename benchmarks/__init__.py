"""Measures rendered projects against bare Django, and the time of those who wait."""
