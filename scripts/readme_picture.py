"""Draws docs/images/result.jpg: the sample photos above, the model that `make run` made of them below.

make run && .venv/bin/python scripts/readme_picture.py
"""

from pathlib import Path

import numpy as np
from PIL import Image

from maquette.media.meshes.normalise import normalise
from maquette.media.meshes.render import render

ROOT = Path(__file__).resolve().parent.parent
SIDE = 360
ANGLES = ((38, 18), (128, 12), (218, 30), (322, -8))
PAPER = 238.0


def main() -> None:
    """Writes the picture."""
    photos = [Image.open(ROOT / "examples" / "sample" / f"{view}.jpg") for view in ("front", "left", "back", "right")]
    above = np.hstack([np.asarray(photo.convert("RGB").resize((SIDE, SIDE))) for photo in photos])
    model = normalise((ROOT / "out" / "model.glb").read_bytes())
    views = [render(model, azimuth, elevation, SIDE).astype(np.float32) for azimuth, elevation in ANGLES]
    share = [view[..., 3:] / 255 for view in views]
    below = np.hstack([view[..., :3] * a + PAPER * (1 - a) for view, a in zip(views, share, strict=True)])
    target = ROOT / "docs" / "images" / "result.jpg"
    target.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.vstack([above, below.astype(np.uint8)])).save(target, quality=88)


if __name__ == "__main__":
    main()
