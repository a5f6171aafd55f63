"""One edge: how one parent was used for one child."""
