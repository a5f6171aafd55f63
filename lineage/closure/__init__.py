"""All ancestors and all descendants of an asset."""
