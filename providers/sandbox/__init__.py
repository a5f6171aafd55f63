"""Sandbox: loopback servers with the providers' APIs, to try and test Stemma without a provider account."""
