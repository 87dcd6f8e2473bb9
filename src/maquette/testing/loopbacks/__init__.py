"""Twins of providers on 127.0.0.1, true to their wire contracts, with switches for their faults.

They serve our own tests, those of an engine's author, and whoever wants to try a front end without paying. What they
deliver is made up: an engine pointed at one is to be configured with ``is_test = true``.
"""
