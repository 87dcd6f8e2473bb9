"""What a stage wants from somebody else's machine: written down in a child process, sent by its parent."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from maquette.domain.assets import View
from maquette.ports.engines import Capability
from maquette.ports.hosting import Enclosure, Order


@dataclass(frozen=True, slots=True)
class Draft:
    """An order without its key. ``piece`` names the picture that it is about, where a stage works on each by itself.

    ``notes`` say what was done to the pictures so that the provider takes them.
    """

    pictures: tuple[Enclosure, ...] = ()
    piece: str = ""
    mask: Path | None = None
    model: Path | None = None
    sound: Path | None = None
    prompt: str = ""
    wants: Mapping[str, Any] = field(default_factory=dict[str, Any])
    notes: tuple[str, ...] = ()

    def order(self, capability: Capability, key: str) -> Order:
        """As it is asked of a provider."""
        files = (self.pictures, self.mask, self.model, self.sound)
        return Order(capability, key, *files, self.prompt, self.wants)

    @property
    def files(self) -> tuple[Path, ...]:
        """All that is sent."""
        more = (path for path in (self.mask, self.model, self.sound) if path)
        return (*(picture.path for picture in self.pictures), *more)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        pictures = [asdict(picture) | {"path": str(picture.path)} for picture in self.pictures]
        files = {name: path and str(path) for name, path in self._others().items()}
        told = {"piece": self.piece, "prompt": self.prompt, "wants": dict(self.wants), "notes": list(self.notes)}
        return {"pictures": pictures, **files, **told}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Draft":
        """What ``document`` gave."""
        files = {name: Path(document[name]) if document[name] else None for name in ("mask", "model", "sound")}
        told = {name: document[name] for name in ("piece", "prompt", "wants")}
        pictures = tuple(_enclosure(entry) for entry in document["pictures"])
        return cls(pictures, **files, **told, notes=tuple(document["notes"]))

    def _others(self) -> dict[str, Path | None]:
        return {"mask": self.mask, "model": self.model, "sound": self.sound}


def _enclosure(entry: Mapping[str, Any]) -> Enclosure:
    view = View(entry["view"]) if entry["view"] else None
    return Enclosure(Path(entry["path"]), entry["media_type"], entry["width"], entry["height"], view)
