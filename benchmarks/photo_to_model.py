"""What it costs to make a model: seconds, CPU seconds and peak memory of each stage.

    python benchmarks/photo_to_model.py [PHOTO ...] [--quality medium] [--runs 3]

Runs the real command line in a fresh data folder each time, so that nothing is reused, and reads the figures from the
report that every job carries. Without photos it takes the sample object.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = [ROOT / "examples" / "sample" / f"{view}.jpg" for view in ("front", "left", "right", "back")]


def make(photos: list[Path], quality: str) -> tuple[float, dict[str, Any]]:
    """One whole run; returns the wall seconds of the command and the job's report."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "maquette", "make", *map(str, photos), "-o", f"{folder}/out"]
        environment = {**os.environ, "MAQUETTE_DATA": f"{folder}/data"}
        started = time.perf_counter()
        subprocess.run([*command, "--quality", quality], env=environment, check=True, capture_output=True)
        seconds = time.perf_counter() - started
        return seconds, json.loads(Path(folder, "out", "report.json").read_text(encoding="utf-8"))


def main() -> None:
    """Prints one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path, default=SAMPLE)
    parser.add_argument("--quality", default="medium")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    runs = [make(given.photos, given.quality) for _ in range(given.runs)]
    print(f"{len(given.photos)} photos, quality {given.quality}, median of {given.runs} runs\n")
    print(f"{'stage':22}{'seconds':>9}{'cpu s':>9}{'peak MiB':>10}")
    totals = [0.0, 0.0]
    for index, stage in enumerate(runs[0][1]["stages"]):
        rows = [report["stages"][index] for _, report in runs]
        seconds = statistics.median(row["duration_ms"] for row in rows) / 1000
        cpu = statistics.median(row["cpu_ms"] for row in rows) / 1000
        peak = statistics.median(row["peak_bytes"] for row in rows) / 2**20
        totals = [totals[0] + seconds, totals[1] + cpu]
        print(f"{stage['stage']:22}{seconds:9.2f}{cpu:9.2f}{peak:10.0f}")
    print(f"{'all stages':22}{totals[0]:9.2f}{totals[1]:9.2f}")
    print(f"{'the whole command':22}{statistics.median(seconds for seconds, _ in runs):9.2f}")


if __name__ == "__main__":
    main()
