"""Maquette turns photos into finished assets: cut-outs, 3D models, edited pictures."""

__version__ = "0.1.0"
