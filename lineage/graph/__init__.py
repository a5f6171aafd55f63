"""Read edges around one asset."""
