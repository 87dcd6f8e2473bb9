"""A loopback for people: what the command says makes an engine that works."""

import asyncio
import io
import threading
import time
import tomllib
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.clocks import SystemClock
from maquette.adapters.outbound.fetcher import HttpxFetcher
from maquette.domain.assets import View
from maquette.domain.hosting import CallState, Fault, Trouble
from maquette.engines.hosted.tencent import Tencent
from maquette.ports.hosting import Options
from maquette.settings.tables import EngineTable
from maquette.testing.hosting import photographed
from maquette.testing.loopbacks.__main__ import known, main, settings
from maquette.testing.loopbacks.meshy import MeshyLoopback
from maquette.testing.loopbacks.server import Call, Loopback, Reply, route


@pytest.mark.parametrize("name", sorted(known()))
def test_each_loopback_is_a_table_of_the_settings(name: str):
    with known()[name]() as loopback:
        ((engine, table),) = tomllib.loads(settings(name, loopback))["engines"].items()
    read = EngineTable(**table)
    assert engine.isidentifier() and read.is_test and read.base_url == loopback.url


def test_what_the_command_prints_is_enough_to_make_a_model(tmp_path: Path):
    printed, ended = io.StringIO(), threading.Event()
    with redirect_stdout(printed):
        thread = threading.Thread(target=main, args=(["tencent", "--polls", "1", "--fault", "busy"], ended))
        thread.start()
        try:
            table = tomllib.loads(_shown(printed))["engines"]["tencent"]
            options = Options("tencent", table["base_url"], table["key"], more=table["more"])
            engine = Tencent.configured(options, HttpxFetcher(SystemClock(), "test"))
            order = photographed(View.FRONT)(tmp_path)
            with pytest.raises(Trouble) as caught:
                asyncio.run(engine.submit(order, tmp_path))
            handle = asyncio.run(engine.submit(order, tmp_path))
            assert asyncio.run(engine.poll(handle)).state is CallState.SUCCEEDED
        finally:
            ended.set()
            thread.join(10)
    assert caught.value.fault is Fault.RATE_LIMITED


def _shown(printed: io.StringIO) -> str:
    for _ in range(500):
        if "is_test" in printed.getvalue():
            return printed.getvalue()
        time.sleep(0.02)
    raise AssertionError("nothing was printed")


class Listener(Loopback):
    """Writes down who calls."""

    @route("POST", "/hook", "hook")
    def heard(self, call: Call) -> Reply:
        return Reply({})


@pytest.mark.parametrize(("fault", "letters"), [("", 1), ("duplicated", 2), ("forged", 1)])
def test_a_provider_calls_back_and_may_do_so_badly(fault: str, letters: int):
    with Listener() as listener, MeshyLoopback() as meshy:
        meshy.callback = f"{listener.url}/hook"
        if fault:
            meshy.faults.add(fault, "callback")
        work = meshy.open("image-to-3d", {}, 30)
        meshy.look(work.id)
        heard = _heard(listener, letters)
    assert [letter["id"] == work.id for letter in heard] == [fault != "forged"] * letters


def _heard(listener: Listener, letters: int) -> list[Any]:
    for _ in range(500):
        if len(listener.seen("hook")) >= letters:
            break
        time.sleep(0.02)
    return [call.json() for call in listener.seen("hook")]
