"""What ``maquette serve`` does: takes the socket, the data folder and the work, and gives them back in order."""

import asyncio
import contextlib
import os
import signal
import socket
import threading
import webbrowser
from collections.abc import Callable, Generator

import uvicorn

from maquette import __version__
from maquette.bootstrap import Maquette, open_for_serving
from maquette.cli.screen import Screen
from maquette.domain.errors import Unavailable
from maquette.settings import Settings

DRAIN_S = 5
"""How long open requests may take to end once the server was asked to stop."""
BACKLOG = 2048


class Server(uvicorn.Server):
    """Says when it answers, and leaves signals to whoever runs it: uvicorn would raise them again after the end."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Calls ``ready`` once requests are answered."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def run(settings: Settings, screen: Screen, open_page: bool) -> None:
    """Serves until a signal comes. Raises ``data_folder_busy``, or ``address_in_use``."""
    asyncio.run(_run(settings, screen, open_page))


async def _run(settings: Settings, screen: Screen, open_page: bool) -> None:
    with _listen(settings.host, settings.port) as listener:
        url = _url(settings.host, listener)
        async with open_for_serving(settings, url) as house:
            await _serve(house, listener, url, screen, open_page)
    if not screen.as_json:
        screen.note("Stopped.")


async def _serve(house: Maquette, listener: socket.socket, url: str, screen: Screen, open_page: bool) -> None:
    app = house.application()
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=DRAIN_S,
    )
    server = Server(config, lambda: _announce(house, url, screen, open_page))

    def stop() -> None:
        if server.should_exit:
            server.force_exit = True
        server.should_exit = True
        app.close_streams()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    await server.serve(sockets=[listener])


def _announce(house: Maquette, url: str, screen: Screen, open_page: bool) -> None:
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
    listener = socket.socket(family, socket.SOCK_STREAM)
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
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
