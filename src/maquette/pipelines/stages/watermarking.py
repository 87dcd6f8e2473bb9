"""Makes a marked preview of each clean picture, which itself is never touched."""

from pathlib import Path
from typing import Any

from maquette.domain.assets import Role
from maquette.domain.errors import Permanent, Refused
from maquette.domain.states import Stage
from maquette.pipelines.stage import IS_TEST, MIB, Desk, InputFile, OutputFile, Produced, StageSpec
from maquette.ports.processes import Kind, Limits


def work(desk: Desk) -> Produced:
    """One preview per picture. That of a simulated picture says so across its top."""
    from maquette.media.images.watermark import DEFAULT, Mark, write_preview

    asked, pictures = desk.settings, desk.of(Role.EDIT)
    mark = Mark(
        text=str(asked.get("watermark_text") or ""),
        logo=_logo(desk),
        opacity=(asked.get("watermark_opacity") or DEFAULT.opacity * 100) / 100,
        tiled=asked.get("watermark_place") == "tiled",
        scale=(asked.get("watermark_scale") or DEFAULT.scale * 100) / 100,
    )
    files: list[OutputFile] = []
    for number, picture in enumerate(pictures, 1):
        simulated = bool(picture.stats.get(IS_TEST))
        made = write_preview(picture.path, mark, desk.into / f"preview{number}", simulated=simulated)
        files.append(_output(picture, *made, simulated=simulated))
        desk.progress(number / len(pictures))
    return Produced(tuple(files))


def _logo(desk: Desk) -> Path | None:
    """The logo as a picture that may be drawn with; None without one."""
    from maquette.media.images.intake import make_working_copy

    wanted = desk.settings.get("watermark_logo")
    found: list[InputFile] = [file for file in desk.inputs if wanted and file.asset_id == wanted]
    if not found:
        return None
    target = desk.into / "logo"
    try:
        make_working_copy(found[0].path, target, max_side=2048)
    except Refused as refusal:
        raise Permanent("watermark_undrawable", f"The logo cannot be read: {refusal.message}.") from refusal
    return target


def _output(picture: InputFile, path: Path, media_type: str, width: int, height: int, *, simulated: bool) -> OutputFile:
    about: dict[str, Any] = {"stats": {IS_TEST: simulated}, "derived_from": (picture.asset_id,)}
    return OutputFile(path, Role.PREVIEW, media_type, "preview", width=width, height=height, **about)


SPEC = StageSpec(
    stage=Stage.WATERMARKING,
    version="1",
    work=work,
    reads=(Role.EDIT,),
    limits=Limits(seconds=180, memory_bytes=1024 * MIB, cpu_seconds=120),
    settings=(
        "watermark_text",
        "watermark_logo",
        "watermark_opacity",
        "watermark_place",
        "watermark_scale",
    ),
    kind=Kind.DECODE,
)
