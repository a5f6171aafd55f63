"""Talks to the outside, and holds the words everything else is told in."""
