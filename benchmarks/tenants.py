"""Whether the time of an answer tells a foreign id from a missing one.

    python benchmarks/tenants.py [--rounds 300]

Two owners on one server under uvicorn. Bob asks for Alice's ids and for ids that were never given out, in turns, on
each route that reads by id: the medians in microseconds, and the 95 % interval of the median of the differences of such
pairs (by the sign test). The aim: no interval that excludes zero in run after run.
"""

import argparse
import asyncio
import math
import socket
import statistics
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import uvicorn

from maquette.app.keys import Asked, Keys
from maquette.bootstrap import Maquette, SystemClock, migrate_database
from maquette.domain.assets import Asset, Role
from maquette.domain.ids import new_id
from maquette.domain.jobs import Job, Result
from maquette.domain.projects import Project, ProjectKind
from maquette.settings import Settings

ROUTES = {
    "/api/v1/jobs/{}": "job",
    "/api/v1/jobs/{}/events": "job",
    "/api/status/{}": "job",
    "/api/v1/assets/{}": "ast",
    "/api/v1/assets/{}/content": "ast",
    "/api/v1/results/{}": "res",
    "/api/v1/projects/{}": "prj",
}


def fill(house: Maquette) -> dict[str, str]:
    """One thing of each kind, all of them Alice's, among a thousand others."""
    at = datetime.now(UTC)
    ids = {kind: new_id(kind) for kind in ("job", "ast", "res", "prj")}
    database = house._database
    with database.write() as tx:
        tx.projects.add(Project(ids["prj"], "alice", ProjectKind.PRODUCT, "chair", at, at))
        for number in range(1000):
            job_id = new_id("job") if number else ids["job"]
            tx.jobs.add(Job(job_id, "alice", "cutout", at, at))
            asset_id = new_id("ast") if number else ids["ast"]
            tx.assets.add(Asset(asset_id, "alice", Role.ORIGINAL, "image/png", "a" * 64, 1, at))
        tx.results.add(Result(ids["res"], ids["job"], "alice", "cutouts", at, {}))
    return ids


def time_of(client: httpx.Client, path: str) -> float:
    """Microseconds until the answer is there."""
    started = time.perf_counter_ns()
    assert client.get(path).status_code == 404
    return (time.perf_counter_ns() - started) / 1000


def compare(client: httpx.Client, route: str, foreign: str, rounds: int) -> tuple[float, float, float, float]:
    """The medians for foreign and for missing ids, and the interval of their difference."""
    series: tuple[list[float], list[float]] = ([], [])
    kind = foreign.partition("_")[0]
    for number in range(rounds):
        pair = [(0, foreign), (1, new_id(kind))]
        for which, wanted in pair if number % 2 else reversed(pair):
            series[which].append(time_of(client, route.format(wanted)))
    differences = sorted(first - second for first, second in zip(*series, strict=True))
    margin = int(0.98 * math.sqrt(rounds)) + 1
    low, high = differences[rounds // 2 - margin], differences[rounds // 2 + margin]
    return statistics.median(series[0]), statistics.median(series[1]), low, high


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=300)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), require_key=True)
        migrate_database(settings)
        house = Maquette(settings)
        ids = fill(house)
        key = Keys(house._database, SystemClock()).create(Asked("bench", "bob")).secret
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            config = uvicorn.Config(house.application(), log_level="critical", access_log=False, lifespan="off")
            server = uvicorn.Server(config)
            thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
            thread.start()
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}) as client:
                print(f"{'route':32}{'foreign':>10}{'missing':>10}{'difference':>20}  us, {rounds} pairs")
                for route, kind in ROUTES.items():
                    compare(client, route, ids[kind], 30)
                    foreign, missing, low, high = compare(client, route, ids[kind], rounds)
                    print(f"{route:32}{foreign:10.0f}{missing:10.0f}{low:10.0f} ..{high:7.0f}")
            server.should_exit = True
            thread.join()
        asyncio.run(house.close())


if __name__ == "__main__":
    main()
