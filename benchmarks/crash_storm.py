"""Jobs through a storm of kill -9: prints what was lost, done or paid twice or left behind, and how fast it healed.

    python benchmarks/crash_storm.py [--store sqlite|postgres] [--jobs 50] [--every 2] [--forgetful] [--seed 1]

Real service processes, database (Postgres with fsync), engine and worker processes; the stages are stand-ins of a tenth
of a second, and one of them orders from a provider on loopback, which charges. Kills come about every 2 s of work, as
many as it takes to get half of the jobs done. With ``--forgetful`` the provider honours no Idempotency-Key.
Exits 1 unless every job completed, no finished stage ran again, no progress went back, no process stayed, and nothing
was paid twice (a forgetful provider may be, where a person was asked and said: order again).
"""

import argparse
import contextlib
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "integration"))

from provider import Provider, provider
from storm import Report, rage

from postgres import TEMPLATE, own_server  # found through the lines above

STAGE_S = 0.1
KILLS_PER_JOB = 0.25


@contextlib.contextmanager
def database(store: str) -> Iterator[str]:
    """The URL of an empty database; nothing for a file in the data folder."""
    if store == "sqlite":
        yield ""
        return
    with own_server("fsync=on") as server:
        server.prepare_template()
        yield server.create(TEMPLATE)


def tell(report: Report, ledger: Provider) -> None:
    """Prints the figures."""
    print(f"jobs                       {report.statuses}")
    print(f"kills                      {report.kills} in {report.seconds:.0f} s")
    print(f"stages hit by a kill       {report.lost_tasks}")
    print(f"stages finished twice      {len(report.finished_twice)}")
    print(f"started after the finish   {len(report.started_after_finish)}")
    print(f"jobs whose progress fell   {len(report.went_back)}")
    print(f"processes left after 5 s   {len(report.orphans)}")
    print(f"charges                    {len(ledger.charges)}, of which {len(ledger.duplicates)} twice")
    starts = report.healthy_s
    print(f"left to a person           {report.questions}")
    print(f"start to working           median {statistics.median(starts):.1f} s, worst {max(starts):.1f} s")


def main() -> None:
    """Prints the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--jobs", type=int, default=50)
    parser.add_argument("--every", type=float, default=2.0, help="seconds of work between two kills, on average")
    parser.add_argument("--forgetful", action="store_true", help="the provider honours no key")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        database(options.store) as url,
        provider(honours_keys=not options.forgetful) as ledger,
    ):
        report = rage(
            Path(folder) / "data",
            jobs=options.jobs,
            kills=max(3, int(options.jobs * KILLS_PER_JOB)),
            stage_s=STAGE_S,
            seed=options.seed,
            between=(0.5 * options.every, 1.5 * options.every),
            url=url,
            provider=ledger.url,
            forgetful=options.forgetful,
        )
    tell(report, ledger)
    broken = report.finished_twice or report.started_after_finish or report.went_back or report.orphans
    too_many = len(ledger.duplicates) > (report.questions if options.forgetful else 0)
    sys.exit(bool(broken) or too_many or report.statuses != {"completed": options.jobs})


if __name__ == "__main__":
    main()
