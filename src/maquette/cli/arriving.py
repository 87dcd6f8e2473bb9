"""What ``maquette import-photos`` does."""

import asyncio
from dataclasses import asdict
from pathlib import Path

from maquette.app.old_photos.dump import read
from maquette.app.old_photos.importing import Report
from maquette.bootstrap import open_for_looking
from maquette.cli.screen import Screen, plain_table
from maquette.cli.wording import plural
from maquette.domain.errors import Refused
from maquette.domain.ids import LOCAL_OWNER
from maquette.settings import Settings


def import_rows(settings: Settings, screen: Screen, source: Path, files: Path | None, *, dry: bool) -> None:
    """Raises ``file_missing``, ``dump_invalid``, ``storage_full``; what is wrong with one row is in the table."""
    if files is not None and not files.is_dir():
        raise Refused("file_missing", f"There is no folder {files}.")

    async def work() -> Report:
        async with open_for_looking(settings) as house:
            return await house.old_photos(files, dry=dry).take_in(LOCAL_OWNER, read(source))

    report = asyncio.run(work())
    if screen.as_json:
        screen.document(asdict(report) | {"dry_run": dry})
    else:
        _show(screen, report, dry=dry)


def _show(screen: Screen, report: Report, *, dry: bool) -> None:
    made = ", ".join(
        plural(count, noun)
        for count, noun in (
            (report.projects, "project"), (report.originals, "photo"), (report.cutouts, "cut-out"),
            (report.models, "model"),
        )
    )  # fmt: skip
    known = f"; {plural(report.known, 'project')} were here before" if report.known else ""
    verb = "would come" if dry else "came"
    screen.out.print(f"Of {plural(report.rows, 'row')}: {made} {verb}{known}.", markup=False)
    if report.skipped:
        table = plain_table("row", "id", "what", "")
        for one in report.skipped:
            table.add_row(str(one.row), one.id, one.what, one.why)
        screen.out.print(table)
