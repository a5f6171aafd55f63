"""Formats of dates in the admin; other pages name their formats themselves."""
