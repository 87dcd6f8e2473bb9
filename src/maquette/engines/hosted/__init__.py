"""Engines on other people's machines, one module for each provider.

A module translates between ``ports.hosting`` and one wire contract and knows nothing else: no waiting, no retries, no
database. What they share is ``exchange``: one request, and what its failure means.
"""
