"""Pixverse: its account API in Stemma's words."""
