"""Figures as people read them."""

from pathlib import Path

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


def near(path: Path) -> str:
    """A path as short as the present folder allows."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
