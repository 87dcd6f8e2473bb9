"""Cuts the object out of each photo, and sets it before a plain ground where a shop wants it so."""

from collections.abc import Mapping, Sequence
from typing import Any

from maquette.domain.assets import Role
from maquette.domain.colours import TRANSPARENT, channels
from maquette.domain.errors import Permanent
from maquette.domain.hosting import Takes
from maquette.domain.marks import NO_MARKS
from maquette.domain.states import Stage
from maquette.media.images.enclosing import enclose
from maquette.media.images.shop import Look, write_shop_picture
from maquette.pipelines.orders import Draft
from maquette.pipelines.stage import MIB, Desk, InputFile, OutputFile, Produced, StageSpec
from maquette.ports.engines import Box, Capability, Cutout, CutRequest, Cutter
from maquette.ports.hosting import Enclosure
from maquette.ports.processes import Limits

SHOP = "shop"
"""What a result calls the pictures for a shop."""


def work(desk: Desk) -> Produced:
    """One cut-out (RGBA) and one mask (grey) per photo, each with the engine's score and flags; perhaps a shop picture.

    A photo that fails for its own reasons does not stop the others: ``cutouts.failed`` in the data names it. Where all
    of them fail the stage does, with the first one's error, unless somebody looks at them next.
    """
    cutter: Cutter = desk.engine
    pictures = desk.of(Role.WORKING)
    look = _look(desk.settings)
    files: list[OutputFile] = []
    errors: list[tuple[InputFile, Permanent]] = []
    for index, picture in enumerate(pictures):
        done, share = index / len(pictures), 1 / len(pictures)
        request = _request(desk, picture, index)
        try:
            cutout = cutter.cut(request, lambda part, done=done, share=share: desk.progress(done + part * share))
        except Permanent as error:
            errors.append((picture, error))
        else:
            files += _outputs(picture, cutout, look)
        desk.progress(done + share)
    if errors and not files and not desk.carried and not desk.settings.get("looked_at"):
        raise errors[0][1]
    return Produced(tuple(files), {"cutouts": _account(desk.carried + len(pictures), errors)})


def orders(desk: Desk, takes: Takes) -> tuple[Draft, ...]:
    """One order for each photo."""
    drafts: list[Draft] = []
    for index, picture in enumerate(desk.of(Role.WORKING)):
        enclosed = enclose(picture.path, desk.into / f"photo-{index}", takes)
        sent = Enclosure(enclosed.path, enclosed.media_type, enclosed.width, enclosed.height, picture.view)
        drafts.append(Draft((sent,), piece=_original(picture), notes=enclosed.notes))
    return tuple(drafts)


def _request(desk: Desk, picture: InputFile, index: int) -> CutRequest:
    into = desk.into / str(index)
    into.mkdir()
    original = _original(picture)
    box, marks = desk.boxes.get(original), desk.marks.get(original, NO_MARKS)
    return CutRequest(picture.path, into, Box(*box) if box else None, f"{desk.key}:{index}", marks)


def _original(picture: InputFile) -> str:
    """The id of the photo as it was uploaded: what people know it by."""
    return picture.derived_from[0] if picture.derived_from else picture.asset_id


def _account(photos: int, errors: Sequence[tuple[InputFile, Permanent]]) -> dict[str, Any]:
    failed = [
        {
            "asset_id": _original(picture),
            "name": picture.name,
            "view": picture.view and picture.view.value,
            "code": error.code,
            "message": error.message,
            "hint": error.hint,
        }
        for picture, error in errors
    ]
    succeeded = photos - len(failed)
    rate = round(succeeded / photos, 4) if photos else 0.0
    return {"photos": photos, "succeeded": succeeded, "success_rate": rate, "failed": failed}


def _look(settings: Mapping[str, Any]) -> Look:
    """Pipelines that show no pictures to shops have none of these settings."""
    return Look(
        background=channels(settings.get("background") or TRANSPARENT),
        shadow=settings.get("shadow") == "soft",
        margin=settings.get("margin"),
        square=settings.get("frame") == "square",
    )


def _outputs(picture: InputFile, cutout: Cutout, look: Look) -> list[OutputFile]:
    from PIL import Image

    with Image.open(cutout.mask, formats=["PNG"]) as mask:
        width, height = mask.size
    sources = (*picture.derived_from, picture.asset_id)
    files = [
        OutputFile(path, role, "image/png", picture.name, picture.view, width, height, {}, cutout.quality, sources)
        for role, path in ((Role.CUTOUT, cutout.cutout), (Role.MASK, cutout.mask))
    ]
    return files if look.is_plain else [*files, _shop_picture(picture, cutout, look, sources)]


def _shop_picture(picture: InputFile, cutout: Cutout, look: Look, sources: tuple[str, ...]) -> OutputFile:
    path, kind, width, height = write_shop_picture(cutout.cutout, look, cutout.cutout.parent / SHOP)
    return OutputFile(path, Role.PREVIEW, kind, SHOP, picture.view, width, height, derived_from=sources)


SPEC = StageSpec(
    stage=Stage.REMOVING_BACKGROUND,
    version="2",
    work=work,
    reads=(Role.WORKING,),
    limits=Limits(seconds=600, memory_bytes=8192 * MIB, cpu_seconds=900),
    settings=("background", "shadow", "margin", "frame", "looked_at"),
    capability=Capability.CUTTER,
    orders=orders,
    piecewise=True,
)
