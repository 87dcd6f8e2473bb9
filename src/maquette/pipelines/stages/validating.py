"""Decodes each photo under tight limits and makes the picture that every later stage works on."""

from pathlib import Path

from maquette.domain.assets import Role
from maquette.domain.states import Stage
from maquette.pipelines.stage import MIB, Desk, InputFile, OutputFile, Produced, StageSpec
from maquette.ports.processes import Kind, Limits


def work(desk: Desk) -> Produced:
    """Writes one working copy per photo. Raises the intake's errors (``image_truncated``, ``image_too_large``…)."""
    photos = desk.of(Role.ORIGINAL)
    files: list[OutputFile] = []
    for index, photo in enumerate(photos):
        files.append(_working_copy(photo, desk.into / f"working{index}.png"))
        desk.progress((index + 1) / len(photos))
    return Produced(tuple(files))


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
