"""What the guides of providers show works: every table of settings, and the server of the plain contract."""

import asyncio
import re
import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from commissions import carry, order
from maquette.adapters.clocks import SystemClock
from maquette.adapters.outbound.fetcher import HttpxFetcher
from maquette.domain.hosting import CallState
from maquette.engines.hosted.comfyui import ComfyUI
from maquette.engines.hosted.fal import Fal
from maquette.engines.hosted.gemini import Gemini
from maquette.engines.hosted.openai import OpenAI, OpenAIAudio
from maquette.engines.hosted.plain import Plain
from maquette.engines.hosted.rembg import Rembg
from maquette.engines.hosted.replicate import Replicate
from maquette.ports.engines import Capability
from maquette.ports.hosting import Options
from maquette.settings.tables import EngineTable

GUIDES = Path(__file__).resolve().parents[4] / "docs" / "guides" / "providers"
ADAPTERS = {
    "comfyui": ComfyUI,
    "fal": Fal,
    "gemini": Gemini,
    "http": Plain,
    "openai": OpenAI,
    "openai_audio": OpenAIAudio,
    "rembg": Rembg,
    "replicate": Replicate,
}
PAGES = ("comfyui", "fal", "gemini", "http", "openai", "rembg", "replicate")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (GUIDES / f"{page}.md").read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_every_table_that_is_shown_makes_an_engine_that_is_ready(page: str):
    tables = [tomllib.loads(block)["engines"] for block in blocks(page, "toml")]
    assert tables
    for name, given in (entry for table in tables for entry in table.items()):
        table = EngineTable.model_validate(given)
        options = Options(name, table.base_url, "a-key", "", table.model, table.capability, more=table.more)
        engine = ADAPTERS[table.adapter or name].configured(options, HttpxFetcher(SystemClock(), "test"))
        assert engine.check().ready, engine.check().message
        assert engine.abilities.cost_unit or engine.spread(None) is None


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_the_server_that_is_shown_serves_an_engine(tmp_path: Path):
    (tmp_path / "server.py").write_text(blocks("http", "python")[0], "utf-8")
    port = free_port()
    with subprocess.Popen([sys.executable, tmp_path / "server.py", str(port)], stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(port)
            base = f"http://127.0.0.1:{port}"
            options = Options("mine", base, capability=Capability.EDITOR)
            engine = Plain.configured(options, HttpxFetcher(SystemClock(), "test"))
            wanted = order(tmp_path, Capability.EDITOR, prompt="x")
            came = carry(engine, wanted, tmp_path / "into", base)
            assert came.contents == [wanted.pictures[0].path.read_bytes()]
            assert carry(engine, wanted, tmp_path / "into", base).handle == came.handle
            broken = order(tmp_path, Capability.EDITOR, pictures=(), key="another")
            handle = asyncio.run(engine.submit(broken, tmp_path))
            snapshots = [asyncio.run(engine.poll(handle)) for _ in range(20)]
            assert snapshots[-1].state is CallState.FAILED
            assert "picture" not in str(snapshots[-1].error)
        finally:
            server.kill()


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server of the guide does not listen")
