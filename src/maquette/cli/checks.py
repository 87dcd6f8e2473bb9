"""What ``maquette doctor`` looks at."""

import importlib.util
import os
import platform
import resource
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from maquette import __version__
from maquette.bootstrap import check_storage, holder, is_behind, page_folder
from maquette.cli.examining import look_at_engines, look_at_money
from maquette.cli.findings import Finding, State
from maquette.cli.wording import size
from maquette.domain.errors import MaquetteError
from maquette.settings import Settings, unknown_variables, unneeded

LOW_DISK = 2 * 1024**3
"""Bytes. A model with its working pictures takes some tens of megabytes; two gigabytes are a morning's work."""
PROBE_S = 10


def examine(settings: Settings) -> list[Finding]:
    """Looks at everything; changes nothing."""
    return [
        *_this(),
        *look_at_engines(settings),
        *look_at_money(settings),
        _heic(),
        _ffmpeg(),
        _gpu(),
        _data(settings),
        _disk(settings),
        _database(settings),
        _storage(settings),
        _server(settings),
        _page(),
        Finding("keys", State.NOTE, "none yet: this version listens on loopback only"),
        _limits(),
        *_variables(),
    ]


def _this() -> list[Finding]:
    where = f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors"
    return [
        Finding("maquette", State.OK, __version__),
        Finding("python", State.OK, f"{platform.python_version()} on {where}"),
    ]


def _heic() -> Finding:
    if importlib.util.find_spec("pillow_heif") is None:
        return Finding("heic", State.MISSING, "HEIC photos cannot be read", "pip install 'maquette[heic]'")
    try:
        return Finding("heic", State.OK, f"pillow-heif {version('pillow-heif')}")
    except PackageNotFoundError:
        return Finding("heic", State.OK, "pillow-heif")


def _ffmpeg() -> Finding:
    found = shutil.which("ffmpeg")
    return Finding("ffmpeg", State.NOTE, found or "not installed; nothing in this version needs it")


def _gpu() -> Finding:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Finding("gpu", State.NOTE, "none found; no engine of this version needs one")
    query = [tool, "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=PROBE_S, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        return Finding("gpu", State.MISSING, f"nvidia-smi fails: {error}", "Look at the driver; nothing here needs it.")
    return Finding("gpu", State.NOTE, "; ".join(answer.splitlines()) + " (name, memory, free)")


def _data(settings: Settings) -> Finding:
    folder = settings.data
    nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        hint = "Choose another with --data or MAQUETTE_DATA."
        return Finding("data folder", State.BROKEN, f"{folder} cannot be written", hint)
    return Finding("data folder", State.OK, str(folder) + ("" if folder.exists() else " (made on first use)"))


def _disk(settings: Settings) -> Finding:
    nearest = next(parent for parent in (settings.data, *settings.data.parents) if parent.exists())
    free = shutil.disk_usage(nearest).free
    if free < LOW_DISK:
        return Finding("disk", State.MISSING, f"only {size(free)} free", f"Free some space near {nearest}.")
    return Finding("disk", State.OK, f"{size(free)} free")


def _database(settings: Settings) -> Finding:
    try:
        behind = is_behind(settings)
    except MaquetteError as error:
        return Finding("database", State.BROKEN, error.message, error.hint)
    kind = "SQLite" if not settings.database_url else settings.database_url.partition(":")[0]
    if behind and not settings.data.exists():
        return Finding("database", State.OK, f"{kind}, made on first use")
    return Finding("database", State.OK, f"{kind}, " + ("migrated on the next start" if behind else "current"))


def _storage(settings: Settings) -> Finding:
    try:
        return Finding("storage", State.OK, check_storage(settings))
    except MaquetteError as error:
        return Finding("storage", State.BROKEN, error.message, error.hint)


def _server(settings: Settings) -> Finding:
    found = holder(settings)
    if found is None:
        return Finding("server", State.NOTE, "not running", "maquette serve")
    return Finding("server", State.NOTE, f"{found.url or 'a command works on the folder'} (process {found.pid})")


def _page() -> Finding:
    if page_folder() is None:
        return Finding("page", State.MISSING, "not built; the API and the command line work without it", "make web")
    return Finding("page", State.OK, "built")


def _limits() -> Finding:
    """What a child process can be held to on this system."""
    missing: list[str] = []
    if not hasattr(resource, "RLIMIT_AS") or sys.platform == "darwin":
        missing.append("memory (RLIMIT_AS)")
    if not hasattr(resource, "RLIMIT_CPU"):
        missing.append("processor time (RLIMIT_CPU)")
    if missing:
        hint = "Wall time still is; run on Linux for untrusted photos."
        return Finding("limits", State.MISSING, f"this system cannot limit {', '.join(missing)} of a stage", hint)
    return Finding("limits", State.OK, "memory, processor time and wall time of each stage")


def _variables() -> Sequence[Finding]:
    return [
        Finding("settings", State.MISSING, f"{name} is not a setting", "Is it misspelt?")
        for name in unknown_variables()
    ] + [Finding(name, State.NOTE, reason) for name, reason in unneeded().items()]
