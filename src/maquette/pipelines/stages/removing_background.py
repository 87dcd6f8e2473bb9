"""Cuts the object out of each photo; the mask is an asset of its own."""

from maquette.domain.assets import Role
from maquette.domain.marks import NO_MARKS
from maquette.domain.states import Stage
from maquette.pipelines.stage import MIB, Desk, InputFile, OutputFile, Produced, StageSpec
from maquette.ports.engines import Box, Capability, Cutout, CutRequest, Cutter
from maquette.ports.processes import Limits


def work(desk: Desk) -> Produced:
    """One cut-out (RGBA) and one mask (grey) per photo, each with the engine's score and flags."""
    cutter: Cutter = desk.engine
    pictures = desk.of(Role.WORKING)
    files: list[OutputFile] = []
    for index, picture in enumerate(pictures):
        into = desk.into / str(index)
        into.mkdir()
        done = index / len(pictures)
        share = 1 / len(pictures)
        original = picture.derived_from[0] if picture.derived_from else ""
        box, marks = desk.boxes.get(original), desk.marks.get(original, NO_MARKS)
        request = CutRequest(picture.path, into, Box(*box) if box else None, f"{desk.key}:{index}", marks)
        cutout = cutter.cut(request, lambda part, done=done, share=share: desk.progress(done + part * share))
        files += _outputs(picture, cutout)
        desk.progress(done + share)
    return Produced(tuple(files))


def _outputs(picture: InputFile, cutout: Cutout) -> list[OutputFile]:
    from PIL import Image

    with Image.open(cutout.mask, formats=["PNG"]) as mask:
        width, height = mask.size
    sources = (*picture.derived_from, picture.asset_id)
    return [
        OutputFile(path, role, "image/png", picture.name, picture.view, width, height, {}, cutout.quality, sources)
        for role, path in ((Role.CUTOUT, cutout.cutout), (Role.MASK, cutout.mask))
    ]


SPEC = StageSpec(
    stage=Stage.REMOVING_BACKGROUND,
    version="1",
    work=work,
    reads=(Role.WORKING,),
    limits=Limits(seconds=600, memory_bytes=4096 * MIB, cpu_seconds=900),
    capability=Capability.CUTTER,
    piecewise=True,
)
