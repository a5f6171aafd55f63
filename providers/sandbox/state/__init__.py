"""Mutable state of the sandbox: account, jobs, faults."""
