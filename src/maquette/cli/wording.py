"""Figures as people read them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from maquette.domain.projects import Project
from maquette.domain.quality import explain_all

KIB = 1024


def size(count: int) -> str:
    """Bytes with a binary unit: ``812 B``, ``3.4 MiB``."""
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < KIB:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= KIB
    return f"{value:.1f} TiB"


def duration(milliseconds: int) -> str:
    """``40 ms``, ``3.4 s``, ``2 min 05 s``."""
    if milliseconds < 100:
        return f"{milliseconds} ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:.1f} s"
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    return f"{minutes} min {seconds:02} s"


def plural(count: int, noun: str) -> str:
    """``1 photo``, ``4 photos``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def money(usd: float) -> str:
    """``nothing`` or dollars."""
    return f"${usd:.4f}".rstrip("0").rstrip(".") if usd else "nothing"


def flag_texts(flags: Iterable[str], project: Project | None = None) -> list[str]:
    """Each flag of a photo, a cut-out or a model as a sentence and what to do about it."""
    return [f"{note.message} {note.hint}".strip() for note in explain_all(flags, project)]


def photo_remarks(report: Mapping[str, Any]) -> list[str]:
    """What the report of a job tells of its photos: faults of each, then of all together."""
    checks: Mapping[str, Any] = report.get("photo_checks") or {}
    told = [
        f"{photo['view'] or 'photo ' + str(number)}: {note['message']} {note['hint']}"
        for number, photo in enumerate(checks.get("photos", ()), 1)
        for note in photo["notes"]
    ]
    return told + [f"{note['message']} {note['hint']}" for note in checks.get("sets", ())]


def near(path: Path) -> str:
    """A path as short as the present folder allows."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
