"""What the commands of ``maquette keys`` do. They work on the database beside whoever serves it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from rich.markup import escape

from maquette.api.schemas.keys import KeyOut, NewKeyOut
from maquette.app.keys import Asked
from maquette.bootstrap import Maquette, open_for_looking
from maquette.cli.screen import Screen, plain_table
from maquette.domain.access import ApiKey
from maquette.domain.errors import Refused
from maquette.settings import Settings


def create_key(settings: Settings, screen: Screen, asked: Asked) -> None:
    """Prints the key alone on stdout, so that it can be piped. Raises ``invalid_request``."""

    def make(house: Maquette) -> None:
        made = house.keys.create(asked)
        if screen.as_json:
            screen.document(NewKeyOut.of(made).model_dump(mode="json"))
            return
        screen.out.print(made.secret)
        rights = "an admin key" if made.key.is_admin else "a key"
        screen.note(f"{made.key.id} is {rights} of {made.key.owner_id}. Keep it: it is shown this once.")

    _work(settings, make)


def list_keys(settings: Settings, screen: Screen, limit: int) -> None:
    def look(house: Maquette) -> None:
        page = house.keys.list(limit=limit)
        if screen.as_json:
            items = [KeyOut.of(key).model_dump(mode="json") for key in page.items]
            screen.document({"items": items, "next_cursor": page.next_cursor})
        elif page.items:
            _show(screen, page.items)
        else:
            screen.err.print("There are no keys. [bold]Try:[/bold] maquette keys create NAME --admin")

    _work(settings, look)


def revoke_key(settings: Settings, screen: Screen, key_id: str) -> None:
    def revoke(house: Maquette) -> None:
        try:
            house.keys.revoke(key_id)
        except Refused as error:
            hint = "List them with `maquette keys list`."
            raise Refused(error.code, f"There is no key {key_id!r} that could be revoked.", hint) from error
        if screen.as_json:
            screen.document({"id": key_id, "state": "revoked"})
        else:
            screen.out.print(f"{key_id} is revoked.")

    _work(settings, revoke)


def _show(screen: Screen, keys: tuple[ApiKey, ...]) -> None:
    table = plain_table("key", "begins", "name", "owner", "rights", "created", "used", "state")
    now = datetime.now(UTC)
    for key in keys:
        rights = "admin" if key.is_admin else ""
        created, used = _day(key.created_at), _day(key.last_used_at)
        table.add_row(key.id, f"{key.prefix}…", escape(key.name), key.owner_id, rights, created, used, _state(key, now))
    screen.out.print(table)


def _state(key: ApiKey, now: datetime) -> str:
    if key.revoked_at:
        return f"[red]revoked {_day(key.revoked_at)}[/red]"
    if not key.opens(now):
        return f"[red]expired {_day(key.expires_at)}[/red]"
    return f"until {_day(key.expires_at)}" if key.expires_at else "[green]good[/green]"


def _day(at: datetime | None) -> str:
    return at.astimezone().strftime("%Y-%m-%d") if at else "-"


def _work(settings: Settings, work: Callable[[Maquette], None]) -> None:
    async def visit() -> None:
        async with open_for_looking(settings) as house:
            work(house)

    asyncio.run(visit())
