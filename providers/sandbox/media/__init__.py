"""Media files of the sandbox: generated pictures, clips and audio."""
