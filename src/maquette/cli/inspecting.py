"""What ``maquette inspect`` does: measures a file in a process with limits and shows each rule."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maquette.bootstrap import processes
from maquette.cli.delivery import prepare
from maquette.cli.judging import tables, verdicts
from maquette.cli.screen import Screen
from maquette.cli.wording import near
from maquette.domain.dimensions import Dimensions
from maquette.domain.errors import Refused
from maquette.media.meshes.levels import LEVELS
from maquette.media.meshes.measure import Measures
from maquette.media.meshes.report import Subject, choose, report
from maquette.media.meshes.report_text import markdown
from maquette.pipelines.child import FIX_LIMITS, FIX_MODEL, MODEL_LIMITS, PROBE_MODEL
from maquette.ports.processes import Kind, Processes
from maquette.settings import Settings


@dataclass(frozen=True, slots=True)
class Order:
    """What the person asked for, as given."""

    file: Path
    profiles: Sequence[str]
    level: str
    size: Dimensions
    markdown: bool
    copy: Path | None = None
    """Where a mended copy goes, if one is wanted."""


def fulfil(order: Order, settings: Settings, screen: Screen) -> bool:
    """Shows the report. True when every required rule holds."""
    profiles = choose(order.profiles)
    if order.level not in (level.name for level in LEVELS):
        raise Refused("invalid_request", f"There is no level {order.level!r}.", "Use lod0, lod1 or lod2.")
    subject = asyncio.run(_judged(order, settings))
    found = report(subject, profiles)
    if not found["profiles"]:
        asked = ", ".join(order.profiles)
        hint = "quick_look is about USDZ, the others are about GLB."
        raise Refused("not_a_model", f"No rule of {asked} is about such a file.", hint)
    show(found, order, screen)
    return not found["refused"]


def show(found: Mapping[str, Any], order: Order, screen: Screen) -> None:
    """As JSON, as Markdown, or as a table for people."""
    if screen.as_json:
        screen.document({"file": str(order.copy or order.file), **found})
    elif order.markdown:
        print(markdown(found, (order.copy or order.file).name), end="")  # noqa: T201 - this is stdout
    else:
        tables(found, screen)
        for line in verdicts(found):
            screen.err.print(line)
        if order.copy is not None:
            screen.note(f"Written: {near(order.copy)}")


async def _judged(order: Order, settings: Settings) -> Subject:
    """What is measured of the file, or of its mended copy and of the file before."""
    running = processes(settings)
    try:
        measured = await _measure(running, order.file)
        name = order.level if "draws" in measured else "usdz"
        if order.copy is None:
            return Subject({name: measured}, order.size)
        if name == "usdz":
            raise Refused("not_a_model", "Only a GLB can be mended.")
        await _mend(running, order, order.copy)
        return Subject({name: await _measure(running, order.copy)}, order.size, measured)
    finally:
        await running.close()


async def _measure(running: Processes, path: Path) -> Measures:
    given = {"path": str(path.absolute())}
    return dict((await running.run(PROBE_MODEL, given, limits=MODEL_LIMITS, kind=Kind.DECODE)).value)


async def _mend(running: Processes, order: Order, target: Path) -> None:
    """Writes the mended copy, which appears whole or not at all. Raises ``invalid_request`` for the file itself."""
    if target.exists() and target.samefile(order.file):
        raise Refused("invalid_request", "The mended copy would take the place of its original.", "Use another -o.")
    prepare(target.absolute().parent)
    part = target.with_name(f".{target.name}.part")
    given = {
        "path": str(order.file.absolute()),
        "into": str(part.absolute()),
        "profiles": list(order.profiles),
        "level": order.level,
        "size": order.size.document(),
    }
    try:
        await running.run(FIX_MODEL, given, limits=FIX_LIMITS)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
