"""Results: what a completed job delivers, and under which file names."""

from collections.abc import Mapping
from dataclasses import dataclass

from maquette.domain.assets import Asset, Role
from maquette.domain.errors import Refused
from maquette.domain.jobs import Result
from maquette.media.meshes.report_text import markdown
from maquette.ports.stores import Database

EXTENSIONS: Mapping[str, str] = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "model/gltf-binary": ".glb",
    "model/vnd.usdz+zip": ".usdz",
    "application/json": ".json",
}
ALIASES: Mapping[str, str] = {"glb": "lod0", "high": "lod0", "medium": "lod1", "low": "lod2"}
"""Other names under which a result's files can be asked for."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file of a result and the relative path that a person finds it under."""

    path: str
    asset: Asset


def markdown_of(result: Result) -> str:
    """A result's report for people. Results without a model have only a heading."""
    judged = result.report.get("report") or {"accepted": [], "refused": [], "profiles": []}
    return markdown(judged, f"Report on {result.id}")


class Results:
    """The use cases around results."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def get(self, owner_id: str, result_id: str) -> tuple[Result, Mapping[str, tuple[Asset, ...]]]:
        """The result and its assets by name. Raises ``not_found``."""
        with self._db.read() as tx:
            result = tx.results.get(result_id, owner_id)
            if result is None:
                raise Refused("not_found")
            return result, {name: tx.assets.many(asset_ids) for name, asset_ids in result.assets.items()}

    def files(self, owner_id: str, result_id: str) -> tuple[Delivery, ...]:
        """Every file of the result, as a folder or a zip holds them: ``model.glb``, ``cutouts/front.png``…"""
        _, assets = self.get(owner_id, result_id)
        deliveries: dict[str, Asset] = {}
        for name, group in assets.items():
            for index, asset in enumerate(group):
                deliveries.setdefault(_path(name, asset), asset)
                if deliveries[_path(name, asset)] is not asset:
                    deliveries[_path(f"{name}-{index + 1}", asset, index + 1)] = asset
        return tuple(Delivery(path, asset) for path, asset in deliveries.items())

    def file(self, owner_id: str, result_id: str, name: str) -> Delivery:
        """One file by its name or alias (``glb``, ``usdz``, ``lod1``, ``thumbnail``). Raises ``not_found``."""
        _, assets = self.get(owner_id, result_id)
        wanted = ALIASES.get(name, name)
        if wanted not in assets:
            known = ", ".join(sorted({*assets, *(alias for alias, lod in ALIASES.items() if lod in assets)}))
            raise Refused("not_found", f"The result has no {name!r}.", f"It has: {known}, zip.")
        asset = assets[wanted][0]
        return Delivery(_path(wanted, asset), asset)


FOLDERS: Mapping[Role, str] = {Role.CUTOUT: "cutouts", Role.MASK: "masks"}


def _path(name: str, asset: Asset, number: int | None = None) -> str:
    extension = EXTENSIONS.get(asset.media_type, "")
    if name in ("lod0", "usdz"):
        return f"model{extension}"
    folder = FOLDERS.get(asset.role)
    if folder is None:
        return f"{name}{extension}"
    stem = asset.view.value if asset.view else asset.name or name
    return f"{folder}/{stem}{f'-{number}' if number else ''}{extension}"
