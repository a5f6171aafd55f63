"""Shared base code of all apps. It has no tables and imports no app."""
