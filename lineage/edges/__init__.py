"""The only writer of edges."""
