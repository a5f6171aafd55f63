"""Compare stored payloads with the provider's current answers."""
