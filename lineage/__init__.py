"""Edges between assets: write, read, rebuild and show them."""
