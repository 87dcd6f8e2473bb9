"""Engines that make pictures, for tests: each does one simple thing to the photo, or to an empty canvas."""

from pathlib import Path

from PIL import Image, ImageOps

from maquette.domain.errors import Permanent
from maquette.ports.engines import Capability, EditedPicture, EditRequest, EngineInfo, Progress, Readiness


class Painter:
    """Turns the first picture into its negative, or paints one green where there is none."""

    name = "painter"
    is_test = False

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(self.name, "1", Capability.EDITOR, "Painter", "Apache-2.0", True, is_test=self.is_test)

    def check(self) -> Readiness:
        return Readiness(True)

    def edit(self, request: EditRequest, progress: Progress) -> tuple[EditedPicture, ...]:
        progress(0.5)
        pictures = [self._paint(request, number) for number in range(request.wants["variants"])]
        progress(1.0)
        return tuple(EditedPicture(path, stats={"prompt": request.prompt}) for path in pictures)

    def _paint(self, request: EditRequest, number: int) -> Path:
        target = request.into / f"{number}.png"
        if request.pictures:
            with Image.open(request.pictures[0]) as photo:
                picture = ImageOps.invert(photo.convert("RGB"))
        else:
            size = request.wants.get("width", 512), request.wants.get("height", 512)
            picture = Image.new("RGB", size, (20, 120 + number, 20))
        picture.save(target, pnginfo=None, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0")
        return target


class Pretender(Painter):
    """The same, but only for tests: what it makes is simulated."""

    name = "pretender"
    is_test = True


class Retoucher(Painter):
    """Cannot do without a photo."""

    name = "retoucher"

    def edit(self, request: EditRequest, progress: Progress) -> tuple[EditedPicture, ...]:
        if not request.pictures:
            raise Permanent("no_photo")
        return super().edit(request, progress)


class Scribbler(Painter):
    """Delivers what is no picture."""

    name = "scribbler"

    def edit(self, request: EditRequest, progress: Progress) -> tuple[EditedPicture, ...]:
        progress(1.0)
        target = request.into / "0.png"
        target.write_bytes(b"\x89PNG\r\n\x1a\nand then nothing")
        return (EditedPicture(target),)


class Idler(Painter):
    """Delivers nothing."""

    name = "idler"

    def edit(self, request: EditRequest, progress: Progress) -> tuple[EditedPicture, ...]:
        progress(1.0)
        return ()


def install(folder: Path) -> Path:
    """Makes these engines known to whoever has the folder and this one on its path; returns what to add to that."""
    info = folder / "painters-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: painters\nVersion: 1\n", encoding="utf-8")
    lines = [f"{kind.name} = painters:{kind.__name__}" for kind in (Painter, Pretender)]
    (info / "entry_points.txt").write_text("\n".join(["[maquette.engines]", *lines, ""]), encoding="utf-8")
    return folder
