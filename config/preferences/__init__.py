"""Preferences of a person: the time zone of pages and date filters."""
