"""What the commands do that delete, restore and clear away."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from rich.markup import escape

from maquette.api.schemas.assets import AssetOut
from maquette.api.schemas.jobs import JobOut
from maquette.api.schemas.owners import DeletionOut
from maquette.api.schemas.projects import ProjectOut
from maquette.bootstrap import Maquette, open_for_looking
from maquette.cli.screen import Screen, plain_table
from maquette.cli.steering import find_job
from maquette.cli.wording import flag_texts, plural, size
from maquette.domain.assets import Asset
from maquette.domain.errors import Refused
from maquette.domain.ids import LOCAL_OWNER
from maquette.domain.jobs import Job
from maquette.domain.projects import Project
from maquette.ports.care import Act
from maquette.ports.pages import Page
from maquette.settings import Settings

Thing = Asset | Job | Project


def list_living(settings: Settings, screen: Screen, kind: str, limit: int) -> None:
    """The newest projects or assets."""

    def look(house: Maquette) -> None:
        if kind == "project":
            _list(house, screen, house.projects.list(LOCAL_OWNER, None, limit))
        else:
            _list(house, screen, house.uploads.list(LOCAL_OWNER, None, None, limit))

    _with(settings, look)


def list_deleted(settings: Settings, screen: Screen, kind: str, limit: int) -> None:
    """What can still be restored."""

    def look(house: Maquette) -> None:
        if kind == "project":
            _list(house, screen, house.care.deleted_projects(LOCAL_OWNER, None, limit))
        elif kind == "job":
            _list(house, screen, house.care.deleted_jobs(LOCAL_OWNER, None, None, limit))
        else:
            _list(house, screen, house.care.deleted_assets(LOCAL_OWNER, None, None, limit))

    _with(settings, look)


def delete_job(settings: Settings, screen: Screen, wanted: str) -> None:
    """``wanted`` as all commands of ``maquette jobs`` take it."""
    _with(settings, lambda house: _delete(house, screen, "job", find_job(house, wanted).id))


def delete(settings: Settings, screen: Screen, kind: str, thing_id: str) -> None:
    """Raises ``not_found`` or ``in_use``."""
    _with(settings, lambda house: _delete(house, screen, kind, thing_id))


def restore(settings: Settings, screen: Screen, kind: str, thing_id: str) -> None:
    """Raises ``not_found`` or ``conflict``."""

    def bring_back(house: Maquette) -> None:
        ways: dict[str, Callable[[str, str], Thing]] = {
            "project": house.care.restore_project,
            "job": house.care.restore_job,
            "asset": house.care.restore_asset,
        }
        thing = ways[kind](LOCAL_OWNER, thing_id)
        if screen.as_json:
            screen.document(_document(house, thing))
        else:
            screen.out.print(f"{thing.id} is back.")

    _with(settings, bring_back)


def delete_owner(settings: Settings, screen: Screen, owner_id: str) -> None:
    """Everything of an owner."""

    def work(house: Maquette) -> None:
        act = house.care.delete_owner(owner_id)
        _tell_act(house, screen, act, "deleted")
        screen.note(f"Until {_local(house.care.restorable_until(act))}: maquette owners restore {owner_id}")

    _with(settings, work, steering=True)


def restore_owner(settings: Settings, screen: Screen, owner_id: str, at: str | None) -> None:
    """Raises ``not_found`` when there is no such deletion any more."""
    wanted = _instant(at) if at else None
    _with(settings, lambda house: _tell_act(house, screen, house.care.restore_owner(owner_id, wanted), "restored"))


def sweep(settings: Settings, screen: Screen, *, dry_run: bool, trust_clock: bool) -> None:
    """Raises ``clock_doubted`` when nothing was done because the clock cannot be believed."""

    def work(house: Maquette) -> None:
        swept = house.janitor.preview() if dry_run else house.janitor.sweep(trust_clock=trust_clock)
        if swept.doubt and not dry_run:
            raise Refused("clock_doubted", swept.doubt)
        if screen.as_json:
            screen.document({"dry_run": dry_run, "counts": dict(swept.counts), "bytes": swept.bytes})
            return
        found = {name.replace("_", " "): count for name, count in swept.counts.items() if count}
        what = ", ".join(f"{count:,} {name}" for name, count in found.items()) or "nothing"
        screen.out.print(f"{'Would go' if dry_run else 'Gone'}: {what} ({size(swept.bytes)} of files).")
        if swept.doubt:
            screen.note(swept.doubt)

    _with(settings, work)


def _delete(house: Maquette, screen: Screen, kind: str, thing_id: str) -> None:
    ways = {"project": house.care.delete_project, "job": house.care.delete_job, "asset": house.care.delete_asset}
    ways[kind](LOCAL_OWNER, thing_id)
    if screen.as_json:
        screen.document({"id": thing_id, "deleted": True})
    else:
        screen.out.print(f"{thing_id} is deleted.")
        screen.note(f"Undo: maquette {kind}s restore {thing_id}")


def _list(house: Maquette, screen: Screen, page: Page[Any]) -> None:
    if screen.as_json:
        screen.document({"items": [_document(house, item) for item in page.items], "next_cursor": page.next_cursor})
        return
    if not page.items:
        screen.err.print("There are none.")
        return
    table = plain_table("id", "what", "created", "restorable until")
    for item in page.items:
        until = house.care.restorable_until(item)
        table.add_row(item.id, escape(_name(item)), _local(item.created_at), _local(until) if until else "-")
    screen.out.print(table)


def _name(thing: Thing) -> str:
    if isinstance(thing, Asset):
        about = f"{thing.role} {thing.name}".strip()
        return "\n".join((about, *flag_texts(thing.quality.flags))) if thing.quality else about
    return thing.name if isinstance(thing, Project) else f"{thing.pipeline}, {thing.status}"


def _document(house: Maquette, thing: Thing) -> dict[str, Any]:
    until = house.care.restorable_until(thing)
    if isinstance(thing, Asset):
        return AssetOut.of(thing, until).model_dump(mode="json")
    if isinstance(thing, Project):
        return ProjectOut.of(thing, until).model_dump(mode="json")
    told = JobOut.of(thing, None, house.care.elapsed_ms(thing)).model_copy(update={"restorable_until": until})
    return told.model_dump(mode="json")


def _tell_act(house: Maquette, screen: Screen, act: Act, done: str) -> None:
    if screen.as_json:
        until = house.care.restorable_until(act) if done == "deleted" else None
        screen.document(DeletionOut.of(act, until).model_dump(mode="json"))
        return
    counts = (plural(act.projects, "project"), plural(act.jobs, "job"), plural(act.assets, "file"))
    screen.out.print(f"{', '.join(counts)} of {act.owner_id} {done}.")


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise Refused(
            "invalid_request", f"{text!r} is not a time.", "Write it as `owners delete --json` did."
        ) from None


def _local(at: datetime | None) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else "-"


def _with(settings: Settings, work: Callable[[Maquette], None], *, steering: bool = False) -> None:
    async def run() -> None:
        async with open_for_looking(settings, steering=steering) as house:
            work(house)

    asyncio.run(run())
