"""Endpoints of Pixverse's account API."""
