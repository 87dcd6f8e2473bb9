"""One client speaks to other servers. Who may open sockets besides is listed in pyproject.toml, and nowhere else.

Not banned, because they lead only where an operator's own settings say: obstore (blobs), psycopg through SQLAlchemy and
DBOS (the database), OpenTelemetry's exporter (traces), and uvicorn (which listens).
"""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src"
LINT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
BANNED = frozenset(LINT["flake8-tidy-imports"]["banned-api"])
CONNECTING = frozenset(
    {"open_connection", "create_connection", "create_datagram_endpoint", "sock_connect", "connect_ex"}
)
"""Methods that reach out through objects that nobody needs to import."""
ALLOWED = [pattern for pattern, rules in LINT["per-file-ignores"].items() if "TID251" in rules]


def allowed(path: Path) -> bool:
    inside = PurePosixPath(path.relative_to(ROOT).as_posix())
    return any(inside.match(pattern) or str(inside).startswith(pattern.removesuffix("**")) for pattern in ALLOWED)


def reaching_out(source: str) -> Iterator[str]:
    """What a module imports or calls to speak to other machines."""
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func).rsplit(".", 1)[-1]
            names = [str(node.args[0].value)] if called in {"import_module", "__import__"} else []
        elif isinstance(node, ast.Attribute) and node.attr in CONNECTING:
            yield f"{node.attr}, line {node.lineno}"
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in BANNED:
            yield f"{ast.unparse(node)}, line {node.lineno}"
        yield from (
            f"{name}, line {node.lineno}" for name in names for banned in BANNED if f"{name}.".startswith(f"{banned}.")
        )


def test_nobody_else_reaches_out() -> None:
    found = {
        str(path.relative_to(ROOT)): sorted(set(reaching_out(path.read_text(encoding="utf-8"))))
        for path in (SOURCES / "maquette").rglob("*.py")
        if not allowed(path)
    }
    assert {path: names for path, names in found.items() if names} == {}


def test_those_who_may_are_few() -> None:
    inside = [pattern for pattern in ALLOWED if pattern.startswith("src/")]
    assert inside == [
        "src/maquette/adapters/outbound/**",
        "src/maquette/adapters/processes/**",
        "src/maquette/adapters/telemetry/otlp.py",
        "src/maquette/cli/serving.py",
        "src/maquette/testing/loopbacks/**",
    ]
    for pattern in inside:
        assert any(allowed(path) for path in (SOURCES / "maquette").rglob("*.py")), pattern
    assert "TID251" in LINT["select"]


@pytest.mark.parametrize(
    "line",
    [
        "import httpx",
        "import urllib.request",
        "from urllib import request",
        "from urllib.request import urlopen",
        "from http import client",
        "import http.client as c",
        "import socket as s",
        "from httpx import Client",
        "__import__('requests')",
        "import importlib; importlib.import_module('aiohttp.client')",
        "import asyncio; asyncio.open_connection('h', 1)",
        "async def f(loop): await loop.create_connection(None, 'h', 1)",
        "def f():\n    from httpcore import ConnectionPool",
    ],
)
def test_the_rule_sees(line: str) -> None:
    assert list(reaching_out(line))


@pytest.mark.parametrize(
    "line", ["from urllib.parse import quote", "from http import HTTPStatus", "import socketserver_"]
)
def test_the_rule_lets_pass(line: str) -> None:
    assert not list(reaching_out(line))
