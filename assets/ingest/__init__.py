"""The only way an asset is created: records in, rows out."""
