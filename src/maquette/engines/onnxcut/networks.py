"""What each network wants to see, and what its output means."""

from dataclasses import dataclass

_IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_CENTRED = (0.5, 0.5, 0.5), (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Network:
    """How a network is fed: a square of ``side`` pixels, ``(value - mean) / std`` of values from 0 to 1.

    ``stretched``: values are divided by the picture's brightest instead of 255. ``logits``: its output goes through a
    sigmoid. ``rank`` orders those that are ready, the greatest first: by what their authors measured.
    The bundled engine has rank 0.
    """

    name: str
    side: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    rank: int
    stretched: bool = False
    logits: bool = False


U2NET = Network("u2net", 320, *_IMAGENET, rank=20, stretched=True)
"""Qin et al., Pattern Recognition 106, 2020. Fed as in its authors' ``u2net_test.py``."""
U2NETP = Network("u2netp", 320, *_IMAGENET, rank=10, stretched=True)
"""The same with 1.1 million parameters."""
ISNET = Network("isnet", 1024, *_CENTRED, rank=30)
"""Qin et al., ECCV 2022."""
BIREFNET = Network("birefnet", 1024, *_IMAGENET, rank=50, logits=True)
"""Zheng et al., CAAI AIR 2024."""
BIREFNET_LITE = Network("birefnet_lite", 1024, *_IMAGENET, rank=40, logits=True)
RMBG = Network("rmbg", 1024, *_IMAGENET, rank=0)
"""BRIA RMBG 2.0: its file ends with the sigmoid."""
