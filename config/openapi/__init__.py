"""The description of the JSON API, and what it demands of requests beyond the types of their fields."""
