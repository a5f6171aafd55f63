"""The process: settings, doors, and what only the doors know."""
