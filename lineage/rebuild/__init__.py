"""Recalculate edges from stored payloads: previews, rebuilds and their runs."""
