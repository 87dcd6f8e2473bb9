"""Cutters that are neural networks in the ONNX format, with weights that the person has put into a folder.

They find the object by what it is, where the bundled engine goes by colours: busy backgrounds are no trouble. Each
network is an engine of its own, ready when its weights are there and the extra ``onnx`` is installed.
"""

from maquette.engines.onnxcut.engine import BiRefNet, BiRefNetLite, IsNet, Rmbg, U2Net, U2NetP

__all__ = ["BiRefNet", "BiRefNetLite", "IsNet", "Rmbg", "U2Net", "U2NetP"]
