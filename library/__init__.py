"""The pages, API and admin of a person's library."""
