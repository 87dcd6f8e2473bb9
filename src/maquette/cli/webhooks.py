"""``maquette webhooks``: who is told what becomes of jobs."""

from typing import Annotated

import typer

from maquette.cli.options import JsonFlag, settings
from maquette.domain.ids import LOCAL_OWNER

app = typer.Typer(rich_markup_mode=None, help="Have other servers told of events.", no_args_is_help=True)

Owner = Annotated[str, typer.Option(metavar="ID", help="Whose jobs; `local` is this machine's own.")]
WebhookId = Annotated[str, typer.Argument(metavar="ID", help="The webhook's id, from `maquette webhooks list`.")]
Limit = Annotated[int, typer.Option(min=1, max=200, help="How many at most.")]


@app.command()
def add(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to call.")],
    event: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="What to tell of; may be given several times. All if left out."),
    ] = None,
    owner: Owner = LOCAL_OWNER,
    as_json: JsonFlag = False,
) -> None:
    """Have an address called. The secret that signs the calls is shown this once."""
    from maquette.cli.screen import Screen
    from maquette.cli.telling import Desk

    Desk(settings(ctx), Screen(as_json), owner).add(url, event or [])


@app.command("list")
def show_all(ctx: typer.Context, limit: Limit = 50, owner: Owner = LOCAL_OWNER, as_json: JsonFlag = False) -> None:
    """List the addresses, the newest first."""
    from maquette.cli.screen import Screen
    from maquette.cli.telling import Desk

    Desk(settings(ctx), Screen(as_json), owner).list(limit)


@app.command()
def remove(ctx: typer.Context, webhook: WebhookId, owner: Owner = LOCAL_OWNER, as_json: JsonFlag = False) -> None:
    """Send nothing more there."""
    from maquette.cli.screen import Screen
    from maquette.cli.telling import Desk

    Desk(settings(ctx), Screen(as_json), owner).remove(webhook)


@app.command()
def enable(ctx: typer.Context, webhook: WebhookId, owner: Owner = LOCAL_OWNER, as_json: JsonFlag = False) -> None:
    """Switch an address on again; what was waiting for it is sent."""
    from maquette.cli.screen import Screen
    from maquette.cli.telling import Desk

    Desk(settings(ctx), Screen(as_json), owner).enable(webhook)


@app.command()
def test(ctx: typer.Context, webhook: WebhookId, owner: Owner = LOCAL_OWNER, as_json: JsonFlag = False) -> None:
    """Call an address once, now. The exit code is 1 when it did not take the call."""
    from maquette.cli.screen import Screen
    from maquette.cli.telling import Desk

    if not Desk(settings(ctx), Screen(as_json), owner).test(webhook):
        raise typer.Exit(1)


@app.command()
def deliveries(
    ctx: typer.Context, webhook: WebhookId, limit: Limit = 50, owner: Owner = LOCAL_OWNER, as_json: JsonFlag = False
) -> None:
    """List what was sent to an address and is to be, the newest first."""
    from maquette.cli.screen import Screen
    from maquette.cli.telling import Desk

    Desk(settings(ctx), Screen(as_json), owner).deliveries(webhook, limit)


@app.command()
def resend(
    ctx: typer.Context,
    webhook: WebhookId,
    delivery: Annotated[str, typer.Argument(metavar="DELIVERY", help="From `maquette webhooks deliveries`.")],
    owner: Owner = LOCAL_OWNER,
    as_json: JsonFlag = False,
) -> None:
    """Send one again, under the same id. Whoever serves or works does it."""
    from maquette.cli.screen import Screen
    from maquette.cli.telling import Desk

    Desk(settings(ctx), Screen(as_json), owner).resend(webhook, delivery)
