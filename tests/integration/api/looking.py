"""A whole server without a worker, in a process of its own: ``python looking.py FOLDER DATABASE`` prints its port."""

import asyncio
import socket
import sys
from pathlib import Path

from maquette.bootstrap import open_for_looking
from maquette.cli.serving import server_for
from maquette.settings import Settings


async def main(folder: str, database: str) -> None:
    async with open_for_looking(Settings(data=Path(folder), database_url=database)) as house:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            print(listening.getsockname()[1], flush=True)
            await server_for(house.application()).serve(sockets=[listening])


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
