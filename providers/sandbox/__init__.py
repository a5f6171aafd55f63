"""Loopback servers that speak the providers' protocols, to show and test Stemma without a provider account."""
