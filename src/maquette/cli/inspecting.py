"""What ``maquette inspect`` does: measures a file in a process with limits and shows each rule."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maquette.bootstrap import processes
from maquette.cli.judging import tables, verdicts
from maquette.cli.screen import Screen
from maquette.domain.dimensions import Dimensions
from maquette.domain.errors import Refused
from maquette.media.meshes.levels import LEVELS
from maquette.media.meshes.measure import Measures
from maquette.media.meshes.report import Subject, choose, report
from maquette.media.meshes.report_text import markdown
from maquette.pipelines.child import MODEL_LIMITS, PROBE_MODEL
from maquette.ports.processes import Kind
from maquette.settings import Settings


@dataclass(frozen=True, slots=True)
class Order:
    """What the person asked for, as given."""

    file: Path
    profiles: Sequence[str]
    level: str
    size: Dimensions
    markdown: bool


def fulfil(order: Order, settings: Settings, screen: Screen) -> bool:
    """Shows the report. True when every required rule holds."""
    profiles = choose(order.profiles)
    if order.level not in (level.name for level in LEVELS):
        raise Refused("invalid_request", f"There is no level {order.level!r}.", "Use lod0, lod1 or lod2.")
    measures = asyncio.run(_measure(order.file, settings))
    name = order.level if "draws" in measures else "usdz"
    found = report(Subject({name: measures}, order.size), profiles)
    if not found["profiles"]:
        asked = ", ".join(order.profiles)
        raise Refused(
            "not_a_model", f"No rule of {asked} is about such a file.", "quick_look is about USDZ, others GLB."
        )
    show(found, order, screen)
    return not found["refused"]


def show(found: Mapping[str, Any], order: Order, screen: Screen) -> None:
    """As JSON, as Markdown, or as a table for people."""
    if screen.as_json:
        screen.document({"file": str(order.file), **found})
    elif order.markdown:
        print(markdown(found, order.file.name), end="")  # noqa: T201 - this is stdout
    else:
        tables(found, screen)
        for line in verdicts(found):
            screen.err.print(line)


async def _measure(path: Path, settings: Settings) -> Measures:
    running = processes(settings)
    try:
        done = await running.run(PROBE_MODEL, {"path": str(path.absolute())}, limits=MODEL_LIMITS, kind=Kind.DECODE)
    finally:
        await running.close()
    return dict(done.value)
