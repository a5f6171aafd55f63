"""Edges between assets: one writer, one reader."""
