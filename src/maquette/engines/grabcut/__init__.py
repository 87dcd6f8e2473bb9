"""Cut-outs on any CPU, without weights: a model of the backdrop, GrabCut, and a matte at full size."""

from maquette.engines.grabcut.engine import GrabCut

__all__ = ["GrabCut"]
