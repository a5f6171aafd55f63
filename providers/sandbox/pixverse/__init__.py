"""The endpoints of the provider's web API."""
