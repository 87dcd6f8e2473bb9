"""How many jobs a second one, two and four workers end on one Postgres.

    python benchmarks/throughput.py [--workers 1 2 4] [--jobs 24] [--seconds 0.5]

Real worker processes with data folders of their own; the stages are stand-ins that sleep: the seven stages of a job
take about ``--seconds`` + 0.3 s together, so what is measured is how the work spreads, not how quick a processor is. A
worker works on two jobs at a time. The rate counts from the first job that is accepted to the last that ends.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "integration"))

from crew import gathered

from maquette.domain.states import Status
from postgres import TEMPLATE, own_server  # found through the lines above


def rate(workers: int, jobs: int, seconds: float) -> float:
    """Jobs a second, from the moment when all workers work."""
    with tempfile.TemporaryDirectory() as folder, own_server("fsync=on") as server:
        server.prepare_template()
        with gathered(server.create(TEMPLATE), Path(folder)) as crew:
            machines = [crew.start(seconds=seconds, lease=30) for _ in range(workers)]
            for machine in machines:
                machine.wait_until_ready()
            began = time.monotonic()
            accepted = [crew.accept() for _ in range(jobs)]
            for job in accepted:
                ended = crew.wait(job)
                assert ended.status is Status.COMPLETED, ended.error
            return jobs / (time.monotonic() - began)


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--jobs", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=0.5, help="how long the slow stage of a job sleeps")
    options = parser.parse_args()
    first = 0.0
    print("workers  jobs/s  against the first")
    for workers in options.workers:
        found = rate(workers, options.jobs, options.seconds)
        first = first or found
        print(f"{workers:7}  {found:6.2f}  {found / first:5.2f}", flush=True)


if __name__ == "__main__":
    main()
