"""Carve: photos of up to six sides to a textured 3D model, on a CPU, without weights."""

from maquette.engines.carve.engine import Carve

__all__ = ["Carve"]
