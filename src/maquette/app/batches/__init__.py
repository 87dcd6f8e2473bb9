"""Batches: a table of products in, one job for each row, their results together."""
