"""Decodes each photo under tight limits and makes the picture that every later stage works on; checks models.

What a photo's flags say is told with those of the set in ``photo_checks``, before anything costs money.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from maquette.domain.assets import Quality, Role
from maquette.domain.quality import explain, explain_all
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
    photos = [(photo, file) for photo, file in zip(originals, files, strict=True) if file.role is Role.WORKING]
    return Produced(tuple(files), {"photo_checks": _checked(photos)} if photos else {})


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
        quality=photo.quality or _judged(target, min(facts.width, facts.height)),
        derived_from=(photo.asset_id,),
    )


def _judged(copy: Path, shorter_side: int) -> Quality:
    """For photos that came before uploads were judged."""
    from maquette.media.images.checks import judge
    from maquette.media.images.likeness import open_copy

    return judge(*open_copy(copy), shorter_side)


def _checked(photos: Sequence[tuple[InputFile, OutputFile]]) -> dict[str, Any]:
    """What is known of each photo, and of all of them together."""
    from maquette.media.images.likeness import measure
    from maquette.media.images.sets import Shot, compare, ranks

    shots = [
        Shot(photo.name or f"Photo {number}", photo.view, measure(file.path))
        for number, (photo, file) in enumerate(photos, 1)
    ]
    about = [
        _described(photo, file) | {"sharpness": shot.measured.sharpness, "sharpness_rank": rank}
        for (photo, file), shot, rank in zip(photos, shots, ranks(shots), strict=True)
    ]
    sets = [
        explain(found.flag).document() | {"asset_ids": [photos[number][0].asset_id for number in found.photos]}
        for found in compare(shots)
    ]
    return {"photos": about, "sets": sets}


def _described(photo: InputFile, file: OutputFile) -> dict[str, Any]:
    quality = file.quality or Quality(1.0)
    notes = [note.document() for note in explain_all(quality.flags)]
    flags = list(quality.flags)
    return {"asset_id": photo.asset_id, "view": photo.view, "score": quality.score, "flags": flags, "notes": notes}


SPEC = StageSpec(
    stage=Stage.VALIDATING,
    version="2",
    work=work,
    reads=(Role.ORIGINAL,),
    limits=Limits(seconds=120, memory_bytes=700 * MIB, cpu_seconds=90),
    kind=Kind.DECODE,
)
