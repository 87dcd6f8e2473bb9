"""50 jobs through a storm of kill -9: prints what was lost, done twice or left behind, and how fast it healed.

    python benchmarks/crash_storm.py [--jobs 50] [--kills 40] [--seed 1]

Real service processes, database, engine and worker processes; the stages are stand-ins of a tenth of a second.
Exits 1 unless every job completed, no finished stage ran again, no progress went back and no process stayed.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "integration"))

from storm import rage  # found through the line above


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=50)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = rage(Path(folder) / "data", jobs=options.jobs, kills=options.kills, stage_s=0.1, seed=options.seed)
    print(f"jobs                       {report.statuses}")
    print(f"kills                      {report.kills} in {report.seconds:.0f} s")
    print(f"stages hit by a kill       {report.lost_tasks}")
    print(f"stages finished twice      {len(report.finished_twice)}")
    print(f"started after the finish   {len(report.started_after_finish)}")
    print(f"jobs whose progress fell   {len(report.went_back)}")
    print(f"processes left after 5 s   {len(report.orphans)}")
    starts = report.healthy_s
    print(f"start to working           median {statistics.median(starts):.1f} s, worst {max(starts):.1f} s")
    broken = report.finished_twice or report.started_after_finish or report.went_back or report.orphans
    sys.exit(bool(broken) or report.statuses != {"completed": options.jobs})


if __name__ == "__main__":
    main()
