"""What ``maquette serve`` does: takes the socket, the data folder and the work, and gives them back in order."""

import asyncio
import contextlib
import gc
import importlib
import os
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Generator
from typing import TYPE_CHECKING

import uvicorn

from maquette import __version__
from maquette.adapters.telemetry.logs import configure_logging
from maquette.api.bounds import MESSAGE_BYTES
from maquette.api.starting import App, Starting
from maquette.cli.connections import Http, WebSocket
from maquette.cli.screen import Screen
from maquette.domain.errors import Unavailable
from maquette.settings import EVERYWHERE, Settings

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from maquette.bootstrap import Maquette

DRAIN_S = 5
"""How long open requests may take to end once the server was asked to stop."""
BACKLOG = 2048
MOST_FILES = 65_536
COLLECT_AFTER = (10_000, 10, 10)
"""New objects until the youngest are searched for garbage, and how many such searches until older ones are, too."""
HEAVY = ("maquette.bootstrap", "maquette.api.server")


class Server(uvicorn.Server):
    """Leaves signals to whoever runs it: uvicorn would raise them again after the end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def run(settings: Settings, screen: Screen, open_page: bool) -> None:
    """Serves until a signal comes. Raises ``data_folder_busy`` or ``address_in_use``."""
    allow_many_connections()
    configure_logging(settings, settings.secrets())
    asyncio.run(_run(settings, screen, open_page))
    screen.note("Stopped.")


def allow_many_connections() -> None:
    """Raises the limit of open files as far as this user may: systems start with room for 1,024 or even 256."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def spare_collections() -> None:
    """Makes Python look for cyclic garbage less often, and never among what was loaded at the start.

    A full search visits every object of every connection and stops the server meanwhile: with 10,000 streams for about
    a second, and by default once for each few hundred connections more. What connections leave is freed without it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


async def _run(settings: Settings, screen: Screen, open_page: bool) -> None:
    """The door answers from the first moment; behind it the house is opened, and closed after the door."""
    with _listen(settings.host, settings.port) as listener:
        url = settings.public_url or _url(settings.host, listener)
        door = Starting()
        server = server_for(door)
        stopping = _on_signal(server)
        serving = asyncio.ensure_future(server.serve(sockets=[listener]))
        try:
            await asyncio.to_thread(_load)
            async with _open(settings, url) as house:
                app = door.app = house.application()
                spare_collections()
                _announce(house, url, screen, open_page)
                await stopping.wait()
                app.close_streams()
                server.should_exit = True
                await serving
        finally:
            server.should_exit = True
            await serving


def _load() -> None:
    """What takes a second or two; meanwhile the door answers."""
    for module in HEAVY:
        importlib.import_module(module)


def _open(settings: Settings, url: str) -> "AbstractAsyncContextManager[Maquette]":
    from maquette.bootstrap import open_for_serving

    return open_for_serving(settings, url)


def server_for(door: App) -> Server:
    """The server, not started yet, as ``maquette serve`` runs it."""
    config = uvicorn.Config(
        door,
        http=Http,
        ws=WebSocket,
        ws_max_size=MESSAGE_BYTES,
        # a socket's own compressor would cost more memory than all else that it has
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=DRAIN_S,
    )
    return Server(config)


def _on_signal(server: Server) -> asyncio.Event:
    """The event that Ctrl-C and SIGTERM set; a second one lets go of requests that do not end."""
    stopping = asyncio.Event()

    def stop() -> None:
        server.force_exit = stopping.is_set()
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    return stopping


def _announce(house: "Maquette", url: str, screen: Screen, open_page: bool) -> None:
    if open_page:
        # a browser that has to start first would hold up every request
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
    if screen.as_json:
        about = {"url": url, "pid": os.getpid(), "version": __version__, "data": str(house.settings.data)}
        screen.document(about)
        return
    screen.out.print(f"[bold]Maquette {__version__}[/bold] at [bold cyan]{url}[/bold cyan]")
    screen.note(f"Data in {house.settings.data}. Ctrl-C stops; what is running goes on at the next start.")
    if house.webui is None:
        screen.note("The page is not built (`make web` builds it); the API is there.")


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small answers at once (TCP_NODELAY) only where the socket says that it is TCP: else each takes 40 ms
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # a port that was just given up is free again at once
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        hint = "Stop whoever listens there, or choose another port: maquette serve --port 0"
        raise Unavailable("address_in_use", f"Cannot listen on {host}:{port}: {error.strerror}.", hint) from error
    listener.setblocking(False)
    return listener


def _url(host: str, listener: socket.socket) -> str:
    port = listener.getsockname()[1]
    host = "localhost" if host in EVERYWHERE else host
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
