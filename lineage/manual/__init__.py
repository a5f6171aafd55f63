"""Edges that a person adds, changes and removes."""
