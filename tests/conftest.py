"""Fixtures for every test."""

pytest_plugins = ["postgres", "s3server"]
