"""Batches on the command line, on real photos, in real processes."""

import csv
import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(600)

HEADER = "sku,front,left\n"
GOOD = "A,front.jpg,left.jpg\nB,back.jpg,\n"


@pytest.fixture
def shop(program: Any, photos: Path) -> Any:
    """The photos beside a table with two good products and three others."""
    folder = program.home / "shop"
    folder.mkdir()
    for side in ("front", "left", "back"):
        (source,) = photos.glob(f"*{side}*")
        shutil.copyfile(source, folder / f"{side}.jpg")
    (folder / "torn.jpg").write_bytes((folder / "front.jpg").read_bytes()[:2000])
    (folder / "good.csv").write_text(HEADER + GOOD)
    (folder / "bad.csv").write_text(HEADER + GOOD + "C,torn.jpg,\nC,front.jpg,nowhere.jpg\n")
    return program


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_problem_is_told_and_nothing_is_kept(shop: Any) -> None:
    told = shop.run("batch", "shop/bad.csv", "--pipeline", "cutout", "-o", "out", "--json")
    assert told.code == 1
    assert [(one["row"], one["column"], one["code"]) for one in told.document["problems"]] == [
        (3, "front", "image_truncated"),
        (4, "sku", "duplicate_sku"),
        (4, "left", "file_missing"),
    ]
    assert told.document["error"]["code"] == "batch_invalid"
    assert not (shop.home / "out").exists()
    assert shop.run("assets", "list", "--json").document["items"] == []
    assert shop.run("batches", "list", "--json").document["items"] == []
    shown = shop.run("batch", "shop/bad.csv", "--pipeline", "cutout")
    assert shown.code == 1
    assert "nowhere.jpg" in shown.err and "3 problems in 2 rows" in shown.err


def test_the_good_rows_are_made_and_the_same_again_only_delivers(shop: Any) -> None:
    command = ("batch", "shop/bad.csv", "--pipeline", "cutout", "--on-error", "skip", "-o", "out", "--json")
    made = shop.run(*command)
    assert made.code == 1, made.err
    assert [row["status"] for row in made.document["rows"]] == ["completed", "completed", "refused", "refused"]
    assert made.document["batch"]["success_rate"] == 0.5
    told = [[photo["error"] and photo["error"]["code"] for photo in row["photos"]] for row in made.document["rows"]]
    assert told == [[None, None], [None], ["image_truncated"], [None, "file_missing"]]
    assert [row["success_rate"] for row in made.document["rows"]] == [1, 1, 0, 0.5]
    assert made.events[-1]["counts"] == {"completed": 2, "refused": 2}
    out = shop.home / "out"
    assert sorted(path.name for path in (out / "A" / "cutouts").iterdir()) == ["front.png", "left.png"]
    rows = table(out)
    assert [(row["sku"], row["status"], row["code"]) for row in rows] == [
        ("A", "completed", ""),
        ("B", "completed", ""),
        ("C", "refused", "image_truncated"),
        ("C", "refused", "duplicate_sku"),
    ]
    assert (out / rows[1]["cutouts"]).read_bytes()[:4] == b"\x89PNG"
    shutil.rmtree(out)
    again = shop.run(*command)
    assert again.document["batch"]["id"] == made.document["batch"]["id"]
    assert len(shop.run("jobs", "list", "--json").document["items"]) == 2
    assert (out / rows[1]["cutouts"]).exists()


def test_a_batch_that_was_left_goes_on_and_can_be_steered(shop: Any) -> None:
    command = ("batch", "shop/good.csv", "--pipeline", "cutout", "-o", "out")
    running = shop.start(*command, "--json")
    running.wait_for("err", lambda line: '"batch_id"' in line)
    running.send(signal.SIGINT)
    assert running.end().code == 130
    (batch,) = shop.run("batches", "list", "--json").document["items"]
    canceled = shop.run("batches", "cancel", "last", "--json")
    assert canceled.code in (0, 1)  # it may have ended just before
    if canceled.code == 0:
        assert canceled.document["batch"]["status"] == "canceled"
        assert shop.run("batches", "retry-failed", batch["id"][:12], "--json").document["batch"]["status"] == "running"
    done = shop.run(*command)
    assert done.code == 0, done.err
    shown = shop.run("batches", "show", "last", "--json").document
    assert (shown["batch"]["id"], shown["batch"]["status"]) == (batch["id"], "done")
    assert [row["sku"] for row in shown["rows"]] == ["A", "B"]
    assert "2 products of 2" in done.err
    assert "A" in shop.run("batches", "show", "last").out
    missing = shop.run("batches", "show", "bat_0", "--json")
    assert missing.document["error"]["code"] == "not_found"


def test_json_says_the_same_as_csv(shop: Any) -> None:
    rows = [{"sku": "A", "photos": ["front.jpg", {"path": "left.jpg", "view": "left"}]}]
    document = {"pipeline": "cutout", "rows": rows, "name": "Spring"}
    (shop.home / "shop" / "table.json").write_text(json.dumps(document))
    made = shop.run("batch", "shop/table.json", "-o", "out", "--json")
    assert made.code == 0, made.err
    assert (made.document["batch"]["name"], len(table(shop.home / "out"))) == ("Spring", 1)
