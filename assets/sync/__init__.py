"""One page of a provider's lists: scanned, imported, or asked for by id."""
