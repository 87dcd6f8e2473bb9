"""What runs on the far side of the fork: functions from JSON to JSON that ``ports.processes`` calls by name."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from maquette.domain.assets import Quality, Role, View
from maquette.domain.errors import Permanent
from maquette.domain.hosting import Takes
from maquette.domain.marks import Marks
from maquette.domain.states import Stage
from maquette.pipelines.hiring import hire
from maquette.pipelines.stage import MIB, Desk, InputFile, OutputFile, Produced
from maquette.ports.engines import EngineRecord
from maquette.ports.processes import Limits

PERFORM = "maquette.pipelines.child:perform"
BRIEF = "maquette.pipelines.child:brief"
PROBE = "maquette.pipelines.child:probe"
PROBE_MODEL = "maquette.pipelines.child:probe_model"
FIX_MODEL = "maquette.pipelines.child:fix_model"
FIX_LIMITS = Limits(seconds=600, memory_bytes=4096 * MIB, cpu_seconds=900)
MODEL_LIMITS = Limits(seconds=20, memory_bytes=2048 * MIB, cpu_seconds=20)
"""For reading a model from elsewhere."""


def perform(payload: dict[str, Any], progress: Callable[[float], None]) -> dict[str, Any]:
    """Does the work of one stage on the desk that ``desk_payload`` described."""
    from maquette.pipelines.catalog import spec_of

    return _produced(spec_of(payload["pipeline"], Stage(payload["stage"])).work(_desk(payload, progress)))


def brief(payload: dict[str, Any], progress: Callable[[float], None]) -> dict[str, Any]:
    """Writes what a stage asks of a hosted engine, whose ``takes`` the payload holds: ``Draft``s as JSON."""
    from maquette.pipelines.catalog import spec_of

    told = payload["takes"]
    takes = Takes(**told | {name: tuple(told[name]) for name in ("media_types", "views")})
    orders = spec_of(payload["pipeline"], Stage(payload["stage"])).orders
    if orders is None:
        raise Permanent("engine_failed", f"No hosted engine can do the work of {payload['stage']}.")
    return {"orders": [draft.document() for draft in orders(_desk(payload, progress), takes)]}


def _desk(payload: dict[str, Any], progress: Callable[[float], None]) -> Desk:
    return Desk(
        inputs=tuple(_input(entry) for entry in payload["inputs"]),
        settings=payload["settings"],
        into=Path(payload["into"]),
        progress=progress,
        engine=_load(**payload["engine"]) if payload["engine"] else None,
        boxes={key: (box[0], box[1], box[2], box[3]) for key, box in payload["boxes"].items()},
        key=payload["key"],
        marks={key: Marks.of(marks) for key, marks in payload["marks"].items()},
        carried=payload["carried"],
    )


def probe(payload: dict[str, Any], progress: Callable[[float], None]) -> dict[str, Any]:
    """Decodes an untrusted picture completely, says what it is and how good. Raises the errors of the intake."""
    from maquette.media.images.checks import judge_copy
    from maquette.media.images.intake import glance

    facts, copy = glance(Path(payload["path"]))
    quality = judge_copy(copy, min(facts.width, facts.height))
    progress(1.0)
    return asdict(facts) | {"quality": asdict(quality)}


def probe_model(payload: dict[str, Any], progress: Callable[[float], None]) -> dict[str, Any]:
    """Reads an untrusted model completely and measures it. Raises the errors of ``media.meshes.intake``."""
    from maquette.media.meshes.intake import probe as probe_file

    measures = probe_file(Path(payload["path"]))
    progress(1.0)
    return measures


def fix_model(payload: dict[str, Any], progress: Callable[[float], None]) -> dict[str, Any]:
    """Writes a mended copy of an untrusted model ``into`` a file. Raises the errors of ``media.meshes.intake``."""
    from maquette.domain.dimensions import Dimensions
    from maquette.media.meshes.fix import fix
    from maquette.media.meshes.intake import opened
    from maquette.media.meshes.report import choose

    profiles, size = choose(payload["profiles"]), Dimensions.of(payload["size"])
    with opened(Path(payload["path"])) as data:
        Path(payload["into"]).write_bytes(fix(data, profiles, payload["level"], size))
    progress(1.0)
    return {}


def desk_payload(
    pipeline: str,
    stage: Stage,
    inputs: tuple[InputFile, ...],
    settings: Mapping[str, Any],
    boxes: Mapping[str, tuple[float, float, float, float]],
    marks: Mapping[str, Marks],
    into: Path,
    engine: EngineRecord | None,
    key: str,
    carried: int = 0,
) -> dict[str, Any]:
    """What ``perform`` needs, as JSON."""
    weights = str(engine.weights) if engine and engine.weights else None
    return {
        "pipeline": pipeline,
        "stage": stage.value,
        "inputs": [_plain(asdict(entry)) for entry in inputs],
        "settings": dict(settings),
        "boxes": {key: list(box) for key, box in boxes.items()},
        "marks": {key: marked.document() for key, marked in marks.items()},
        "into": str(into),
        "engine": {"reference": engine.reference, "weights": weights} if engine else None,
        "key": key,
        "carried": carried,
    }


def outputs(value: Mapping[str, Any]) -> Produced:
    """Reads back what ``perform`` returned."""
    return Produced(tuple(_output(entry) for entry in value["files"]), value["data"])


def _produced(produced: Produced) -> dict[str, Any]:
    # asdict copies deeply, which a read-only mapping refuses
    files = (replace(file, stats=dict(file.stats)) for file in produced.files)
    return {"files": [_plain(asdict(file)) for file in files], "data": dict(produced.data)}


def _plain(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: str(value) if isinstance(value, Path) else value for key, value in entry.items()}


def _quality(entry: Mapping[str, Any] | None) -> Quality | None:
    return Quality(entry["score"], tuple(entry["flags"])) if entry else None


def _common(entry: Mapping[str, Any]) -> dict[str, Any]:
    return dict(entry) | {
        "path": Path(entry["path"]),
        "role": Role(entry["role"]),
        "view": View(entry["view"]) if entry["view"] else None,
        "quality": _quality(entry["quality"]),
        "derived_from": tuple(entry["derived_from"]),
    }


def _input(entry: Mapping[str, Any]) -> InputFile:
    return InputFile(**_common(entry))


def _output(entry: Mapping[str, Any]) -> OutputFile:
    return OutputFile(**_common(entry))


def _load(reference: str = "", weights: str | None = None, delivered: Mapping[str, Any] | None = None) -> Any:
    if delivered is not None:
        from maquette.pipelines.delivered import delivered as answering

        return answering(**delivered)
    module, _, name = reference.partition(":")
    return hire(getattr(importlib.import_module(module), name), Path(weights) if weights else None)
