"""One job with a fault at every point in turn: prints what was lost, done twice or left behind.

    python benchmarks/crash_points.py [--fault kill|full] [--spread 20] [--store sqlite|postgres] [--product]

See ``tests/integration/crash_points.py``. Some minutes for each fault. Exits 1 when anything was wrong.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fault", choices=["kill", "full"], default="kill")
    parser.add_argument("--spread", type=int, default=0)
    parser.add_argument("--store", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--product", action="store_true", help="a job that waits for approval, twice")
    parser.add_argument("--parallel", type=int, default=2)
    options = parser.parse_args()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path]), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, str(TESTS / "integration" / "crash_points.py")]
    with tempfile.TemporaryDirectory() as folder:
        asked = [*command, folder, "--fault", options.fault, "--spread", str(options.spread), "--store", options.store]
        asked += ["--parallel", str(options.parallel), *(["--product"] if options.product else [])]
        done = subprocess.run(asked, env=environment, stdout=subprocess.PIPE, check=True)
    cases = json.loads(done.stdout)["cases"]
    wrong = [case for case in cases if case["wrong"]]
    kinds = Counter(case["struck"] for case in cases if case["struck"])
    print(
        f"points struck   {sum(kinds.values())}: {', '.join(f'{count} {kind}' for kind, count in kinds.most_common())}"
    )
    print(f"answered 507    {sum(bool(case.get('refusals')) for case in cases)}")
    print(f"wrong           {len(wrong)}")
    for case in wrong:
        print(f"  {case['at']} {case['struck']}: {'; '.join(case['wrong'])}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
