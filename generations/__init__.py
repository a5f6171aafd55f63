"""Makes new media at a provider."""
