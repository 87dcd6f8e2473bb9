"""Waits while the database is away, so that neither a job nor what a stage has made is lost to an outage."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from maquette.domain.errors import Refused, Unavailable

T = TypeVar("T")

LOOK_EVERY_S = 1.0
"""How often it is tried again."""


async def patiently(call: Callable[..., T], *arguments: object) -> T:
    """Makes a blocking call in a thread, again and again as long as it raises ``not_ready``.

    A commit whose answer was lost may have counted: the call must find out by itself what it did before.
    """
    while True:
        try:
            return await asyncio.to_thread(call, *arguments)
        except Unavailable as error:
            if error.code != "not_ready":
                raise
            await asyncio.sleep(LOOK_EVERY_S)


async def until_written(write: Callable[[], T]) -> T:
    """Makes a move again when another writer was first; gives way for good to one that ended the job."""
    while True:
        try:
            return await patiently(write)
        except Refused as refusal:
            if refusal.code != "conflict":
                raise
