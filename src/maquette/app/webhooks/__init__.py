"""Calls between servers: ours to whoever wants to be told, and those of providers to us."""
