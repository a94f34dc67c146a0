"""Measures rendered projects against bare Django, and the times of copies and updates."""
