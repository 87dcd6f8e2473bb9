"""What ``maquette worker`` does: works until it is told to stop."""

import asyncio
import os

from maquette import __version__
from maquette.adapters.telemetry.logs import configure_logging
from maquette.bootstrap import Maquette, open_for_worker
from maquette.cli.screen import Screen
from maquette.domain.fleet import Worker
from maquette.settings import Settings
from maquette.worker import Signals, stay


def run(settings: Settings, screen: Screen) -> None:
    """Returns after a signal. Raises ``data_folder_busy`` beside another version, ``not_ready`` without a database."""
    configure_logging(settings, settings.secrets())
    asyncio.run(_work(settings, screen))
    screen.note("Stopped.")


async def _work(settings: Settings, screen: Screen) -> None:
    # from now on a signal is heard, not only once the work has begun
    signals = Signals()
    async with open_for_worker(settings) as house:
        worker = house.work.worker
        if worker is not None:
            _announce(house, worker, screen)
        await stay(house.work, settings.drain_seconds, screen.note, signals)


def _announce(house: Maquette, worker: Worker, screen: Screen) -> None:
    if screen.as_json:
        screen.document(
            {
                "worker": worker.id,
                "pid": os.getpid(),
                "version": __version__,
                "queues": list(worker.queues),
                "concurrency": worker.concurrency,
                "engines": sorted(worker.engines),
                "data": str(house.settings.data),
            }
        )
        return
    screen.out.print(f"[bold]Maquette {__version__}[/bold] works as [bold cyan]{worker.id}[/bold cyan]")
    screen.out.print(f"Queues: {', '.join(worker.queues)}. Engines: {', '.join(sorted(worker.engines)) or 'none'}.")
    screen.note("Ctrl-C lets running stages end and stops; a second one stops at once.")
