"""The library: rows, ingest, sync and media."""
