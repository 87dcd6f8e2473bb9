"""Runs one loopback for people who try without paying: ``python -m maquette.testing.loopbacks meshy``."""

import argparse
import importlib
import json
import pkgutil
import sys
import threading
from collections.abc import Sequence

import maquette.testing.loopbacks as package
from maquette.testing.loopbacks.server import Loopback


def known() -> dict[str, type[Loopback]]:
    """The loopbacks of this package by their names: ``MeshyLoopback`` is ``meshy``."""
    found: dict[str, type[Loopback]] = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith("_"):
            continue
        for value in vars(importlib.import_module(f"{package.__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Loopback) and value.__name__.endswith("Loopback"):
                found[value.__name__.removesuffix("Loopback").lower()] = value
    return {name: kind for name, kind in sorted(found.items()) if name not in ("", "task")}


def settings(name: str, loopback: Loopback) -> str:
    """The table that makes an engine of it, for ``maquette.toml``."""
    adapter = loopback.adapter or name
    lines = [f"[engines.{name}]", f'base_url = "{loopback.url}"', f'key = "{loopback.key}"', "is_test = true"]
    lines += [f'adapter = "{adapter}"'] if adapter != name else []
    lines += [f"{option} = {_toml(value)}" for option, value in loopback.options.items()]
    return "\n".join(lines)


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_toml(inner)}" for name, inner in value.items()) + " }"
    return json.dumps(value)


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    reader = argparse.ArgumentParser(prog="python -m maquette.testing.loopbacks", description=__doc__)
    reader.add_argument("name", choices=sorted(known()))
    reader.add_argument("--port", type=int, default=0, help="where to listen on 127.0.0.1; 0 takes a free port")
    reader.add_argument("--polls", type=int, default=5, help="how often a task is asked for until it is done")
    reader.add_argument("--fault", action="append", default=[], metavar="KIND[@PHASE]",
                        help="what is to go wrong once, such as busy@submit, stuck@task, expired@file")  # fmt: skip
    reader.add_argument("--callback", default="", help="where a provider that knows callers by its dashboard posts")
    return reader.parse_args(given)


def main(given: Sequence[str] | None = None, ended: threading.Event | None = None) -> None:
    """Serves until it is interrupted, or until ``ended`` is set."""
    wanted = _arguments(given)
    kind = known()[wanted.name]
    with type(kind.__name__, (kind,), {"bind": wanted.port})(polls=wanted.polls) as loopback:
        for fault in wanted.fault:
            loopback.faults.add(*fault.split("@", 1))
        if wanted.callback:
            loopback.callback = wanted.callback  # type: ignore[attr-defined]
        sys.stdout.write(f"# a loopback: nothing that it delivers is real\n{settings(wanted.name, loopback)}\n")
        sys.stdout.flush()
        (ended or threading.Event()).wait()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
