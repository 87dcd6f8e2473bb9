"""What ``make`` and ``cutout`` share: photos go in, jobs are accepted or found again."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from maquette.app.jobs import NewJob
from maquette.app.uploads import PhotoInfo
from maquette.cli.photos import Photo
from maquette.domain.assets import Asset
from maquette.domain.errors import Refused
from maquette.domain.ids import LOCAL_OWNER
from maquette.domain.jobs import Job, JobInput
from maquette.domain.states import RETRYABLE, Status, WaitingFor
from maquette.pipelines.catalog import CATALOG, ENGINE_SETTINGS, Entry, spec_of
from maquette.ports.blobs import BlobWriter

if TYPE_CHECKING:
    from maquette.bootstrap import Maquette

CHUNK = 1024 * 1024


async def take_in(house: "Maquette", photo: Photo) -> JobInput:
    """Uploads a photo, or finds it again. Raises the errors of the intake."""
    asset = await _upload(house, photo)
    box = photo.box
    return JobInput(asset.id, photo.view, (box.x, box.y, box.width, box.height) if box else None, photo.marks)


async def accept(house: "Maquette", new: NewJob, folder: Path) -> Job:
    """The job that makes this in this folder: a new one, or the one that an earlier call began.

    An unfinished one goes on, a failed or canceled one is retried, a completed one is what it is, and so is one that
    waits for approval: going on is not a decision.
    """
    job = await asyncio.to_thread(_create, house, new, folder)
    if job.status in RETRYABLE:
        return await asyncio.to_thread(house.jobs.retry, LOCAL_OWNER, job.id)
    if job.status is Status.WAITING and job.waiting_for is not WaitingFor.APPROVAL:
        return await asyncio.to_thread(house.jobs.resume, LOCAL_OWNER, job.id)
    return job


def _create(house: "Maquette", new: NewJob, folder: Path) -> Job:
    key = _key(house, new, folder)
    number = 0
    while True:
        number += 1
        try:
            return house.jobs.create(LOCAL_OWNER, new, f"{key}-{number}").job
        except Refused as refusal:
            # a job that the person deleted keeps its key
            if refusal.code != "deleted":
                raise


def _key(house: "Maquette", new: NewJob, folder: Path) -> str:
    """The same for the same photos, settings, folder, and versions of whatever will work on them."""
    entry = CATALOG[new.pipeline]
    parts = {
        "pipeline": new.pipeline,
        "inputs": [given.document() for given in new.inputs],
        "settings": dict(new.settings),
        "folder": str(folder),
        "stages": [[stage, spec_of(entry.pipeline.name, stage).version] for stage in entry.pipeline.stages],
        "engines": _engines(house, entry, new),
    }
    return f"cli-{hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()}"


def _engines(house: "Maquette", entry: Entry, new: NewJob) -> Sequence[str]:
    chosen = [
        house.engines.choose(capability, new.settings.get(name)).info
        for capability, name in ENGINE_SETTINGS.items()
        if name in entry.settings
    ]
    return [f"{info.name} {info.version}" for info in chosen if info]


async def _upload(house: "Maquette", photo: Photo) -> Asset:
    _check_size(house, photo.path)
    writer = house.uploads.receive()
    try:
        await asyncio.to_thread(_copy, photo.path, writer)
        received = await asyncio.to_thread(writer.finish)
        return await house.uploads.add(LOCAL_OWNER, received, PhotoInfo(photo.path.name, photo.view))
    finally:
        writer.discard()


def _check_size(house: "Maquette", path: Path) -> None:
    """Before anything is copied."""
    limit = house.uploads.max_photo_bytes
    try:
        found = path.stat().st_size
    except OSError as error:
        raise Refused("file_missing", f"The file cannot be read: {error.strerror}") from error
    if found > limit:
        raise Refused("file_too_large", hint=f"At most {limit // 1_000_000} MB a photo (MAQUETTE_MAX_PHOTO_MB).")


def _copy(path: Path, writer: BlobWriter) -> None:
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                writer.write(chunk)
    except OSError as error:
        raise Refused("file_missing", f"The file cannot be read: {error.strerror}") from error
