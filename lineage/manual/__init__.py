"""Add, edit and remove manual edges."""
