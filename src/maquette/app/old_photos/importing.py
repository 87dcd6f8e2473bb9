"""Makes projects and assets of old rows. What is here already is left alone, so a second run does nothing."""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from maquette.app.fetching import Fetching, name_in
from maquette.app.old_photos.dump import Row
from maquette.app.old_photos.rows import OldThing, Unfit, thing
from maquette.app.uploads import PhotoInfo, Uploads
from maquette.domain.assets import Asset, Role, View
from maquette.domain.errors import MaquetteError, Refused
from maquette.domain.ids import new_id
from maquette.domain.projects import Project, ProjectKind
from maquette.media.meshes.facts import GLB
from maquette.ports.blobs import BlobWriter, Received
from maquette.ports.clock import Clock
from maquette.ports.stores import Database

TAG, WAS = "imported", "was:"
"""Tags of a project that came so; the second with the status that it had where it came from."""
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something of a row that did not come, and why."""

    row: int
    id: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """What came, what was here before, and what did not come."""

    rows: int = 0
    projects: int = 0
    originals: int = 0
    cutouts: int = 0
    models: int = 0
    known: int = 0
    """Projects that were here before."""
    skipped: tuple[Skipped, ...] = ()


class OldPhotos:
    """Imports rows for one owner. ``files`` is a folder with the files that the rows name; else they are fetched."""

    def __init__(
        self, database: Database, uploads: Uploads, fetching: Fetching, clock: Clock, files: Path | None, *, dry: bool
    ) -> None:
        self._db = database
        self._uploads = uploads
        self._fetching = fetching
        self._clock = clock
        self._files = files.resolve() if files else None
        self._dry = dry
        self._counts: dict[str, int] = dict.fromkeys(("rows", "projects", "originals", "cutouts", "models", "known"), 0)
        self._seen: set[str] = set()
        self._skipped: list[Skipped] = []

    async def take_in(self, owner_id: str, rows: Iterable[Row]) -> Report:
        """All rows, one after another. With ``dry`` nothing is written or fetched, and all that would be is counted.

        Raises what reading the rows raises, and ``storage_full``; what is wrong with one row stops no other.
        """
        for row in rows:
            self._counts["rows"] += 1
            try:
                old = thing(row)
            except Unfit as reason:
                self._skip(row, "row", str(reason))
                continue
            for remark in old.remarks:
                self._skip(row, "status", remark)
            await self._take(owner_id, old)
        return Report(**self._counts, skipped=tuple(self._skipped))

    async def _take(self, owner_id: str, old: OldThing) -> None:
        project = await asyncio.to_thread(self._project, owner_id, old)
        known = await asyncio.to_thread(self._known, project)
        for photo in old.photos:
            original = await self._one(project, old, photo.url, PhotoInfo("", photo.view), known)
            if photo.cutout:
                sources = (original.id,) if original else ()
                info = PhotoInfo("", photo.view, role=Role.CUTOUT, derived_from=sources)
                await self._one(project, old, photo.cutout, info, known)
        if old.model:
            await self._one(project, old, old.model, PhotoInfo("", role=Role.MODEL), known)

    def _project(self, owner_id: str, old: OldThing) -> Project:
        """The project of this key, or a new one; further rows of one model add the status that is the furthest."""
        at, tags = self._clock.now(), (TAG, *([f"{WAS}{old.status}"] if old.status else []))
        with self._db.write(durable=not self._dry) as tx:
            found = tx.projects.by_sku(owner_id, old.key)
            if found is None:
                fresh = Project(
                    new_id("prj"), owner_id, ProjectKind.PRODUCT, old.name or old.key, old.at or at, at, old.key,
                    tags=tags,
                )  # fmt: skip
                if not self._dry:
                    tx.projects.add(fresh)
                self._counts["projects"] += old.key not in self._seen
                self._seen.add(old.key)
                return fresh
            if old.key not in self._seen:
                self._counts["known"] += 1
            elif not self._dry and not set(tags) <= set(found.tags):
                found = replace(found, tags=tuple(dict.fromkeys((*found.tags, *tags))), updated_at=at)
                tx.projects.save(found)
            self._seen.add(old.key)
            return found

    def _known(self, project: Project) -> Mapping[tuple[Role, View | None, str], Asset]:
        known: dict[tuple[Role, View | None, str], Asset] = {}
        cursor: str | None = None
        while True:
            with self._db.read() as tx:
                page = tx.assets.list(project.owner_id, project_id=project.id, cursor=cursor, limit=200)
            known |= {(asset.role, asset.view, asset.name): asset for asset in page.items}
            if page.next_cursor is None:
                return known
            cursor = page.next_cursor

    async def _one(
        self,
        project: Project,
        old: OldThing,
        url: str,
        info: PhotoInfo,
        known: Mapping[tuple[Role, View | None, str], Asset],
    ) -> Asset | None:
        """The asset that was or is made of one file; None where none can be."""
        named = replace(info, name=_named(url), project_id=project.id)
        before = known.get((named.role, named.view, named.name))
        if before is not None:
            return before
        try:
            made = await self._made(project.owner_id, url, named)
        except MaquetteError as error:
            if error.code == "storage_full":
                raise
            self._skip(old.row, f"{named.role} {url[:120]}", f"{error.message} ({error.code})")
            return None
        self._counts[f"{named.role}s"] += 1
        return made

    async def _made(self, owner_id: str, url: str, info: PhotoInfo) -> Asset | None:
        path = self._path(url)
        if self._dry:
            if path:
                await self._uploads.check(path)
            return None
        if path is None:
            asset = await self._fetching.add(owner_id, url, info)
        else:
            writer = await asyncio.to_thread(self._uploads.receive)
            try:
                received = await asyncio.to_thread(self._copy, path, writer)
                asset = await self._uploads.add(owner_id, received, info)
            finally:
                await asyncio.to_thread(writer.discard)
        if (asset.media_type == GLB) is not (info.role is Role.MODEL):
            with self._db.write() as tx:
                tx.assets.delete(asset.id, owner_id, self._clock.now())
            raise Refused("not_a_model" if info.role is Role.MODEL else "not_an_image")
        return asset

    def _copy(self, path: Path, writer: BlobWriter) -> Received:
        if path.stat().st_size > self._uploads.max_photo_bytes:
            raise Refused("file_too_large")
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                writer.write(piece)
        return writer.finish()

    def _path(self, url: str) -> Path | None:
        """The file in the folder whose path ends like the URL's, the longest such path first; None without a folder.

        Nothing outside the folder is looked at, whatever the row says.
        """
        if self._files is None:
            return None
        try:
            parts = [part for part in unquote(urlsplit(url).path).split("/") if part not in ("", ".", "..")]
        except ValueError:
            parts = []
        for start in range(len(parts)):
            if "\0" in url or any("\\" in part for part in parts):
                break
            path = self._files.joinpath(*parts[start:]).resolve()
            if path.is_relative_to(self._files) and path.is_file():
                return path
        raise Refused("file_missing", "There is no such file in the folder.")

    def _skip(self, row: Row, what: str, why: str) -> None:
        cells = {name.lower(): value for name, value in row.cells.items()}
        self._skipped.append(Skipped(row.number, str(cells.get("id") or "")[:100], what, why))


def _named(url: str) -> str:
    """The file's name, told apart from others that are called alike in other folders."""
    name = name_in(url)[-90:] or "photo"
    stem, dot, ending = name.rpartition(".")
    mark = hashlib.sha256(url.encode()).hexdigest()[:8]
    return f"{stem or ending}-{mark}{dot if stem else ''}{ending if stem else ''}"
