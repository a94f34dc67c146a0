"""Templates of `manage.py startapp`, and the names it accepts."""
