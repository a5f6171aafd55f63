"""Provider accounts, and the clients and payload extractors of each provider."""
