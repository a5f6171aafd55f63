"""Pictures and clips that the sandbox draws."""
