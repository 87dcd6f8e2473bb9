"""Finds the ``maquette`` command lines in what we deploy and document, and reads them as the program would."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
import yaml

from maquette.cli.main import app

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
GUIDES = ROOT / "docs" / "guides"
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)


def parse(arguments: list[str]) -> None:
    """Raises what the command line raises for an unknown command, option or value. Runs nothing."""
    command: Any = typer.main.get_command(app)
    context = command.make_context("maquette", list(arguments))
    while hasattr(command, "resolve_command") and (context._protected_args or context.args):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)


def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def of_compose() -> dict[str, list[str]]:
    """The commands of the services that run our image."""
    services = compose()["services"]
    return {name: list(service["command"]) for name, service in services.items() if "build" in service}


def of_units() -> dict[str, list[str]]:
    """What the units start."""
    found: dict[str, list[str]] = {}
    for unit in (DEPLOY / "systemd").glob("*.service"):
        (line,) = [line for line in unit.read_text().splitlines() if line.startswith("ExecStart=")]
        program, *arguments = shlex.split(line.removeprefix("ExecStart=").replace("%i", "cpu"))
        assert program == "/opt/maquette/bin/maquette"
        found[unit.name] = arguments
    return found


def of_dockerfile() -> list[str]:
    """The image's own command, without the entry point."""
    (line,) = [line for line in (DEPLOY / "Dockerfile").read_text().splitlines() if line.startswith("CMD ")]
    return list(yaml.safe_load(line.removeprefix("CMD ")))


def of_text(path: Path) -> Iterator[list[str]]:
    """The commands in the ``sh`` blocks of a page."""
    for block in _BLOCK.findall(path.read_text(encoding="utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            words = words[: next((i for i, word in enumerate(words) if word in (">", "|", "<", "&&")), None)]
            if words[:1] == ["maquette"]:
                yield words[1:]
            for start in (["--rm", "api"], ["/opt/maquette/bin/maquette"]):
                at = [i for i in range(len(words)) if words[i : i + len(start)] == start]
                yield from (words[i + len(start) :] for i in at)
