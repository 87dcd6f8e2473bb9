"""What the commands of ``maquette webhooks`` do. They work on the database beside whoever serves it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from rich.markup import escape

from maquette.api.schemas.webhooks import DeliveryOut, NewWebhookOut, TriedOut, WebhookOut
from maquette.app.webhooks.webhooks import Webhooks
from maquette.bootstrap import open_for_looking
from maquette.cli.screen import Screen, plain_table
from maquette.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Desk:
    """One owner's webhooks. All methods raise ``not_found`` for what is not there."""

    settings: Settings
    screen: Screen
    owner: str

    def add(self, url: str, events: Sequence[str]) -> None:
        """Prints the secret alone on stdout, so that it can be piped."""
        made = self._do(lambda webhooks: webhooks.add(self.owner, url, events))
        if self.screen.as_json:
            self.screen.document(NewWebhookOut.of_new(made).model_dump(mode="json"))
            return
        self.screen.out.print(made.secret)
        self.screen.note(f"{made.id} is called at {made.url}. Keep the secret: it is shown this once.")

    def list(self, limit: int) -> None:
        """As a table."""
        page = self._do(lambda webhooks: webhooks.list(self.owner, limit=limit))
        if self.screen.as_json:
            items = [WebhookOut.of(seen).model_dump(mode="json") for seen in page.items]
            self.screen.document({"items": items, "next_cursor": page.next_cursor})
            return
        table = plain_table("webhook", "address", "events", "since", "state")
        for seen in page.items:
            webhook = seen.webhook
            state = "[green]on[/green]" if webhook.enabled else f"[red]off: {escape(seen.reason)}[/red]"
            table.add_row(
                webhook.id, escape(webhook.url), ", ".join(webhook.events) or "all", _time(webhook.created_at), state
            )
        self._show(table, bool(page.items), "There are no webhooks. [bold]Try:[/bold] maquette webhooks add URL")

    def remove(self, webhook_id: str) -> None:
        self._do(lambda webhooks: webhooks.remove(self.owner, webhook_id))
        self._say({"id": webhook_id, "state": "removed"}, f"{webhook_id} is removed.")

    def enable(self, webhook_id: str) -> None:
        seen = self._do(lambda webhooks: webhooks.enable(self.owner, webhook_id))
        self._say(WebhookOut.of(seen).model_dump(mode="json"), f"{webhook_id} is on.")

    def test(self, webhook_id: str) -> bool:
        """Whether the receiver took it."""

        async def call(webhooks: Webhooks) -> TriedOut:
            seen = await asyncio.to_thread(webhooks.get, self.owner, webhook_id)
            return TriedOut.of(await webhooks.test(seen.webhook))

        tried = asyncio.run(_visit(self.settings, call))
        told = f"It took the call: {tried.status}." if tried.arrived else f"It did not take the call: {tried.error}."
        self._say(tried.model_dump(mode="json"), told)
        return tried.arrived

    def deliveries(self, webhook_id: str, limit: int) -> None:
        """As a table."""
        page = self._do(lambda webhooks: webhooks.deliveries(self.owner, webhook_id, limit=limit))
        if self.screen.as_json:
            items = [DeliveryOut.of(one).model_dump(mode="json") for one in page.items]
            self.screen.document({"items": items, "next_cursor": page.next_cursor})
            return
        table = plain_table("delivery", "event", "job", "state", "tries", "next", "last")
        for one in page.items:
            last = one.last_error or (str(one.last_status) if one.last_status else "-")
            table.add_row(one.id, one.type, one.job_id, one.status.value, str(one.tries), _time(one.next_at), last)
        self._show(table, bool(page.items), "Nothing was sent there yet.")

    def resend(self, webhook_id: str, delivery_id: str) -> None:
        again = self._do(lambda webhooks: webhooks.resend(self.owner, webhook_id, delivery_id))
        self._say(DeliveryOut.of(again).model_dump(mode="json"), f"{delivery_id} will be sent again.")

    def _do(self, work: Callable[[Webhooks], T]) -> T:
        async def visit(webhooks: Webhooks) -> T:
            return await asyncio.to_thread(work, webhooks)

        return asyncio.run(_visit(self.settings, visit))

    def _say(self, document: dict[str, object], text: str) -> None:
        if self.screen.as_json:
            self.screen.document(document)
        else:
            self.screen.out.print(text)

    def _show(self, table: object, has_rows: bool, otherwise: str) -> None:
        if has_rows:
            self.screen.out.print(table)
        else:
            self.screen.err.print(otherwise)


async def _visit(settings: Settings, work: Callable[[Webhooks], Awaitable[T]]) -> T:
    async with open_for_looking(settings) as house:
        return await work(house.webhooks)


def _time(at: datetime | None) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else "-"
