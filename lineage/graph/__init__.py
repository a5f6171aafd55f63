"""Reading edges around one asset."""
