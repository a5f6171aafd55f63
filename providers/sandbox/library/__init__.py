"""Payloads of a generated library."""
