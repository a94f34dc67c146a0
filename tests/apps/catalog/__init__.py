"""Products and what they earned: read only, written by the administration."""
