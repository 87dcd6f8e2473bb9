"""Forty orders to a provider that fails at every third request, and a budget that is too small: what came of them.

    python benchmarks/providers.py [--jobs 40] [--share 0.3] [--seed 1]

Real are the courier, the ledger, the database, the files, the HTTP client, Meshy's adapter and Meshy's loopback; the
other stages are stand-ins that write a line each. The provider's clocks and the longest wait for an answer are cut to
seconds. Where nobody knows whether an order was taken, a person decides who sees the provider's list with its pictures.
Exits 1 if a worker is wedged, an order is bought twice or gets another's model, a clock is passed, the ledger is not
the provider's bill, memory grows by 200 MiB, a failed job has no true reason, or a budget does not hold.
"""

import argparse
import asyncio
import collections
import dataclasses
import hashlib
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from providers_weather import Stormy, Weather, marked, picture_of

from hosted_house import OWNER, House, stand_ins
from maquette.adapters.outbound.late import LateFetcher
from maquette.app.calls import Calls
from maquette.app.jobs import Jobs
from maquette.domain.assets import Role
from maquette.domain.jobs import Job
from maquette.domain.money import Budget, Price
from maquette.domain.states import ENDED, Status, WaitingFor
from maquette.pipelines import catalog
from maquette.pipelines.clocks import Pace
from maquette.pipelines.ledger import Purse
from maquette.plugins.hosted import Agency, Contract
from maquette.ports.engines import Capability, EngineInfo, EngineRecord, Readiness
from maquette.ports.hosting import Options
from maquette.testing.loopbacks.meshy import MeshyLoopback
from task_provider import TaskShelf

PRICES = {"meshy": Price("credit", 0.01, date(2026, 11, 1))}
"""Thirty credits are a model with its texture: $0.30."""
ANSWER_S = 3.0
"""How long an answer or a file may take: a provider that hangs is not worth minutes here."""
CONTRACT = {"queue_s": 20.0, "run_s": 30.0, "stall_s": 12.0, "total_s": 60.0}
LATEST_S = 15.0 + 4 * ANSWER_S + 5.0
"""By how much a clock may be passed: the longest pause between two polls, and the answers that are waited for."""
JOB_S = 400.0


class Hasty:
    """The real way out, with less patience."""

    def __init__(self, inner: LateFetcher) -> None:
        self._inner = inner

    async def request(self, *arguments: Any, **options: Any) -> Any:
        return await self._inner.request(*arguments, **options | {"bounds": _short(options["bounds"])})

    async def download(self, *arguments: Any, **options: Any) -> Any:
        return await self._inner.download(*arguments, **options | {"bounds": _short(options["bounds"])})


def _short(bounds: Any) -> Any:
    return dataclasses.replace(bounds, seconds=min(bounds.seconds, ANSWER_S))


class Shop(House):
    """A house whose mesher is Meshy."""

    def __init__(self, folder: Path, meshy: MeshyLoopback, budget: Budget | None = None) -> None:
        super().__init__(folder)
        self.fetcher = Hasty(self.fetcher)  # type: ignore[assignment]
        options = Options("meshy", meshy.url, meshy.key, is_test=True)
        agency = Agency([Contract(options, "meshy", 20, **CONTRACT)], lambda: self.fetcher)
        cut = EngineInfo("cut", "1", Capability.CUTTER, "cut", "-", True)
        local = (EngineRecord("cut", "builtins:object", Readiness(True), cut),)
        self.shelf = TaskShelf({"meshy": (agency.engine("meshy"), meshy.url)}, local)  # type: ignore[dict-item]
        self.purse = Purse(PRICES, budget or Budget())
        self.runner = self.runner_with(pace=Pace(first_s=0.2, most_s=1.0, look_s=0.1, settle_s=0.5))
        self.jobs = Jobs(self.database, self.handed, self.shelf, self.clock)

    async def rested(self, job: Job) -> Job:
        """The job once it has ended or waits; ``TimeoutError`` where its worker is wedged."""
        async with asyncio.timeout(JOB_S):
            return await self.walked(self.job(job))

    def all_calls(self, jobs: list[Job]) -> list[Any]:
        return [call for job in jobs for call in self.calls(job)]


# -- the storm


@dataclasses.dataclass
class Storm:
    """What came of it."""

    ends: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    reasons: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    asked_a_person: int = 0
    seconds: float = 0.0
    longest_call_s: float = 0.0
    growth_mib: float = 0.0
    wrong: list[str] = dataclasses.field(default_factory=list)


async def storm(shop: Shop, meshy: Stormy, jobs: list[Job]) -> Storm:
    """Runs all jobs at once; whenever one waits, a person decides."""
    told = Storm()
    begun = time.monotonic()
    peak = _Peak()
    async with peak:
        ended = await asyncio.gather(*(through(shop, meshy, job, told) for job in jobs), return_exceptions=True)
    told.seconds, told.growth_mib = time.monotonic() - begun, peak.growth_mib
    for end in ended:
        if isinstance(end, BaseException):
            told.wrong.append(f"a job was never heard of again: {end!r}")
            continue
        told.ends[end.status.value] += 1
        if end.error is not None:
            told.reasons[end.error.code] += 1
    return told


async def through(shop: Shop, meshy: Stormy, job: Job, told: Storm) -> Job:
    while True:
        now = await shop.rested(job)
        if now.status in ENDED:
            return now
        if now.waiting_for is not WaitingFor.UNCERTAIN:
            told.wrong.append(f"a job is {now.status} and waits for {now.waiting_for}")
            return now
        told.asked_a_person += 1
        await asyncio.to_thread(decide, shop, meshy, now)


def decide(shop: Shop, meshy: Stormy, job: Job) -> None:
    """What a person does who sees the provider's list, pictures and all."""
    calls = Calls(shop.database, shop.handed, shop.clock)
    (call,) = calls.undecided(job)
    mine = digest_of_job(shop, job)
    known = {other.external_id for other in shop.calls(job)}
    with meshy.lock:
        made = [work.id for work in meshy.works.values() if picture_of(work.asked) == mine and work.id not in known]
    if made:
        calls.adopt(OWNER, job.id, call.id, made[-1])
    else:
        calls.repeat(OWNER, job.id, call.id)


def digest_of_job(shop: Shop, job: Job) -> str:
    """As ``picture_of`` has it."""
    import base64

    with shop.database.read() as tx:
        asset = tx.assets.get(job.inputs[0].asset_id)
        assert asset is not None
    path = shop.folder / f"seen-{job.id}"
    shop.blobs.fetch(asset.blob_key, path)
    uri = f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
    path.unlink()
    return hashlib.sha256(uri.encode()).hexdigest()


class _Peak:
    """The most memory (RSS) that this process had beyond what it began with."""

    def __init__(self) -> None:
        self.growth_mib = 0.0
        self._over = threading.Event()
        self._begun = _rss_mib()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            self.growth_mib = max(self.growth_mib, _rss_mib() - self._begun)

    async def __aenter__(self) -> None:
        self._thread.start()

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def _rss_mib() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096 / 2**20


# -- what must hold afterwards


def faults_of(shop: Shop, meshy: Stormy, jobs: list[Job], told: Storm) -> Iterator[str]:
    """Everything that is not as it must be."""
    for job in jobs:
        now = shop.job(job)
        if now.status is Status.FAILED and (now.error is None or now.error.code in ("stage_crashed", "internal")):
            yield f"{job.id} failed without a true reason: {now.error}"
        if now.status is Status.COMPLETED:
            yield from _strangers(shop, now)
        yield from _doubled(shop, meshy, now)
    calls = shop.all_calls(jobs)
    yield from _overdue(calls, told)
    yield from _unbilled(calls, meshy)


def _strangers(shop: Shop, job: Job) -> Iterator[str]:
    with shop.database.read() as tx:
        models = [asset for task in tx.tasks.of_job(job.id) for asset in tx.assets.many(list(task.output_assets))
                  if asset.role is Role.MODEL]  # fmt: skip
    mine = digest_of_job(shop, job)
    for asset in models:
        path = shop.folder / "looked-at"
        shop.blobs.fetch(asset.blob_key, path)
        if path.read_bytes() != marked(mine):
            yield f"{job.id} has the model of another order"
    if not models:
        yield f"{job.id} completed without a model"


def _doubled(shop: Shop, meshy: Stormy, job: Job) -> Iterator[str]:
    """Of one order two tasks are there only where the first came to nothing, or was canceled."""
    mine = digest_of_job(shop, job)
    works = [work for work in meshy.works.values() if picture_of(work.asked) == mine]
    for earlier in works[:-1]:
        if earlier.stage not in ("failed", "refused", "canceled"):
            yield f"{job.id} was made twice: the first is {earlier.stage}"
    known = {call.external_id for call in shop.calls(job)}
    yield from (f"{job.id}: the ledger does not know {work.id}" for work in works if work.id not in known)


def _overdue(calls: list[Any], told: Storm) -> Iterator[str]:
    for call in calls:
        if call.submitted_at and call.ended_at:
            took = (call.ended_at - call.submitted_at).total_seconds()
            told.longest_call_s = max(told.longest_call_s, took)
    if told.longest_call_s > CONTRACT["total_s"] + LATEST_S:
        yield f"a commission took {told.longest_call_s:.0f} s"


def _unbilled(calls: list[Any], meshy: Stormy) -> Iterator[str]:
    billed: collections.Counter[str] = collections.Counter()
    for charge in meshy.bill:
        billed[charge.task] += round(charge.units)
    rows = {call.external_id: call for call in calls if call.external_id}
    for task, units in billed.items():
        row = rows.get(task)
        if row is None:
            yield f"nothing is written of {task}"
        elif row.cost_usd is None:
            # open, or canceled amid the work: nobody can say what is paid, so the reserve stays
            if units * 0.01 > (row.reserved_usd or 0) + 1e-9:
                yield f"{task} was billed {units}, and less is kept for it"
        elif abs(row.cost_usd - units * 0.01) > 1e-9:
            yield f"{task} was billed {units} credits, the ledger says ${row.cost_usd:.2f} ({row.state})"


def tell(shop: Shop, meshy: Stormy, jobs: list[Job], told: Storm) -> None:
    calls = shop.all_calls(jobs)
    known = sum(call.cost_usd or 0 for call in calls)
    bill = sum(charge.units for charge in meshy.bill) * 0.01
    unsure = [call for call in calls if call.cost_usd is None and call.external_id]
    weather: Any = meshy.faults
    print(f"requests                   {len(meshy.calls)}, of which {sum(weather.dealt.values())} went wrong")
    print(f"faults                     {dict(weather.dealt.most_common())}")
    print(f"jobs                       {dict(told.ends)} in {told.seconds:.0f} s; failed for {dict(told.reasons)}")
    print(f"left to a person           {told.asked_a_person}")
    print(f"submits, tasks made        {len(meshy.asked)}, {len(meshy.works)}")
    print(f"the provider's bill        ${bill:.2f}")
    print(f"the ledger                 ${known:.2f}, and {len(unsure)} whose cost is unknown, "
          f"${sum(call.reserved_usd or 0 for call in unsure):.2f} kept for them")  # fmt: skip
    print(f"longest commission         {told.longest_call_s:.0f} s")
    print(f"memory grew by             {told.growth_mib:.0f} MiB")


def stormed(folder: Path, jobs: int, share: float, seed: int) -> list[str]:
    """Prints the figures; gives what is wrong."""
    weather = Weather(share, seed)
    with Stormy(weather) as meshy:
        shop = Shop(folder, meshy)
        accepted = [shop.accept("meshy") for _ in range(jobs)]
        told = asyncio.run(storm(shop, meshy, accepted))
        weather.share = 0.0
        wrong = [*told.wrong, *faults_of(shop, meshy, accepted, told)]
        tell(shop, meshy, accepted, told)
        wrong += asyncio.run(taken_up(shop, meshy, accepted))
        last = asyncio.run(shop.rested(shop.accept("meshy")))
        if last.status is not Status.COMPLETED:
            wrong.append(f"with the weather fine, a job is {last.status}: {last.error}")
        if told.growth_mib >= 200:
            wrong.append(f"memory grew by {told.growth_mib:.0f} MiB")
        shop.database.close()
    return wrong


async def taken_up(shop: Shop, meshy: Stormy, jobs: list[Job]) -> list[str]:
    """Retries, in fine weather, the jobs that failed and whose models are there or will be: none is bought again."""
    standing: list[Job] = []
    for job in map(shop.job, jobs):
        last = shop.calls(job)[-1] if job.status is Status.FAILED and shop.calls(job) else None
        work = meshy.works.get(last.external_id or "") if last and not last.void else None
        if work is not None and work.fate in ("", "backwards") and work.stage != "canceled":
            standing.append(job)
    bought = len(meshy.works)
    for job in standing:
        shop.jobs.retry(OWNER, job.id)
    ended = await asyncio.gather(*(shop.rested(job) for job in standing))
    done = sum(job.status is Status.COMPLETED for job in ended)
    print(f"failed, made all the same  {len(standing)}; of their retries {done} completed, "
          f"{len(meshy.works) - bought} bought again")  # fmt: skip
    return [] if done == len(standing) and len(meshy.works) == bought else ["a retry lost what was paid"]


# -- the budget


def budgeted(folder: Path) -> list[str]:
    """Five jobs of $0.30 with $1.00 for the day, then with $2.00."""
    with MeshyLoopback() as meshy:
        shop = Shop(folder, meshy, Budget(day=1.0))
        jobs = [shop.accept("meshy") for _ in range(5)]

        async def all_of(which: list[Job]) -> list[Job]:
            return list(await asyncio.gather(*(shop.rested(job) for job in which)))

        first = asyncio.run(all_of(jobs))
        waiting = [job for job in first if job.waiting_for is WaitingFor.BUDGET]
        spent = sum(charge.units for charge in meshy.bill) * 0.01
        shop.purse = Purse(PRICES, Budget(day=2.0))
        shop.runner = shop.runner_with()
        for job in waiting:
            shop.jobs.resume(OWNER, job.id)
        second = asyncio.run(all_of(waiting))
        after = sum(charge.units for charge in meshy.bill) * 0.01
        shop.database.close()
    done = [sum(job.status is Status.COMPLETED for job in group) for group in (first, second)]
    print(f"$1.00 a day, 5 jobs of $0.30  {done[0]} completed, {len(waiting)} wait for the budget, ${spent:.2f} spent")
    print(f"$2.00 a day                   {done[1]} more completed, ${after:.2f} spent")
    held = (*done, len(waiting), round(spent, 2), round(after, 2)) == (3, 2, 2, 0.9, 1.5)
    return [] if held else ["the budget did not hold"]


def main() -> None:
    """Prints the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=40)
    parser.add_argument("--share", type=float, default=0.3, help="of the requests, how many go wrong")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    catalog.SPECS = stand_ins()  # type: ignore[misc]
    with tempfile.TemporaryDirectory() as storms, tempfile.TemporaryDirectory() as budgets:
        wrong = stormed(Path(storms), options.jobs, options.share, options.seed) + budgeted(Path(budgets))
    for line in wrong:
        print(f"WRONG: {line}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
