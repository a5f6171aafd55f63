"""HTTP server of the sandbox, with its control endpoints and file store."""
