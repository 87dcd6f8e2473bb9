"""Makes the pictures: from words alone, or by changing the photo."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from maquette.domain.assets import Role
from maquette.domain.errors import Permanent, Refused
from maquette.domain.hosting import Takes
from maquette.domain.states import Stage
from maquette.media.images.enclosing import enclose
from maquette.pipelines.orders import Draft
from maquette.pipelines.stage import IS_TEST, MIB, Desk, InputFile, OutputFile, Produced, StageSpec
from maquette.ports.engines import Capability, EditedPicture, Editor, EditRequest
from maquette.ports.hosting import Enclosure
from maquette.ports.processes import Limits

SIZES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"square": (1024, 1024), "landscape": (1536, 1024), "portrait": (1024, 1536)}
)
"""Width and height that are asked for, in pixels."""


def work(desk: Desk) -> Produced:
    """The clean pictures: each decoded whole and written anew, upright sRGB without metadata."""
    editor: Editor = desk.engine
    photos, raw = desk.of(Role.WORKING), desk.into / "raw"
    raw.mkdir()
    paths = tuple(photo.path for photo in photos)
    request = EditRequest(raw, prompt_of(desk.settings), paths, None, wants(desk.settings, photos), desk.key)
    edited = editor.edit(request, desk.progress)
    if not edited:
        raise Permanent("picture_invalid", "The engine delivered no picture.")
    sources = tuple(source for photo in photos for source in (*photo.derived_from, photo.asset_id))
    simulated = bool(editor.info.is_test)
    return Produced(tuple(_clean(desk.into, *numbered, sources, simulated) for numbered in enumerate(edited, 1)))


def orders(desk: Desk, takes: Takes) -> tuple[Draft, ...]:
    """One order for all variants, with the photo where there is one."""
    photos = desk.of(Role.WORKING)
    pictures: list[Enclosure] = []
    notes: list[str] = []
    for index, photo in enumerate(photos[: max(takes.pictures, 1)]):
        enclosed = enclose(photo.path, desk.into / f"picture-{index}", takes)
        pictures.append(Enclosure(enclosed.path, enclosed.media_type, enclosed.width, enclosed.height))
        notes += enclosed.notes
    told = prompt_of(desk.settings), wants(desk.settings, photos)
    return (Draft(tuple(pictures), prompt=told[0], wants=told[1], notes=tuple(notes)),)


def prompt_of(settings: Mapping[str, Any]) -> str:
    """The person's own words, and the style below them."""
    style = settings.get("style")
    return f"{settings['prompt']}\n\nStyle: {style}" if style else str(settings["prompt"])


def wants(settings: Mapping[str, Any], photos: tuple[InputFile, ...]) -> dict[str, Any]:
    """What is wished of the pictures beyond words; see ``EditRequest``."""
    wanted: dict[str, Any] = {"variants": settings.get("variants") or 1}
    size = SIZES.get(str(settings.get("size"))) or (_size_of(photos[0].path) if photos else None)
    return wanted | ({"width": size[0], "height": size[1]} if size else {})


def _size_of(picture: Path) -> tuple[int, int]:
    from PIL import Image

    with Image.open(picture, formats=["PNG", "JPEG"]) as opened:
        return opened.size


def _clean(into: Path, number: int, made: EditedPicture, sources: tuple[str, ...], simulated: bool) -> OutputFile:
    from maquette.media.images.intake import make_working_copy

    target = into / f"picture{number}"
    try:
        facts = make_working_copy(made.picture, target)
    except Refused as refusal:
        raise Permanent("picture_invalid", f"Picture {number} of the engine cannot be read: {refusal.message}.") from (
            refusal
        )
    return OutputFile(
        path=target,
        role=Role.EDIT,
        media_type=facts.media_type,
        name="edit" if number == 1 else f"edit-{number}",
        width=facts.width,
        height=facts.height,
        stats={**made.stats, IS_TEST: simulated},
        quality=made.quality,
        derived_from=sources,
    )


SPEC = StageSpec(
    stage=Stage.GENERATING,
    version="1",
    work=work,
    reads=(Role.WORKING,),
    limits=Limits(seconds=900, memory_bytes=6144 * MIB, cpu_seconds=1800),
    settings=("prompt", "style", "size", "variants"),
    capability=Capability.EDITOR,
    orders=orders,
)
