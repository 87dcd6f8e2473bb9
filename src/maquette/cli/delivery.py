"""Puts the files of a result into a person's folder."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maquette.cli.wording import near, plural, size
from maquette.domain.assets import Asset
from maquette.domain.errors import Refused, Unavailable
from maquette.domain.ids import LOCAL_OWNER
from maquette.domain.quality import explain

if TYPE_CHECKING:
    from maquette.bootstrap import Maquette


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file that lies in the person's folder now."""

    path: Path
    asset: Asset | None = None

    def row(self) -> tuple[str, str, str]:
        """Path, size and what is worth knowing, for people."""
        return near(self.path), size(self.path.stat().st_size), self._facts()

    def document(self) -> dict[str, Any]:
        """The same for programs."""
        about: dict[str, Any] = {"path": str(self.path), "bytes": self.path.stat().st_size}
        if self.asset is not None:
            quality = self.asset.quality
            about |= {
                "asset_id": self.asset.id,
                "role": self.asset.role.value,
                "view": self.asset.view and self.asset.view.value,
                "media_type": self.asset.media_type,
                "sha256": self.asset.sha256,
                "stats": dict(self.asset.stats),
                "quality": quality and {"score": quality.score, "flags": list(quality.flags)},
            }
        return about

    def _facts(self) -> str:
        if self.asset is None:
            return ""
        facts: list[str] = []
        if triangles := self.asset.stats.get("triangles"):
            facts.append(plural(int(triangles), "triangle"))
        if self.asset.width and self.asset.height:
            facts.append(f"{self.asset.width} x {self.asset.height}")
        if self.asset.quality:
            facts += [
                f"score {self.asset.quality.score:.2f}",
                *(explain(flag).message.rstrip(".") for flag in self.asset.quality.flags),
            ]
        return ", ".join(facts)


def prepare(folder: Path) -> Path:
    """Makes the folder now: learning after minutes of work that it cannot be written is too late."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(
            "invalid_request", f"{folder} cannot be a folder: {error.strerror}.", "Use another -o."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Refused("invalid_request", f"{folder} cannot be written to.", "Use another -o.")
    return folder.absolute()


def deliver_model(house: "Maquette", result_id: str, folder: Path) -> list[Delivered]:
    """Writes every file of the result and its report; each appears whole or not at all."""
    # what a person came for first: the model, then folders of what it was made from
    files = sorted(house.results.files(LOCAL_OWNER, result_id), key=lambda entry: entry.path.count("/"))
    delivered = [deliver(house, entry.asset, folder / entry.path) for entry in files]
    result, _ = house.results.get(LOCAL_OWNER, result_id)
    report = folder / "report.json"
    part = _part(report)
    part.write_text(json.dumps(dict(result.report), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    part.replace(report)
    return [*delivered, Delivered(report)]


def deliver(house: "Maquette", asset: Asset, target: Path) -> Delivered:
    """Writes one file."""
    part = _part(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        house.blobs.fetch(asset.blob_key, part)
        part.replace(target)
    except OSError as error:
        hint = "Free some space or use another -o, then run the same command again: the work is kept."
        raise Unavailable("storage_full", f"{target} cannot be written: {error.strerror}.", hint) from error
    finally:
        part.unlink(missing_ok=True)
    return Delivered(target, asset)


def _part(target: Path) -> Path:
    return target.with_name(f".{target.name}.part")
