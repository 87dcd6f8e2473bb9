"""The weights in their folder: whether they are there, and whether they are still what they were."""

import hashlib
from pathlib import Path

from maquette.domain.errors import Unavailable
from maquette.domain.weights import Receipt, Weights, receipt_of, receipt_path
from maquette.ports.engines import Readiness


def look(folder: Path | None, weights: Weights) -> Readiness:
    """Quick: names and sizes only. What the bytes are is checked before they are used."""
    pull = f"maquette weights pull {weights.name}"
    if folder is None or not (folder / weights.file).is_file():
        return Readiness(False, f"{weights.file} is not in the folder of weights", pull)
    receipt = _receipt(folder, weights)
    if not weights.commercial_use and not (receipt and receipt.accepted_non_commercial):
        return Readiness(False, "its licence allows no commercial use", f"{pull} --accept-non-commercial")
    wanted = receipt.bytes if receipt else weights.bytes
    if (folder / weights.file).stat().st_size != wanted:
        return Readiness(False, f"{weights.file} is not the file that it should be", pull)
    return Readiness(True)


def trusted(folder: Path | None, weights: Weights) -> Path:
    """The file, after its hash was checked. Raises ``Unavailable("engine_unavailable")``."""
    found = look(folder, weights)
    if folder is None or not found.ready:
        raise Unavailable("engine_unavailable", f"{weights.name}: {found.message}", found.hint)
    path, receipt = folder / weights.file, _receipt(folder, weights)
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    if sha256 != (receipt.sha256 if receipt else weights.sha256):
        message = f"{weights.file} has changed since it was checked"
        raise Unavailable("engine_unavailable", message, f"maquette weights pull {weights.name}")
    return path


def _receipt(folder: Path, weights: Weights) -> Receipt | None:
    try:
        return receipt_of(receipt_path(folder, weights).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
