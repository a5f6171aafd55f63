"""Scans and imports of a whole library, as background runs."""
