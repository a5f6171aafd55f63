"""Limits that keep a few requests from using all threads and database connections of a web server."""
