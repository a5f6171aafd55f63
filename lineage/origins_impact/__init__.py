"""The Origins and Impact lists: all ancestors and all descendants of an asset."""
