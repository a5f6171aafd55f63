"""The HTTP server, its control endpoints and file store."""
