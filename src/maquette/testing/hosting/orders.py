"""Orders to try an engine with, drawn on the spot."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from maquette.domain.assets import View
from maquette.ports.engines import Capability
from maquette.ports.hosting import Enclosure, Order
from maquette.testing.hosting.bench import Ordering


def photographed(*views: View | None, capability: Capability = Capability.MESHER, prompt: str = "", side: int = 128,
                 **wants: Any) -> Ordering:  # fmt: skip
    """Makes orders with one drawn PNG for each of these views (None for a photo that shows no known side)."""

    def order(folder: Path) -> Order:
        from PIL import Image, ImageDraw

        pictures: list[Enclosure] = []
        for number, view in enumerate(views):
            path = folder / f"order-{number}.png"
            drawn = Image.new("RGBA", (side, side), (0, 0, 0, 0))
            quarter = side // 4
            ImageDraw.Draw(drawn).rectangle((quarter, quarter, 3 * quarter, 3 * quarter), fill=(40 * number, 90, 160))
            drawn.save(path)
            pictures.append(Enclosure(path, "image/png", side, side, view))
        return Order(capability, "order-of-the-suite", tuple(pictures), prompt=prompt, wants=wants)

    return order


def masked(ordering: Ordering) -> Ordering:
    """The same with a mask: the right half is to be edited."""

    def order(folder: Path) -> Order:
        from PIL import Image

        made = ordering(folder)
        first = made.pictures[0]
        mask = Image.new("L", (first.width, first.height), 0)
        mask.paste(255, (first.width // 2, 0, first.width, first.height))
        mask.save(folder / "order-mask.png")
        return replace(made, mask=folder / "order-mask.png")

    return order


def modelled(**wants: Any) -> Ordering:
    """Makes orders with a GLB, for remeshers."""

    def order(folder: Path) -> Order:
        from maquette.testing.loopbacks.goods import box

        path = folder / "order.glb"
        path.write_bytes(box())
        return Order(Capability.REMESHER, "order-of-the-suite", model=path, wants=wants)

    return order
