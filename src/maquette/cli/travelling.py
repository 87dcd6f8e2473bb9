"""What ``maquette export`` and ``maquette import`` do."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

from maquette.api.schemas.projects import ProjectOut
from maquette.bootstrap import open_for_looking
from maquette.cli.screen import Screen
from maquette.cli.wording import near, size
from maquette.domain.errors import Refused
from maquette.domain.ids import LOCAL_OWNER
from maquette.settings import Settings


def export_project(settings: Settings, screen: Screen, project_id: str, target: Path, *, force: bool) -> None:
    """The file appears when it is whole. Raises ``not_found``, ``data_missing``, ``invalid_request``."""
    if target.exists() and not force:
        raise Refused("invalid_request", f"{target} exists already.", "Name another file with -o, or add --force.")

    async def work() -> int:
        async with open_for_looking(settings) as house:
            return await _write(await house.carrier.export(LOCAL_OWNER, project_id), target)

    count = asyncio.run(work())
    if screen.as_json:
        screen.document({"project": project_id, "file": str(target.absolute()), "bytes": count})
    else:
        screen.out.print(f"{near(target)} ({size(count)})", soft_wrap=True)


def import_project(settings: Settings, screen: Screen, source: Path) -> None:
    """Raises ``file_missing``, ``archive_invalid``, ``file_too_large``…"""
    if not source.is_file():
        raise Refused("file_missing", f"There is no file {source}.")

    async def work() -> None:
        async with open_for_looking(settings) as house:
            project = await house.carrier.take_in(LOCAL_OWNER, source)
        if screen.as_json:
            screen.document(ProjectOut.of(project).model_dump(mode="json"))
        else:
            screen.out.print(f"{project.id} is here: {project.name}", markup=False)

    asyncio.run(work())


async def _write(pieces: AsyncGenerator[bytes, None], target: Path) -> int:
    fresh = target.with_name(f".{target.name}.new")
    count = 0
    try:
        with fresh.open("wb") as file:
            async with contextlib.aclosing(pieces):
                async for piece in pieces:
                    count += file.write(piece)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    return count
