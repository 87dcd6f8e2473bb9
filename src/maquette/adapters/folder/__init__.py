"""The data folder of a machine."""
