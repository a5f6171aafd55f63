"""The base that every app stands on: no tables of its own, and no import from an app."""
