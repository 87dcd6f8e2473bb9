"""What we deploy is started as it is deployed, and the guides' backups are made and restored as they are written."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from commands import GUIDES, of_compose, of_units
from postgres import binaries

pytestmark = pytest.mark.slow
BLOCK = re.compile(r"^<!-- run: (.+?) -->\n```sh\n(.*?)^```", re.M | re.S)


def blocks(page: str) -> dict[str, str]:
    """The shell blocks of a guide that are marked to be run, by name."""
    return dict(BLOCK.findall((GUIDES / page).read_text(encoding="utf-8")))


def shell(script: str, folder: Path, **variables: str) -> str:
    """Runs a block as a person would, with ``maquette`` and Postgres's tools in the path."""
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    program = tools / "maquette"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m maquette "$@"\n')
    program.chmod(0o755)
    path = os.pathsep.join([str(tools), str(binaries() or ""), os.environ["PATH"]])
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAQUETTE_", "XDG_"))}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=kept | {"HOME": str(folder), "PATH": path} | variables,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_services_of_the_compose_file_work_together(program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = of_compose()
    assert program.run(*commands["migrate"]).code == 0
    key = program.run("keys", "create", "admin", "--admin").out.strip()
    api = program.start(*commands["api"], "--port", "0", "--json")
    worker = program.start(*commands["worker"], "--json")
    try:
        url = json.loads(api.wait_for("out", lambda line: line.startswith("{")))["url"]
        worker.wait_for("out", lambda line: line.startswith("{"))
        port = httpx.URL(url).port
        told = httpx.get(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {key}"})
        assert told.status_code == 200
        assert 'maquette_workers{queue="cpu",state="running"} 1.0' in told.text
        assert httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
    finally:
        for running in (worker, api):
            running.send(signal.SIGTERM)
        assert [running.end().code for running in (worker, api)] == [0, 0]


def test_the_units_start_and_stop_in_time(program: Any) -> None:
    units = of_units()
    server = program.start(*units["maquette.service"], "--port", "0", "--json")
    server.wait_for("out", lambda line: line.startswith("{"))
    worker = program.start(*units["maquette-worker@.service"], "--json")
    worker.wait_for("out", lambda line: line.startswith("{"))
    for running in (worker, server):
        running.send(signal.SIGTERM)
        assert running.end().code == 0


def test_a_backup_on_sqlite_comes_back(program: Any, tmp_path: Path) -> None:
    steps = blocks("operate.md")
    data, backup, restored = (tmp_path / name for name in ("data", "backup", "restored"))
    key = json.loads(program.run("keys", "create", "kept", "--json").out)["id"]
    (data / "blobs" / "aa").mkdir(parents=True)
    (data / "blobs" / "aa" / "file").write_bytes(b"bytes")
    shell(steps["backup on SQLite"], tmp_path, MAQUETTE_DATA=str(data), BACKUP=str(backup))
    assert (backup / "maquette.db").is_file()
    shell(steps["restore on SQLite"], tmp_path, MAQUETTE_DATA=str(restored), BACKUP=str(backup))
    assert key in shell("maquette keys list --json", tmp_path, MAQUETTE_DATA=str(restored))
    assert (restored / "blobs" / "aa" / "file").read_bytes() == b"bytes"


def test_a_backup_on_postgres_comes_back(fresh_database: Any, tmp_path: Path) -> None:
    steps = blocks("operate.md")
    first, second = fresh_database(), fresh_database(blank=True)
    variables = {"MAQUETTE_DATA": str(tmp_path / "data"), "BACKUP": str(tmp_path / "backup")}
    made = shell("maquette keys create kept --json", tmp_path, MAQUETTE_DATABASE_URL=first, **variables)
    shell(steps["backup on Postgres"], tmp_path, PGURL=first.replace("+psycopg", ""), **variables)
    into = {"MAQUETTE_DATABASE_URL": second, "PGURL": second.replace("+psycopg", "")}
    shell(steps["restore on Postgres"], tmp_path, **into, **variables)
    assert json.loads(made)["id"] in shell("maquette keys list --json", tmp_path, **into, **variables)
