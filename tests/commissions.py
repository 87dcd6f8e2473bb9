"""One commission from the order to the files, without whoever drives it in earnest."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from maquette.adapters.clocks import SystemClock
from maquette.adapters.outbound.fetcher import HttpxFetcher
from maquette.domain.hosting import CALL_ENDED, Handle, Snapshot
from maquette.ports.engines import Capability
from maquette.ports.hosting import Enclosure, HostedEngine, Options, Order, Parcel
from maquette.ports.outbound import Policy
from maquette.testing.loopbacks.server import Loopback


def made(adapter: Any, server: Loopback, capability: Capability | None = None, **options: Any) -> HostedEngine:
    """The adapter, pointed at a loopback."""
    given = {"base_url": server.url, "key": server.key, "is_test": True, "capability": capability, **options}
    return adapter.configured(Options("mine", **given), HttpxFetcher(SystemClock(), "test"))


def photo(folder: Path, name: str = "photo.png", size: tuple[int, int] = (96, 72)) -> Enclosure:
    """A picture of two colours, so that what became of it can be told."""
    image = Image.new("RGB", size, (250, 250, 250))
    image.paste((10, 120, 200), (size[0] // 4, size[1] // 4, size[0] * 3 // 4, size[1] * 3 // 4))
    image.save(folder / name)
    return Enclosure(folder / name, "image/png", *size)


def mask(folder: Path, size: tuple[int, int] = (96, 72)) -> Path:
    """White in the left half."""
    image = Image.new("L", size, 0)
    image.paste(255, (0, 0, size[0] // 2, size[1]))
    image.save(folder / "mask.png")
    return folder / "mask.png"


def order(folder: Path, capability: Capability = Capability.CUTTER, **more: Any) -> Order:
    given = {"key": "3f0c7a52", "pictures": (photo(folder),), **more}
    return Order(capability, **given)


@dataclass
class Delivery:
    """What came of a commission."""

    handle: Handle
    snapshots: list[Snapshot]
    parcels: tuple[Parcel, ...]
    contents: list[bytes]


def carry(engine: HostedEngine, wanted: Order, into: Path, base_url: str = "") -> Delivery:
    """Submits, polls until it has ended, fetches. Raises what the engine raises, and the error of what failed."""
    return asyncio.run(_carry(engine, wanted, into, base_url))


async def _carry(engine: HostedEngine, wanted: Order, into: Path, base_url: str) -> Delivery:
    into.mkdir(exist_ok=True)
    handle = Handle.of((await engine.submit(wanted, into)).document())
    snapshots = [await engine.poll(handle)]
    while snapshots[-1].state not in CALL_ENDED:
        assert len(snapshots) < 50
        snapshots.append(await engine.poll(handle))
    if snapshots[-1].error:
        raise snapshots[-1].error
    parcels = await engine.result(handle, into)
    return Delivery(handle, snapshots, parcels, [await _content(parcel, base_url) for parcel in parcels])


async def _content(parcel: Parcel, base_url: str) -> bytes:
    if parcel.path:
        return parcel.path.read_bytes()
    pieces = bytearray()
    fetcher = HttpxFetcher(SystemClock(), "test")
    await fetcher.download(parcel.url, pieces.extend, headers=parcel.headers, policy=Policy(base_url))
    return bytes(pieces)
