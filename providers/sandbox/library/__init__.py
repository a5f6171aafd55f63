"""Generated library: its plan, its records and their payloads."""
