"""Reads our own copies of the pictures to their last byte: nothing is called done before it lies here and is whole."""

from typing import Any

from maquette.domain.assets import Role
from maquette.domain.errors import Permanent, Refused
from maquette.domain.states import Stage
from maquette.pipelines.stage import MIB, Desk, InputFile, Produced, StageSpec
from maquette.ports.processes import Kind, Limits


def work(desk: Desk) -> Produced:
    """Fails with ``picture_invalid``; produces the pictures' measured figures."""
    pictures = desk.of(Role.EDIT)
    if not pictures:
        raise Permanent("picture_invalid", "The engine delivered no picture.")
    return Produced(data={"pictures": [_figures(picture) for picture in pictures]})


def _figures(picture: InputFile) -> dict[str, Any]:
    from maquette.media.images.intake import probe

    try:
        facts = probe(picture.path)
    except Refused as refusal:
        raise Permanent("picture_invalid", f"{picture.name} cannot be read: {refusal.message}.") from refusal
    size = {"width": facts.width, "height": facts.height, "bytes": picture.path.stat().st_size}
    return {"asset_id": picture.asset_id, "media_type": facts.media_type, "has_alpha": facts.has_alpha, **size}


SPEC = StageSpec(
    stage=Stage.STORING,
    version="1",
    work=work,
    reads=(Role.EDIT,),
    limits=Limits(seconds=120, memory_bytes=700 * MIB, cpu_seconds=90),
    kind=Kind.DECODE,
)
