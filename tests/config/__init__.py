"""Tests of the config app."""
