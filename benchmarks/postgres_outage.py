"""50 jobs while Postgres is stopped and started five times: prints what callers saw, what was lost, how fast it healed.

    python benchmarks/postgres_outage.py [--jobs 50] [--restarts 5] [--down 4]

A real ``maquette serve``, a real server (with fsync), cut-outs of small photos. Half of the stops are crashes, half are
announced. Exits 1 unless every job completed once, every route said 503 with Retry-After, and no event was missed.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "integration"))

from outage import endure  # found through the lines above

from postgres import TEMPLATE, own_server


def main() -> None:
    """Prints the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=50)
    parser.add_argument("--restarts", type=int, default=5)
    parser.add_argument("--down", type=float, default=4.0, help="seconds of each outage")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, own_server("fsync=on") as server:
        server.prepare_template()
        report = endure(
            Path(folder),
            server,
            server.create(TEMPLATE),
            jobs=options.jobs,
            restarts=options.restarts,
            down_s=options.down,
        )
    print(f"jobs                     {report.statuses}")
    print(f"outages                  {report.restarts} of {options.down:g} s, in {report.seconds:.0f} s")
    for answer, count in sorted(report.answers.items()):
        print(f"while it was away        {answer}: {count}")
    print(f"all routes work again    {', '.join(f'{seconds:.1f}' for seconds in report.healed_s)} s after its start")
    print(f"jobs made twice          {report.doubles}")
    print(f"streams with a gap       {len(report.gaps)}")
    honest = all(" 503 with Retry" in answer for answer in report.answers)
    sys.exit(not honest or bool(report.doubles or report.gaps) or report.statuses != {"completed": options.jobs})


if __name__ == "__main__":
    main()
