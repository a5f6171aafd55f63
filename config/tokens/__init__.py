"""API tokens: what is stored of them, and their pages."""
