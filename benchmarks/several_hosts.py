"""Workers on several hosts, one killed and one cut off: prints where the work went on, how soon, and what was repeated.

    python benchmarks/several_hosts.py [--jobs 36] [--lease 5]

Each host is a network namespace with its own address, reaching a real Postgres over a link of its own, with a data
folder of its own; the blobs lie in a folder that all see. The stages are stand-ins. While the jobs run, one host's
worker is killed and another host's link goes down for three leases and comes back. Needs Linux, root and iproute2;
elsewhere it says so and does nothing. Exits 1 unless every job completed and no finished stage ran again.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "integration"))

from crew import Crew, Machine, gathered, wait_for

from maquette.domain.fleet import Worker
from maquette.domain.jobs import Job
from maquette.domain.states import Status
from postgres import TEMPLATE, Server, own_server  # found through the lines above

HOSTS = 3
NET = "10.231"
STAGE_S = 1.0


@dataclass(frozen=True)
class Host:
    """A namespace; ``gateway`` is the address at which it finds Postgres."""

    name: str
    link: str
    gateway: str

    def cut(self, down: bool) -> None:
        ip("link", "set", self.link, "down" if down else "up")


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def host(number: int) -> Iterator[Host]:
    """A namespace and its link, gone afterwards."""
    made = Host(f"maquette-{os.getpid()}-{number}", f"mq{os.getpid() % 10_000}h{number}", f"{NET}.{number}.1")
    inside = f"{made.link}i"
    ip("netns", "add", made.name)
    try:
        ip("link", "add", made.link, "type", "veth", "peer", "name", inside, "netns", made.name)
        ip("addr", "add", f"{made.gateway}/24", "dev", made.link)
        ip("link", "set", made.link, "up")
        ip("-n", made.name, "addr", "add", f"{NET}.{number}.2/24", "dev", inside)
        ip("-n", made.name, "link", "set", inside, "up")
        ip("-n", made.name, "link", "set", "lo", "up")
        yield made
    finally:
        ip("netns", "del", made.name)


def open_to_hosts(server: Server) -> None:
    with (server.folder / "data" / "pg_hba.conf").open("a", encoding="utf-8") as rules:
        rules.write(f"host all all {NET}.0.0/16 trust\n")
    server.execute("SELECT pg_reload_conf()")


Work = set[tuple[str, str]]
"""Photos of jobs and stages of theirs."""


def at_work(crew: Crew, machine: Machine, jobs: list[Job]) -> Work:
    """What a machine works on now."""
    with crew.database.read() as tx:
        tasks = {job.inputs[0].asset_id: tx.tasks.of_job(job.id) for job in jobs}
    running = {
        (photo, task.stage.value) for photo, tries in tasks.items() for task in tries if task.status == "running"
    }
    return running & {(page.asset_id, page.stage) for page in crew.diary() if page.worker == machine.pid}


def taken_over(crew: Crew, machine: Machine, work: Work) -> float:
    """Seconds until all of it was begun by somebody else."""
    began = time.monotonic()
    wait_for(lambda: work <= {(page.asset_id, page.stage) for page in crew.diary() if page.worker != machine.pid})
    return time.monotonic() - began


def struck(crew: Crew, machine: Machine, jobs: list[Job], strike: Callable[[], None]) -> Work:
    """Strikes as soon as a machine works, and gives what it can then no longer end: not what it ended just before."""
    wait_for(lambda: at_work(crew, machine, jobs))
    strike()
    return at_work(crew, machine, jobs)


def storm(crew: Crew, hosts: list[Host], machines: list[Machine], jobs: list[Job], lease_s: float) -> None:
    """Kills the first, cuts off the second, and prints what that did."""
    work = struck(crew, machines[0], jobs, machines[0].kill)
    print(f"killed: {len(work)} stages taken over in {taken_over(crew, machines[0], work):.1f} s (lease {lease_s:g} s)")
    work = struck(crew, machines[1], jobs, lambda: hosts[1].cut(True))
    print(f"cut off: {len(work)} stages taken over in {taken_over(crew, machines[1], work):.1f} s")
    time.sleep(lease_s)
    hosts[1].cut(False)
    began = time.monotonic()
    wait_for(
        lambda: any(worker.pid == machines[1].pid and worker.state == "running" for worker in fresh(crew, machines))
    )
    print(f"back: at work under a fresh name {time.monotonic() - began:.1f} s after the link came back")


def fresh(crew: Crew, machines: list[Machine]) -> list[Worker]:
    old = {machine.id for machine in machines}
    return [worker for name, worker in crew.workers().items() if name not in old]


def judge(crew: Crew, jobs: list[Job]) -> bool:
    """Waits for all jobs, prints what became of them, and says whether all is well."""
    statuses = Counter(crew.wait(job).status.value for job in jobs)
    ends = [Counter((task.stage.value, task.status.value) for task in crew.tasks(job.id)) for job in jobs]
    twice = sum(count > 1 for tries in ends for (_, status), count in tries.items() if status == "finished")
    lost = sum(count for tries in ends for (_, status), count in tries.items() if status == "lost")
    print(f"jobs: {dict(statuses)}; stages begun again: {lost}; finished twice: {twice}")
    return statuses == {Status.COMPLETED.value: len(jobs)} and twice == 0


def run(count: int, lease_s: float) -> bool:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(own_server("fsync=off", "listen_addresses='*'"))
        server.prepare_template()
        open_to_hosts(server)
        hosts = [stack.enter_context(host(number)) for number in range(HOSTS)]
        url = server.create(TEMPLATE)
        crew = stack.enter_context(gathered(url, folder))
        machines = [
            crew.start(
                seconds=STAGE_S,
                lease=lease_s,
                url=url.replace("127.0.0.1", where.gateway),
                prefix=("ip", "netns", "exec", where.name),
            )
            for where in hosts
        ]
        for machine in machines:
            machine.wait_until_ready()
        jobs = [crew.accept() for _ in range(count)]
        storm(crew, hosts, machines, jobs, lease_s)
        return judge(crew, jobs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=36)
    parser.add_argument("--lease", type=float, default=5.0)
    arguments = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("ip") is None:
        print("SKIPPED: network namespaces need Linux, root and iproute2.", file=sys.stderr)
        return 0
    return 0 if run(arguments.jobs, arguments.lease) else 1


if __name__ == "__main__":
    sys.exit(main())
