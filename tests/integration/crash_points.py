"""One job, from a photo by URL to its result, with a fault at each point in turn, and what was left afterwards.

    PYTHONPATH=tests python tests/integration/crash_points.py FOLDER [--fault kill|full] [--points 1,9,40 | --spread 8]
        [--store sqlite|postgres]

Prints one JSON document: how many points there are, and for every point that was struck what went wrong (nothing, one
hopes). Each case is a process of its own, forked from this one, in which everything heavy is loaded already: it has the
real database, blobs, job engine and worker processes. With ``kill`` it dies at the point and a second process goes on;
with ``full`` the disk is full for a moment and the same process goes on.
"""

import argparse
import asyncio
import contextlib
import faulthandler
import hashlib
import io
import json
import os
import shutil
import signal
import sqlite3
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import points as places
from PIL import Image
from workshop import OWNER, RunningClock, Workshop, opened

import maquette.adapters.dbos.walks  # noqa: F401 - heavy: loaded before the cases are forked
from internet import opened as internet_opened
from internet import reply
from maquette.adapters.dbos.lock import FolderLock
from maquette.adapters.processes.forked import ForkedProcesses
from maquette.adapters.sql.dialect import sqlite_path
from maquette.app.approvals import Action, PhotoRuling, Ruling
from maquette.app.fetching import Fetching
from maquette.app.jobs import NewJob
from maquette.app.uploads import PhotoInfo, Uploads
from maquette.domain.assets import View
from maquette.domain.errors import Refused, Unavailable
from maquette.domain.jobs import Job, JobInput, TaskStatus
from maquette.domain.states import ENDED, Status, WaitingFor
from postgres import TEMPLATE, Server, own_server

T = TypeVar("T")
URL = "http://photos.example/front.png"
KEY = "one-job"
BOX = (1.0, 1.0, 20.0, 20.0)
AGAIN = {"selecting": 2, "removing_background": 2, "approving": 3}
"""How often stages of a product run when its cut-out is made again once."""
PATIENCE_S = 60
_write, _open, _close = os.write, os.open, os.close


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(out, "PNG")
    return out.getvalue()


@dataclass
class Client:
    """Whoever asked for the job. It remembers what was acknowledged, and asks again for what was not."""

    shop: Workshop
    fetching: Fetching
    memory: Path
    product: bool = False
    """Whether it orders what is to be approved: it has the cut-out made again once, and then approves it."""
    refusals: Counter[str] = field(default_factory=Counter)

    def run(self) -> str:
        """Returns the job's id once the job has completed."""
        asset = self._remembered("photo", lambda: asyncio.run(self._fetch()))
        job = self._remembered("job", lambda: self._create(asset))
        while (ended := self._ended(job)).status is not Status.COMPLETED:
            # only a full disk may make it fail, and then it is there to be retried
            assert ended.error is not None
            assert ended.error.code == "storage_full", ended.error
            self._patiently(lambda: self.shop.jobs.retry(OWNER, job))
        return job

    async def _fetch(self) -> str:
        return (await self.fetching.add(OWNER, URL, PhotoInfo("front.png", View.FRONT))).id

    def _create(self, asset: str) -> str:
        inputs = (JobInput(asset, View.FRONT),)
        product = NewJob("product_to_model", inputs, {"approve": "manual"})
        new = product if self.product else NewJob("photo_to_model", inputs)
        return self.shop.jobs.create(OWNER, new, KEY).job.id

    def _remembered(self, name: str, ask: Callable[[], str]) -> str:
        path = self.memory.with_name(f"{self.memory.name}-{name}")
        if not path.exists():
            answer = self._patiently(ask)
            descriptor = _open(path, os.O_CREAT | os.O_WRONLY, 0o600)
            _write(descriptor, answer.encode())
            _close(descriptor)
        return path.read_text()

    def _patiently(self, ask: Callable[[], T]) -> T:
        """Asks until the disk has room; meanwhile reading must go on."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                return ask()
            except Unavailable as error:
                assert (error.code, error.entry.status) == ("storage_full", 507), error
                assert time.monotonic() < until
                self.refusals[error.code] += 1
                self.shop.jobs.list(OWNER)
                time.sleep(0.02)

    def _ended(self, job_id: str) -> Any:
        until = time.monotonic() + PATIENCE_S
        while (job := self.shop.job(job_id)).status not in ENDED:
            assert time.monotonic() < until, f"{job_id} is still {job.status} at {job.stage}"
            if job.waiting_for is WaitingFor.APPROVAL:
                self._decide(job)
            time.sleep(0.02)
        return job

    def _decide(self, job: Job) -> None:
        """The key makes asking again harmless."""
        (given,) = job.inputs
        redo = given.box is None
        photos = (PhotoRuling(given.asset_id, Action.REDO, box=BOX),) if redo else ()
        key = "redo" if redo else "approve"
        with contextlib.suppress(Refused):  # it had gone on already
            self._patiently(lambda: self.shop.approvals.decide(OWNER, job.id, Ruling(photos), "ann", key))


@contextlib.contextmanager
def working(folder: Path, url: str, product: bool) -> Iterator[Client]:
    """The service on ``folder`` as it starts, and a client of it."""
    FolderLock(folder).lock()
    decoding = ForkedProcesses()
    with internet_opened() as internet, opened(folder, seconds=0.0, url=url) as shop:
        internet.serve(reply(photo()), "photos.example:80")
        shop.blobs.sweep()
        uploads = Uploads(shop.database, shop.blobs, decoding, RunningClock(), 1_000_000)
        fetching = Fetching(internet.fetcher(), uploads, at_once=1, seconds=20)
        shop.launch()
        try:
            yield Client(shop, fetching, folder.with_name(f"{folder.name}.client"), product)
        finally:
            asyncio.run(decoding.close())


def strike(folder: Path, url: str, at: int, fault: str, product: bool) -> dict[str, Any]:
    """Runs the job with a fault at the point, in a process that may not survive it."""
    points = places.Points(folder, at, fault, folder.with_name(f"{folder.name}.hit"))
    with working(folder, url, product) as client:
        places.install(points)
        job = client.run()
        refusals = dict(client.refusals)
        found = inspect(client.shop, job, fault)
    return {"points": len(points.counts), "kinds": dict(Counter(points.counts)), "wrong": found, "refusals": refusals}


def go_on(folder: Path, url: str, product: bool) -> dict[str, Any]:
    """What comes after a crash: another process on the same folder, and the same client."""
    with working(folder, url, product) as client:
        job = client.run()
        return {"wrong": inspect(client.shop, job, places.KILL)}


def inspect(shop: Workshop, job_id: str, fault: str) -> list[str]:
    """All that is not as it should be."""
    return [*_repeated(shop, job_id, fault), *_history(shop, job_id), *_bytes(shop, job_id), *_leftovers(shop)]


def _repeated(shop: Workshop, job_id: str, fault: str) -> Iterator[str]:
    """One job; no stage is finished twice or begun after its end; a crash repeats at most the stage that it hit."""
    if [job.id for job in shop.jobs.list(OWNER).items] != [job_id]:
        yield "there is another job"
    finished: set[tuple[int, str]] = set()
    usual = AGAIN if shop.job(job_id).pipeline == "product_to_model" else {}
    for task in shop.tasks(job_id):
        again = task.stage not in AGAIN and any(
            stage == task.stage and (attempt == task.attempt or not task.reused) for attempt, stage in finished
        )
        if again:
            yield f"{task.stage} was begun again after its end"
        if task.status is TaskStatus.FINISHED:
            finished.add((task.attempt, task.stage.value))
    for problem in (task.error for task in shop.tasks(job_id) if task.error):
        if (fault, problem.code) != (places.FULL, "storage_full"):
            yield f"a stage failed with {problem.code}"
    if any(task.status is TaskStatus.RUNNING for task in shop.tasks(job_id)):
        yield "a task still counts as running"
    runs = Counter(line.split()[1] for line in (shop.folder / "diary").read_text().splitlines())
    repeated = {stage: 1 + more for stage, count in runs.items() if (more := count - usual.get(stage, 1)) > 0}
    if len(repeated) > 1 or (fault == places.KILL and any(count > 2 for count in repeated.values())):
        yield f"stages ran again: {repeated}"


def _history(shop: Workshop, job_id: str) -> Iterator[str]:
    events = shop.jobs.events(OWNER, job_id, 0)
    if [event.seq for event in events] != list(range(1, len(events) + 1)):
        yield "the events have a gap"
    if shop.job(job_id).seq != len(events):
        yield "the job is ahead of its events"
    progress = [event.data["progress"] for event in events]
    if progress != sorted(progress) and shop.job(job_id).attempt == 1:
        yield "progress went back"
    if [event.type for event in events].count("job.completed") > 1:
        yield "it completed twice"


def _bytes(shop: Workshop, job_id: str) -> Iterator[str]:
    """No row without its bytes."""
    with shop.database.read() as tx:
        assets = tx.assets.list(OWNER, limit=200).items
        result = tx.results.get(shop.job(job_id).result_id or "", OWNER)
    for asset in assets:
        path = shop.folder / "blobs" / "objects" / asset.blob_key
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != asset.sha256:
            yield f"the row of {asset.role} {asset.name} has no bytes"
    known = {asset.id for asset in assets}
    if result is None or not {asset_id for group in result.assets.values() for asset_id in group} <= known:
        yield "the result names assets that are not there"


def _leftovers(shop: Workshop) -> Iterator[str]:
    if any((shop.folder / "blobs" / "incoming").iterdir()):
        yield "something stayed in the waiting room"
    path = sqlite_path(shop.database.url)
    if path is None:
        return
    with contextlib.closing(sqlite3.connect(path)) as connection:
        if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            yield "the database is damaged"


# -- processes


def forked(work: Callable[[], dict[str, Any]], said: Path) -> int:
    """Runs ``work`` in a fork, which writes what it returns; gives the wait status."""
    pid = os.fork()
    if pid == 0:
        faulthandler.dump_traceback_later(PATIENCE_S * 2, exit=True)
        code = 1
        try:
            said.write_text(json.dumps(work()))
            code = 0
        except BaseException as error:  # noqa: BLE001 - all that this process can still do is say it
            trace = "".join(traceback.format_exception(error)[-3:])
            with contextlib.suppress(OSError):
                said.write_text(json.dumps({"wrong": [f"{type(error).__name__}: {error}", trace]}))
        finally:
            sys.stdout.flush()
            os._exit(code)
    return os.waitpid(pid, 0)[1]


def case(folder: Path, template: Path, url: str, at: int, fault: str, product: bool) -> dict[str, Any]:
    """One point: the fault, what comes after it, and what was found. Without a ``url`` the database is a file."""
    shutil.copytree(template, folder)
    first, second = folder.with_name(f"{folder.name}.first"), folder.with_name(f"{folder.name}.second")
    status = forked(lambda: strike(folder, url, at, fault, product), first)
    told = json.loads(first.read_text()) if first.exists() else {}
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    if killed:
        forked(lambda: go_on(folder, url, product), second)
        told = json.loads(second.read_text()) if second.exists() else {"wrong": ["nothing was said afterwards"]}
    elif not told:
        told = {"wrong": [f"ended with {status} and said nothing"]}
    hit = folder.with_name(f"{folder.name}.hit")
    struck = json.loads(hit.read_text())["hit"] if hit.exists() else None
    shutil.rmtree(folder, ignore_errors=True)
    return {"at": at, "struck": struck, "killed": killed, **told}


def sweep(
    root: Path, numbers: list[int], fault: str, parallel: int, server: Server | None = None, product: bool = False
) -> list[dict[str, Any]]:
    """All cases, some at a time; each has a database of its own, on the ``server`` if there is one."""
    template = root / "template"
    if not template.exists():
        template.mkdir(parents=True)
        forked(lambda: _prepared(template), root / "prepared")
    running: dict[int, tuple[Path, str]] = {}
    found: list[dict[str, Any]] = []
    waiting = list(numbers)
    while waiting or running:
        while waiting and len(running) < parallel:
            at = waiting.pop(0)
            said = root / f"{fault}-{at}.said"
            url = server.create(TEMPLATE) if server else ""
            pid = os.fork()
            if pid == 0:
                try:
                    said.write_text(json.dumps(case(root / f"{fault}-{at}", template, url, at, fault, product)))
                finally:
                    os._exit(0)
            running[pid] = said, url
        pid, _ = os.wait()
        said, url = running.pop(pid)
        found.append(json.loads(said.read_text()))
        if server:
            server.drop(url)
    return sorted(found, key=lambda entry: entry["at"])


def _prepared(template: Path) -> dict[str, Any]:
    """A data folder with its database made, as a service leaves it that has had nothing to do."""
    with opened(template):
        pass
    return {}


def spread(total: int, count: int) -> list[int]:
    """``count`` numbers from 1 to ``total``, evenly."""
    return sorted({1 + round(index * (total - 1) / max(count - 1, 1)) for index in range(count)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fault", choices=[places.KILL, places.FULL], default=places.KILL)
    parser.add_argument("--points", default="", help="numbers of points, with commas between")
    parser.add_argument("--spread", type=int, default=0, help="so many points, evenly spread")
    parser.add_argument("--parallel", type=int, default=2)
    parser.add_argument("--store", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--product", action="store_true", help="a job that waits for approval, twice")
    options = parser.parse_args()
    if options.store == "sqlite":
        report(options, None)
        return
    with own_server("fsync=off") as server:
        server.prepare_template()
        report(options, server)


def report(options: argparse.Namespace, server: Server | None) -> None:
    """Strikes where it is asked to, and prints what was found."""
    root = options.folder.absolute()
    (whole,) = sweep(root, [0], options.fault, 1, server, options.product)
    total = whole.get("points", 0)
    if options.points:
        numbers = [int(number) for number in options.points.split(",")]
    else:
        numbers = spread(total, options.spread) if options.spread else list(range(1, total + 1))
    cases = sweep(root, numbers, options.fault, options.parallel, server, options.product)
    print(json.dumps({"whole": whole, "cases": cases}))


if __name__ == "__main__":
    main()
