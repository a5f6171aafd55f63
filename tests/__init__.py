"""Tests of Stemma; folders mirror the apps."""
