"""Tests of the documented set-up: a web server of two processes behind an HTTPS proxy, all real processes."""
