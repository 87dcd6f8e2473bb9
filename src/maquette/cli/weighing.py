"""What ``maquette weights`` does."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape

from maquette.app.weights import Agreement, Standing, WeightStore, check_licence, find
from maquette.bootstrap import weight_store
from maquette.cli.progress import DownloadBar
from maquette.cli.screen import Screen, plain_table
from maquette.cli.wording import size
from maquette.domain.errors import Refused
from maquette.domain.weights import AS_OF, Receipt, Weights
from maquette.settings import Settings

_HASH = re.compile(r"[0-9a-fA-F]{64}")


def list_weights(settings: Settings, screen: Screen) -> None:
    """Every entry of the table and how it stands."""
    store = weight_store(settings)
    standings = store.standings()
    if screen.as_json:
        screen.document({"folder": str(store.folder), "items": [_document(standing) for standing in standings]})
        return
    table = plain_table("weights", "is", "size", "licence", "commercial use", "")
    for standing in standings:
        weights = standing.weights
        use = "yes" if weights.commercial_use else "[yellow]no[/yellow]"
        here = "[green]here[/green]" if standing.present else ""
        table.add_row(weights.name, escape(weights.title), size(weights.bytes), weights.licence, use, here)
    screen.out.print(table)
    screen.note(f"As of {AS_OF}. They go into {store.folder}; fetch some with: maquette weights pull NAME")


def pull_weights(
    settings: Settings, screen: Screen, name: str, file: Path | None, agreed: Agreement, *, yes: bool
) -> None:
    """Asks, fetches or copies, and says what is ready now."""
    weights, store = find(name), weight_store(settings)
    _check_options(file, agreed)
    if not screen.as_json:
        _show(screen, weights, file)
    check_licence(weights, agreed)
    if not yes:
        _ask(screen, weights)
    if file is not None:
        receipt = store.install(weights, file, agreed)
    else:
        with DownloadBar(screen, weights.file, weights.bytes) as bar:
            receipt = asyncio.run(_pulled(store, weights, agreed, bar.at_bytes))
    if screen.as_json:
        screen.document({"name": weights.name, "path": str(store.folder / weights.file), **receipt.document()})
        return
    screen.err.print(f"[green]✓[/green] {escape(str(store.folder / weights.file))} [dim]{receipt.sha256}[/dim]")
    if not receipt.listed:
        screen.err.print("[yellow]![/yellow] It is not the listed file; it is held to this hash from now on.")
    screen.note(f"Now: maquette cutout PHOTO --engine {weights.name}")


async def _pulled(store: WeightStore, weights: Weights, agreed: Agreement, told: Callable[[int], object]) -> Receipt:
    return await store.pull(weights, agreed, told)


def _check_options(file: Path | None, agreed: Agreement) -> None:
    if file is None and (agreed.sha256 or agreed.trust):
        raise Refused(
            "invalid_request", "--sha256 and --trust are about a --file.", "What is fetched has a known hash."
        )
    if agreed.sha256 and not _HASH.fullmatch(agreed.sha256):
        raise Refused("invalid_request", "A SHA-256 has 64 hexadecimal digits.", "sha256sum FILE shows it.")


def _ask(screen: Screen, weights: Weights) -> None:
    if screen.as_json:
        raise Refused("invalid_request", "Nobody can be asked with --json.", "Agree to the licence with --yes.")
    typer.confirm(f"Put {weights.title} into the folder of weights?", abort=True, err=True)


def _show(screen: Screen, weights: Weights, file: Path | None) -> None:
    allowed = "allowed" if weights.commercial_use else "[yellow]not allowed[/yellow]"
    screen.err.print(f"[bold]{escape(weights.title)}[/bold], {size(weights.bytes)}")
    screen.err.print(f"  from     {escape(str(file or weights.url))}")
    screen.err.print(f"  licence  {weights.licence}, commercial use {allowed}")
    screen.err.print(f"  made by  {escape(weights.source)}")


def _document(standing: Standing) -> dict[str, Any]:
    weights = standing.weights
    return {
        "name": weights.name,
        "title": weights.title,
        "url": weights.url,
        "sha256": weights.sha256,
        "bytes": weights.bytes,
        "licence": weights.licence,
        "commercial_use": weights.commercial_use,
        "source": weights.source,
        "present": standing.present,
        "receipt": standing.receipt and standing.receipt.document(),
    }
