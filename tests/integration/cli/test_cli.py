"""The command line on real photos, in real processes."""

import json
import os
import signal
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import networks
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.dialect import sqlite_url
from maquette.media.meshes.glb_write import write_glb
from maquette.media.meshes.mesh import Mesh, Model

# each starts several whole programs, which take their time on a busy machine
pytestmark = pytest.mark.timeout(600)

MODEL_FILES = {
    *("model.glb", "model.usdz", "lod1.glb", "lod2.glb", "report.json"),
    *("thumbnail.png", "poster.jpg", "turntable.webp"),
}
SIDES = ("front", "left", "right", "back")


def fetch(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


def serve(program: Any) -> tuple[Any, str]:
    server = program.start("serve", "--port", "0", "--json")
    return server, json.loads(server.wait_for("out", lambda line: line.startswith("{")))["url"]


def runs_by_stage(program: Any, job_id: str) -> dict[str, list[str]]:
    """How each try of each stage ended, those that reused something left out."""
    database = SqlDatabase(sqlite_url(program.home / "data" / "maquette.db"))
    with database.read() as tx:
        tasks = tx.tasks.of_job(job_id)
    database.close()
    runs: dict[str, list[str]] = {}
    for task in tasks:
        if not task.reused:
            runs.setdefault(task.stage.value, []).append(task.status.value)
    return runs


def test_make_delivers_a_model_and_then_only_delivers_again(program: Any, photos: Path) -> None:
    made = program.run("make", str(photos), "--quality", "fast", "-o", "model", "--json")
    assert made.code == 0, made.err
    told = made.document
    folder = program.home / "model"
    assert {path.name for path in folder.iterdir() if path.is_file()} == MODEL_FILES
    assert {path.stem for path in (folder / "cutouts").iterdir()} == set(SIDES)
    assert {path.stem for path in (folder / "masks").iterdir()} == set(SIDES)
    assert (folder / "model.glb").read_bytes()[:4] == b"glTF"
    assert {Path(file["path"]) for file in told["files"]} == {path for path in folder.rglob("*") if path.is_file()}
    assert told["job"]["status"] == "completed"
    assert [entry["type"] for entry in made.events][-1] == "job.completed"
    assert {entry["view"] for entry in told["files"] if entry.get("role") == "cutout"} == set(SIDES)

    (folder / "lod1.glb").unlink()
    again = program.run("make", str(photos), "--quality", "fast", "-o", "model")
    assert again.code == 0, again.err
    assert (folder / "lod1.glb").is_file()
    assert str(Path("model") / "lod1.glb") in again.out
    assert told["job"]["id"] in again.err
    assert set(map(len, runs_by_stage(program, told["job"]["id"]).values())) == {1}

    elsewhere = program.run("make", str(photos), "--quality", "fast", "-o", "elsewhere", "--json")
    assert elsewhere.document["job"]["id"] != told["job"]["id"]
    assert len(elsewhere.document["reused"]) == 7
    assert (program.home / "elsewhere" / "model.glb").read_bytes() == (folder / "model.glb").read_bytes()


def test_a_model_from_elsewhere_is_inspected_and_optimized(program: Any) -> None:
    (program.home / "wedge.glb").write_bytes(wedge())
    judged = program.run("inspect", "wedge.glb", "--profile", "khronos_planner")
    assert judged.code == 0, judged.err
    order = ("optimize", "wedge.glb", "--triangles", "2000", "-o", "shop", "--json")
    made = program.run(*order, "--width", "50cm")
    assert made.code == 0, made.err
    assert {path.name for path in (program.home / "shop").iterdir()} == MODEL_FILES
    first = runs_by_stage(program, made.document["job"]["id"])
    assert first == {stage: ["finished"] for stage in ("uploading", "validating", "optimizing")}
    (lod0,) = (file for file in made.document["files"] if file["path"].endswith("model.glb"))
    assert lod0["stats"]["bounds_m"][0] == pytest.approx(0.5, rel=0.03)

    larger = program.run(*order, "--width", "1m")
    assert larger.document["reused"] == ["uploading", "validating"]
    assert runs_by_stage(program, larger.document["job"]["id"]) == {"optimizing": ["finished"]}


def wedge() -> bytes:
    """A tetrahedron that stands off its origin."""
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
    mesh = Mesh(corners, faces, np.ones((4, 3)), corners[:, :2])
    return write_glb(Model(mesh, np.full((64, 64, 3), 90, np.uint8)))


def test_a_killed_make_goes_on_without_repeating_a_finished_stage(program: Any, photos: Path) -> None:
    order = ("make", str(photos), "--quality", "fast", "-o", "model", "--json")
    first = program.start(*order)
    job_id = first.wait_for_event("stage.finished", "removing_background")["job_id"]
    os.killpg(first.process.pid, signal.SIGKILL)
    assert first.end().code == -signal.SIGKILL

    second = program.run(*order)
    assert second.code == 0, second.err
    assert second.document["job"]["id"] == job_id
    assert second.document["job"]["attempt"] == 1
    runs = runs_by_stage(program, job_id)
    for stage in ("uploading", "validating", "removing_background"):
        assert runs[stage] == ["finished"]
    assert {tries[-1] for tries in runs.values()} == {"finished"}
    assert {status for tries in runs.values() for status in tries[:-1]} <= {"lost"}


def test_interrupting_make_keeps_the_job_and_says_how_to_go_on(program: Any, photos: Path) -> None:
    order = ("make", str(photos / "block-front.jpg"), "--quality", "fast", "-o", "model")
    running = program.start(*order)
    running.wait_for("err", lambda line: "Removing background" in line)
    running.send(signal.SIGINT)
    ended = running.end()
    assert ended.code == 130
    assert "run the same command again" in ended.err
    assert "Traceback" not in ended.err


def test_make_beside_a_server_leaves_the_work_to_it(program: Any, photos: Path) -> None:
    server, url = serve(program)
    try:
        assert fetch(f"{url}/healthz")
        made = program.run("make", str(photos), "--quality", "fast", "-o", "model", "--json")
        assert made.code == 0, made.err
        job = fetch(f"{url}/api/v1/jobs/{made.document['job']['id']}")
        assert job["status"] == "completed"
        assert set(map(len, runs_by_stage(program, job["id"]).values())) == {1}

        refused = program.run("serve", "--port", "0", "--json")
        assert refused.code == 1
        assert refused.document["error"]["code"] == "data_folder_busy"
        assert url in refused.document["error"]["hint"]
    finally:
        server.send(signal.SIGTERM)
    assert server.end().code == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 0)])
def test_make_takes_over_when_the_server_goes(program: Any, photos: Path, number: signal.Signals, code: int) -> None:
    server, _ = serve(program)
    making = program.start("make", str(photos), "--quality", "fast", "-o", "model", "--json")
    job_id = making.wait_for_event("stage.finished", "removing_background")["job_id"]
    server.send(number)
    stopped = server.end()
    assert stopped.code == code
    assert "Traceback" not in stopped.err
    made = making.end()
    assert made.code == 0, made.err
    runs = runs_by_stage(program, job_id)
    assert runs["removing_background"] == ["finished"]
    assert {tries[-1] for tries in runs.values()} == {"finished"}


def test_cutout_does_what_it_can_and_says_what_it_could_not(program: Any, photos: Path, bad_photos: Path) -> None:
    done = program.run("cutout", str(photos / "*.jpg"), str(bad_photos), "-o", "cut", "--mask", "--json")
    assert done.code == 1
    by_name = {Path(item["photo"]).stem: item for item in done.document["items"]}
    for side in SIDES:
        assert by_name[f"block-{side}"]["error"] is None
    for path in bad_photos.iterdir():
        error = by_name[path.stem]["error"]
        assert error["code"] == path.stem
        assert error["hint"]
    expected = {f"block-{side}{end}.png" for side in SIDES for end in ("", "_mask")}
    assert {path.name for path in (program.home / "cut").iterdir()} == expected
    bad = len(by_name) - len(SIDES)
    assert (done.document["photos"], done.document["succeeded"]) == (len(SIDES) + bad, len(SIDES))
    assert done.document["success_rate"] == round(len(SIDES) / (len(SIDES) + bad), 4)


def test_cutout_makes_a_shop_picture_and_takes_points(program: Any, photos: Path) -> None:
    wishes = ("--background", "#fff", "--shadow", "soft", "--margin", "15", "--square", "--include", "120,120")
    done = program.run("cutout", str(photos / "block-front.jpg"), *wishes, "--exclude", "2,2", "-o", "cut")
    assert done.code == 0, done.err
    assert "score" in done.out
    assert "1 of 1 photo cut out." in done.err
    with Image.open(program.home / "cut" / "block-front_shop.jpg") as shop:
        assert shop.width == shop.height
        assert shop.getpixel((0, 0)) == (255, 255, 255)
    job_id = json.loads(program.run("jobs", "list", "--json").out)["items"][0]["id"]
    shown = program.run("jobs", "show", job_id, "--json").out
    assert '"clicks": [{"x": 120.0, "y": 120.0, "include": true}, {"x": 2.0, "y": 2.0, "include": false}]' in shown


def test_a_network_whose_weights_are_there_cuts_out_by_itself(program: Any, photos: Path) -> None:
    """One that takes what is dark for the object; the photos show a block before a light wall."""
    file = networks.network(program.home / "dark.onnx", -20.0)
    got = program.run("weights", "pull", "u2netp", "--file", str(file), "--trust", "--yes", "--json")
    assert got.code == 0, got.err
    done = program.run("cutout", str(photos / "block-front.jpg"), "-o", "cut", "--json")
    assert done.code == 0, done.err
    (item,) = done.document["items"]
    tasks = json.loads(program.run("jobs", "show", item["job_id"], "--json").out)["tasks"]
    assert {task["engine"] for task in tasks} == {None, "u2netp"}


@pytest.mark.parametrize(
    "wrong",
    [("--include", "12"), ("--exclude", "a,b"), ("--include", "-1,2"), ("--background", "sage"), ("--margin", "41")],
)
def test_cutout_refuses_what_it_cannot_understand(program: Any, photos: Path, wrong: tuple[str, str]) -> None:
    ended = program.run("cutout", str(photos / "block-front.jpg"), *wrong, "-o", "cut")
    assert (ended.code, ended.out) == (2, "")
    assert not (program.home / "cut").exists()


def test_make_names_the_bad_photo(program: Any, bad_photos: Path) -> None:
    failed = program.run("make", str(bad_photos / "image_truncated.jpg"), "-o", "model")
    assert failed.code == 2
    assert "image_truncated.jpg: " in failed.err
    assert "(image_truncated)" in failed.err
    assert "Try: " in failed.err
    assert failed.out == ""


@pytest.mark.parametrize("command", ["make", "cutout"])
def test_photos_by_url_are_public_ones(program: Any, command: str) -> None:
    ended = program.run(command, "http://127.0.0.1/front.jpg", "-o", "made")
    assert (ended.code, ended.out) == (2, "")
    assert "does not lead to a public web server" in ended.err
    assert not (program.home / "made").exists()


def test_jobs_are_listed_canceled_and_retried(program: Any, photos: Path) -> None:
    running = program.start("make", str(photos / "block-front.jpg"), "--quality", "fast", "-o", "model", "--json")
    job_id = running.wait_for_event("stage.started", "removing_background")["job_id"]
    short = job_id[:14]
    assert program.run("jobs", "cancel", short, "--json").document["status"] == "canceled"
    canceled = running.end()
    assert canceled.code == 1
    assert canceled.document["error"]["code"] == "canceled"
    assert program.run("jobs", "retry", "last", "--json").document["attempt"] == 2
    watched = program.run("jobs", "watch", "last", "--json")
    assert watched.code == 0, watched.err
    assert watched.document["status"] == "completed"
    refused = program.run("jobs", "cancel", short, "--json")
    assert (refused.code, refused.document["error"]["code"]) == (1, "job_finished")
    listed = program.run("jobs", "list")
    assert short in listed.out
    assert "Done" in listed.out


def test_a_database_that_is_behind_is_told_and_migrated(program: Any) -> None:
    assert program.run("migrate", "--check").code == 3
    assert program.run("migrate", "--json").document["state"] == "migrated"
    assert program.run("migrate", "--check", "--json").document["state"] == "current"
