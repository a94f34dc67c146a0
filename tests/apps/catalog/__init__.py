"""Products and their revenue: read-only API, edited in the admin."""
