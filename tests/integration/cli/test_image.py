"""``maquette image`` and ``maquette webhooks`` as a person runs them."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import painters
from receivers import Receiver

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def painting(program: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The program with engines that make pictures."""
    path = [str(painters.install(tmp_path)), str(Path(painters.__file__).parent), os.environ.get("PYTHONPATH", "")]
    program._environment["PYTHONPATH"] = os.pathsep.join(path)
    return program


def test_a_picture_and_its_preview_lie_in_the_folder(painting: Any, photos: Path) -> None:
    photo = next(photos.iterdir())
    words = ("image", str(photo), "--prompt", "Turn it", "--editor", "painter", "--out", "made", "--watermark", "Shop")
    made = painting.run(*words, "--json")
    assert made.code == 0, made.err
    assert {path.name for path in (painting.home / "made").iterdir()} == {"edit.png", "preview.jpg", "report.json"}
    with Image.open(painting.home / "made" / "edit.png") as clean, Image.open(photo) as before:
        assert clean.size == before.size
    assert json.loads((painting.home / "made" / "report.json").read_text())["settings"]["watermark_text"] == "Shop"
    again = painting.run(*words)
    assert again.code == 0
    assert "made before" in again.err


def test_without_words_or_without_an_engine_nothing_is_made(program: Any) -> None:
    told = program.run("image", "--prompt", "A chair", "--json")
    assert (told.code, told.document["error"]["code"]) == (1, "engine_unavailable")
    assert told.document["error"]["hint"]
    told = program.run("image", "--json")
    assert (told.code, told.document["error"]["code"]) == (2, "no_prompt")


def test_webhooks_are_added_tried_out_and_removed(program: Any) -> None:
    program._environment["MAQUETTE_WEBHOOK_LOOPBACK"] = "true"
    with Receiver() as receiver:
        made = program.run("webhooks", "add", receiver.address, "--event", "job.completed", "--json").document
        receiver.secret = made["secret"]
        assert program.run("webhooks", "test", made["id"]).code == 0
        assert receiver.types == ["webhook.test"]
        receiver.secret = "whsec_" + "A" * 32
        assert program.run("webhooks", "test", made["id"]).code == 1
    listed = program.run("webhooks", "list", "--json").document["items"]
    assert [one["id"] for one in listed] == [made["id"]]
    assert "secret" not in listed[0]
    assert program.run("webhooks", "deliveries", made["id"], "--json").document["items"] == []
    assert program.run("webhooks", "remove", made["id"]).code == 0
    assert program.run("webhooks", "list", "--json").document["items"] == []
    assert program.run("webhooks", "remove", made["id"]).code == 2
