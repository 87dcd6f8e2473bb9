"""Maquette over HTTP. The only package that knows FastAPI."""
