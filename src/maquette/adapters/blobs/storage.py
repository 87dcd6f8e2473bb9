"""One store for everything: a folder of this machine, or a bucket."""

from dataclasses import dataclass
from pathlib import Path

from maquette.adapters.blobs.bucket import parse
from maquette.adapters.blobs.depots import LocalDepot, S3Depot
from maquette.adapters.blobs.local import LocalBlobs
from maquette.adapters.blobs.presigning import S3Links
from maquette.adapters.blobs.s3 import S3Blobs
from maquette.ports.blobs import UploadDepot
from maquette.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class Address:
    """What an operator sets: an empty ``url`` means the folder, else it is that of a bucket, with its keys."""

    url: str
    access_key_id: str = ""
    secret_access_key: str = ""


@dataclass(frozen=True, slots=True)
class Storage:
    """Where kept blobs live and announced uploads wait; ``links`` where the store makes links of its own."""

    blobs: LocalBlobs | S3Blobs
    depot: UploadDepot
    links: S3Links | None = None


def open_storage(address: Address, folder: Path, clock: Clock) -> Storage:
    """``folder`` holds everything, or only what arrives. Raises ``Refused("invalid_setting")``; asks no server."""
    if not address.url:
        return Storage(LocalBlobs(folder), LocalDepot(folder / "announced"))
    bucket = parse(address.url, address.access_key_id, address.secret_access_key)
    return Storage(S3Blobs(bucket, folder / "incoming"), S3Depot(bucket, clock), S3Links(bucket, clock))


def check_address(address: Address) -> str:
    """What the store is, in words, after having asked it. Makes nothing.

    Raises ``invalid_setting`` and ``storage_unavailable``.
    """
    if not address.url:
        return "files in the data folder"
    bucket = parse(address.url, address.access_key_id, address.secret_access_key)
    bucket.ask()
    return f"bucket {bucket.name} at {bucket.endpoint}"
