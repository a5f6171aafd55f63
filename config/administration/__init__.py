"""The admin: its site, and the pages of models of other packages."""
