"""Every example runs as its own text says."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BIN = Path(sys.executable).parent


def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "MAQUETTE_DATA": str(tmp_path / "data"), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


def test_every_numbered_example_is_tested_here_and_listed():
    numbered = sorted(path.name for path in EXAMPLES.iterdir() if path.name[0].isdigit())
    assert numbered == ["01-cutout", "02-http", "03-batch", "04-engines"]
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"[{name}]" in text for name in numbered)


def test_01_cutout(tmp_path: Path):
    subprocess.run(
        [EXAMPLES / "01-cutout" / "run.sh", tmp_path / "cutouts"], env=environment(tmp_path), check=True, timeout=120
    )
    assert sorted(path.name for path in (tmp_path / "cutouts").iterdir()) == ["front.png", "front_mask.png"]


def test_02_http(tmp_path: Path):
    command = [BIN / "maquette", "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, env=environment(tmp_path), stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            url = json.loads(server.stdout.readline())["url"]
            script = [sys.executable, EXAMPLES / "02-http" / "make_model.py", url, tmp_path / "model.glb"]
            done = subprocess.run(script, check=True, capture_output=True, text=True, timeout=150)
        finally:
            server.terminate()
    assert "100 %  complete" in done.stdout
    assert (tmp_path / "model.glb").read_bytes()[:4] == b"glTF"


@pytest.mark.timeout(600)
def test_03_batch_is_the_one_that_the_guide_shows(tmp_path: Path):
    table = (EXAMPLES / "03-batch" / "products.csv").read_text(encoding="utf-8")
    guide = (EXAMPLES.parent / "docs" / "guides" / "batches.md").read_text(encoding="utf-8")
    assert f"```csv\n{table}```" in guide
    command = [EXAMPLES / "03-batch" / "run.sh", tmp_path / "models"]
    subprocess.run(command, env=environment(tmp_path), check=True, timeout=550)
    with (tmp_path / "models" / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["sku"], row["status"]) for row in rows] == [("POT-01", "completed"), ("POT-02", "completed")]
    assert [round(float(row["height_m"]), 3) for row in rows] == [0.245, 0.244]
    assert all((tmp_path / "models" / row["model"]).read_bytes()[:4] == b"glTF" for row in rows)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_04_engines_are_exchanged_by_configuration_alone(tmp_path: Path):
    script = [sys.executable, EXAMPLES / "04-engines" / "switch.py"]
    done = subprocess.run(script, env=environment(tmp_path), check=True, capture_output=True, text=True, timeout=850)
    lines = done.stdout.splitlines()
    assert [line.partition(", cost")[0] for line in lines] == [
        "photo_to_model: completed, made by hunyuan3d",
        "photo_to_model: completed, made by meshy",
        "image: completed, made by gemini",
        "image: completed, made by fal",
    ]
    costs = [float(line.rpartition("$")[2]) for line in lines]
    assert costs[0] == 0
    assert all(cost > 0 for cost in costs[1:])
