"""Decodes each photo under tight limits and makes the picture that every later stage works on; checks models."""

import shutil
from pathlib import Path

from maquette.domain.assets import Role
from maquette.domain.states import Stage
from maquette.media.meshes.facts import GLB
from maquette.pipelines.stage import MIB, Desk, InputFile, OutputFile, Produced, StageSpec
from maquette.ports.processes import Kind, Limits


def work(desk: Desk) -> Produced:
    """Writes one working copy per photo, one model per model. Raises the errors of the intakes of both."""
    originals = desk.of(Role.ORIGINAL)
    files: list[OutputFile] = []
    for index, original in enumerate(originals):
        make = _model if original.media_type == GLB else _working_copy
        files.append(make(original, desk.into / f"working{index}"))
        desk.progress((index + 1) / len(originals))
    return Produced(tuple(files))


def _model(original: InputFile, target: Path) -> OutputFile:
    """The same model, checked and named as one that came from elsewhere: its file says its size in metres."""
    from maquette.media.meshes.intake import check

    check(original.path)
    shutil.copyfile(original.path, target)
    stats = {**original.stats, "in_metres": True}
    return OutputFile(target, Role.MODEL, GLB, "raw", stats=stats, derived_from=(original.asset_id,))


def _working_copy(photo: InputFile, target: Path) -> OutputFile:
    from maquette.media.images.intake import make_working_copy

    facts = make_working_copy(photo.path, target)
    return OutputFile(
        path=target,
        role=Role.WORKING,
        media_type=facts.media_type,
        name=Path(photo.name).stem or target.stem,
        view=photo.view,
        width=facts.width,
        height=facts.height,
        stats={"has_alpha": facts.has_alpha},
        derived_from=(photo.asset_id,),
    )


SPEC = StageSpec(
    stage=Stage.VALIDATING,
    version="1",
    work=work,
    reads=(Role.ORIGINAL,),
    limits=Limits(seconds=120, memory_bytes=700 * MIB, cpu_seconds=90),
    kind=Kind.DECODE,
)
