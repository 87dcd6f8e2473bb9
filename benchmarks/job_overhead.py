"""What the engine itself costs: jobs a second whose stages do nothing, and milliseconds from accepting to starting.

    python benchmarks/job_overhead.py [--jobs 100] [--concurrency 8]

Real database, runner and job engine in one process; a stage is a call that returns at once. A job has seven stages.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "integration"))

from workshop import Workshop, opened  # found through the line above

from maquette.domain.jobs import EventType
from maquette.domain.states import Status
from maquette.ports.processes import Done

MAKES = {"validating": "working", "removing_background": "cutout", "generating": "model"}


class Nothing:
    """Stages that take no time: each leaves one small file."""

    async def run(self, _function: str, payload: Mapping[str, Any], **_: Any) -> Done:
        path = Path(payload["into"]) / "made"
        path.write_text(payload["into"])
        file = {"path": str(path), "role": MAKES.get(payload["stage"], "lod"), "media_type": "text/plain"}
        file |= {"name": payload["stage"], "view": "front", "quality": None, "derived_from": []}
        return Done({"files": [file], "data": {}}, seconds=0.0, cpu_seconds=0.0, peak_bytes=0)

    async def close(self) -> None:
        """Nothing was started."""


def throughput(shop: Workshop, jobs: int) -> float:
    """Jobs a second, of ``jobs`` that are all waiting."""
    ids = [shop.accept().id for _ in range(jobs)]
    started = time.perf_counter()
    shop.launch()
    for job_id in ids:
        shop.wait(job_id, Status.COMPLETED, seconds=600)
    return jobs / (time.perf_counter() - started)


def latencies(shop: Workshop, count: int) -> list[float]:
    """Milliseconds from accepting a job, with nothing else to do, to the start of its first stage."""
    found: list[float] = []
    for _ in range(count):
        new = shop.new_job()
        started = time.perf_counter()
        job_id = shop.jobs.create("local", new).job.id
        while not any(event.type is EventType.STARTED for event in shop.jobs.events("local", job_id, 0)):
            time.sleep(0.002)
        found.append(1000 * (time.perf_counter() - started))
        shop.wait(job_id, Status.COMPLETED)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=100)
    parser.add_argument("--concurrency", type=int, default=8)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        opened(Path(folder) / "data", processes=Nothing(), concurrency=options.concurrency) as shop,
    ):
        rate = throughput(shop, options.jobs)
        taken = sorted(latencies(shop, 20))
    print(f"jobs of 7 empty stages         {rate:.1f} a second ({7 * rate:.0f} stages)")
    print(f"accepted to the first stage    median {statistics.median(taken):.0f} ms, worst {taken[-1]:.0f} ms")


if __name__ == "__main__":
    main()
