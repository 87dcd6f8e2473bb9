"""Fixtures for every test."""

pytest_plugins = ["postgres"]
