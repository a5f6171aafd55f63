"""Migrations of the config app."""
