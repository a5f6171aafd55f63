"""Scan or import one page of a provider's lists, or single items by ID."""
