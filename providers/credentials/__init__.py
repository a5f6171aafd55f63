"""Stored credentials: encrypted with rotating keys, and checked at start-up."""
