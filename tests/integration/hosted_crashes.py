"""One order to a provider, with a death at each step in turn, and what became of it.

    PYTHONPATH=tests python tests/integration/hosted_crashes.py FOLDER [--points 1,5,9] [--blind]

Every case is forked: the first process dies at the point, a second one goes on, and a person decides what nobody knows.
Prints JSON: how many points there are, and for each what was wrong (nothing, one hopes). A ``--blind`` provider has no
list of what it was asked lately.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hosted_house import GLB, OWNER, QUICK, House, stand_ins
from maquette.app.calls import Calls
from maquette.domain.hosting import CallState
from maquette.domain.jobs import Job
from maquette.domain.states import Stage, Status, WaitingFor
from maquette.pipelines import catalog
from task_provider import PRICE, Tasks


class Points:
    """Counts the places where the process touches the world, and dies at one of them."""

    def __init__(self, at: int = 0) -> None:
        self.count = 0
        self._at = at

    def hit(self) -> None:
        self.count += 1
        if self.count == self._at:
            os.kill(os.getpid(), signal.SIGKILL)


class DyingDatabase:
    """The database, with a point before and after each commit."""

    def __init__(self, inner: Any, points: Points) -> None:
        self._inner, self._points = inner, points

    @contextlib.contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Any]:
        with self._inner.write(durable=durable) as tx:
            yield tx
            self._points.hit()
        self._points.hit()

    def read(self) -> Any:
        return self._inner.read()


class DyingFetcher:
    """Speaks to the provider, with a point before and after each exchange."""

    def __init__(self, inner: Any, points: Points) -> None:
        self._inner, self._points = inner, points

    async def request(self, *arguments: Any, **options: Any) -> Any:
        self._points.hit()
        answer = await self._inner.request(*arguments, **options)
        self._points.hit()
        return answer

    async def download(self, *arguments: Any, **options: Any) -> Any:
        self._points.hit()
        got = await self._inner.download(*arguments, **options)
        self._points.hit()
        return got


def work(folder: Path, server: Any, points: Points, blind: bool) -> dict[str, Any]:
    """Runs the stage once, in a process that may not survive it."""
    house = opened(folder, server, blind)
    fetcher = DyingFetcher(house.fetcher, points)
    for engine, _ in house.shelf._engines.values():
        object.__setattr__(engine._exchange, "fetcher", fetcher)
    house.database = DyingDatabase(house.database, points)  # type: ignore[assignment]
    house.runner = house.runner_with(fetcher=fetcher, pace=QUICK)
    job = _job(house)
    asyncio.run(house.runner.run_stage(job.id, job.attempt, "generating", None, job.leg))
    return {"points": points.count}


def go_on(folder: Path, server: Any, blind: bool) -> dict[str, Any]:
    """What comes after the death: another process, and a person where one is needed."""
    house = opened(folder, server, blind)
    calls = Calls(house.database, house.handed, house.clock)
    asked = 0
    for _ in range(4):
        job = house.run(_job(house))
        if job.waiting_for is WaitingFor.UNCERTAIN:
            asked += 1
            (call,) = [call for call in house.calls(job) if call.is_undecided]
            known = server("/tasks")["tasks"]
            if known:
                calls.adopt(OWNER, job.id, call.id, known[0]["id"])
            else:
                calls.repeat(OWNER, job.id, call.id)
        elif job.status is Status.COMPLETED:
            return {"wrong": list(_wrong(house, job, server)), "asked": asked}
    return {"wrong": [f"the job is {job.status}, waits for {job.waiting_for}: {job.error}"], "asked": asked}


def _wrong(house: House, job: Job, server: Any) -> Iterator[str]:
    made = server("/tasks")["tasks"]
    if len(made) != 1:
        yield f"{len(made)} tasks were made"
    standing = [call for call in house.calls(job) if not call.void]
    if [call.state for call in standing] != [CallState.SUCCEEDED]:
        yield f"the ledger says {[(call.state, call.void) for call in house.calls(job)]}"
    cost = sum(call.cost_usd or 0 for call in house.calls(job))
    if abs(cost - len(made) * PRICE * 0.02) > 1e-9:
        yield f"the ledger says {cost}"
    if abs(job.cost_usd - cost) > 1e-9:
        yield f"the job says that it cost {job.cost_usd}"
    with house.database.read() as tx:
        for parcel in [parcel for call in standing for parcel in call.parcels]:
            asset = tx.assets.get(parcel["asset_id"])
            if asset is None or not house.blobs.exists(asset.blob_key):
                yield "what was delivered is not here"


def opened(folder: Path, server: Any, blind: bool) -> House:
    return House(folder, server.provider, reconciles=not blind)


def _job(house: House) -> Job:
    return house.jobs.list(OWNER).items[0]


def prepare(folder: Path, server: Any, blind: bool) -> None:
    """A job whose model is to be ordered next."""
    folder.mkdir()
    house = opened(folder, server, blind)
    job = house.accept()

    async def walked() -> None:
        for stage in catalog.CATALOG[job.pipeline].pipeline.stages:
            if stage is Stage.GENERATING:
                return
            await house.runner.run_stage(job.id, 1, stage.value)

    asyncio.run(walked())
    house.database.close()


class Remote:
    """The provider, which runs in another process."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.provider = Tasks({})
        self.provider.__class__ = type("Known", (Tasks,), {"url": url})

    def __call__(self, path: str) -> Any:
        from urllib.request import Request, urlopen

        request = Request(self.url + path, headers={"Authorization": f"Bearer {Tasks.key}"})
        with urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())


def forked(do: Callable[[], dict[str, Any]], said: Path) -> dict[str, Any] | None:
    """What the work says; None where it was killed."""
    pid = os.fork()
    if pid == 0:
        try:
            said.write_text(json.dumps(do()))
        except BaseException as error:  # noqa: BLE001 - all that this process can still do is say it
            said.write_text(json.dumps({"wrong": ["".join(traceback.format_exception(error)[-4:])]}))
        finally:
            sys.stdout.flush()
            os._exit(0)
    status = os.waitpid(pid, 0)[1]
    return None if os.WIFSIGNALED(status) else json.loads(said.read_text())


def case(root: Path, template: Path, at: int, blind: bool) -> dict[str, Any]:
    folder, said = root / f"case-{at}", root / f"said-{at}"
    shutil.copytree(template, folder)
    reading, writing = os.pipe()
    keeper = os.fork()
    if keeper == 0:
        with Tasks({"model": GLB}) as tasks:
            os.write(writing, tasks.url.encode())
            signal.pause()
        os._exit(0)
    url = os.read(reading, 200).decode()
    os.close(reading)
    os.close(writing)
    try:
        server = Remote(url)
        first = forked(lambda: work(folder, server, Points(at), blind), said)
        if first is not None and "wrong" in first:
            return {"at": at, "killed": False, **first}
        told = forked(lambda: go_on(folder, server, blind), said) or {"wrong": ["killed"]}
        return {"at": at, "killed": first is None, **(first or {}), **told}
    finally:
        os.kill(keeper, signal.SIGKILL)
        os.waitpid(keeper, 0)
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--points", default="")
    parser.add_argument("--blind", action="store_true")
    options = parser.parse_args()
    catalog.SPECS = stand_ins()  # type: ignore[misc]
    template = options.folder / "template"
    server = Remote("http://127.0.0.1:9")
    forked(lambda: prepare(template, server, options.blind) or {}, options.folder / "prepared")
    whole = case(options.folder, template, 0, options.blind)
    total = whole.get("points", 0)
    numbers = [int(text) for text in options.points.split(",") if text] or list(range(1, total + 1))
    cases = [case(options.folder, template, at, options.blind) for at in numbers if at <= total]
    print(json.dumps({"whole": whole, "cases": cases}))


if __name__ == "__main__":
    main()
