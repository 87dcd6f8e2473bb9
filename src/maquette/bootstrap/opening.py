"""The ways to open Maquette: to serve, to work, or to look."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from maquette.bootstrap.place import busy, is_behind, migrate_database
from maquette.domain.errors import Refused
from maquette.settings import Settings

if TYPE_CHECKING:
    from maquette.bootstrap import Maquette


@contextlib.asynccontextmanager
async def open_for_serving(settings: Settings, address: str) -> AsyncGenerator["Maquette", None]:
    """As the holder, or not at all: raises ``data_folder_busy`` with the holder's address."""
    async with _opened(settings) as house:
        if not await house.take_over(address, work=settings.serve_works):
            raise busy(settings)
        yield house


@contextlib.asynccontextmanager
async def open_for_worker(settings: Settings) -> AsyncGenerator["Maquette", None]:
    """To work beside others, on this machine or elsewhere. Raises ``data_folder_busy`` beside another version."""
    async with _opened(settings) as house:
        await house.work_beside()
        yield house


@contextlib.asynccontextmanager
async def open_for_work(settings: Settings) -> AsyncGenerator["Maquette", None]:
    """As the holder if nobody is, else as a guest that may take over later; with Postgres always as a worker."""
    async with _opened(settings) as house:
        if not await house.take_over():
            await house.be_guest()
            await house.prepare_to_enqueue()
        yield house


@contextlib.asynccontextmanager
async def open_for_looking(settings: Settings, *, steering: bool = False) -> AsyncGenerator["Maquette", None]:
    """As a guest who stays for a moment, and with ``steering`` may hand work over or stop some.

    A database that nobody has made yet is made.
    """
    if await asyncio.to_thread(is_behind, settings):
        with contextlib.suppress(Refused):
            await asyncio.to_thread(migrate_database, settings)
    async with _opened(settings) as house:
        await house.be_guest()
        if steering:
            await house.prepare_to_enqueue()
        yield house


@contextlib.asynccontextmanager
async def _opened(settings: Settings) -> AsyncGenerator["Maquette", None]:
    from maquette.bootstrap import Maquette

    house = Maquette(settings)
    try:
        yield house
    finally:
        await house.close()
