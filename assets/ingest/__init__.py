"""Import of records: the only place where assets are created."""
